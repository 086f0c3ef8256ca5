"""Where a crate went that is gone from its directory.

It stands in another one under the same package name, or git has followed its files into a new crate.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from functools import cached_property
from typing import TYPE_CHECKING

from gatekeeper.core.bits import union
from gatekeeper.core.symbols import Kind, Symbol
from gatekeeper.core.tree_paths import directory_of

if TYPE_CHECKING:
    from gatekeeper.core.names import TreePath
    from gatekeeper.core.workspace_view import WorkspaceView


class CrateMoves:
    """The directories of every package name."""

    def __init__(self, view: WorkspaceView) -> None:
        self._view = view
        self._names: dict[str, list[str]] = {}
        self._directories: dict[str, list[str]] = {}
        for symbol in view.index.of_kind(Kind.PACKAGE):
            directory, name = symbol.name
            self._names.setdefault(directory, []).append(name)
            self._directories.setdefault(name, []).append(directory)

    def split(self, directory: str, agents: int) -> list[tuple[str | None, int]]:
        """Split ``agents``, who have no crate in ``directory`` any more, by where they moved it (None: away)."""
        found: list[tuple[str | None, int]] = []
        named = ((other, name) for name in self._names.get(directory, ()) for other in self._directories[name])
        for other, name in named:
            standing = self._view.index.standing(Symbol(Kind.PACKAGE.value, (other, name)))
            moved = agents & standing.agents
            if other != directory and moved and not standing.bases & 1:
                found.append((other, moved))
                agents &= ~moved
        for went, who in self._followed if agents else ():
            other = went.get(directory, directory)
            standing = self._view.index.standing(Symbol(Kind.MANIFEST.value, (other,)))
            moved = agents & who & standing.agents
            if other != directory and moved and not standing.bases & 1:
                found.append((other, moved))
                agents &= ~moved
        if agents:
            found.append((None, agents))
        return found

    @cached_property
    def _followed(self) -> list[tuple[Mapping[str, str], int]]:
        """Directory -> where most of the files went that changes move out of it, with who makes such a change."""
        return [(_directories_followed(names), agents) for names, agents in self._view.moves.all]

    def packages(self, directory: str) -> int:
        """Return the agents who have a package in ``directory``, whatever its name."""
        standings = (Symbol(Kind.PACKAGE.value, (directory, name)) for name in self._names.get(directory, ()))
        return union(self._view.index.standing(symbol).agents for symbol in standings)

    def names_in(self, directory: str, agents: int) -> list[str]:
        """Return the package names that the crate in ``directory`` has in the trees of all of ``agents``."""
        return [
            name
            for name in self._names.get(directory, ())
            if not agents & ~self._view.index.standing(Symbol(Kind.PACKAGE.value, (directory, name))).agents
        ]


def _directories_followed(names: Mapping[TreePath, TreePath]) -> dict[str, str]:
    """Return old directory -> new directory, by the files that are at the same place below the two."""
    counts: dict[str, Counter[str]] = {}
    for old_path, new_path in sorted(names.items()):
        old, new = str(old_path), str(new_path)
        while old and new and old.rpartition("/")[2] == new.rpartition("/")[2]:
            old, new = directory_of(old), directory_of(new)
            counts.setdefault(old, Counter())[new] += 1
    return {old: places.most_common(1)[0][0] for old, places in counts.items()}
