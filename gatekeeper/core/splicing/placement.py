"""Where something that is new on one side goes in what the other side has."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Collection, Hashable, Sequence
from functools import lru_cache
from itertools import pairwise

_ORDERS_KEPT = 65_536
_SHOWS_ORDER = 3
"""So many names in order are taken to be kept in order."""


def is_sorted(names: Sequence[str]) -> bool:
    """Return whether ``names`` are so many, and in such an order, that people seem to keep them sorted."""
    keys = [_order(name) for name in names]
    return len(keys) >= _SHOWS_ORDER and all(one < other for one, other in pairwise(keys))


def place_among(
    present: Sequence[Hashable],
    before: Sequence[Hashable],
    known: Collection[Hashable],
    ordered: Sequence[str] | None,
    name: str,
) -> int:
    """Return the index in ``present`` at which to put something new.

    Where the names (``ordered``) are kept sorted, that decides. Else it goes behind the nearest of those that stand
    ``before`` it on its own side, and behind what the other side has put there: what is not ``known`` to its own.
    """
    if ordered is not None:
        return bisect_left(ordered, _order(name), key=_order)
    place = 0
    if before and before[-1] in present:
        place = present.index(before[-1]) + 1
    elif before:
        there = set(present)
        nearest = next((value for value in reversed(before) if value in there), None)
        place = 0 if nearest is None else present.index(nearest) + 1
    while place < len(present) and present[place] not in known:
        place += 1
    return place


@lru_cache(_ORDERS_KEPT)
def _order(name: str) -> tuple[str, str]:
    bare = name.strip("\"'")
    return bare.replace("_", "-").casefold(), bare
