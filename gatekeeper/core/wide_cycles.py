"""Cycles that take the changes of three agents or more: no two of them close one, together they do.

Pairs are looked at exhaustively (``cycles.py``); sets of three and more are too many. So for each edge that somebody
adds, the shortest cycle through it is looked for in the union of trunk's edges and of everybody's, and told if no two
agents have all of it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

from gatekeeper.core.bits import members, union
from gatekeeper.core.cycles import Edge, Edges, knots, shortest_way, varying

if TYPE_CHECKING:
    from gatekeeper.core.combination import Place, Standing

_TRUNK = 1
_SEVERAL = 3


@dataclass(frozen=True, slots=True)
class WideCycle:
    """A cycle that one agent of each of ``sides`` close together, each by the edge at its place."""

    nodes: tuple[str, ...]
    sides: tuple[tuple[int, Place], ...]


def wide_cycles(everywhere: Standing, edges: Edges) -> Iterator[WideCycle]:
    """Yield cycles of the union that need at least three agents, each once."""
    for knot in knots(edges, varying(edges, everywhere)):
        inside = {edge: atoms for edge, atoms in edges.items() if edge[0] in knot and edge[1] in knot}
        told: set[tuple[str, ...]] = set()
        for cycle in _of_knot(everywhere.agents, inside):
            if cycle.nodes not in told:
                told.add(cycle.nodes)
                yield cycle


def _of_knot(everyone: int, edges: Edges) -> Iterator[WideCycle]:
    having = {edge: union(atom.standing.agents for atom in atoms) for edge, atoms in edges.items()}
    added = {
        edge: having[edge] for edge, atoms in edges.items() if not any(atom.standing.bases & _TRUNK for atom in atoms)
    }
    standing = [edge for edge in edges if edge not in added or added[edge]]
    for edge in sorted(added):
        way = shortest_way(standing, edge[1], edge[0], standing) if added[edge] else None
        if way is None:
            continue
        first = way.index(min(way))
        nodes = (*way[first:], *way[:first])
        steps = list(pairwise((*nodes, nodes[0])))
        # Who takes away an edge of trunk that the cycle runs over does not close it.
        breaking = union(everyone & ~having[step] for step in steps if step not in added)
        closing = {step: added[step] & ~breaking for step in steps if step in added}
        if all(closing.values()) and not _suffice_two(list(closing.values())):
            yield WideCycle(nodes, _sides(closing, edges))


def _suffice_two(holders: Sequence[int]) -> bool:
    for agent in members(holders[0]):
        rest = [mask for mask in holders if not mask >> agent & 1]
        if not rest:
            return True
        common = rest[0]
        for mask in rest:
            common &= mask
        if common:
            return True
    return False


def _sides(closing: Mapping[Edge, int], edges: Edges) -> tuple[tuple[int, Place], ...]:
    """Return who closes the cycle where: agents who add the same edges of it are one side."""
    sides: dict[int, Place] = {}
    for step, holders in closing.items():
        atom = next(atom for atom in edges[step] if atom.standing.agents & holders)
        sides.setdefault(holders, atom.place)
    if len(sides) < _SEVERAL:
        raise AssertionError("two sides hold all edges of a cycle that two agents cannot close")
    return tuple(sides.items())
