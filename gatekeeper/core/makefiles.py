"""Makefiles as cargo-make reads them: each with all that it extends."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from itertools import product
from typing import TYPE_CHECKING, NamedTuple

from gatekeeper.core.combination import Atom, Place
from gatekeeper.core.cycles import Edge
from gatekeeper.core.schema import CARGO_MAKE, profile_for
from gatekeeper.core.symbols import How, Kind, Reference, Symbol
from gatekeeper.core.tree_paths import ancestors, directory_of
from gatekeeper.core.workspace_view import Dangling

if TYPE_CHECKING:
    from gatekeeper.core.names import TreePath
    from gatekeeper.core.symbol_index import Use
    from gatekeeper.core.workspace_view import WorkspaceView


_EXTENDING = frozenset({How.EXTEND_FILE, How.OPTIONAL_EXTEND_FILE})


@dataclass(frozen=True, slots=True)
class Makefile:
    """One makefile and the files that it extends in some tree, nearest first."""

    path: TreePath
    files: tuple[str, ...]


class Extended(NamedTuple):
    """A file that another one takes in where the atom stands."""

    by: TreePath
    file: str
    atom: Atom


class Makefiles:
    """The makefiles of a view, with all files that count in some tree; in which, ``makefile_readings`` tells."""

    def __init__(self, view: WorkspaceView) -> None:
        self._view = view
        self._extends: dict[str, list[Extended]] = {}
        self._uses: dict[str, list[tuple[str, Use]]] = {}
        self._elsewhere: dict[Symbol, list[Use]] = {}
        for symbol, uses in view.index.uses.items():
            if symbol.kind == Kind.TASK:
                for use in uses:
                    if use.reference.how == How.DEPENDENCY_ELSEWHERE:
                        self._elsewhere.setdefault(symbol, []).append(use)
                    else:
                        self._uses.setdefault(symbol.name[0], []).append((symbol.name[1], use))
            elif symbol.kind == Kind.FILE:
                for use in uses:
                    if use.reference.how in _EXTENDING:
                        extended = Extended(use.reference.path, symbol.name[0], atom_of(use))
                        self._extends.setdefault(extended.by, []).append(extended)
        for symbol in view.index.of_kind(Kind.LENT_MAKEFILE):
            self._lend(symbol)

    def _lend(self, symbol: Symbol) -> None:
        """Let the makefiles of members take in the one of the workspace, as the farthest of all files."""
        for path, atom in product(self._of_members(directory_of(symbol.name[0])), self.standing(symbol)):
            self._extends.setdefault(path, []).insert(0, Extended(path, symbol.name[0], atom))

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
    def _by_path(self) -> Mapping[str, Makefile]:
        return {makefile.path: makefile for makefile in self.all}

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

    def path(self, path: str) -> Makefile | None:
        """Return the makefile at ``path``, if there is one for anybody."""
        return self._by_path.get(path)

    def elsewhere(self, path: str, task: str) -> list[Use]:
        """Return the dependencies on ``task`` by the path of its makefile, from whichever makefile."""
        return self._elsewhere.get(Symbol(Kind.TASK.value, (path, task)), [])

    def extending(self, makefile: Makefile) -> list[Extended]:
        """Return which of the files of ``makefile`` takes in which."""
        return [extended for file in makefile.files for extended in self._extends.get(file, ())]

    def extending_varies(self, makefile: Makefile) -> bool:
        """Return whether the trees differ in which files make up ``makefile``."""
        return any(one.atom.standing != self._view.everywhere for one in self.extending(makefile))

    def parts(self, file: str, task: str) -> list[Symbol]:
        """Return the keys of ``task`` in ``file`` that decide where it leads."""
        return self._parts.get((file, task), [])

    @cached_property
    def _parts(self) -> Mapping[tuple[str, ...], list[Symbol]]:
        parts: dict[tuple[str, ...], list[Symbol]] = {}
        for symbol in self._view.index.definitions:
            if symbol.kind == Kind.TASK_PART:
                parts.setdefault(symbol.name[:2], []).append(symbol)
        return parts

    @cached_property
    def changed_parts(self) -> frozenset[tuple[str, ...]]:
        """The tasks, each with its file, of which some such key differs between the trees."""
        return frozenset(symbol.name[:2] for symbol in self._view.index.changed(Kind.TASK_PART))

    def standing(self, symbol: Symbol) -> list[Atom]:
        """Return the definitions of ``symbol`` as atoms."""
        return self._view.atoms(Kind(symbol.kind), *symbol.name)

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
        files: dict[str, None] = {}
        waiting: list[str] = [path]
        while waiting:
            file = waiting.pop()
            if file not in files:
                files[file] = None
                # Of several extended files the last one is the nearest, with all that it extends itself.
                waiting += (extended.file for extended in self._extends.get(file, ()))
        return Makefile(path, tuple(files))

    @cached_property
    def dangling_files(self) -> list[Dangling]:
        """The files that one side deletes while the other side extends them."""
        lost = self._view.dangling(Kind.FILE)
        return [found for found in lost if found.reference.how == How.EXTEND_FILE]

    def edges(self, makefile: Makefile, hows: frozenset[How]) -> dict[Edge, list[Use]]:
        """Return which task may lead to which: all references of the files, whichever of them count."""
        edges: dict[Edge, list[Use]] = {}
        for target, use in self.uses(makefile, *hows):
            edges.setdefault((task_of(use.reference), target), []).append(use)
        return edges


def task_of(reference: Reference) -> str:
    """Return the task that makes ``reference``."""
    return reference.key[1]


def atom_of(use: Use) -> Atom:
    """Return the reference of ``use`` as an atom."""
    return Atom(use.standing, Place(use.reference.path, use.reference.key, use.reference.value))
