from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.cli.run import gatekeeper
from tests.kit import RepositoryBuilder
from tests.kit.objects import Executable, Symlink
from tests.kit.repositories_in_conflict import BASE, MERGED, OURS, THEIRS, conflicted, git, unmerged


@pytest.mark.parametrize("style", ["merge", "diff3"])
def test_what_is_no_conflict_is_settled_and_staged(repository: RepositoryBuilder, style: str) -> None:
    repository.git("config", "merge.conflictStyle", style)
    worktree = conflicted(repository, {"Cargo.toml": OURS}, {"Cargo.toml": THEIRS})
    done = gatekeeper("resolve", cwd=worktree)
    assert (done.returncode, done.stdout) == (0, "resolved Cargo.toml\n")
    assert (worktree / "Cargo.toml").read_text() == MERGED
    assert unmerged(worktree) == set()
    assert gatekeeper("resolve", cwd=worktree).stdout == "no manifest is in conflict\n"


def test_what_clashes_stays_with_its_markers(repository: RepositoryBuilder) -> None:
    raised = {name: BASE.replace('"1"', f'"{name}"') for name in ("2", "3")}
    worktree = conflicted(
        repository,
        {"Cargo.toml": raised["2"], "a/Cargo.toml": OURS, "notes.txt": "y\n"},
        {"Cargo.toml": raised["3"], "a/Cargo.toml": THEIRS, "notes.txt": "z\n"},
    )
    before = (worktree / "Cargo.toml").read_text()
    done = gatekeeper("resolve", "--format", "json", cwd=worktree)
    assert done.returncode == 1
    assert json.loads(done.stdout) == {
        "schema": "gatekeeper.resolve/1",
        "files": [
            {
                "path": "Cargo.toml",
                "resolved": False,
                "left": ['Cargo.toml: dependencies.anchor.version: ours "2" (line 2), theirs "3" (line 2)'],
            },
            {"path": "a/Cargo.toml", "resolved": True, "left": []},
        ],
    }
    assert (worktree / "Cargo.toml").read_text() == before
    assert unmerged(worktree) == {"Cargo.toml", "notes.txt"}
    assert gatekeeper("resolve", "--versions", "max", cwd=worktree).stdout == "resolved Cargo.toml\n"
    assert (worktree / "Cargo.toml").read_text() == raised["3"]


def test_a_clash_that_git_has_merged_gets_markers_beside_its_own(repository: RepositoryBuilder) -> None:
    more = f'{BASE}buoy = "1"\nchain = "1"\n\n[package]\nversion = "1.0.0"\n'
    repository.commit("main", {"b/Cargo.toml": more})
    ours = more.replace("1.0.0", "1.1.0").replace("[dependencies]\n", '[dependencies]\ntide = "1"\n')
    theirs = more.replace("1.0.0", "1.2.0").replace('chain = "1"\n', 'chain = "1"\ntide = "2"\n')
    worktree = conflicted(repository, {"b/Cargo.toml": ours}, {"b/Cargo.toml": theirs})
    assert (worktree / "b/Cargo.toml").read_text().count("<<<<<<< HEAD\n") == 1
    done = gatekeeper("resolve", cwd=worktree)
    assert done.returncode == 1
    marked = (worktree / "b/Cargo.toml").read_text()
    assert marked.count("<<<<<<< HEAD\n") == marked.count(">>>>>>> theirs\n") == 2
    assert '<<<<<<< HEAD\ntide = "1"\n=======\ntide = "2"\n>>>>>>> theirs\n' in marked
    assert unmerged(worktree) == {"b/Cargo.toml"}
    again = gatekeeper("resolve", "--versions", "max", cwd=worktree)
    assert again.stdout == "resolved b/Cargo.toml\n"


def test_only_the_paths_that_are_named(repository: RepositoryBuilder) -> None:
    worktree = conflicted(
        repository,
        {"Cargo.toml": OURS, "a/Cargo.toml": OURS},
        {"Cargo.toml": THEIRS, "a/Cargo.toml": THEIRS},
    )
    assert gatekeeper("resolve", "a", cwd=worktree).stdout == "resolved a/Cargo.toml\n"
    assert unmerged(worktree) == {"Cargo.toml"}


