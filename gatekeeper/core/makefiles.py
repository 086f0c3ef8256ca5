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
from gatekeeper.core.tree_paths import ancestors, directory_of
from gatekeeper.core.workspace_view import Dangling

if TYPE_CHECKING:
    from gatekeeper.core.combination import Standing
    from gatekeeper.core.names import TreePath
    from gatekeeper.core.symbol_index import Use
    from gatekeeper.core.workspace_view import WorkspaceView


_EXTENDING = frozenset({How.EXTEND_FILE, How.OPTIONAL_EXTEND_FILE})


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
                    if use.reference.how not in _EXTENDING:
                        continue
                    self._extends.setdefault(use.reference.path, []).append(symbol.name[0])
        for symbol in view.index.of_kind(Kind.LENT_MAKEFILE):
            for path in self._of_members(directory_of(symbol.name[0])):
                self._extends.setdefault(path, []).append(symbol.name[0])
        for symbol in view.index.definitions:
            if symbol.kind == Kind.TASK:
                self._tasks.setdefault(symbol.name[0], set()).add(symbol.name[1])

    def _of_members(self, root: str) -> list[TreePath]:
        """Return the makefiles beside the manifests below ``root``, if that is a workspace."""
        if not self._view.atoms(Kind.WORKSPACE, root):
            return []
        found = [path for path in self._view.states if path.endswith("/Makefile.toml")]
        below = [path for path in found if root in ancestors(directory_of(path))]
        return [path for path in below if self._view.atoms(Kind.MANIFEST, directory_of(path))]

    @cached_property
    def all(self) -> list[Makefile]:
        """Every makefile that somebody could run."""
        return [self._makefile(path) for path in sorted(self._view.states) if profile_for(path) is CARGO_MAKE]

    @cached_property
    def _including(self) -> dict[str, list[Makefile]]:
        including: dict[str, list[Makefile]] = {}
        for makefile in self.all:
            for file in makefile.files:
                including.setdefault(file, []).append(makefile)
        return including

    def with_file(self, path: str) -> list[Makefile]:
        """Return the makefiles that take in the file at ``path``."""
        return self._including.get(path, [])

    def uses(self, makefile: Makefile, *hows: How) -> list[tuple[str, Use]]:
        """Return what the files of ``makefile`` refer to in one of these ways: the task's name, and who has it."""
        uses = (one for file in makefile.files for one in self._uses.get(file, ()))
        return [one for one in uses if one[1].reference.how in hows]

    def calls(self, makefile: Makefile, task: str, *hows: How) -> list[Use]:
        """Return the references to ``task`` that the files of ``makefile`` make in one of these ways."""
        uses = (use for file in makefile.files for use in self._view.uses(Kind.TASK, file, task))
        return [use for use in uses if use.reference.how in hows]

    def atoms(self, makefile: Makefile, kind: Kind, *name: str) -> list[Atom]:
        """Return what defines a symbol in the files of ``makefile``."""
        return [atom for file in makefile.files for atom in self._view.atoms(kind, file, *name)]

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
        return [found for found in self._dangling(Kind.TASK) if not self._file_is_missed(found)]

    @cached_property
    def dangling_plugins(self) -> list[Dangling]:
        """The same for plugins."""
        return self._dangling(Kind.PLUGIN)

    def _dangling(self, kind: Kind) -> list[Dangling]:
        changed: dict[str, set[str]] = {}
        for symbol in self._view.index.changed(kind):
            changed.setdefault(symbol.name[0], set()).add(symbol.name[1])
        found: dict[Dangling, None] = {}
        for makefile in self.all if changed else ():
            if makefile.open:
                continue
            names = {name for path in makefile.files for name in changed.get(path, ())}
            given = frozenset() if makefile.without_core_tasks or kind is not Kind.TASK else CORE_TASKS
            for name in sorted(names - given):
                found.update(dict.fromkeys(self._missing(makefile, kind, name)))
        return list(found)

    def _missing(self, makefile: Makefile, kind: Kind, name: str) -> Iterator[Dangling]:
        definitions: dict[Definition, Standing] = {}
        for file in makefile.files:
            definitions.update(self._view.index.definitions.get(Symbol(kind.value, (file, name)), {}))
        for file in makefile.files:
            for use in self._view.uses(kind, file, name):
                for dangling, _ in self._view.missing(use.reference, use.needs, definitions):
                    yield dangling

    def _file_is_missed(self, found: Dangling) -> bool:
        """Return whether the task is gone with its whole file, which these sides miss already."""
        return any(
            lost.definition.path == found.definition.path and lost.left & found.left and lost.right & found.right
            for lost in self.dangling_files
        )

    @cached_property
    def dangling_files(self) -> list[Dangling]:
        """The files that one side deletes while the other side extends them."""
        lost = self._view.dangling(Kind.FILE)
        return [found for found in lost if found.reference.how == How.EXTEND_FILE]

    def edges(self, makefile: Makefile, hows: frozenset[How]) -> Mapping[Edge, list[Atom]]:
        """Return which task leads to which. Of a task in several files, only the nearest one speaks."""
        edges: dict[Edge, list[Atom]] = {}
        settled: set[str] = set()
        for file in makefile.files:
            for target, use in self._uses.get(file, ()):
                source = task_of(use.reference)
                if use.reference.how in hows and source not in settled:
                    edges.setdefault((source, target), []).append(atom_of(use))
            settled |= self._tasks.get(file, set())
        return edges


def task_of(reference: Reference) -> str:
    """Return the task that makes ``reference``."""
    return reference.key[1]


def atom_of(use: Use) -> Atom:
    """Return the reference of ``use`` as an atom."""
    return Atom(use.standing, Place(use.reference.path, use.reference.key, use.reference.value))
