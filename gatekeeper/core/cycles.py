"""Cycles that only the union of two changes has, in graphs whose edges stand in some trees and not in others."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations, pairwise
from typing import TYPE_CHECKING, NamedTuple, TypeAlias

from gatekeeper.core.bits import mask_of, union
from gatekeeper.core.combination import Atom, Deed, Groups, Place, Question, Standing, merged_bits

if TYPE_CHECKING:
    from gatekeeper.core.relation import Relation

Edge: TypeAlias = tuple[str, str]
Edges: TypeAlias = Mapping[Edge, list[Atom]]
"""Each edge with the atoms that make it: any one will do."""


@dataclass(frozen=True, slots=True)
class Cycle:
    """A cycle that any agent on the left and any on the right close together, each by what it did."""

    nodes: tuple[str, ...]
    left: int
    right: int
    left_deed: Deed
    right_deed: Deed


class Way(NamedTuple):
    """A way in which an edge comes about: the bit of the atom that makes it, and where that stands.

    ``counts``: what has to hold besides, and ``deciding`` the bits on which that depends.
    """

    atom: int
    place: Place
    deciding: int = 0
    counts: Callable[[int], bool] | None = None


Ways: TypeAlias = Mapping[Edge, Sequence[Way]]


def new_cycles(relation: Relation, everywhere: Standing, edges: Edges) -> Iterator[Cycle]:
    """Yield, for each knot of the graph and each pair of groups of agents, the shortest cycle that needs both."""
    for knot in knots(edges, varying(edges, everywhere)):
        question = Question(everywhere)
        inside = {edge: atoms for edge, atoms in sorted(edges.items()) if edge[0] in knot and edge[1] in knot}
        ways = {edge: [Way(question.any_of([atom]), atom.place) for atom in atoms] for edge, atoms in inside.items()}
        yield from cycles_of(relation, question, ways)


def cycles_of(relation: Relation, question: Question, ways: Ways) -> Iterator[Cycle]:
    """Yield the same for one knot, of edges that may depend on more than the atoms that make them."""
    yield from _Knot(relation, question, ways).cycles()


def standing_edges(relation: Relation, question: Question, ways: Ways) -> dict[Edge, list[Atom]]:
    """Return the edges as atoms of their own: who has them in the tree as it is, whatever they depend on."""
    groups = Groups.of(relation, question.standings)
    found: dict[Edge, list[Atom]] = {}
    for edge, mine in ways.items():
        for way in mine:
            agents = union(mask for bits, mask in groups.agents if _stands(way, bits))
            bases = union(mask for bits, mask in groups.bases if _stands(way, bits))
            if agents or bases:
                found.setdefault(edge, []).append(Atom(Standing(agents, bases), way.place))
    return found


def _stands(way: Way, bits: int) -> bool:
    return bool(bits & way.atom) and (way.counts is None or way.counts(bits))


class _Change(NamedTuple):
    """Agents who change the same bits, the edges on which that bears and that the base lacks.

    ``starts``: where these edges start; ``ahead``: what the base leads to from their ends, as masks of nodes.
    """

    bits: int
    agents: int
    edges: list[Edge]
    starts: int
    ahead: int


class _Knot:
    """A strongly connected part of the graph of all edges that stand anywhere."""

    def __init__(self, relation: Relation, question: Question, ways: Ways) -> None:
        self.relation = relation
        self.question = question
        self.ways = ways
        self.plain = {edge: union(way.atom for way in mine if way.counts is None) for edge, mine in ways.items()}
        self.hedged = {edge: [way for way in mine if way.counts is not None] for edge, mine in ways.items()}
        self.deciding = {edge: union(way.atom | way.deciding for way in mine) for edge, mine in ways.items()}
        self.numbers = {node: number for number, node in enumerate(dict.fromkeys(n for edge in ways for n in edge))}

    def cycles(self) -> Iterator[Cycle]:
        if not self.question.varies:
            return
        groups = Groups.of(self.relation, self.question.standings)
        for base_bits, base_mask in groups.bases:
            old = {edge for edge in self.ways if self.stands(edge, base_bits)}
            reach = self.reach(old)
            changes = (self.change(bits, mask, base_bits, old, reach) for bits, mask in groups.agents)
            for left, right in combinations([change for change in changes if change.edges], 2):
                # A cycle through both goes from an edge of each to one of the other over edges of the base.
                if not (left.ahead & right.starts and right.ahead & left.starts):
                    continue
                found = self.shortest(base_bits, old, left, right)
                if found is None:
                    continue
                for some, others in self.relation.bicliques(left.agents, right.agents, base_mask):
                    yield Cycle(found[0], some, others, found[1], found[2])

    def stands(self, edge: Edge, bits: int) -> bool:
        """Return whether an edge stands in the tree with ``bits``."""
        return bool(bits & self.plain[edge]) or any(_stands(way, bits) for way in self.hedged[edge])

    def reach(self, old: Collection[Edge]) -> dict[str, int]:
        """Return node -> the nodes that the edges of the base lead to from it, itself included, as a mask."""
        following: dict[str, list[str]] = {}
        for source, target in old:
            following.setdefault(source, []).append(target)
        return {node: mask_of(self.numbers[n] for n in _reachable(following, node)) for node in self.numbers}

    def change(self, bits: int, agents: int, base: int, old: Collection[Edge], reach: Mapping[str, int]) -> _Change:
        """Return what agents change. Whether edges come of it can take the other side's change as well."""
        changed = bits ^ base
        edges = [edge for edge, deciding in self.deciding.items() if deciding & changed and edge not in old]
        starts = union(1 << self.numbers[source] for source, _ in edges)
        return _Change(bits, agents, edges, starts, union(reach[target] for _, target in edges))

    def shortest(
        self, base: int, old: Collection[Edge], left: _Change, right: _Change
    ) -> tuple[tuple[str, ...], Deed, Deed] | None:
        """Return the shortest cycle of the merge that needs both sides, and how each of them closes it."""
        merged = merged_bits(base, left.bits, right.bits)
        new = [edge for edge in dict.fromkeys((*left.edges, *right.edges)) if self.stands(edge, merged)]
        of_left = {edge for edge in new if edge in left.edges and not self.stands(edge, right.bits)}
        of_right = {edge for edge in new if edge in right.edges and not self.stands(edge, left.bits)}
        standing = [
            edge for edge in old if not self.deciding[edge] & (base ^ merged) or self.stands(edge, merged)
        ] + new
        best: tuple[str, ...] | None = None
        for edge in sorted(of_left):
            way = shortest_way(standing, edge[1], edge[0], standing if edge in of_right else of_right)
            if way is not None and (best is None or len(way) < len(best)):
                best = way
        if best is None:
            return None
        first = best.index(min(best))
        best = (*best[first:], *best[:first])
        closed = list(pairwise((*best, best[0])))
        by_left = next(edge for edge in closed if edge in of_left)
        by_right = next(edge for edge in closed if edge in of_right)
        return best, self.deed(by_left, base, left.bits), self.deed(by_right, base, right.bits)

    def deed(self, edge: Edge, base: int, side: int) -> Deed:
        """Return what a side did so that ``edge`` stands: that it wrote the edge, or what else it takes."""
        for way in self.ways[edge]:
            if way.atom & side & ~base:
                return Deed(way.place, added=True)
        found = self.question.deed(base, side, self.deciding[edge])
        if found is None:
            raise AssertionError(f"nothing was done that {edge} depends on")
        return found