def test_a_file_that_somebody_edits_is_left_alone(repository: RepositoryBuilder) -> None:
    worktree = conflicted(repository, {"Cargo.toml": OURS}, {"Cargo.toml": THEIRS})
    edited = (worktree / "Cargo.toml").read_text().replace('chain = "2"', 'chain = "2.1"')
    (worktree / "Cargo.toml").write_text(edited)
    done = gatekeeper("resolve", cwd=worktree)
    assert (done.returncode, done.stdout) == (1, "left     Cargo.toml: somebody has begun to edit it\n")
    assert (worktree / "Cargo.toml").read_text() == edited


@pytest.mark.parametrize("sides", [(None, THEIRS), (OURS, None)])
def test_a_file_that_one_side_has_deleted_is_left_alone(
    repository: RepositoryBuilder, sides: tuple[str | None, str | None]
) -> None:
    worktree = conflicted(repository, *({"a/Cargo.toml": text} for text in sides))
    done = gatekeeper("resolve", cwd=worktree)
    assert (done.returncode, done.stdout) == (1, "left     a/Cargo.toml: one side has deleted the file\n")
    assert unmerged(worktree) == {"a/Cargo.toml"}


def test_a_side_that_is_no_toml_is_told(repository: RepositoryBuilder) -> None:
    worktree = conflicted(repository, {"Cargo.toml": f"{BASE}x =\n"}, {"Cargo.toml": THEIRS})
    done = gatekeeper("resolve", cwd=worktree)
    assert done.returncode == 1
    assert done.stdout.startswith("left     Cargo.toml: ours is not valid TOML")


def test_both_sides_add_the_file(repository: RepositoryBuilder) -> None:
    worktree = conflicted(repository, {"b/Cargo.toml": OURS}, {"b/Cargo.toml": THEIRS})
    assert gatekeeper("resolve", cwd=worktree).stdout == "resolved b/Cargo.toml\n"
    assert (worktree / "b/Cargo.toml").read_text() == MERGED
    assert git(worktree, "show", ":b/Cargo.toml").stdout == MERGED


def test_a_link_is_left_alone(repository: RepositoryBuilder, tmp_path: Path) -> None:
    worktree = conflicted(repository, {"Cargo.toml": OURS}, {"Cargo.toml": THEIRS})
    elsewhere = tmp_path / "elsewhere"
    (worktree / "Cargo.toml").rename(elsewhere)
    (worktree / "Cargo.toml").symlink_to(elsewhere)
    before = elsewhere.read_bytes()
    done = gatekeeper("resolve", cwd=worktree)
    assert (done.returncode, done.stdout) == (1, "left     Cargo.toml: there is a symbolic link in its place\n")
    assert elsewhere.read_bytes() == before
    assert (worktree / "Cargo.toml").is_symlink()


def test_a_directory_that_leads_elsewhere_is_left_alone(repository: RepositoryBuilder, tmp_path: Path) -> None:
    worktree = conflicted(repository, {"a/Cargo.toml": OURS}, {"a/Cargo.toml": THEIRS})
    (worktree / "a").rename(tmp_path / "elsewhere")
    (worktree / "a").symlink_to(tmp_path / "elsewhere")
    before = (tmp_path / "elsewhere/Cargo.toml").read_bytes()
    assert gatekeeper("resolve", cwd=worktree).returncode == 1
    assert (tmp_path / "elsewhere/Cargo.toml").read_bytes() == before


def test_a_link_that_a_side_has_made_is_left_alone(repository: RepositoryBuilder) -> None:
    worktree = conflicted(repository, {"b/Cargo.toml": Symlink("../Cargo.toml")}, {"b/Cargo.toml": Symlink("../x")})
    done = gatekeeper("resolve", cwd=worktree)
    assert done.stdout == "left     b/Cargo.toml: one side has something else there than a file\n"
    assert (worktree / "b/Cargo.toml").is_symlink()


def test_a_missing_file_is_told(repository: RepositoryBuilder) -> None:
    worktree = conflicted(repository, {"Cargo.toml": OURS}, {"Cargo.toml": THEIRS})
    (worktree / "Cargo.toml").unlink()
    done = gatekeeper("resolve", cwd=worktree)
    assert (done.returncode, done.stdout) == (1, "left     Cargo.toml: the file is missing in the worktree\n")
    assert not (worktree / "Cargo.toml").exists()


