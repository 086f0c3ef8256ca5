"""Where a crate went: one that is gone from one directory and stands in another under the same package name."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gatekeeper.core.symbols import Kind, Symbol

if TYPE_CHECKING:
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
        for name in self._names.get(directory, ()):
            for other in self._directories[name]:
                standing = self._view.index.standing(Symbol(Kind.PACKAGE.value, (other, name)))
                moved = agents & standing.agents
                if other != directory and moved and not standing.bases & 1:
                    found.append((other, moved))
                    agents &= ~moved
        if agents:
            found.append((None, agents))
        return found

    def names_in(self, directory: str, agents: int) -> list[str]:
        """Return the package names that the crate in ``directory`` has in the trees of all of ``agents``."""
        return [
            name
            for name in self._names.get(directory, ())
            if not agents & ~self._view.index.standing(Symbol(Kind.PACKAGE.value, (directory, name))).agents
        ]
