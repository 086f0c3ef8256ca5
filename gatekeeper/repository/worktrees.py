"""Uncommitted work: read from every worktree without writing into the repository, its index or its worktrees.

Git makes the tree itself, with its own ignore rules and filters, from a copy of the worktree's index; the objects go
to the scratch store.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from gatekeeper.core.names import Oid, RefName
from gatekeeper.errors import BadInputError, GitCommandError
from gatekeeper.process import environment_for_git, git
from gatekeeper.repository.objects import ObjectStore
from gatekeeper.repository.repository import Repository

_QUIET = (
    *("-c", "core.fsmonitor=false"),
    *("-c", "core.untrackedCache=false"),
    # A shared index would be written beside the user's own.
    *("-c", "core.splitIndex=false"),
    *("-c", f"core.hooksPath={os.devnull}"),
    *("-c", "advice.addEmbeddedRepo=false"),
)
_AT_ONCE = 4

UNDER_CONSTRUCTION = "gatekeeper: "
"""How the reason begins for which we lock a worktree that is not ready yet, or not whole any more."""

_NOT_READY = ("initializing", UNDER_CONSTRUCTION)
"""As git itself says it. Such a worktree looks as if all its files had been deleted."""


@dataclass(frozen=True, slots=True)
class Worktree:
    """A worktree of the repository; ``branch`` is None when its HEAD is detached, ``head`` when it is unborn."""

    path: str
    branch: RefName | None
    head: Oid | None
    dirty: bool = False


def list_worktrees(repository: Repository) -> list[Worktree]:
    """Return the worktrees whose directories are there, without saying yet whether they are dirty."""
    listed = git(
        ("worktree", "list", "--porcelain", "-z"), env=_environment(repository), cwd=str(repository.common_directory)
    )
    found = []
    for block in listed.split(b"\0\0"):
        fields = dict(_field(line) for line in block.split(b"\0") if line)
        path = _place(repository, fields.get("worktree"))
        if path is None or "bare" in fields or "prunable" in fields or not Path(path).is_dir():
            continue
        if fields.get("locked", "").startswith(_NOT_READY):
            continue
        head = fields.get("HEAD", "")
        branch = fields.get("branch")
        found.append(Worktree(path, RefName(branch) if branch else None, Oid(head) if head.strip("0") else None))
    return found


def _place(repository: Repository, listed: str | None) -> str | None:
    """Return where a worktree is.

    For the main one of a submodule, or of ``git init --separate-git-dir``, git lists the git directory itself.
    """
    if listed is None or Path(listed).resolve() != repository.common_directory.resolve():
        return listed
    known = repository.worktree if repository.git_directory == repository.common_directory else None
    return known if known is not None and Path(known, ".git").exists() else None


def _field(line: bytes) -> tuple[str, str]:
    name, _, value = line.decode("utf-8", "surrogateescape").partition(" ")
    return name, value


def _environment(repository: Repository) -> dict[str, str]:
    return environment_for_git(hermetic=False) | {"GIT_DIR": str(repository.common_directory)}


def with_uncommitted(worktrees: Sequence[Worktree]) -> list[Worktree]:
    """Return the worktrees, each saying whether it holds uncommitted work (staged, unstaged or untracked)."""
    if len(worktrees) <= 1:
        return [replace(tree, dirty=_is_dirty(tree)) for tree in worktrees]
    from concurrent.futures import ThreadPoolExecutor  # noqa: PLC0415 - slow to load, and often there is one worktree

    # What runs at once already gains nothing from threads of its own.
    alone = ("-c", "core.preloadIndex=false") if len(worktrees) >= _AT_ONCE else ()
    with ThreadPoolExecutor(_AT_ONCE) as pool:
        dirty = list(pool.map(lambda tree: _is_dirty(tree, *alone), worktrees))
    return [replace(tree, dirty=is_dirty) for tree, is_dirty in zip(worktrees, dirty, strict=True)]


def _is_dirty(worktree: Worktree, *settings: str) -> bool:
    try:
        changed = git(
            (
                *_QUIET,
                *settings,
                "status",
                "--porcelain",
                "-z",
                "--no-renames",
                "--untracked-files=normal",
                "--ignore-submodules=dirty",
            ),
            env=environment_for_git(hermetic=False),
            cwd=worktree.path,
        )
    except GitCommandError:
        # Reading it will fail as well, and say why.
        return True
    return bool(changed)


def snapshot(store: ObjectStore, worktree: Worktree) -> Oid:
    """Return a commit (in the scratch store) of all in the worktree that is not ignored; raises GitCommandError."""
    env = _scratch_environment(store, _index_of(worktree.path))
    git((*_QUIET, "-c", "core.compression=0", "add", "--all", "--ignore-errors"), env=env, cwd=worktree.path)
    return _commit_index(store, env, worktree.path, worktree.head)


def snapshot_staged(repository: Repository, store: ObjectStore) -> Oid:
    """Return a commit of what is staged: the index that git names (hooks run with one of their own), or the usual one.

    Raises BadInputError outside a worktree or while the index holds unmerged paths.
    """
    if repository.worktree is None:
        raise BadInputError("a bare repository has no index", "name a branch: gatekeeper check --branch NAME")
    named = os.environ.get("GIT_INDEX_FILE")
    index = Path(repository.worktree, named) if named else _index_of(repository.worktree)
    _, head = repository.head()
    env = _scratch_environment(store, index)
    try:
        return _commit_index(store, env, repository.worktree, head)
    except GitCommandError as error:
        unmerged = git((*_QUIET, "ls-files", "--unmerged", "-z"), env=env, cwd=repository.worktree)
        if not unmerged:
            raise BadInputError("the staged change cannot be read", error.hint or error.message) from error
        path = unmerged.partition(b"\0")[0].partition(b"\t")[2].decode("utf-8", "surrogateescape")
        raise BadInputError(f"{path} is unmerged in the index", "finish or abort the merge") from error


def _index_of(worktree: str) -> Path:
    named = git(("rev-parse", "--git-path", "index"), env=environment_for_git(hermetic=False), cwd=worktree)
    return Path(worktree, os.fsdecode(named.rstrip(b"\n")))


def _scratch_environment(store: ObjectStore, index: Path) -> dict[str, str]:
    copy = Path(store.directory, f"index-{os.urandom(6).hex()}")
    if index.exists():
        # Its time goes along: git tells by it which files may have changed within the same second.
        shutil.copy2(index, copy)
    return environment_for_git(hermetic=False) | {
        "GIT_INDEX_FILE": str(copy),
        "GIT_OBJECT_DIRECTORY": str(Path(store.directory, "objects")),
    }


def _commit_index(store: ObjectStore, env: dict[str, str], worktree: str, head: Oid | None) -> Oid:
    tree = git((*_QUIET, "write-tree"), env=env, cwd=worktree).decode().strip()
    parents: Iterable[Oid] = () if head is None else (head,)
    return store.write_commit(Oid(tree), parents)
