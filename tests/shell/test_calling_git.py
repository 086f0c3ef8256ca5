"""What surrounds a scan: hooks that it must not call, variables of a git that calls it, the index being committed."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from gatekeeper import process
from gatekeeper.errors import BadInputError, GitCommandError
from gatekeeper.repository.worktrees import snapshot_staged
from tests.kit import RepositoryBuilder
from tests.shell.scans import CLASH, LINES, agents, conflicts, fingerprint, opened, scanned, two_agents

FOUR = LINES.replace("line 4", "uncommitted")
B = ("b.txt", "one", "two")


@pytest.fixture
def fleet(repository: RepositoryBuilder) -> RepositoryBuilder:
    """Trunk and two agents; the second has changed ``b.txt``, as the first will in its worktree."""
    repository.commit("main", {"a.txt": LINES, "b.txt": LINES})
    for name in ("one", "two"):
        repository.branch(name)
    repository.commit("one", {"one.txt": "1\n"})
    repository.commit("two", {"b.txt": LINES.replace("line 4", "two"), "new.txt": "two\n"})
    return repository


def git(where: Path, *arguments: str) -> None:
    subprocess.run(["git", *arguments], cwd=where, check=True, capture_output=True)


def test_hooks_and_monitors_of_the_user_are_not_run(fleet: RepositoryBuilder, tmp_path: Path) -> None:
    where = fleet.worktree("one")
    trace = tmp_path / "ran"
    hooks = fleet.git_dir / "hooks"
    hooks.mkdir()
    for name in ("post-index-change", "fsmonitor", "pre-commit", "post-checkout", "reference-transaction"):
        (hooks / name).write_text(f"#!/bin/sh\necho {name} >> '{trace}'\n")
        (hooks / name).chmod(0o755)
    fleet.git("config", "core.fsmonitor", str(hooks / "fsmonitor"))
    fleet.write(where, {"b.txt": FOUR})
    assert conflicts(scanned(fleet)) == {B}
    assert not trace.exists(), trace.read_text()


@pytest.mark.parametrize("already", [False, True])
def test_a_split_index_is_read_and_left_alone(fleet: RepositoryBuilder, *, already: bool) -> None:
    where = fleet.worktree("one")
    fleet.write(where, {"b.txt": FOUR})
    fleet.git("config", "core.splitIndex", "true")
    if already:
        fleet.git("update-index", "--split-index", cwd=where)
        fleet.stage(where, "b.txt")
    before = fingerprint(fleet.root, where)
    assert conflicts(scanned(fleet)) == {B}
    assert fingerprint(fleet.root, where) == before


def test_only_what_is_staged_counts_for_a_check_of_the_index(fleet: RepositoryBuilder) -> None:
    where = fleet.worktree("one")
    fleet.write(where, {"b.txt": FOUR})
    fleet.stage(where)
    fleet.write(where, {"b.txt": LINES, "new.txt": "one\n"})
    before = fingerprint(fleet.root, where)
    assert conflicts(scanned(where, staged=True)) == {B}
    assert fingerprint(fleet.root, where) == before


def test_a_hook_s_own_index_counts_for_a_check_of_the_index(
    fleet: RepositoryBuilder, monkeypatch: pytest.MonkeyPatch
) -> None:
    where = fleet.worktree("one")
    index = fleet.git_dir / "worktrees" / where.name / "index"
    own = index.with_name("next-index.lock")
    own.write_bytes(index.read_bytes())
    fleet.write(where, {"b.txt": FOUR})
    git(where, "-c", "core.bare=false", "status")
    subprocess.run(
        ["git", "add", "b.txt"],
        cwd=where,
        env=os.environ | {"GIT_INDEX_FILE": str(own)},
        check=True,
        capture_output=True,
    )
    fleet.write(where, {"b.txt": LINES})
    assert conflicts(scanned(where, staged=True)) == set()
    monkeypatch.setenv("GIT_INDEX_FILE", str(own))
    assert conflicts(scanned(where, staged=True)) == {B}
    assert conflicts(scanned(where)) == set()


def test_an_index_that_cannot_be_committed(fleet: RepositoryBuilder, tmp_path: Path) -> None:
    fleet.commit("one", {"b.txt": "one\n"})
    where = fleet.worktree("one")
    with pytest.raises(subprocess.CalledProcessError):
        git(where, "merge", "-q", "two")
    with pytest.raises(BadInputError, match=r"^b\.txt is unmerged in the index$") as raised:
        scanned(where, staged=True)
    assert raised.value.hint == "finish or abort the merge"
    bare = RepositoryBuilder(tmp_path / "bare", bare=True)
    bare.commit("main", {"a": "1"})
    store = opened(bare).object_store()
    with pytest.raises(BadInputError, match="bare repository has no index"):
        snapshot_staged(opened(bare), store)
    store.close()


def test_variables_of_a_calling_git_are_not_obeyed(
    fleet: RepositoryBuilder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    where = fleet.worktree("one")
    fleet.write(where, {"b.txt": FOUR})
    other = RepositoryBuilder(tmp_path / "other")
    two_agents(other)
    for name, value in {
        "GIT_DIR": other.git_dir,
        "GIT_WORK_TREE": other.root,
        "GIT_COMMON_DIR": other.git_dir,
        "GIT_INDEX_FILE": other.git_dir / "index",
        "GIT_OBJECT_DIRECTORY": tmp_path / "objects",
        "GIT_ALTERNATE_OBJECT_DIRECTORIES": other.git_dir / "objects",
        "GIT_NAMESPACE": "elsewhere",
        "GIT_PREFIX": "deep/",
        "GIT_CONFIG_PARAMETERS": "'core.bare'='true'",
        "GIT_CONFIG_COUNT": "1",
        "GIT_CONFIG_KEY_0": "core.bare",
        "GIT_CONFIG_VALUE_0": "true",
        "GIT_ATTR_SOURCE": "nowhere",
        "GIT_QUARANTINE_PATH": str(tmp_path),
        "GIT_LITERAL_PATHSPECS": "1",
        "GIT_SHALLOW_FILE": str(tmp_path / "shallow"),
    }.items():
        monkeypatch.setenv(name, str(value))
    before = fingerprint(fleet.root, where, other.root)
    for start in (fleet.root, where):
        report = scanned(start)
        assert conflicts(report) == {B}
        assert agents(report)["one"].uncommitted
    assert conflicts(scanned(other)) == {CLASH}
    assert fingerprint(fleet.root, where, other.root) == before
    assert not (tmp_path / "objects").exists()


def test_git_that_is_not_there(fleet: RepositoryBuilder, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(GitCommandError, match="cannot start git"):
        scanned(fleet)


def test_a_program_that_does_not_end_is_stopped(tmp_path: Path) -> None:
    command = ["sh", "-c", "tail -f /dev/null & tail -f /dev/null"]
    assert process.run_for(command, 0.1, env=os.environ, cwd=str(tmp_path)) is None


def test_a_program_that_ends_in_time_is_heard(tmp_path: Path) -> None:
    done = process.run_for(["sh", "-c", "pwd; echo no >&2; exit 3"], 60, env=os.environ, cwd=str(tmp_path))
    assert done == process.Completed(3, f"{tmp_path}\n".encode(), b"no\n")
