"""Cycles that only the union of two changes has, in graphs whose edges stand in some trees and not in others."""

from __future__ import annotations

from collections import deque
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from itertools import combinations, pairwise
from typing import TYPE_CHECKING, NamedTuple, TypeAlias

from gatekeeper.core.bits import mask_of
from gatekeeper.core.combination import Atom, Place, Question, groups_of, merged_bits

if TYPE_CHECKING:
    from gatekeeper.core.combination import Standing
    from gatekeeper.core.relation import Relation

Edge: TypeAlias = tuple[str, str]
Edges: TypeAlias = Mapping[Edge, list[Atom]]
"""Each edge with the atoms that make it: any one will do."""


@dataclass(frozen=True, slots=True)
class Cycle:
    """A cycle that any agent on the left and any on the right close together, each by the edge at its place."""

    nodes: tuple[str, ...]
    left: int
    right: int
    left_place: Place
    right_place: Place


def new_cycles(relation: Relation, everywhere: Standing, edges: Edges) -> Iterator[Cycle]:
    """Yield, for each knot of the graph and each pair of groups of agents, the shortest cycle that needs both."""
    for knot in knots(edges, everywhere):
        inside = {edge: atoms for edge, atoms in sorted(edges.items()) if edge[0] in knot and edge[1] in knot}
        yield from _Knot(relation, everywhere, inside).cycles()


class _Adding(NamedTuple):
    """Agents who add the same edges: where these start, and what the base leads to from their ends."""

    bits: int
    agents: int
    starts: int
    ahead: int


class _Knot:
    """A strongly connected part of the graph of all edges that stand anywhere."""

    def __init__(self, relation: Relation, everywhere: Standing, edges: Edges) -> None:
        self.relation = relation
        self.question = Question(everywhere)
        self.edges = {edge: self.question.any_of(atoms) for edge, atoms in edges.items()}
        self.numbers = {node: number for number, node in enumerate(dict.fromkeys(n for edge in edges for n in edge))}

    def cycles(self) -> Iterator[Cycle]:
        if not self.question.varies:
            return
        standings = self.question.standings
        agents = groups_of(self.relation.everyone, [standing.agents for standing in standings])
        bases = groups_of((1 << self.relation.base_count) - 1, [standing.bases for standing in standings])
        for base_bits, base_mask in bases:
            reach = self.reach(base_bits)
            adding = [
                _Adding(bits, mask, *self.added(reach, bits, base_bits)) for bits, mask in agents if bits & ~base_bits
            ]
            for left, right in combinations(adding, 2):
                # A cycle through both goes from an edge of each to one of the other over edges of the base.
                if not (left.ahead & right.starts and right.ahead & left.starts):
                    continue
                found = self.shortest(base_bits, left.bits, right.bits)
                if found is None:
                    continue
                for some, others in self.relation.bicliques(left.agents, right.agents, base_mask):
                    yield Cycle(found[0], some, others, found[1], found[2])

    def reach(self, base: int) -> dict[str, int]:
        """Return node -> the nodes that the edges of the base lead to from it, itself included, as a mask."""
        following: dict[str, list[str]] = {}
        for (source, target), bits in self.edges.items():
            if bits & base:
                following.setdefault(source, []).append(target)
        return {node: mask_of(self.numbers[n] for n in _reachable(following, node)) for node in self.numbers}

    def added(self, reach: Mapping[str, int], bits: int, base: int) -> tuple[int, int]:
        """Return where the edges that ``bits`` add start, and all that the base leads to from their ends."""
        starts = ahead = 0
        for (source, target), edge_bits in self.edges.items():
            if edge_bits & bits and not edge_bits & base:
                starts |= 1 << self.numbers[source]
                ahead |= reach[target]
        return starts, ahead

    def shortest(self, base: int, left: int, right: int) -> tuple[tuple[str, ...], Place, Place] | None:
        """Return the shortest cycle of the merge that needs both sides, and where each of them closes it."""
        merged = merged_bits(base, left, right)
        standing = {edge: bits for edge, bits in self.edges.items() if bits & merged}
        of_left = {edge for edge, bits in standing.items() if not bits & right}
        of_right = {edge for edge, bits in standing.items() if not bits & left}
        best: tuple[str, ...] | None = None
        for edge in sorted(of_left):
            way = shortest_way(standing, edge[1], edge[0], of_right)
            if way is not None and (best is None or len(way) < len(best)):
                best = way
        if best is None:
            return None
        first = best.index(min(best))
        best = (*best[first:], *best[:first])
        closed = list(pairwise((*best, best[0])))
        by_left = next(edge for edge in closed if edge in of_left)
        by_right = next(edge for edge in closed if edge in of_right)
        return best, self.place(by_left, left), self.place(by_right, right)

    def place(self, edge: Edge, bits: int) -> Place:
        found = self.question.place(self.edges[edge] & bits)
        if found is None:
            raise AssertionError(f"no atom of {edge} stands where it was added")
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


def knots(edges: Edges, everywhere: Standing) -> list[frozenset[str]]:
    """Return the strongly connected components in which some edge does not stand everywhere."""
    following: dict[str, list[str]] = {}
    preceding: dict[str, list[str]] = {}
    for source, target in edges:
        following.setdefault(source, []).append(target)
        preceding.setdefault(target, []).append(source)
    knots: list[frozenset[str]] = []
    for (source, target), atoms in sorted(edges.items()):
        constant = any(atom.standing == everywhere for atom in atoms)
        if constant or source == target or any(source in knot and target in knot for knot in knots):
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
