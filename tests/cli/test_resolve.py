from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest

from tests.cli.run import gatekeeper
from tests.kit import RepositoryBuilder

BASE = '[dependencies]\nanchor = "1"\n'
OURS = f'{BASE}chain = "2"\n'
THEIRS = f'{BASE}tide = "3"\n'
MERGED = f'{BASE}chain = "2"\ntide = "3"\n'


def conflicted(repository: RepositoryBuilder, ours: dict[str, str | None], theirs: dict[str, str | None]) -> Path:
    """Return a worktree in the middle of a merge."""
    repository.commit("main", {"Cargo.toml": BASE, "a/Cargo.toml": BASE, "notes.txt": "x\n"})
    for name, files in (("ours", ours), ("theirs", theirs)):
        repository.branch(name)
        repository.commit(name, files)
    worktree = repository.worktree("ours")
    assert git(worktree, "merge", "theirs").returncode == 1
    return worktree


def git(worktree: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(["git", *arguments], cwd=worktree, capture_output=True, text=True, check=False)


def unmerged(worktree: Path) -> set[str]:
    return {line.split("\t")[1] for line in git(worktree, "ls-files", "-u").stdout.splitlines()}


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


def test_a_file_that_one_side_has_deleted_is_left_alone(repository: RepositoryBuilder) -> None:
    worktree = conflicted(repository, {"a/Cargo.toml": None}, {"a/Cargo.toml": THEIRS})
    assert gatekeeper("resolve", cwd=worktree).stdout == "left     a/Cargo.toml: one side has deleted the file\n"


def test_a_side_that_is_no_toml_is_told(repository: RepositoryBuilder) -> None:
    worktree = conflicted(repository, {"Cargo.toml": f"{BASE}x =\n"}, {"Cargo.toml": THEIRS})
    done = gatekeeper("resolve", cwd=worktree)
    assert done.returncode == 1
    assert done.stdout.startswith("left     Cargo.toml: ours is not valid TOML")


def test_a_bare_repository_has_nothing_to_resolve(repository: RepositoryBuilder) -> None:
    repository.commit("main", {"Cargo.toml": BASE})
    done = gatekeeper("resolve", "-C", str(repository.git_dir), cwd=repository.root)
    assert done.returncode in {0, 2}
