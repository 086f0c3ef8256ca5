"""The tree that gates judge, as they ask for it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from gatekeeper.core.gates.verdict import Blocker
from gatekeeper.core.patterns import path_glob
from gatekeeper.core.tree_state import SUBMODULE, SYMLINK

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from gatekeeper.core.names import Oid, TreePath
    from gatekeeper.core.patterns import Glob
    from gatekeeper.core.tree_state import Entry

_NOT_READ = {SYMLINK: "is a symbolic link: name the file that it leads to", SUBMODULE: "is a submodule"}


@dataclass(frozen=True, slots=True)
class Unreadable:
    """Why a file has not been read: what a sentence says of it."""

    reason: str


class JudgedTree(Protocol):
    """One tree, read as far as it is asked for."""

    @property
    def id(self) -> Oid:
        """The id of the tree."""

    def paths(self) -> Mapping[TreePath, Entry]:
        """Return every path with what stands there."""

    def read(self, path: TreePath) -> bytes | Unreadable:
        """Return the bytes of the file at one of ``paths``, or why they cannot be had."""


@dataclass(frozen=True, slots=True)
class NamedFiles:
    """The files that some globs name, and what is wrong with the rest: globs that fit nothing, links, submodules."""

    files: Mapping[TreePath, Entry]
    blockers: tuple[Blocker, ...]


def named_files(tree: JudgedTree, globs: Iterable[str]) -> NamedFiles:
    """Return what ``globs`` name in ``tree``, each file once, in the order of their paths."""
    found: set[TreePath] = set()
    blockers: list[Blocker] = []
    for text in globs:
        paths = fitting(tree, path_glob(text))
        if not paths:
            blockers.append(Blocker(f"no file fits {text}", text))
        found.update(paths)
    entries = {path: tree.paths()[path] for path in sorted(found)}
    blockers += [Blocker(f"{path} {why_not_read(entry)}", path) for path, entry in entries.items() if not entry.is_file]
    return NamedFiles({path: entry for path, entry in entries.items() if entry.is_file}, tuple(blockers))


def fitting(tree: JudgedTree, glob: Glob) -> tuple[TreePath, ...]:
    """Return the paths that fit, sorted: files, symbolic links and submodules."""
    return tuple(sorted(path for path in tree.paths() if glob.matches(path.split("/"))))


def why_not_read(entry: Entry) -> str:
    """Return what a sentence says of an entry that is no file."""
    return _NOT_READ.get(entry.mode, "is no file")
