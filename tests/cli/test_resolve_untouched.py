"""What ``resolve`` takes for untouched: whatever git or Gatekeeper can have left there, and nothing else."""

from __future__ import annotations

from pathlib import Path

import pytest

from gatekeeper.merging.install import NAME
from gatekeeper.merging.wrapper import driver_command, this_program
from tests.cli.run import gatekeeper
from tests.kit import RepositoryBuilder
from tests.kit.repositories_in_conflict import BASE, MERGED, OURS, THEIRS, conflicted, git, merging, unmerged

STYLES = ("merge", "diff3", "zdiff3")
CRLF = MERGED.replace("\n", "\r\n").encode()


@pytest.mark.parametrize("style", STYLES)
@pytest.mark.parametrize("setting", ["autocrlf", "eol"])
def test_files_that_a_checkout_converts(repository: RepositoryBuilder, setting: str, style: str) -> None:
    repository.git("config", "merge.conflictStyle", style)
    if setting == "autocrlf":
        repository.git("config", "core.autocrlf", "true")
    else:
        repository.commit("main", {".gitattributes": "*.toml text eol=crlf\n"})
    worktree = conflicted(repository, {"Cargo.toml": OURS}, {"Cargo.toml": THEIRS})
    assert b"\r\n" in (worktree / "Cargo.toml").read_bytes()
    assert gatekeeper("resolve", cwd=worktree).stdout == "resolved Cargo.toml\n"
    assert (worktree / "Cargo.toml").read_bytes() == CRLF
    assert git(worktree, "show", ":Cargo.toml").stdout == MERGED
    assert git(worktree, "diff-files", "--exit-code", "--", "Cargo.toml").returncode == 0


@pytest.mark.parametrize("size", [3, 12])
@pytest.mark.parametrize("style", STYLES)
def test_markers_of_another_size(repository: RepositoryBuilder, size: int, style: str) -> None:
    repository.git("config", "merge.conflictStyle", style)
    repository.commit("main", {".gitattributes": f"*.toml conflict-marker-size={size}\n"})
    worktree = conflicted(repository, {"Cargo.toml": OURS}, {"Cargo.toml": THEIRS})
    assert ("\n" + "<" * size + " HEAD\n") in (worktree / "Cargo.toml").read_text()
    assert gatekeeper("resolve", cwd=worktree).stdout == "resolved Cargo.toml\n"


def bins(*names: str) -> str:
    return "".join(f'[[bin]]\nname = "{name}"\ntest = false\n\n' for name in names)


def test_conflicts_that_git_places_elsewhere_than_its_merge_of_files(repository: RepositoryBuilder) -> None:
    repository.commit("main", {"Cargo.toml": bins("b", "a", "e", "d")})
    worktree = merging(repository, {"Cargo.toml": bins("b", "a", "d", "j")}, {"Cargo.toml": bins("b", "d")})
    three = [worktree / f"stage{stage}" for stage in (2, 1, 3)]
    for stage, file in zip("213", three, strict=True):
        file.write_text(git(worktree, "show", f":{stage}:Cargo.toml").stdout)
    merged = git(worktree, "merge-file", "-p", "-LHEAD", "-Lbase", "-Ltheirs", *map(str, three)).stdout
    assert "<<<<<<< HEAD\n" in merged
    assert merged != (worktree / "Cargo.toml").read_text()
    assert gatekeeper("resolve", cwd=worktree).stdout == "resolved Cargo.toml\n"
    assert (worktree / "Cargo.toml").read_text() == bins("b", "d", "j")


def test_a_conflict_that_was_checked_out_anew(repository: RepositoryBuilder) -> None:
    worktree = conflicted(repository, {"Cargo.toml": OURS}, {"Cargo.toml": THEIRS})
    assert git(worktree, "checkout", "--conflict=diff3", "--", "Cargo.toml").returncode == 0
    assert gatekeeper("resolve", cwd=worktree).stdout == "resolved Cargo.toml\n"


@pytest.mark.parametrize("program", [this_program(), ("/nowhere/gatekeeper",)])
def test_what_the_driver_has_written(repository: RepositoryBuilder, program: tuple[str, ...]) -> None:
    repository.git("config", f"merge.{NAME}.driver", driver_command(program, "ask"))
    repository.commit("main", {".gitattributes": f"*.toml merge={NAME}\n"})
    sides = [BASE.replace('"1"', f'"{version}"') for version in (2, 3)]
    worktree = conflicted(repository, {"Cargo.toml": sides[0]}, {"Cargo.toml": sides[1]})
    done = gatekeeper("resolve", "--versions", "max", cwd=worktree)
    assert (done.returncode, done.stdout) == (0, "resolved Cargo.toml\n")
    assert (worktree / "Cargo.toml").read_text() == sides[1]