def test_the_mode_is_merged_too(repository: RepositoryBuilder) -> None:
    worktree = conflicted(repository, {"Cargo.toml": OURS}, {"Cargo.toml": Executable(THEIRS)})
    assert gatekeeper("resolve", cwd=worktree).returncode == 0
    assert git(worktree, "ls-files", "--stage", "Cargo.toml").stdout.startswith("100755 ")
    assert git(worktree, "diff", "--exit-code", "--", "Cargo.toml").returncode == 0


def test_where_it_cannot_be_staged_the_conflict_is_as_it_was(repository: RepositoryBuilder) -> None:
    worktree = conflicted(repository, {"Cargo.toml": OURS}, {"Cargo.toml": THEIRS})
    before = (worktree / "Cargo.toml").read_bytes()
    lock = Path(git(worktree, "rev-parse", "--path-format=absolute", "--git-path", "index.lock").stdout.strip())
    lock.touch()
    done = gatekeeper("resolve", cwd=worktree)
    assert done.returncode == 1
    assert "index.lock" in done.stdout
    assert (worktree / "Cargo.toml").read_bytes() == before
    lock.unlink()
    assert unmerged(worktree) == {"Cargo.toml"}
    assert gatekeeper("resolve", cwd=worktree).stdout == "resolved Cargo.toml\n"


def test_a_bare_repository_has_nothing_to_resolve(tmp_path: Path) -> None:
    repository = RepositoryBuilder(tmp_path / "bare", bare=True)
    repository.commit("main", {"Cargo.toml": BASE})
    done = gatekeeper("resolve", cwd=repository.root)
    assert (done.returncode, done.stdout) == (2, "")
    assert "a bare repository has no files to resolve" in done.stderr


@pytest.mark.parametrize(
    ("directory", "named"),
    [("a", "Cargo.toml"), ("a", "."), ("a/inner", ".."), (".", "a"), (".", "a/"), (".", "./a/../a/Cargo.toml")],
)
def test_paths_are_relative_to_where_one_is(repository: RepositoryBuilder, directory: str, named: str) -> None:
    worktree = conflicted(
        repository, {"Cargo.toml": OURS, "a/Cargo.toml": OURS}, {"Cargo.toml": THEIRS, "a/Cargo.toml": THEIRS}
    )
    (worktree / "a/inner").mkdir()
    done = gatekeeper("resolve", named, cwd=worktree / directory)
    assert (done.returncode, done.stdout) == (0, "resolved a/Cargo.toml\n")
    assert unmerged(worktree) == {"Cargo.toml"}


def test_paths_are_relative_to_the_directory_of_the_option(repository: RepositoryBuilder, tmp_path: Path) -> None:
    sides = ({"Cargo.toml": text, "a/Cargo.toml": text} for text in (OURS, THEIRS))
    worktree = conflicted(repository, *sides)
    done = gatekeeper("resolve", "-C", str(worktree / "a"), "Cargo.toml", cwd=tmp_path)
    assert done.stdout == "resolved a/Cargo.toml\n"
    done = gatekeeper("resolve", "-C", str(worktree), str(worktree / "Cargo.toml"), cwd=tmp_path)
    assert done.stdout == "resolved Cargo.toml\n"


def test_a_path_is_no_pattern(repository: RepositoryBuilder) -> None:
    worktree = conflicted(repository, {"Cargo.toml": OURS}, {"Cargo.toml": THEIRS})
    done = gatekeeper("resolve", "C*.toml", cwd=worktree)
    assert done.returncode == 2
    assert "there is no C*.toml" in done.stderr


@pytest.mark.parametrize(
    ("named", "said"),
    [
        ("a/Cargo.toml", "a/Cargo.toml is not in conflict"),
        ("a", "nothing in a is in conflict"),
        ("b/Cargo.toml", "there is no b/Cargo.toml"),
        ("../x", "../x is outside of the worktree"),
    ],
)
def test_what_is_not_in_conflict_is_an_error(repository: RepositoryBuilder, named: str, said: str) -> None:
    worktree = conflicted(repository, {"Cargo.toml": OURS}, {"Cargo.toml": THEIRS})
    done = gatekeeper("resolve", "Cargo.toml", named, cwd=worktree)
    assert (done.returncode, done.stdout) == (2, "")
    assert f"gatekeeper: {said}" in done.stderr
    assert "hint: " in done.stderr
    assert unmerged(worktree) == {"Cargo.toml"}
