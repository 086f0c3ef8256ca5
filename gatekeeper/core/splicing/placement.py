"""Where something that is new on one side goes in what the other side has."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Collection, Hashable, Iterable, Iterator, Sequence
from functools import lru_cache
from itertools import pairwise
from typing import TypeVar

_ORDERS_KEPT = 65_536
_SHOWS_ORDER = 3
"""So many names in order are taken to be kept in order."""

T = TypeVar("T")


def is_sorted(names: Sequence[str]) -> bool:
    """Return whether ``names`` are so many, and in such an order, that people seem to keep them sorted."""
    return len(names) >= _SHOWS_ORDER and _ascend(names)


def _ascend(names: Iterable[str]) -> bool:
    return all(one < other for one, other in pairwise(map(_order, names)))


def nearest_first(values: Sequence[T], number: int) -> Iterator[T]:
    """Yield the first ``number`` of ``values``, the last of these first."""
    return (values[at] for at in range(number - 1, -1, -1))


class Present:
    """What is there, in its order; ``names`` are what people sort it by, ``are_sorted`` whether they do.

    Made for many insertions: what a side has in the order of the other one is found where it was looked for last.
    """

    def __init__(self, values: Iterable[Hashable], names: Iterable[str] = (), *, are_sorted: bool = False) -> None:
        self._values = list(values)
        self._there = set(self._values)
        self._names = list(names) if are_sorted else []
        self._are_sorted = are_sorted
        self._at = 0

    def insert(
        self,
        value: Hashable,
        before: Iterable[Hashable],
        known: Collection[Hashable],
        name: str = "",
        *,
        by_name: bool = False,
    ) -> int:
        """Put in ``value`` and return the index that it gets.

        Where names are kept sorted (``by_name``: on the side of ``value`` as well), that decides. Else it goes behind
        the nearest of those that stand ``before`` it on its own side, the nearest first, and behind what the other
        side has put there: what is not ``known`` to its own.
        """
        sorts = by_name and self._are_sorted
        place = bisect_left(self._names, _order(name), key=_order) if sorts else self._behind(before, known)
        self._values.insert(place, value)
        self._there.add(value)
        self._at = place
        if self._are_sorted:
            self._names.insert(place, name)
            self._are_sorted = sorts or _ascend(self._names[max(0, place - 1) : place + 2])
        return place

    def _behind(self, before: Iterable[Hashable], known: Collection[Hashable]) -> int:
        nearest = next((value for value in before if value in self._there), None)
        place = 0 if nearest is None else self._index(nearest) + 1
        while place < len(self._values) and self._values[place] not in known:
            place += 1
        return place

    def _index(self, value: Hashable) -> int:
        # Of equal values it is the first that counts: only where there are none can the search begin anywhere.
        if len(self._there) == len(self._values):
            try:
                return self._values.index(value, self._at)
            except ValueError:
                return self._values.index(value, 0, self._at)
        return self._values.index(value)


@lru_cache(_ORDERS_KEPT)
def _order(name: str) -> tuple[str, str]:
    bare = name.strip("\"'")
    return bare.replace("_", "-").casefold(), bare
