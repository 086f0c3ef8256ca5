"""Whose comments are whose: a comment says something of the statement it stands above, in or behind.

One that a blank line keeps apart, or that ends the text, is nobody's.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, NamedTuple

from gatekeeper.core.schema.dependencies import dependency_depth
from gatekeeper.core.splicing.comments import (
    attached,
    comments_in,
    detached,
    due_count,
    kind_of,
    lines_of,
    placed_comments,
    without_comment,
)
from gatekeeper.core.splicing.layout import Layout, newline_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from gatekeeper.core.names import KeyPath
    from gatekeeper.core.splicing.layout import Item


class Owned(NamedTuple):
    """A comment and the key of the statement that it belongs to; None: nobody's."""

    owner: KeyPath | None
    comment: str


class _Placed(NamedTuple):
    """A comment of a text, and the number of the statement that it belongs to or stands before.

    ``following``: the lines of that statement's value that come behind it, if it stands inside.
    """

    owned: Owned
    number: int
    following: tuple[str, ...] = ()


def owned_comments(layout: Layout) -> Counter[Owned]:
    """Return the comments of a text by their owners."""
    return Counter(one.owned for one in _placed(layout))


def due_by_owner(base: Counter[Owned], ours: Counter[Owned], theirs: Counter[Owned]) -> Counter[str]:
    """Return how often each comment must stand in a merge, statement by statement; a dependency counts as one.

    What one side alone has changed is as that side has it; where both did, what both still have.
    """
    before, mine, other = map(_by_entry, (base, ours, theirs))
    due: Counter[str] = Counter()
    for one in mine.keys() | other.keys():
        due[one.comment] += due_count(before[one], mine[one], other[one])
    return +due


def _by_entry(owned: Counter[Owned]) -> Counter[Owned]:
    """Each side may spell a dependency by other statements than the other one."""
    found: Counter[Owned] = Counter()
    for (owner, comment), count in owned.items():
        depth = 0 if owner is None else dependency_depth(owner)
        found[Owned(owner if owner is None or not depth else owner[:depth], comment)] += count
    return found


def owners(sides: Iterable[Iterable[Owned]]) -> dict[str, set[KeyPath | None]]:
    """Return comment -> the statements to which it belongs on a side."""
    found: dict[str, set[KeyPath | None]] = {}
    for side in sides:
        for owner, comment in side:
            found.setdefault(comment, set()).add(owner)
    return found


def is_placed_as_on_a_side(merged: Layout, known: Mapping[str, Collection[KeyPath | None]]) -> bool:
    """Return whether every comment of ``merged`` that belongs to a statement does so on a side (``owners``).

    The same entry can be spelled by several statements: then that of a table above or below counts as well.
    """
    return all(
        owner is None or any(_is_one_entry(owner, other, merged) for other in known.get(comment, ()))
        for owner, comment in owned_comments(merged)
    )


def _is_one_entry(owner: KeyPath, other: KeyPath | None, merged: Layout) -> bool:
    if other is None or owner == other:
        return True
    above, below = sorted((owner, other), key=len)
    return below[: len(above)] == above and (above == owner or above not in merged.by_key)


def with_comments(merged: Layout, missing: Mapping[str, int], sides: Sequence[Layout]) -> str:
    """Return the text of ``merged`` with comments that it lacks: each above the statement that it belongs to.

    Where that is gone, or there is none, it stands by itself before what follows it on its side. What this makes of the
    text has to be proven like everything else.
    """
    return str(_Restoring(merged, missing, sides).restored())


