"""Makefiles as cargo-make reads them: each with all that it extends."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from gatekeeper.core.cargo_make_core import CORE_TASKS
from gatekeeper.core.combination import Atom, Place
from gatekeeper.core.cycles import Edge
from gatekeeper.core.schema import CARGO_MAKE, profile_for
from gatekeeper.core.symbols import Definition, How, Kind, Reference, Symbol
from gatekeeper.core.workspace_view import Dangling

if TYPE_CHECKING:
    from gatekeeper.core.combination import Standing
    from gatekeeper.core.names import TreePath
    from gatekeeper.core.symbol_index import Use
    from gatekeeper.core.workspace_view import WorkspaceView


@dataclass(frozen=True, slots=True)
class Makefile:
    """One makefile and the files that it extends in some tree, nearest first.

    ``open``: some of what it extends cannot be known from the tree, so no task is known to be missing.
    """

    path: TreePath
    files: tuple[str, ...]
    open: bool
    without_core_tasks: bool


class Makefiles:
    """The makefiles of a view. Extending is taken as the union over all trees."""

    def __init__(self, view: WorkspaceView) -> None:
        self._view = view
        self._extends: dict[str, list[str]] = {}
        self._tasks: dict[str, set[str]] = {}
        self._uses: dict[str, list[tuple[str, Use]]] = {}
        for symbol, uses in view.index.uses.items():
            if symbol.kind == Kind.TASK:
                self._uses.setdefault(symbol.name[0], []).extend((symbol.name[1], use) for use in uses)
            elif symbol.kind == Kind.FILE:
                for use in uses:
                    self._extends.setdefault(use.reference.path, []).append(symbol.name[0])
        for symbol in view.index.definitions:
            if symbol.kind == Kind.TASK:
                self._tasks.setdefault(symbol.name[0], set()).add(symbol.name[1])

    @cached_property
    def all(self) -> list[Makefile]:
        """Every makefile that somebody could run."""
        return [self._makefile(path) for path in sorted(self._view.states) if profile_for(path) is CARGO_MAKE]

    def _makefile(self, path: TreePath) -> Makefile:
        files: dict[str, None] = {path: None}
        waiting: list[str] = [path]
        while waiting:
            for extended in self._extends.get(waiting.pop(0), ()):
                if extended not in files:
                    files[extended] = None
                    waiting.append(extended)
        return Makefile(
            path,
            tuple(files),
            open=any(self._defined(Kind.OPEN_MAKEFILE, file) for file in files),
            without_core_tasks=any(self._defined(Kind.NO_CORE_TASKS, file) for file in files),
        )

    def _defined(self, kind: Kind, file: str) -> bool:
        return Symbol(kind.value, (file,)) in self._view.index.definitions

    @cached_property
    def dangling(self) -> list[Dangling]:
        """The references to tasks that only the combination of two changes leaves without a task."""
        changed = {symbol.name for symbol in self._view.index.changed(Kind.TASK)}
        found: dict[Dangling, None] = {}
        for makefile in self.all:
            if makefile.open:
                continue
            names = {name for path, name in changed if path in makefile.files}
            for name in sorted(names if makefile.without_core_tasks else names - CORE_TASKS):
                found.update(dict.fromkeys(self._missing(makefile, name)))
        return list(found)

    def _missing(self, makefile: Makefile, name: str) -> Iterator[Dangling]:
        definitions: dict[Definition, Standing] = {}
        for file in makefile.files:
            definitions.update(self._view.index.definitions.get(Symbol(Kind.TASK.value, (file, name)), {}))
        for file in makefile.files:
            for use in self._view.uses(Kind.TASK, file, name):
                for dangling, _ in self._view.missing(use.reference, use.needs, definitions):
                    yield dangling

    def edges(self, makefile: Makefile, hows: frozenset[How]) -> Mapping[Edge, list[Atom]]:
        """Return which task leads to which. Of a task in several files, only the nearest one speaks."""
        edges: dict[Edge, list[Atom]] = {}
        settled: set[str] = set()
        for file in makefile.files:
            for target, use in self._uses.get(file, ()):
                source = task_of(use.reference)
                if use.reference.how in hows and source not in settled:
                    place = Place(use.reference.path, use.reference.key, use.reference.value)
                    edges.setdefault((source, target), []).append(Atom(use.standing, place))
            settled |= self._tasks.get(file, set())
        return edges


def task_of(reference: Reference) -> str:
    """Return the task that makes ``reference``."""
    return reference.key[1]
