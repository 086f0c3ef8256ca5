"""What a worktree holds that no commit does, told without touching its index."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from gatekeeper.core.names import Oid
from gatekeeper.repository.quiet_git import QuietGit
from gatekeeper.scratch import scratch_directory

_STATUS = (
    *("status", "--porcelain=v2", "-z", "--no-renames", "--untracked-files=all"),
    *("--ignored=no", "--ignore-submodules=none"),
)
_FIELDS = {"1": 8, "u": 10, "?": 1}
"""How many fields come before the path in a line of each kind."""

_ASSUMED_UNCHANGED = frozenset("hsmrck")
_SKIPPED = frozenset("Ss")


@dataclass(frozen=True, slots=True)
class Unsaved:
    """Paths that no commit holds; submodules in whose worktrees there is work; repositories that git does not track."""

    paths: tuple[str, ...] = ()
    submodules: tuple[str, ...] = ()
    nested: tuple[str, ...] = ()


@contextmanager
def scratch_index(git: QuietGit) -> Iterator[QuietGit]:
    """Give git an index that is not there yet, and goes away."""
    with scratch_directory() as scratch:
        yield git.having(GIT_INDEX_FILE=str(scratch / "index"))


@contextmanager
def _own_index(git: QuietGit) -> Iterator[QuietGit]:
    """Give git a copy of the worktree's index, in which it looks at every file: agents tell it to overlook some."""
    with scratch_index(git) as changed:
        index = git.git_directory / "index"
        if index.exists():
            # Its time goes along: git tells by it which files may have changed within the same second.
            shutil.copy2(index, changed.variables["GIT_INDEX_FILE"])
        if git.worktree is not None:
            _overlook_nothing(changed, git.worktree)
        yield changed


def _overlook_nothing(git: QuietGit, worktree: Path) -> None:
    listed = [(entry[0], entry[2:]) for entry in git.names("ls-files", "-v", "-z")]
    assumed = [path for tag, path in listed if tag in _ASSUMED_UNCHANGED]
    skipped = [path for tag, path in listed if tag in _SKIPPED and os.path.lexists(worktree / path)]
    for option, paths in (("--no-assume-unchanged", assumed), ("--no-skip-worktree", skipped)):
        if paths:
            names = b"".join(os.fsencode(path) + b"\0" for path in paths)
            git("update-index", option, "-z", "--stdin", stdin=names)


def unsaved(git: QuietGit) -> Unsaved:
    """Return what is staged, changed or untracked in the worktree, or only staged where that is gone."""
    with _own_index(git) as on_copy:
        if git.worktree is None:
            return Unsaved(tuple(_staged(on_copy)))
        return _read_status(on_copy.names(*_STATUS))


def _staged(git: QuietGit) -> list[str]:
    head = git.commit("HEAD")
    if not Path(git.variables["GIT_INDEX_FILE"]).exists():
        return []
    if head is None:
        return git.names("ls-files", "-z")
    return git.names("diff-index", "--cached", "--name-only", "-z", "--no-renames", "--ignore-submodules=none", head)


def _read_status(lines: list[str]) -> Unsaved:
    paths: list[str] = []
    submodules: list[str] = []
    nested: list[str] = []
    for line in lines:
        fields = line.split(" ", _FIELDS[line[0]])
        path = fields[-1]
        if line[0] == "?":
            (nested if path.endswith("/") else paths).append(path)
            continue
        state = fields[2]
        if state[0] == "S" and (state[2], state[3]) != (".", "."):
            submodules.append(path)
        if state[0] != "S" or fields[1][0] != "." or state[1] == "C":
            paths.append(path)
    return Unsaved(tuple(paths), tuple(submodules), tuple(nested))


def tree_of_work(git: QuietGit) -> Oid:
    """Write all of the worktree that is not ignored as a tree, or what is staged where the worktree is gone.

    Raises GitCommandError where a file cannot be read.
    """
    with _own_index(git) as on_copy:
        if git.worktree is not None:
            on_copy("add", "--all", "--sparse")
        elif not Path(on_copy.variables["GIT_INDEX_FILE"]).exists():
            on_copy("read-tree", "HEAD")
        return Oid(on_copy("write-tree").decode().strip())


@dataclass(frozen=True, slots=True)
class Ignored:
    """How many files git ignores in a worktree, and the repositories among them."""

    files: int = 0
    nested: tuple[str, ...] = ()


def ignored_files(git: QuietGit, worktree: Path, own: frozenset[str]) -> Ignored:
    """Return what git ignores in a worktree, without the paths of ``own``."""
    files, nested = 0, []
    listing = ("ls-files", "--others", "--ignored", "--exclude-standard", "--directory", "-z")
    for name in git.names(*listing):
        if not name.endswith("/"):
            files += name not in own
            continue
        for directory, names, inner in os.walk(worktree / name):
            here = os.path.relpath(directory, worktree)
            files += sum(f"{here}/{each}" not in own for each in inner)
            if ".git" in names or ".git" in inner:
                nested.append(here)
    return Ignored(files, tuple(nested))


def unpushed_submodules(git_directory: Path, git: QuietGit) -> list[str]:
    """Return the submodules of a worktree whose repositories hold commits that no remote of theirs has."""
    modules = git_directory / "modules"
    found = []
    for directory, names, files in os.walk(modules):
        if "HEAD" in files and "objects" in names:
            repository = Path(directory)
            if not _is_pushed(git.at(repository, repository)):
                found.append(str(repository.relative_to(modules)))
            names[:] = [name for name in names if name == "modules"]
    return sorted(found)


def _is_pushed(git: QuietGit) -> bool:
    head = git.commit("HEAD")
    tips = ["--all", *([head] if head else [])]
    arguments = ("rev-list", "--max-count=1", *tips, "--not", "--remotes")
    return git.succeeds(*arguments) and not git(*arguments)
