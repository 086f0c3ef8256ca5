"""The symbols of every landed tree at once, and the references that only a combination of changes leaves dangling."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple, TypeVar, cast

from gatekeeper.core.bits import mask_of
from gatekeeper.core.combination import Atom, Place, Question, Standing
from gatekeeper.core.file_moves import FileMoves
from gatekeeper.core.symbol_index import NOWHERE, FactsReader, PathStates, SymbolIndex, Use
from gatekeeper.core.symbols import Definition, FileFacts, Kind, Reference, Symbol
from gatekeeper.core.tree_paths import ancestors

if TYPE_CHECKING:
    from gatekeeper.core.names import Oid, TreePath
    from gatekeeper.core.relation import Relation
    from gatekeeper.core.rules.model import Hit

__all__ = ["Dangling", "FileFacts", "PathStates", "SourceReader", "Standing", "WorkspaceHit", "WorkspaceView"]

_T = TypeVar("_T")

_IN_A_PACKAGE = frozenset({Kind.FEATURE, Kind.DEPENDENCY, Kind.OPTIONAL_DEPENDENCY, Kind.PACKAGE})
_OF_A_DEPENDENCY = (Kind.DEPENDENCY, Kind.OPTIONAL_DEPENDENCY, Kind.NON_DEV_DEPENDENCY)


class Remains(NamedTuple):
    """A definition that git's merge of a file may still hold; the pairs merge on one of ``bases``."""

    symbol: Symbol
    bases: int


@dataclass(frozen=True, slots=True)
class WorkspaceHit:
    """A hit with its agents as bit masks. ``right`` 0: about single changes; ``others`` go with those of the hit.

    Where git merges the lines of the file on the left without a conflict, the hit stands only if what ``remains``
    names is still there.
    """

    hit: Hit
    left: int
    right: int
    others: tuple[int, ...] = ()
    remains: Remains | None = None


class SourceReader(NamedTuple):
    """How to get at Rust sources: which differ, what stands at a path, the text of a blob, its facts."""

    changed: Collection[TreePath]
    states: Callable[[TreePath], PathStates]
    text: Callable[[Oid], bytes]
    facts: FactsReader


@dataclass(frozen=True, slots=True)
class Dangling:
    """A reference that one side makes or keeps, to a symbol whose last definition the other side takes away.

    ``remaining`` are the kinds of what still stands in the merge beside the symbol (see ``_beside``).
    """

    definition: Definition
    reference: Reference
    left: int
    right: int
    remaining: frozenset[Kind] = frozenset()