class _Restoring:
    def __init__(self, merged: Layout, missing: Mapping[str, int], sides: Sequence[Layout]) -> None:
        self._merged = merged
        self._missing = Counter(missing)
        self._sides = sides
        self._items = list(merged.items)
        self._closing = merged.closing
        self._there = owned_comments(merged)
        self._known = {owned.comment for owned in self._there}
        self._places: dict[KeyPath, int] = {}
        for number, item in enumerate(self._items):
            self._places.setdefault(item.key, number)
        self._newline = newline_of(str(merged), *map(str, sides))
        self._is_ended = any(str(one).endswith("\n") for one in ([merged] if merged.items or merged.closing else sides))

    def restored(self) -> Layout:
        for side in self._sides:
            placed = Counter[Owned]()
            for one in _placed(side):
                placed[one.owned] += 1
                if self._is_missing(one.owned) and self._there[one.owned] < placed[one.owned]:
                    self._missing[one.owned.comment] -= 1
                    self._missing[kind_of(one.owned.comment)] -= 1
                    self._there[one.owned] += 1
                    self._put(one, side.items[one.number :])
        if self._closing != self._merged.closing and not self._is_ended:
            self._closing = self._closing.removesuffix(self._newline)
        return Layout(self._merged.mark, tuple(self._items), self._closing)

    def _is_missing(self, owned: Owned) -> bool:
        if self._missing[owned.comment] > 0:
            return True
        return self._missing[kind_of(owned.comment)] > 0 and owned.comment not in self._known

    def _put(self, placed: _Placed, behind: Sequence[Item]) -> None:
        owner, comment = placed.owned
        own = None if owner is None else self._place_of(owner)
        if own is not None:
            self._items[own] = _with_comment(self._items[own], comment, placed.following, self._newline)
            return
        line = comment + self._newline
        place = next((self._places[item.key] for item in behind if item.key in self._places), None)
        if place is None:
            self._end_last_line()
            self._closing += line
            return
        item = self._items[place]
        apart = detached(item.lead)
        self._items[place] = replace(item, lead=f"{apart}{line}{self._newline}{item.lead[len(apart) :]}")

    def _place_of(self, owner: KeyPath) -> int | None:
        """Return the number of the statement of ``owner``, or of one that spells it with more of its table."""
        for depth in range(len(owner), 0, -1):
            place = self._places.get(owner[:depth])
            if place is not None:
                return place if depth == len(owner) or not self._items[place].is_header else None
        return None

    def _end_last_line(self) -> None:
        if self._closing and not self._closing.endswith("\n"):
            self._closing += self._newline
        elif not self._closing and self._items and not self._items[-1].tail.endswith("\n"):
            self._items[-1] = replace(self._items[-1], tail=self._items[-1].tail + self._newline)


def _with_comment(item: Item, comment: str, following: Sequence[str], newline: str) -> Item:
    """Return ``item`` with a comment before one of the lines of its value, or above it where none of them is there."""
    lines = lines_of(item.text)
    bare = [_bare(line) for line in lines]
    place = next((bare.index(line, 1) for line in following if line in bare[1:]), 0)
    line = lines[place]
    lines.insert(place, f"{line[: len(line) - len(line.lstrip())]}{comment}{newline}")
    if place:
        return replace(item, text="".join(lines))
    return replace(item, lead=item.lead + lines[0])


def _placed(layout: Layout) -> Iterator[_Placed]:
    """Yield the comments of a text in order."""
    for number, item in enumerate(layout.items):
        if "#" in item.lead:
            for owner, part in ((None, detached(item.lead)), (item.key, attached(item.lead))):
                yield from (_Placed(Owned(owner, comment), number) for comment in comments_in(part))
        if "#" in item.text:
            lines = [_bare(line) for line in lines_of(item.text)]
            for comment, line in placed_comments(item.text):
                yield _Placed(Owned(item.key, comment), number, tuple(filter(_says_something, lines[line + 1 :])))
        if "#" in item.tail:
            yield from (_Placed(Owned(item.key, comment), number) for comment in comments_in(item.tail))
    for comment in comments_in(layout.closing):
        yield _Placed(Owned(None, comment), len(layout.items))


def _bare(line: str) -> str:
    """Return what a line of a value says without its comment."""
    return without_comment(line).strip()


def _says_something(line: str) -> bool:
    return len(line) > 1
