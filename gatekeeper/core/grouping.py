"""From triples and their users to the pairs of agents that share one finding.

Two orders of landing give an unordered pair two triples, which can differ. Pairs with the same two are gathered, and
laid out as a few (left agents x right agents) products: a finding then speaks of distinct contents, never of each
pair.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import NamedTuple

from gatekeeper.core.bits import members
from gatekeeper.core.meeting import Triple
from gatekeeper.core.tree_state import State

Rows = dict[int, int]
"""Left agent -> the set of right agents."""
Products = tuple[tuple[int, int], ...]
"""(Set of left agents, set of right agents): each agent of the one with each of the other. No two share a right set."""


class View(NamedTuple):
    """A triple seen from a fixed pair of sides: what the base, the left and the right side hold."""

    base: State
    left: State
    right: State


class Meet(NamedTuple):
    """What a pair does at a path in either order; None where that order gives no triple of interest."""

    left_first: View | None
    right_first: View | None


def pair_rows(triples: Mapping[Triple, Mapping[int, int]], wanted: Iterable[Triple]) -> dict[Meet, Rows]:
    """Return who does what with whom, for all pairs that have one of the ``wanted`` triples; each pair stands once."""
    # A view is the index of its triple among the wanted ones, turned when the lower number of the pair comes second.
    ordered = tuple(wanted)
    low_first: dict[tuple[int, int], int] = {}
    high_first: dict[tuple[int, int], int] = {}
    for index, triple in enumerate(ordered):
        for second, firsts in triples[triple].items():
            for first in members(firsts & (1 << second) - 1):
                low_first[first, second] = index
            for first in members(firsts >> second + 1 << second + 1):
                high_first[second, first] = index
    alike: dict[tuple[int | None, int | None], list[tuple[int, int]]] = {}
    for pair, index in low_first.items():
        alike.setdefault((index, high_first.pop(pair, None)), []).append(pair)
    for pair, index in high_first.items():
        alike.setdefault((None, index), []).append(pair)
    rows: dict[Meet, Rows] = {}
    for (ahead, behind), pairs in alike.items():
        seen = Meet(
            None if ahead is None else View(*ordered[ahead]), None if behind is None else _turned_view(ordered[behind])
        )
        meet, is_turned = _upright(seen)
        row = rows.setdefault(meet, {})
        for low, high in pairs:
            left, right = (high, low) if is_turned else (low, high)
            row[left] = row.get(left, 0) | 1 << right
    return rows


def _turned_view(triple: Triple) -> View:
    return View(triple.base, triple.own, triple.landed)


def products(rows: Mapping[int, int]) -> Products:
    """Lay out rows as products, one for each distinct set of right agents."""
    by_right: dict[int, int] = {}
    for left, right in rows.items():
        if right:
            by_right[right] = by_right.get(right, 0) | 1 << left
    return tuple((left, right) for right, left in by_right.items())


def rows_of(laid: Iterable[tuple[int, int]]) -> Rows:
    """Return the rows that were laid out."""
    return {left: right for lefts, right in laid for left in members(lefts)}


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
