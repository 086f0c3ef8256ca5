"""All definitions and references of all landed trees, each with who has it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import reduce
from operator import or_
from typing import TYPE_CHECKING, NamedTuple, TypeVar

from gatekeeper.core.combination import Atom, Place, Standing
from gatekeeper.core.names import Oid, TreePath
from gatekeeper.core.symbols import Definition, FileFacts, How, Kind, Reference, Symbol
from gatekeeper.core.tree_paths import ancestors, directory_of

if TYPE_CHECKING:
    from gatekeeper.core.document import Value

NOWHERE = Standing(0, 0)

FactsReader = Callable[[TreePath, Oid], FileFacts | None]

_OF_THE_WORKSPACE = frozenset({Kind.WORKSPACE_DEPENDENCY, Kind.WORKSPACE_PACKAGE, Kind.WORKSPACE_TABLE})
_INHERITS = frozenset({How.INHERITED, How.DEV_INHERITED})

_Definitions = dict[Symbol, dict[Definition, Standing]]

_A = TypeVar("_A", Definition, Reference)


@dataclass(frozen=True, slots=True)
class PathStates:
    """What stands at one path over all landed trees and bases: blob ids (None: absent) and who has them."""

    path: TreePath
    states: tuple[tuple[Oid | None, Standing], ...]


class Use(NamedTuple):
    """A reference that leads to a symbol, by itself or through an entry of workspace.dependencies.

    ``needs`` are the atoms that must all stand for the use to stand; ``one_of`` those of which one has to, if any.
    """

    reference: Reference
    needs: tuple[Standing, ...]
    one_of: tuple[Standing, ...] = ()

    @property
    def standing(self) -> Standing:
        """Return who has all that the use needs: exact where one atom at most varies."""
        agents, bases = self.needs[0]
        for need in self.needs[1:]:
            agents, bases = agents & need.agents, bases & need.bases
        if self.one_of:
            some = reduce(or_, self.one_of)
            agents, bases = agents & some.agents, bases & some.bases
        return Standing(agents, bases)


class Root(NamedTuple):
    """A directory that can be the root of the workspace around another one: it is where all of ``atoms`` stand.

    Some of these stand where a root that would come first is absent.
    """

    directory: str
    atoms: tuple[Atom, ...]


class SymbolIndex:
    """Definitions and uses by symbol."""

    def __init__(self, everywhere: Standing, paths: Iterable[PathStates], facts: FactsReader) -> None:
        self.everywhere = everywhere
        self.definitions: _Definitions = {}
        self.uses: dict[Symbol, list[Use]] = {}
        self._contents: dict[TreePath, list[tuple[FileFacts, Standing]]] = {}
        self._shown: dict[TreePath, dict[Definition, Value | None]] = {}
        self._changed: dict[str, _Definitions] = {}
        self._facts = facts
        self._references: dict[Symbol, dict[Reference, Standing]] = {}
        for states in paths:
            self._add_path(states)
        self._roots_of: dict[str, tuple[Root, ...]] = {}
        self._standings: dict[Symbol, Standing] = {}
        self._sorted: dict[Kind, list[Symbol]] = {}
        self._workspaces = {symbol.name[0]: self._atom(symbol) for symbol in self.of_kind(Kind.WORKSPACE)}
        self._pointers: dict[str, list[tuple[str, Atom]]] = {}
        for symbol in self.of_kind(Kind.WORKSPACE_POINTER):
            self._pointers.setdefault(symbol.name[0], []).append((symbol.name[1], self._atom(symbol)))
        self._connect()

    def shown(self, definition: Definition) -> Value | None:
        """Return what to show for ``definition``: nothing for a file as a whole, else the first content's value."""
        if not definition.key:
            return None
        if definition.path not in self._shown:
            shown = self._shown[definition.path] = {}
            for facts, _ in reversed(self._contents.get(definition.path, ())):
                shown.update(zip(facts.definitions, facts.shown, strict=True))
        return self._shown[definition.path].get(definition)

    def standing(self, symbol: Symbol) -> Standing:
        """Return who has any definition of ``symbol``."""
        found = self._standings.get(symbol)
        if found is None:
            found = NOWHERE
            for standing in self.definitions.get(symbol, {}).values():
                found |= standing
            self._standings[symbol] = found
        return found

    def of_kind(self, kind: Kind) -> list[Symbol]:
        """Return the defined symbols of ``kind``, sorted."""
        if kind not in self._sorted:
            self._sorted[kind] = sorted(symbol for symbol in self.definitions if symbol.kind == kind)
        return self._sorted[kind]

    def changed(self, kind: Kind) -> Mapping[Symbol, Mapping[Definition, Standing]]:
        """Return the symbols of ``kind`` of which some definition does not stand everywhere, with their definitions."""
        return self._changed.get(kind.value, {})

    def root_of(self, directory: str) -> str | None:
        """Return the root of the workspace around ``directory`` as the changes found it.

        A root that only somebody's change makes counts where there is no other: whose crates are in it then depends on
        the two changes that meet (``roots_of``).
        """
        roots = self.roots_of(directory)
        found = next((root for root in roots if all(atom.standing.bases for atom in root.atoms)), None)
        found = found or next(iter(roots), None)
        return None if found is None else found.directory

    def roots_of(self, directory: str) -> tuple[Root, ...]:
        """Return what can be the root of the workspace that the manifest in ``directory`` lies in, nearest first."""
        if directory not in self._roots_of:
            self._roots_of[directory] = tuple(self._find_roots(directory))
        return self._roots_of[directory]

    def _find_roots(self, directory: str) -> Iterator[Root]:
        around = [place for place in (directory, *ancestors(directory)) if place in self._workspaces]
        absent: tuple[Atom, ...] = ()
        for place, pointer in self._pointers.get(directory, ()):
            # What the search would find first says nothing new.
            if place in around[:1]:
                continue
            if place in self._workspaces:
                yield Root(place, self._varying(pointer, self._workspaces[place]))
            if pointer.standing == self.everywhere:
                return
            absent = (*absent, self._absence(pointer))
        for place in around:
            workspace = self._workspaces[place]
            yield Root(place, (*absent, *self._varying(workspace)))
            if workspace.standing == self.everywhere:
                return
            absent = (*absent, self._absence(workspace))

    def _varying(self, *atoms: Atom) -> tuple[Atom, ...]:
        return tuple(atom for atom in atoms if atom.standing != self.everywhere)

    def _absence(self, atom: Atom) -> Atom:
        """Return what stands where ``atom`` does not: a merge has just one of the two."""
        (agents, bases), everywhere = atom.standing, self.everywhere
        return Atom(Standing(everywhere.agents & ~agents, everywhere.bases & ~bases), atom.place)

    def _atom(self, symbol: Symbol) -> Atom:
        definition = next(iter(self.definitions[symbol]))
        return Atom(self.standing(symbol), Place(definition.path, definition.key))

    def _add_path(self, states: PathStates) -> None:
        path, present = states.path, NOWHERE
        for oid, standing in states.states:
            if oid is not None:
                present |= standing
        self._define(Definition(Symbol(Kind.FILE.value, (path,)), path, ()), present)
        if path.rpartition("/")[2] == "Cargo.toml":
            self._define(Definition(Symbol(Kind.MANIFEST.value, (directory_of(path),)), path, ()), present)
        contents = self._contents[path] = self._read(states)
        for definition, standing in standings_of([(f.definitions, s) for f, s in contents], present).items():
            self._define(definition, standing)
        for reference, standing in standings_of([(f.references, s) for f, s in contents], present).items():
            self._references.setdefault(reference.symbol, {})[reference] = standing

    def _read(self, states: PathStates) -> list[tuple[FileFacts, Standing]]:
        """Return the facts of each content, trunk's first.

        A content that cannot be read is taken to say what trunk says: to miss everything in it would be noise.
        """
        ordered = sorted(states.states, key=lambda state: not state[1].bases & 1)
        read = [(None if oid is None else self._facts(states.path, oid), oid, s) for oid, s in ordered]
        fallback = next((facts for facts, _, _ in read if facts is not None), None)
        contents = [(facts or fallback, s) for facts, oid, s in read if oid is not None]
        return [(facts, standing) for facts, standing in contents if facts is not None]

    def _define(self, definition: Definition, standing: Standing) -> None:
        symbol = definition.symbol
        definitions = self.definitions.setdefault(symbol, {})
        definitions[definition] = standing
        if standing != self.everywhere:
            self._changed.setdefault(symbol.kind, {})[symbol] = definitions

    def _connect(self) -> None:
        shared: dict[Symbol, list[tuple[Reference, Standing]]] = {}
        requests: list[tuple[Reference, Standing]] = []
        for symbol, references in self._references.items():
            asked = {one: standing for one, standing in references.items() if one.how != How.SHARED_REQUEST}
            requests += ((one, standing) for one, standing in references.items() if one not in asked)
            for real, needs in self._rooted(symbol):
                uses = self.uses.setdefault(real, [])
                uses += (Use(reference, (standing, *needs)) for reference, standing in asked.items())
            for reference, standing in asked.items():
                if reference.how == How.SHARED_PATH:
                    shared.setdefault(_entry_of(reference), []).append((reference, standing))
        for request, standing in requests:
            self._ask_for_heirs(request, standing)
        for entry_symbol, paths in shared.items():
            for use in tuple(self.uses.get(entry_symbol, ())):
                for reference, standing in paths:
                    self._lead_on(use, reference, standing)

    def _ask_for_heirs(self, request: Reference, standing: Standing) -> None:
        """Let what an entry of workspace.dependencies asks for be asked while anybody inherits the entry."""
        uses = self.uses.get(_entry_of(request), ())
        heirs = dict.fromkeys(use.standing for use in uses if use.reference.how in _INHERITS)
        if heirs:
            one_of = () if self.everywhere in heirs else tuple(heirs)
            self.uses[request.symbol].append(Use(request, (standing,), one_of))

    def _lead_on(self, use: Use, path: Reference, standing: Standing) -> None:
        """Let ``use`` of an entry of workspace.dependencies lead to what the entry's path leads to."""
        through = Use(use.reference, (*use.needs, standing))
        if use.reference.how != How.INHERITED_FEATURE:
            self.uses.setdefault(path.symbol, []).append(through)
        elif path.symbol.kind == Kind.MANIFEST:
            feature = use.reference.value.rpartition("/")[2]
            self.uses.setdefault(Symbol(Kind.FEATURE.value, (path.symbol.name[0], feature)), []).append(through)

    def _rooted(self, symbol: Symbol) -> Iterable[tuple[Symbol, tuple[Standing, ...]]]:
        """Return what a reference to ``symbol`` leads to, and what else has to stand for that."""
        roots = self.roots_of(symbol.name[0]) if symbol.kind in _OF_THE_WORKSPACE else ()
        if not roots:
            return [(symbol, ())]
        return [
            (Symbol(symbol.kind, (root.directory, *symbol.name[1:])), tuple(atom.standing for atom in root.atoms))
            for root in roots
        ]


def _entry_of(reference: Reference) -> Symbol:
    """Return the entry of workspace.dependencies in which ``reference`` stands."""
    return Symbol(Kind.WORKSPACE_DEPENDENCY.value, (directory_of(reference.path), reference.key[2]))


def standings_of(contents: list[tuple[tuple[_A, ...], Standing]], present: Standing) -> dict[_A, Standing]:
    """Return who has each atom; ``present``: who has the file at all.

    Looks one by one only at what differs from the first content.
    """
    if not contents:
        return {}
    first = set(contents[0][0])
    lacking: dict[_A, list[int]] = {}
    extra: dict[_A, list[int]] = {}
    for atoms, (agents, bases) in contents[1:]:
        here = set(atoms)
        for who, differing in ((lacking, first - here), (extra, here - first)):
            for atom in differing:
                known = who.get(atom)
                if known is None:
                    who[atom] = [agents, bases]
                else:
                    known[0] |= agents
                    known[1] |= bases
    found = dict.fromkeys(contents[0][0], present)
    for atom, (agents, bases) in lacking.items():
        found[atom] = Standing(present.agents & ~agents, present.bases & ~bases)
    return found | {atom: Standing(agents, bases) for atom, (agents, bases) in extra.items()}
