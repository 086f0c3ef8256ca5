"""Locks that a killed git has left do not hold up the next run; those of living ones, and the user's own, stay."""

from __future__ import annotations

import os
import time
from pathlib import Path

import pytest

from gatekeeper.core.names import Oid, RefName
from gatekeeper.errors import GitCommandError
from gatekeeper.repository.branch_refs import create_reference, delete_reference
from gatekeeper.repository.quiet_git import QuietGit
from gatekeeper.repository.remotes import Remote
from gatekeeper.repository.stale_locks import cleared
from tests.kit import RepositoryBuilder
from tests.shell.scans import opened
from tests.shell.workplaces import trunk

BRANCH = RefName("refs/heads/one")
OURS = RefName("refs/gatekeeper/ledger")


@pytest.fixture
def builder(repository: RepositoryBuilder) -> RepositoryBuilder:
    repository.commit("main", {"a.txt": "1\n"})
    return repository


def left(builder: RepositoryBuilder, name: str, *, minutes: float = 5) -> Path:
    """Leave a lock behind, so many minutes ago."""
    lock = builder.git_dir / name
    lock.parent.mkdir(parents=True, exist_ok=True)
    lock.touch()
    then = time.time() - 60 * minutes
    os.utime(lock, (then, then))
    return lock


def test_a_branch_is_made_past_a_lock_of_the_dead(builder: RepositoryBuilder) -> None:
    lock = left(builder, f"{BRANCH}.lock")
    assert create_reference(QuietGit.on(opened(builder)), BRANCH, trunk(builder), "why")
    assert builder.commit_id("one") == trunk(builder)
    assert not lock.exists()


def test_a_branch_is_deleted_past_every_lock_of_the_dead(builder: RepositoryBuilder) -> None:
    # A git that is killed while it deletes a reference leaves all of these.
    builder.branch("one")
    builder.git("pack-refs", "--all")
    for name in (f"{BRANCH}.lock", "packed-refs.lock", "packed-refs.new"):
        left(builder, name)
    assert delete_reference(QuietGit.on(opened(builder)), BRANCH, trunk(builder), "why")
    assert builder.git("for-each-ref", "refs/heads/one") == ""
    assert builder.git("for-each-ref", "--format=%(refname)").split() == ["refs/heads/main"]


def test_the_ledger_moves_past_a_lock_of_the_dead(builder: RepositoryBuilder) -> None:
    left(builder, f"{OURS}.lock")
    references = opened(builder).named_references()
    assert references.swap(OURS, old=None, new=trunk(builder))
    left(builder, f"{OURS}.lock")
    next_one = Oid(builder.commit("main", {"a.txt": "2\n"}))
    assert references.swap(OURS, old=trunk_before(builder), new=next_one)


def trunk_before(builder: RepositoryBuilder) -> Oid:
    return Oid(builder.commit_id("main~1"))


def test_what_is_fetched_for_the_ledger_moves_past_a_lock_of_the_dead(
    builder: RepositoryBuilder, tmp_path: Path
) -> None:
    builder.git("clone", "-q", "--bare", ".", str(tmp_path / "remote.git"))
    builder.git("remote", "add", "origin", str(tmp_path / "remote.git"))
    theirs = "refs/gatekeeper/remotes/origin/ledger"
    left(builder, f"{theirs}.lock")
    Remote(opened(builder), "origin").fetch(f"+refs/heads/main:{theirs}")
    assert builder.commit_id(theirs) == trunk(builder)


_SECOND_TIME = """
test -e "{tried}" && printf 'ref: refs/heads/main\\n' > "{head}"
: > "{tried}"
exec git upload-pack "$@"
"""


def test_a_worktree_that_git_just_makes_is_no_damage(builder: RepositoryBuilder, tmp_path: Path) -> None:
    builder.git("clone", "-q", "--bare", ".", str(tmp_path / "remote.git"))
    builder.git("remote", "add", "origin", str(tmp_path / "remote.git"))
    newer = builder.git("commit-tree", "-p", "main", "-m", "newer", "main^{tree}").strip()
    builder.git("push", "-q", "origin", f"{newer}:refs/heads/main")
    builder.git("prune")
    # What git writes first, before it knows the commit.
    builder.branch("one")
    builder.worktree("one")
    (head,) = builder.git_dir.glob("worktrees/*/HEAD")
    head.write_text("0" * 40 + "\n")
    script = tmp_path / "upload-pack"
    script.write_text("#!/bin/sh" + _SECOND_TIME.format(tried=tmp_path / "tried", head=head))
    script.chmod(0o755)
    builder.git("config", "remote.origin.uploadpack", str(script))
    Remote(opened(builder), "origin").fetch("+refs/heads/main:refs/remotes/origin/main")
    assert builder.commit_id("refs/remotes/origin/main") == newer
    assert (tmp_path / "tried").exists()


def complaint(lock: Path) -> str:
    return f"fatal: cannot lock ref 'x': Unable to create '{lock}': File exists.\n\nAnother git process seems"


def test_a_lock_that_may_be_of_the_living_stays(builder: RepositoryBuilder) -> None:
    # What others fetch is locked for as long as their fetch and its hooks take.
    lock = left(builder, "refs/remotes/origin/main.lock", minutes=5)
    assert not cleared(complaint(lock), builder.git_dir)
    assert lock.exists()
    assert cleared(complaint(left(builder, "refs/remotes/origin/main.lock", minutes=11)), builder.git_dir)
    assert not lock.exists()


@pytest.mark.parametrize("name", ["index.lock", "config.lock", "HEAD.lock", "worktrees/one/index.lock"])
def test_a_lock_of_a_person_stays(builder: RepositoryBuilder, name: str) -> None:
    lock = left(builder, name, minutes=10_000)
    assert not cleared(complaint(lock), builder.git_dir)
    assert lock.exists()


def test_a_lock_of_another_repository_stays(builder: RepositoryBuilder, tmp_path: Path) -> None:
    lock = tmp_path / "elsewhere/refs/heads/one.lock"
    lock.parent.mkdir(parents=True)
    lock.touch()
    os.utime(lock, (0, 0))
    assert not cleared(complaint(lock), builder.git_dir)
    assert not cleared("fatal: the disk is full", builder.git_dir)
    assert lock.exists()


def test_a_lock_that_goes_is_waited_for(builder: RepositoryBuilder) -> None:
    # Nobody holds it any more by the time that it is looked at.
    assert cleared(complaint(builder.git_dir / "refs/heads/one.lock"), builder.git_dir)


def test_what_is_no_lock_is_told(builder: RepositoryBuilder) -> None:
    with pytest.raises(GitCommandError):
        create_reference(QuietGit.on(opened(builder)), BRANCH, Oid("1" * 40), "why")
