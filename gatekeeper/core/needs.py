"""Every dependency of every manifest, with what an inherited one takes from the workspace."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from gatekeeper.core.claims import Claim
from gatekeeper.core.combination import Atom
from gatekeeper.core.identity_facts import INHERITED
from gatekeeper.core.symbols import Kind
from gatekeeper.core.versions import parse_requirement, parse_version

if TYPE_CHECKING:
    from gatekeeper.core.symbols import Symbol
    from gatekeeper.core.workspace_view import WorkspaceView


@dataclass(frozen=True, slots=True, eq=False)
class Need:
    """An entry of a dependency table: ``table`` is ``normal``, ``dev`` or ``build``, ``target`` empty for all."""

    directory: str
    name: str
    package: str
    table: str
    target: str
    source: str
    requirement: str
    atoms: tuple[Atom, ...]

    @property
    def extern(self) -> str:
        """The name under which code knows the crate."""
        return self.name.replace("-", "_")

    @property
    def local(self) -> str | None:
        """The directory that the dependency leads to, if it is one of this tree."""
        kind, _, place = self.source.partition(" ")
        return place if kind == "path" else None

    def claim(self, *, member: bool = False) -> Claim:
        """Return the need as a claim; ``member``: it counts only while its package is in the workspace."""
        return Claim(self.atoms, self.directory if member else None)


class Needs:
    """All needs of a view; none where no dependency of anybody differs from what stands everywhere."""

    def __init__(self, view: WorkspaceView) -> None:
        self._view = view
        self._fields: dict[tuple[str, str], list[tuple[str, Claim]]] = {}

    @cached_property
    def all(self) -> list[Need]:
        """Every need, in the order of directories and names."""
        index = self._view.index
        shared: dict[tuple[str, str], list[Symbol]] = {}
        for symbol in index.of_kind(Kind.SHARED_NEED):
            shared.setdefault((symbol.name[0], symbol.name[1]), []).append(symbol)
        return [need for symbol in index.of_kind(Kind.NEED) for need in self._of(symbol, shared)]

    def _of(self, symbol: Symbol, shared: dict[tuple[str, str], list[Symbol]]) -> Iterator[Need]:
        directory, name, package, table, target, source, requirement = symbol.name
        inherited = source == INHERITED
        for own in self._atoms(symbol):
            if not inherited:
                yield Need(directory, name, package, table, target, source, requirement, (own,))
                continue
            for root in self._view.index.roots_of(directory):
                for entry in shared.get((root.directory, name), ()):
                    for atom in self._atoms(entry):
                        _, _, package, source, requirement = entry.name
                        atoms = (own, atom, *root.atoms)
                        yield Need(directory, name, package, table, target, source, requirement, atoms)

    def _atoms(self, symbol: Symbol) -> list[Atom]:
        return self._view.atoms(Kind(symbol.kind), *symbol.name)

    @property
    def vary(self) -> bool:
        """Whether any dependency differs between the trees."""
        index = self._view.index
        return bool(index.changed(Kind.NEED) or index.changed(Kind.SHARED_NEED))

    @cached_property
    def by_package(self) -> dict[str, list[Need]]:
        """The needs by the package that they ask for."""
        return self._grouped(lambda need: need.package)

    @cached_property
    def by_directory(self) -> dict[str, list[Need]]:
        """The needs by the directory of the manifest."""
        return self._grouped(lambda need: need.directory)

    def _grouped(self, key: Callable[[Need], str]) -> dict[str, list[Need]]:
        found: dict[str, list[Need]] = {}
        for need in self.all:
            found.setdefault(key(need), []).append(need)
        return found

    def varying(self, needs: list[Need]) -> bool:
        """Return whether some of ``needs`` do not stand everywhere."""
        return any(atom.standing != self._view.everywhere for need in needs for atom in need.atoms)

    def fields(self, directory: str, field: str) -> list[tuple[str, Claim]]:
        """Return the values of a field of a package, its own or the workspace's, each with who says so."""
        key = (directory, field)
        if key not in self._fields:
            self._fields[key] = list(self._read_fields(directory, field))
        return self._fields[key]

    def _read_fields(self, directory: str, field: str) -> Iterator[tuple[str, Claim]]:
        for value, own in self._values(Kind.PACKAGE_FIELD, directory, field):
            if value != INHERITED:
                yield value, Claim((own,))
                continue
            for root in self._view.index.roots_of(directory):
                for shared, atom in self._values(Kind.SHARED_FIELD, root.directory, field):
                    yield shared, Claim((own, atom, *root.atoms))

    def _values(self, kind: Kind, directory: str, field: str) -> Iterator[tuple[str, Atom]]:
        for value in self._known_values.get((kind.value, directory, field), ()):
            for atom in self._view.atoms(kind, directory, field, value):
                yield value, atom

    @cached_property
    def _known_values(self) -> dict[tuple[str, str, str], list[str]]:
        found: dict[tuple[str, str, str], list[str]] = {}
        for kind in (Kind.PACKAGE_FIELD, Kind.SHARED_FIELD):
            for symbol in self._view.index.of_kind(kind):
                directory, field, value = symbol.name
                found.setdefault((kind.value, directory, field), []).append(value)
        return found

    def directories_with(self, field: str) -> list[str]:
        """Return the packages of which ``field``, own or inherited, differs between the trees."""
        view = self._view
        own = {s.name[0] for s in view.index.changed(Kind.PACKAGE_FIELD) if s.name[1] == field}
        if any(s.name[1] == field for s in view.index.changed(Kind.SHARED_FIELD)):
            own |= {s.name[0] for s in view.index.of_kind(Kind.PACKAGE_FIELD) if s.name[1:] == (field, INHERITED)}
        return sorted(own)


def meet(one: str, other: str) -> bool:
    """Return whether one version can meet both requirements; what is no requirement meets everything."""
    first, second = parse_requirement(one), parse_requirement(other)
    return first is None or second is None or first.meets(second)


def same_range(one: str, other: str) -> bool:
    """Return whether all that both requirements accept lies in one compatible range: cargo takes one version of it."""
    first, second = parse_requirement(one), parse_requirement(other)
    if first is None or second is None:
        return False
    return first.compatible_range is not None and first.compatible_range == second.compatible_range


def accepts(requirement: str, version: str) -> bool:
    """Return whether ``version`` meets ``requirement``; what cannot be read does."""
    wanted, given = parse_requirement(requirement), parse_version(version)
    return wanted is None or given is None or wanted.accepts(given)