def test_the_driver_of_another_program(repository: RepositoryBuilder) -> None:
    repository.git("config", "merge.other.driver", "sh -c 'printf other > %A; exit 1'")
    repository.commit("main", {".gitattributes": "*.toml merge=other\n"})
    worktree = conflicted(repository, {"Cargo.toml": OURS}, {"Cargo.toml": THEIRS})
    assert (worktree / "Cargo.toml").read_text() == "other"
    assert gatekeeper("resolve", cwd=worktree).stdout == "resolved Cargo.toml\n"
    assert (worktree / "Cargo.toml").read_text() == MERGED


def test_what_git_does_not_merge_at_all(repository: RepositoryBuilder) -> None:
    repository.commit("main", {".gitattributes": "*.toml -merge\n"})
    worktree = conflicted(repository, {"Cargo.toml": OURS}, {"Cargo.toml": THEIRS})
    assert (worktree / "Cargo.toml").read_text() == OURS
    assert gatekeeper("resolve", cwd=worktree).stdout == "resolved Cargo.toml\n"


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ('chain = "2"', 'chain = "2.1"'),
        ("=======\n", ""),
        ("\n", "\r\n"),
        ('anchor = "1"\n', 'anchor = "1"\n\n'),
        ("<<<<<<< HEAD\n", "<<<<<<<< HEAD\n"),
    ],
)
def test_an_edit_of_any_kind_is_seen(repository: RepositoryBuilder, old: str, new: str) -> None:
    worktree = conflicted(repository, {"Cargo.toml": OURS}, {"Cargo.toml": THEIRS})
    left = (worktree / "Cargo.toml").read_text()
    edited = left.replace(old, new).encode()
    assert edited != left.encode()
    (worktree / "Cargo.toml").write_bytes(edited)
    done = gatekeeper("resolve", cwd=worktree)
    assert (done.returncode, done.stdout) == (1, "left     Cargo.toml: somebody has begun to edit it\n")
    assert (worktree / "Cargo.toml").read_bytes() == edited
    assert unmerged(worktree) == {"Cargo.toml"}


def test_looking_leaves_no_objects(repository: RepositoryBuilder) -> None:
    worktree = conflicted(repository, {"Cargo.toml": OURS}, {"Cargo.toml": THEIRS})
    (worktree / "Cargo.toml").write_text("edited\n")
    before = git(worktree, "count-objects", "-v").stdout
    assert gatekeeper("resolve", cwd=worktree).returncode == 1
    assert git(worktree, "count-objects", "-v").stdout == before


@pytest.mark.parametrize("name", ["a b/Cargo.toml", 'a"b/Cargo.toml', "a\\b/Cargo.toml", "ä/Cargo.toml"])
def test_unusual_paths(repository: RepositoryBuilder, name: str) -> None:
    worktree = conflicted(repository, {name: OURS}, {name: THEIRS})
    done = gatekeeper("resolve", cwd=worktree)
    assert (done.returncode, unmerged(worktree)) == (0, set())
    assert (worktree / Path(name)).read_text() == MERGED


def test_who_takes_both_sides_of_a_clash_has_edited_the_file(repository: RepositoryBuilder) -> None:
    """Without its markers the file is what git makes of the lines: the clash is one of keys alone."""
    repository.git("config", f"merge.{NAME}.driver", driver_command(this_program(), "ask"))
    head, rest = '[package]\nname = "hull"\n', 'version = "0.1.0"\nedition = "2021"\npublish = false\n'
    repository.commit("main", {".gitattributes": f"*.toml merge={NAME}\n", "Cargo.toml": f"{head}{rest}"})
    licensed, file = f'{head}license = "MIT"\n{rest}', 'license-file = "LICENSE"\n'
    worktree = merging(repository, {"Cargo.toml": licensed}, {"Cargo.toml": f"{head}{rest}{file}"})
    assert "<<<<<<<" in (worktree / "Cargo.toml").read_text()
    (worktree / "Cargo.toml").write_text(f"{licensed}{file}")
    assert gatekeeper("resolve", cwd=worktree).returncode == 1
    assert (worktree / "Cargo.toml").read_text() == f"{licensed}{file}"
