"""References that are created, and deleted, only where they are as they are known to be."""

from __future__ import annotations

import os
from pathlib import Path

from gatekeeper.core.names import Oid, RefName
from gatekeeper.errors import GitCommandError
from gatekeeper.repository.quiet_git import QuietGit

_LEFT_FOR_A_BRANCH = ("rebase-merge/head-name", "rebase-apply/head-name", "BISECT_START")


def reference_value(git: QuietGit, ref: RefName) -> Oid | None:
    """Return what a reference of that full name holds, None where there is none."""
    # Of several patterns, git would also take what lies below.
    listed = git("for-each-ref", "--format=%(objectname) %(refname)", ref).decode("utf-8", "surrogateescape")
    for line in listed.splitlines():
        oid, _, name = line.partition(" ")
        if name == ref:
            return Oid(oid)
    return None


def create_reference(git: QuietGit, ref: RefName, commit: Oid, reason: str) -> bool:
    """Create a reference; return False where one of that name is there already. Raises GitCommandError."""
    try:
        _update(git, f"create {ref}\0{commit}\0", reason)
    except GitCommandError:
        if reference_value(git, ref) is None:
            raise
        return False
    return True


def move_reference(git: QuietGit, ref: RefName, new: Oid, old: Oid, reason: str) -> bool:
    """Move a reference from ``old``; return False where it holds something else by now. Raises GitCommandError."""
    return _changed(git, f"update {ref}\0{new}\0{old}\0", ref, old, reason)


def delete_reference(git: QuietGit, ref: RefName, old: Oid, reason: str) -> bool:
    """Delete a reference that holds ``old``; return False where it holds something else. Raises GitCommandError."""
    return _changed(git, f"delete {ref}\0{old}\0", ref, old, reason)


def _changed(git: QuietGit, command: str, ref: RefName, old: Oid, reason: str) -> bool:
    try:
        _update(git, command, reason)
    except GitCommandError:
        if reference_value(git, ref) == old:
            raise
        return False
    return True


def _update(git: QuietGit, command: str, reason: str) -> None:
    git("update-ref", "--no-deref", "-m", reason, "-z", "--stdin", stdin=command.encode("utf-8", "surrogateescape"))


def checked_out(git: QuietGit, ref: RefName) -> list[str]:
    """Return the worktrees that have a branch checked out, or that rebase or bisect it, gone ones included."""
    listed = git("worktree", "list", "--porcelain", "-z")
    found = []
    for block in listed.split(b"\0\0"):
        fields = dict(line.decode("utf-8", "surrogateescape").partition(" ")[::2] for line in block.split(b"\0"))
        if fields.get("branch") == ref:
            found.append(fields["worktree"])
    directories = [git.git_directory, *sorted(git.git_directory.glob("worktrees/*"))]
    return [*found, *(str(directory) for directory in directories if ref in _held_up(directory))]


def _held_up(directory: Path) -> set[str]:
    """Return the branches that an operation goes back to, full or short as it was noted."""
    found: set[str] = set()
    for name in _LEFT_FOR_A_BRANCH:
        path = directory / name
        if path.is_file():
            noted = os.fsdecode(path.read_bytes()).strip()
            found |= {noted, f"refs/heads/{noted}"}
    return found
