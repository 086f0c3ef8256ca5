"""The directories in which git keeps what it knows of linked worktrees: found, marked as our own, and taken away."""

from __future__ import annotations

import contextlib
import os
import shutil
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from gatekeeper.core.names import Oid, RefName
from gatekeeper.errors import UnsupportedRepositoryError
from gatekeeper.repository.quiet_git import QuietGit
from gatekeeper.repository.repository import Repository
from gatekeeper.repository.worktrees import UNDER_CONSTRUCTION

MARKER = "gatekeeper.json"
"""In a worktree's own git directory: gatekeeper made the worktree."""

_IN_PROGRESS = {
    "MERGE_HEAD": "merge",
    "rebase-merge": "rebase",
    "rebase-apply": "rebase",
    "CHERRY_PICK_HEAD": "cherry-pick",
    "REVERT_HEAD": "revert",
    "sequencer": "sequence of picks",
    "BISECT_LOG": "bisection",
}


@dataclass(frozen=True, slots=True)
class Administration:
    """The git directory of one linked worktree."""

    directory: Path

    @property
    def worktree(self) -> Path | None:
        """Where the worktree is, or was; None where git had not come so far as to note it."""
        noted = _line(self.directory / "gitdir")
        return Path(os.path.normpath(self.directory / noted)).parent if noted else None

    @property
    def lock(self) -> str | None:
        """The reason why the worktree is locked, which may be empty; None when it is not."""
        return _line(self.directory / "locked")

    def is_of(self, worktree: Path) -> bool:
        """Return whether the directory at ``worktree`` is the one that this belongs to."""
        noted = _line(worktree / ".git") or ""
        if worktree.is_symlink() or not noted.startswith("gitdir: "):
            return False
        return Path(worktree, noted.removeprefix("gitdir: ")).resolve() == self.directory.resolve()


def administrations(common_directory: Path) -> Iterator[Administration]:
    """Yield the git directories of all linked worktrees, by name."""
    for directory in sorted(common_directory.glob("worktrees/*")):
        if directory.is_dir() and not directory.is_symlink():
            yield Administration(directory)


def listed_worktrees(git: QuietGit) -> list[list[bytes]]:
    """Return what git says of each worktree, be it there or not; the main one, or the bare repository, is the first."""
    listed = git("worktree", "list", "--porcelain", "-z").split(b"\0\0")
    return [block.split(b"\0") for block in listed if block]


def main_worktree(repository: Repository, git: QuietGit, listed: list[list[bytes]]) -> Path | None:
    """Return the top of the main worktree among the listed ones, None where the repository is bare.

    Raises UnsupportedRepositoryError where that cannot be told from here.
    """
    first = listed[0]
    if b"bare" in first:
        return None
    place = Path(os.fsdecode(first[0].removeprefix(b"worktree "))).resolve()
    common = repository.common_directory.resolve()
    if place != common:
        return place
    if repository.worktree is not None and repository.git_directory == repository.common_directory:
        return Path(repository.worktree).resolve()
    # The main one of a submodule, whose git directory notes it.
    top = Path(os.fsdecode(git("rev-parse", "--show-toplevel").rstrip(b"\n"))).resolve()
    if top != common:
        return top
    raise UnsupportedRepositoryError(
        "cannot tell from here where the main worktree is", "run this in the main worktree, or use an absolute path"
    )


def all_worktrees(git: QuietGit) -> list[Path]:
    """Return where git says that worktrees are, be they there or not."""
    return paths_of(listed_worktrees(git))


def paths_of(listed: Iterable[list[bytes]]) -> list[Path]:
    """Return the places of listed worktrees."""
    return [Path(os.fsdecode(block[0].removeprefix(b"worktree "))) for block in listed]


def add_empty(git: QuietGit, path: Path, at: Oid, purpose: str) -> None:
    """Let git make a worktree without files, locked for ``purpose``; raises GitCommandError.

    The lock is the first that git writes, so that what is left of a killed attempt tells whose it is.
    """
    how = ("-q", "--detach", "--no-checkout", "--lock", "--reason", lock_reason(purpose))
    git("worktree", "add", *how, "--", str(path), at)


def lock_reason(purpose: str) -> str:
    """Return the reason for which we lock a worktree."""
    return UNDER_CONSTRUCTION + purpose


def is_under_construction(administration: Administration, purpose: str) -> bool:
    """Return whether the worktree is locked for ``purpose`` by us."""
    return administration.lock == lock_reason(purpose)


def lock_for_ourselves(administration: Administration, purpose: str) -> None:
    """Lock a worktree for ``purpose``: git prunes it no more, and no scan looks at it."""
    path = administration.directory / "locked"
    if not path.exists():
        path.write_bytes(os.fsencode(lock_reason(purpose)))


def unlock(administration: Administration, purpose: str) -> None:
    """Take our own lock away."""
    if is_under_construction(administration, purpose):
        (administration.directory / "locked").unlink()


def delete(administration: Administration, grave: Path) -> None:
    """Take a git directory of our own away, to ``grave`` first: it is there whole or not at all."""
    administration.directory.rename(grave)
    shutil.rmtree(grave)
    tidy(administration.directory.parent)


def tidy(worktrees: Path) -> None:
    """Delete the directory of all of them when it is empty, as git does."""
    with contextlib.suppress(OSError):
        worktrees.rmdir()


def in_progress(directory: Path) -> str | None:
    """Return what git is in the middle of in the worktree of this git directory, None when it is not."""
    return next((what for name, what in _IN_PROGRESS.items() if (directory / name).exists()), None)


def head_of(git: QuietGit) -> tuple[RefName | None, Oid | None]:
    """Return the branch that the worktree has checked out (None when detached) and its commit (None when unborn)."""
    return branch_of_head(git), git.commit("HEAD")


def branch_of_head(git: QuietGit) -> RefName | None:
    """Return the branch that the worktree has checked out, None when it is detached."""
    name = git.answer("symbolic-ref", "-q", "HEAD")
    return RefName(os.fsdecode(name.rstrip(b"\n"))) if name else None


def _line(path: Path) -> str | None:
    try:
        return os.fsdecode(path.read_bytes()).removesuffix("\n")
    except OSError:
        return None
