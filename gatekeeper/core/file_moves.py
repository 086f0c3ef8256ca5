"""Where changes put the files that they take away from a path: what git sees as renames."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import NamedTuple

from gatekeeper.core.names import TreePath


class Moves(NamedTuple):
    """Old name -> new name of the files that a change moves, and the agents whose changes move just these."""

    names: Mapping[TreePath, TreePath]
    agents: int


class FileMoves:
    """The moves of all agents, by old name."""

    def __init__(self, moves: Iterable[Moves] = ()) -> None:
        self.all = tuple(moves)
        self._by_old: dict[str, list[tuple[TreePath, int]]] = {}
        self._by_new: dict[str, dict[TreePath, int]] = {}
        for names, agents in self.all:
            for old, new in names.items():
                self._by_old.setdefault(old, []).append((new, agents))
                came_from = self._by_new.setdefault(new, {})
                came_from[old] = came_from.get(old, 0) | agents

    def to(self, path: str) -> list[int]:
        """Return the agents who moved a file to ``path``: one set for each place it came from."""
        return list(self._by_new.get(path, {}).values())

    def of(self, path: str) -> list[tuple[TreePath, int]]:
        """Return the new names of the file at ``path``, each with agents who gave it."""
        return self._by_old.get(path, [])

    def movers(self, path: str) -> int:
        """Return the agents who moved the file at ``path``."""
        movers = 0
        for _, agents in self.of(path):
            movers |= agents
        return movers
