"""Three-way merges of arrays: as sets and as sequences. Values in, values out; order is deterministic."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Hashable, Iterator, Sequence

    from gatekeeper.core.schema.kinds import Value

MAX_CELLS = 250_000
"""How much one alignment may cost; arrays that differ more than this are not merged."""


def token(value: Value) -> Hashable:
    """Return something hashable that is equal exactly when the values are the same in TOML."""
    if type(value) is str:
        return value
    if isinstance(value, dict):
        return ("table", frozenset((key, token(inner)) for key, inner in value.items()))
    if isinstance(value, list):
        return ("array", tuple(map(token, value)))
    return (type(value).__name__, repr(value))


def merge_sets(base: Sequence[Value], ours: Sequence[Value], theirs: Sequence[Value]) -> list[Value]:
    """Return base with the additions of both and without the removals of either; ours' order, then theirs' new."""
    known, mine, other = ({token(v) for v in side} for side in (base, ours, theirs))
    kept = [value for value in ours if (t := token(value)) in other or t not in known]
    taken: set[Hashable] = set()
    for value in theirs:
        this = token(value)
        if this not in mine and this not in known and this not in taken:
            taken.add(this)
            kept.append(value)
    return kept


def merge_sequences(base: Sequence[Value], ours: Sequence[Value], theirs: Sequence[Value]) -> list[Value] | None:
    """Return base with the edits of both sides; None when they meet at one place or pull one entry two ways."""
    b, o, t = ([token(v) for v in side] for side in (base, ours, theirs))
    our_edits, their_edits = _edits(b, o), _edits(b, t)
    if our_edits is None or their_edits is None:
        return None
    merged: list[Value] = []
    at = 0
    for start, end, new in _interleaved(our_edits, their_edits, o, t):
        if start < at or new is None:
            return None
        merged += base[at:start]
        merged += (ours if new[0] else theirs)[new[1] : new[2]]
        at = end
    merged += base[at:]
    return merged if _counts_agree(b, o, t, [token(v) for v in merged]) else None


_Edit = tuple[int, int, int, int]
"""``base[start:end]`` became ``side[new_start:new_end]``."""

_Step = tuple[int, int, tuple[bool, int, int] | None]


def _interleaved(
    ours: list[_Edit], theirs: list[_Edit], our_tokens: list[Hashable], their_tokens: list[Hashable]
) -> Iterator[_Step]:
    """Yield the edits of both sides by place; those at one place once if they are the same, else with None."""
    i = j = 0
    while i < len(ours) or j < len(theirs):
        if j == len(theirs) or (i < len(ours) and _before(ours[i], theirs[j])):
            start, end, low, high = ours[i]
            yield start, end, (True, low, high)
            i += 1
        elif i == len(ours) or _before(theirs[j], ours[i]):
            start, end, low, high = theirs[j]
            yield start, end, (False, low, high)
            j += 1
        else:
            (start, end, low, high), other = ours[i], theirs[j]
            equal = (start, end) == other[:2] and our_tokens[low:high] == their_tokens[other[2] : other[3]]
            yield start, end, (True, low, high) if equal else None
            i, j = i + 1, j + 1


def _before(left: _Edit, right: _Edit) -> bool:
    # An insertion at the border of the other's replacement has the same anchor: which goes first is not known.
    if left[1] == right[0]:
        return left[0] < left[1] and right[0] < right[1]
    return left[1] < right[0]


def _edits(base: list[Hashable], side: list[Hashable]) -> list[_Edit] | None:
    """Return the places where ``side`` departs from ``base``; None when finding them would cost too much."""
    low = 0
    shortest = min(len(base), len(side))
    while low < shortest and base[low] == side[low]:
        low += 1
    tail = 0
    while tail < shortest - low and base[-1 - tail] == side[-1 - tail]:
        tail += 1
    old, new = base[low : len(base) - tail], side[low : len(side) - tail]
    if len(old) * len(new) > MAX_CELLS:
        return None
    edits: list[_Edit] = []
    i = j = 0
    for same_i, same_j in [*_common(old, new), (len(old), len(new))]:
        if (i, j) != (same_i, same_j):
            edits.append((low + i, low + same_i, low + j, low + same_j))
        i, j = same_i + 1, same_j + 1
    return edits


def _common(old: list[Hashable], new: list[Hashable]) -> list[tuple[int, int]]:
    """Return the positions of a longest common subsequence, the earliest in ``old`` of those there are."""
    if not old or not new:
        return []
    rows = [[0] * (len(new) + 1) for _ in range(len(old) + 1)]
    for i in range(len(old) - 1, -1, -1):
        row, below, entry = rows[i], rows[i + 1], old[i]
        for j in range(len(new) - 1, -1, -1):
            row[j] = below[j + 1] + 1 if entry == new[j] else max(below[j], row[j + 1])
    pairs: list[tuple[int, int]] = []
    i = j = 0
    while i < len(old) and j < len(new):
        if old[i] == new[j]:
            pairs.append((i, j))
            i, j = i + 1, j + 1
        elif rows[i][j + 1] >= rows[i + 1][j]:
            j += 1
        else:
            i += 1
    return pairs


def _counts_agree(b: list[Hashable], o: list[Hashable], t: list[Hashable], merged: list[Hashable]) -> bool:
    """Return whether nobody's removal was undone by the other's move, and nothing came in twice."""
    before, mine, other, after = map(Counter, (b, o, t, merged))
    for entry, count in after.items():
        if count > max(mine[entry], other[entry]):
            return False
        if min(mine[entry], other[entry]) < before[entry] and count > min(mine[entry], other[entry]):
            return False
    return True