def shortest_way(edges: Collection[Edge], start: str, goal: str, wanted: Collection[Edge]) -> tuple[str, ...] | None:
    """Return the nodes of the shortest way over at least one edge of ``wanted``; None when it would visit one twice."""
    following: dict[str, list[str]] = {}
    for source, target in sorted(edges):
        following.setdefault(source, []).append(target)
    came_from: dict[tuple[str, bool], tuple[str, bool] | None] = {(start, False): None}
    waiting = deque([(start, False)])
    while waiting:
        here = waiting.popleft()
        node, done = here
        if node == goal and done:
            break
        for target in following.get(node, ()):
            step = (target, done or (node, target) in wanted)
            if step not in came_from:
                came_from[step] = here
                waiting.append(step)
    else:
        return None
    nodes: list[str] = []
    step_back: tuple[str, bool] | None = (goal, True)
    while step_back is not None:
        nodes.append(step_back[0])
        step_back = came_from[step_back]
    return tuple(reversed(nodes)) if len(set(nodes)) == len(nodes) else None


def varying(edges: Edges, everywhere: Standing) -> list[Edge]:
    """Return the edges that do not stand everywhere."""
    return [edge for edge, atoms in edges.items() if all(atom.standing != everywhere for atom in atoms)]


def knots(edges: Collection[Edge], varying: Collection[Edge]) -> list[frozenset[str]]:
    """Return the strongly connected components that have one of the edges that vary."""
    following: dict[str, list[str]] = {}
    preceding: dict[str, list[str]] = {}
    for source, target in edges if varying else ():
        following.setdefault(source, []).append(target)
        preceding.setdefault(target, []).append(source)
    knots: list[frozenset[str]] = []
    for source, target in sorted(varying):
        if source == target or any(source in knot and target in knot for knot in knots):
            continue
        ahead = _reachable(following, target)
        if source in ahead:
            knots.append(frozenset(ahead & _reachable(preceding, source)))
    return knots


def _reachable(following: Mapping[str, list[str]], start: str) -> set[str]:
    found, waiting = {start}, [start]
    while waiting:
        for node in following.get(waiting.pop(), ()):
            if node not in found:
                found.add(node)
                waiting.append(node)
    return found