class WorkspaceView:
    """What workspace rules look at.

    ``existence`` holds every path that some agent or base adds or deletes against trunk, with who has it;
    ``trunk_paths`` all paths of trunk. ``edited`` are the agents whose content is another one, at build scripts of
    trunk and at its paths inside a crate that somebody deletes. ``scripts`` are the scripts and CI files that differ
    between trees: a rule that asks has ``facts`` read them. ``sources`` leads to the Rust sources that differ: reading
    these has to have a reason. ``moves`` tells where files of trunk have gone that somebody takes away.
    """

    def __init__(  # noqa: PLR0913 -- each is one thing that rules may look at
        self,
        *,
        relation: Relation,
        paths: Iterable[PathStates],
        facts: FactsReader,
        existence: Mapping[TreePath, Standing],
        trunk_paths: Collection[TreePath],
        edited: Mapping[TreePath, int] | None = None,
        scripts: Sequence[PathStates] = (),
        sources: SourceReader | None = None,
        moves: FileMoves | None = None,
    ) -> None:
        self.relation = relation
        self.everywhere = Standing(relation.everyone, (1 << relation.base_count) - 1)
        self.states = {states.path: states for states in paths}
        self.index = SymbolIndex(self.everywhere, self.states.values(), facts)
        self.existence = existence
        self.trunk_paths = trunk_paths
        self.edited = edited or {}
        self.scripts = scripts
        self.facts = facts
        self.moves = moves or FileMoves()
        self.has_read_sources = False
        self._sources = sources
        self._dangling: dict[Kind, tuple[Dangling, ...]] = {}
        self._shared: dict[object, object] = {}
        self._losses: dict[tuple[tuple[Standing, ...], ...], list[_Loss]] = {}

    @property
    def sources(self) -> SourceReader | None:
        """Return the way to the sources, and note that what the rules say depends on them."""
        self.has_read_sources = True
        return self._sources

    def shared(self, make: Callable[[WorkspaceView], _T]) -> _T:
        """Return ``make(view)``, made once for all rules."""
        if make not in self._shared:
            self._shared[make] = make(self)
        return cast("_T", self._shared[make])

    def forget(self) -> None:
        """Drop what ``shared`` made: it leads back here, and while no cycles are collected it would keep the view."""
        self._shared.clear()

    def file(self, path: TreePath) -> Standing:
        """Return who has a file at ``path``."""
        known = self.states.get(path)
        if known is not None:
            return self.index.standing(Symbol(Kind.FILE.value, (path,)))
        standing = self.existence.get(path)
        if standing is not None:
            return standing
        return self.everywhere if path in self.trunk_paths else NOWHERE

    def files_under(self, directories: Collection[str]) -> dict[str, list[Atom]]:
        """Return, for each of ``directories``, the files below it, with who has them. Reads trunk's paths once."""
        found: dict[str, list[Atom]] = {directory: [] for directory in directories}
        if not found:
            return found
        for path in sorted({*self.existence, *self.trunk_paths}):
            for above in ancestors(path):
                if above in found:
                    found[above].append(Atom(self.file(path), Place(path, ())))
        return found

    def atoms(self, kind: Kind, *name: str) -> list[Atom]:
        """Return the definitions of a symbol."""
        definitions = self.index.definitions.get(Symbol(kind.value, name), {})
        return [
            Atom(standing, Place(definition.path, definition.key, self.index.shown(definition)))
            for definition, standing in definitions.items()
        ]

    def uses(self, kind: Kind, *name: str) -> list[Use]:
        """Return the uses of a symbol, whether it is defined or not."""
        return self.index.uses.get(Symbol(kind.value, name), [])

    def dangling(self, kind: Kind) -> tuple[Dangling, ...]:
        """Return the references to symbols of ``kind`` that only the combination of two changes leaves undefined."""
        if kind not in self._dangling:
            changed = self.index.changed(kind).items()
            used = sorted(symbol for symbol, found in changed if self.removable(found) and symbol in self.index.uses)
            self._dangling[kind] = tuple(found for symbol in used for found in self._dangling_of(symbol))
        return self._dangling[kind]

    def removable(self, definitions: Mapping[Definition, Standing]) -> bool:
        """Return whether somebody can be without all of ``definitions`` where a base has one of them."""
        standings = definitions.values()
        everyone = self.everywhere.agents
        return self.everywhere not in standings and any(s.bases and s.agents != everyone for s in standings)

    def _dangling_of(self, symbol: Symbol) -> Iterator[Dangling]:
        definitions = self.index.definitions[symbol]
        surroundings: tuple[Standing, ...] = ()
        if symbol.kind in _IN_A_PACKAGE:
            surroundings = (self.index.standing(Symbol(Kind.MANIFEST.value, symbol.name[:1])),)
        beside = _beside(symbol)
        observed = tuple(self.index.standing(other) for other in beside)
        for use in self.index.uses[symbol]:
            needs = (*use.needs, *surroundings)
            for found, remaining in self.missing(use.reference, needs, definitions, observed, use.one_of):
                kinds = frozenset(Kind(other.kind) for n, other in enumerate(beside) if remaining >> n & 1)
                yield Dangling(found.definition, found.reference, found.left, found.right, kinds)

    def missing(
        self,
        reference: Reference,
        needs: tuple[Standing, ...],
        definitions: Mapping[Definition, Standing],
        observed: tuple[Standing, ...] = (),
        one_of: tuple[Standing, ...] = (),
    ) -> Iterator[tuple[Dangling, int]]:
        """Yield where ``reference`` stands and none of ``definitions`` does, and which of ``observed`` still stand.

        ``needs`` are the atoms that make the reference, with any of ``one_of``, if there are some. The left side is the
        one that takes the definition away.
        """
        if not self.removable(definitions):
            return
        key = ((*needs, self.file(reference.path)), tuple(definitions.values()), observed, one_of)
        if key not in self._losses:
            self._losses[key] = self._ask(*key)
        for loss in self._losses[key]:
            taken = next(d for n, d in enumerate(definitions) if loss.taken >> n & 1)
            yield Dangling(taken, reference, loss.left, loss.right), loss.remaining

    def _ask(
        self,
        needs: tuple[Standing, ...],
        definitions: tuple[Standing, ...],
        observed: tuple[Standing, ...],
        one_of: tuple[Standing, ...],
    ) -> list[_Loss]:
        question = Question(self.everywhere)
        needed, defining, observing, some = (
            [question.number(standing) for standing in part] for part in (needs, definitions, observed, one_of)
        )
        need, define, any_of = mask_of(needed), mask_of(defining), mask_of(some)

        def made(bits: int) -> bool:
            return bits & need == need and (not any_of or bool(bits & any_of))

        losses: list[_Loss] = []
        for found in question.ask(self.relation, lambda bits: made(bits) and not bits & define, define):
            answer = found
            if found.base_bits & ~found.right_bits & define and made(found.left_bits):
                # Both take a definition away: the one that cannot hold the reference is on the left.
                answer = found.mirrored()
            gone = answer.base_bits & ~answer.left_bits
            taken = mask_of(n for n, bit in enumerate(defining) if gone >> bit & 1)
            remaining = mask_of(n for n, bit in enumerate(observing) if answer.merged >> bit & 1)
            losses.append(_Loss(answer.left, answer.right, taken, remaining))
        return losses


def _beside(symbol: Symbol) -> tuple[Symbol, ...]:
    """Return the symbols that tell why ``symbol`` is gone."""
    if symbol.kind in {Kind.FEATURE, Kind.OPTIONAL_DEPENDENCY}:
        return tuple(Symbol(kind.value, symbol.name) for kind in _OF_A_DEPENDENCY)
    if symbol.kind == Kind.WORKSPACE_DEPENDENCY:
        return (Symbol(Kind.WORKSPACE_TABLE.value, (symbol.name[0], "dependencies")),)
    return ()


class _Loss(NamedTuple):
    """Agents, the numbers of the definitions that the left side takes away, and of what is observed to remain."""

    left: int
    right: int
    taken: int
    remaining: int
