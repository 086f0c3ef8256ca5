"""Files that a manifest names, and that only the combination of two changes leaves missing."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from functools import cached_property
from typing import TYPE_CHECKING, NamedTuple

from gatekeeper.core.names import TreePath
from gatekeeper.core.symbols import Definition, How, Kind, Symbol
from gatekeeper.core.tree_paths import ancestors, directory_of

if TYPE_CHECKING:
    from gatekeeper.core.combination import Standing
    from gatekeeper.core.symbol_index import Use
    from gatekeeper.core.workspace_view import Dangling, WorkspaceView

_SHARED_README = ("workspace", "package", "readme")


class MissingFile(NamedTuple):
    """A reference (right) to a file that the left side deletes, and where it has moved it (None: nowhere)."""

    dangling: Dangling
    moved_to: TreePath | None


class MissingFiles:
    """All missing files of a view."""

    def __init__(self, view: WorkspaceView) -> None:
        self._found: dict[str, list[MissingFile]] = {}
        for found in _missing_files(view):
            self._found.setdefault(found.dangling.reference.how, []).append(found)

    def named_as(self, how: How) -> list[MissingFile]:
        """Return those that are named in this way."""
        return self._found.get(how, [])


def _missing_files(view: WorkspaceView) -> Iterator[MissingFile]:
    moves = FileMoves(view)
    for symbol, uses in view.index.uses.items():
        if symbol.kind != Kind.NEEDED_FILE or view.existence.keys().isdisjoint(symbol.name):
            continue
        definitions = {_file(path): view.file(TreePath(path)) for path in symbol.name}
        for use in uses:
            for user in _users(view, use):
                for found, _ in view.missing(user.reference, user.needs, definitions):
                    directory = directory_of(found.reference.path)
                    for place, agents in moves.split(directory, found.definition.path, found.left):
                        yield MissingFile(replace(found, left=agents), place)


def _file(path: str) -> Definition:
    return Definition(Symbol(Kind.FILE.value, (path,)), TreePath(path), ())


def _users(view: WorkspaceView, use: Use) -> Iterator[Use]:
    """Yield ``use``, or, of the readme that a workspace root offers, those who take it."""
    if use.reference.key != _SHARED_README:
        yield use
        return
    for taken in view.uses(Kind.WORKSPACE_PACKAGE, directory_of(use.reference.path), "readme"):
        needs: tuple[Standing, ...] = (*taken.needs, *use.needs)
        yield taken._replace(needs=needs, reference=taken.reference._replace(how=use.reference.how))


class FileMoves:
    """Where files went: one that is gone, and stands elsewhere in the same package under the same name."""

    def __init__(self, view: WorkspaceView) -> None:
        self._existence = view.existence
        self._packages = {symbol.name[0] for symbol in view.index.of_kind(Kind.MANIFEST)}

    @cached_property
    def _new_places(self) -> dict[str, list[TreePath]]:
        found: dict[str, list[TreePath]] = {}
        for path, standing in self._existence.items():
            if not standing.bases & 1:
                found.setdefault(_stem(path), []).append(path)
        return {stem: sorted(paths) for stem, paths in found.items()}

    def split(self, directory: str, path: TreePath, agents: int) -> list[tuple[TreePath | None, int]]:
        """Split ``agents``, who have no file at ``path`` any more, by where in ``directory`` they moved it."""
        found: list[tuple[TreePath | None, int]] = []
        for place in self._new_places.get(_stem(path), ()):
            moved = agents & self._existence[place].agents
            if moved and directory == next((above for above in ancestors(place) if above in self._packages), None):
                found.append((place, moved))
                agents &= ~moved
        if agents:
            found.append((None, agents))
        return found


def _stem(path: str) -> str:
    """Return what a file keeps when it is moved: ``it.rs`` and ``it/main.rs`` are one target."""
    parts = path.split("/")
    return f"{parts[-2]}.rs" if len(parts) > 1 and parts[-1] == "main.rs" else parts[-1]
