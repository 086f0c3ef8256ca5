"""From triples and their users to groups of agents that share one finding.

Two orders of landing give an unordered pair two triples, which can differ. Pairs with the same two are gathered, and
laid out as a few (left agents x right agents) products: a finding then speaks of distinct contents, never of each
pair.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import NamedTuple

from gatekeeper.core.bits import members
from gatekeeper.core.meeting import Triple
from gatekeeper.core.tree_state import State


class View(NamedTuple):
    """A triple seen from a fixed pair of sides: what the base, the left and the right side hold."""

    base: State
    left: State
    right: State


class Meet(NamedTuple):
    """What a pair does at a path in either order; None where that order gives no triple of interest."""

    left_first: View | None
    right_first: View | None


@dataclass(frozen=True, slots=True)
class Group:
    """All pairs {a in left, b in right} do the same: ``meet``."""

    meet: Meet
    left: int
    right: int


def group_pairs(triples: Mapping[Triple, Mapping[int, int]], wanted: Iterable[Triple]) -> Iterator[Group]:
    """Yield the groups of all pairs that have one of the ``wanted`` triples, each pair in exactly one of them."""
    pairs: dict[tuple[int, int], list[View | None]] = {}
    for triple in wanted:
        for second, firsts in triples[triple].items():
            for first in members(firsts):
                # Seen from the lower number: it has landed first (slot 0), or is merged second (slot 1).
                if first < second:
                    pairs.setdefault((first, second), [None, None])[0] = View(triple.base, triple.landed, triple.own)
                else:
                    pairs.setdefault((second, first), [None, None])[1] = View(triple.base, triple.own, triple.landed)
    rows: dict[Meet, dict[int, int]] = {}
    known: dict[Meet, tuple[Meet, bool]] = {}
    for (low, high), (low_first, high_first) in pairs.items():
        seen = Meet(low_first, high_first)
        if seen not in known:
            known[seen] = _upright(seen)
        meet, is_turned = known[seen]
        left, right = (high, low) if is_turned else (low, high)
        row = rows.setdefault(meet, {})
        row[left] = row.get(left, 0) | 1 << right
    for meet, row in rows.items():
        for left_agents, right_agents in products(row):
            yield Group(meet, left_agents, right_agents)


def products(row: Mapping[int, int]) -> Iterator[tuple[int, int]]:
    """Lay out left agent -> right agents as products, one for each distinct set of right agents."""
    by_right: dict[int, int] = {}
    for left, right in row.items():
        by_right[right] = by_right.get(right, 0) | 1 << left
    for right, left_agents in by_right.items():
        yield left_agents, right


def _upright(meet: Meet) -> tuple[Meet, bool]:
    """Return the one of ``meet`` and its mirror image that stands for both, and whether it is the image."""
    turned = _turned(meet)
    return (turned, True) if _order(turned) < _order(meet) else (meet, False)


def _turned(meet: Meet) -> Meet:
    return Meet(_mirrored(meet.right_first), _mirrored(meet.left_first))


def _mirrored(view: View | None) -> View | None:
    return None if view is None else View(view.base, view.right, view.left)


def _order(meet: Meet) -> tuple[tuple[tuple[int, str], ...], ...]:
    return tuple(
        () if view is None else tuple((0, "") if state is None else (state.mode, state.oid) for state in view)
        for view in meet
    )
