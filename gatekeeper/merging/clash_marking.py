"""Markers for clashes that git's merge of the lines passes over, as for one key that both sides add in two places.

Whoever takes all of ours, or all of theirs, gets a document again, with that side's values where the sides clash.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import chain

from gatekeeper.core.changes import ABSENT, Absent
from gatekeeper.core.document import Document, Value, parse
from gatekeeper.core.line_merge import Hunk, split_lines
from gatekeeper.core.merge import MergeClash
from gatekeeper.core.names import KeyPath
from gatekeeper.core.schema import CARGO_LOCK
from gatekeeper.core.schema.kinds import Profile
from gatekeeper.core.slots import look_up
from gatekeeper.core.spans import Span
from gatekeeper.core.splicing.value_text import agree
from gatekeeper.core.string_merge import line_hunks
from gatekeeper.core.value_merge import merge_values
from gatekeeper.merging.marked_text import Agreed, Disputed, Lines, Piece, chosen

_BLANK = (b"", b"#")
Range = tuple[int, int]
_Pieces = Sequence[Piece]


@dataclass(frozen=True)
class _Side:
    """One side's text: its lines, and for each the piece of the merge that has it."""

    text: bytes
    base: Lines
    pieces: _Pieces
    name: str

    @cached_property
    def lines(self) -> Lines:
        return tuple(split_lines(self.text))

    @cached_property
    def hunks(self) -> list[Hunk]:
        return line_hunks(self.base, self.lines)

    @cached_property
    def piece_of(self) -> dict[int, int]:
        """The number of the piece in which each line stands; lines that the merge lacks are not there."""
        found = chosen(self.pieces, self.name)
        numbers: dict[int, int] = {}
        at = place = 0
        for hunk in [*line_hunks([line for line, _ in found], self.lines), Hunk(len(found), 0, len(self.lines), 0)]:
            while at < hunk.start:
                numbers[place] = found[at][1]
                at, place = at + 1, place + 1
            at, place = hunk.start + hunk.old_count, hunk.new_start + hunk.new_count
        return numbers

    @cached_property
    def line_of(self) -> dict[int, int]:
        """The number of the line that stands in each piece that is no dispute."""
        return {number: line for line, number in self.piece_of.items() if isinstance(self.pieces[number], Agreed)}

    def unit(self, span: Span | None) -> Range:
        """Return the lines of a definition; of a header, with all that stands below it."""
        if span is None:
            return 0, 0
        start, end = span.line - 1, span.end_line
        if self._opens_table(start) and start + 1 == end:
            while end < len(self.lines) and not self._opens_table(end):
                end += 1
            while end > start + 1 and self.lines[end - 1].strip()[:1] in _BLANK:
                end -= 1
        return start, end

    def _opens_table(self, number: int) -> bool:
        return self.lines[number].lstrip().startswith(b"[") if number < len(self.lines) else False

    def changed(self, unit: Range) -> list[int]:
        """Return the lines of the unit that the base lacks, or all if it has them all."""
        places = range(*unit)
        fresh = [n for hunk in self.hunks for n in range(hunk.new_start, hunk.new_start + hunk.new_count)]
        return [n for n in fresh if n in places] or list(places)

    def base_of(self, unit: Range) -> Lines:
        """Return the lines of the base in whose place the unit stands."""
        start = end = None
        shift = 0
        for hunk in self.hunks:
            new_end = hunk.new_start + hunk.new_count
            if start is None and unit[0] < new_end:
                start = min(hunk.start, unit[0] - shift) if unit[0] < hunk.new_start else hunk.start
            if end is None and unit[1] <= hunk.new_start:
                end = unit[1] - shift
            elif end is None and unit[1] <= new_end:
                end = hunk.start + hunk.old_count
            shift = new_end - hunk.start - hunk.old_count
        return self.base[unit[0] - shift if start is None else start : unit[1] - shift if end is None else end]


@dataclass(frozen=True)
class Marking:
    """A merge that git has made of lines, whose clashes are to be marked."""

    profile: Profile
    base_text: bytes
    ours_text: bytes
    theirs_text: bytes
    pieces: _Pieces
    shows_base: bool

    def marked(self, clashes: Sequence[MergeClash]) -> _Pieces:
        """Return the pieces with every clash in dispute; the same where each one is."""
        if any(self._has_unknown_place(clash) for clash in clashes):
            return self._whole()
        left = [clash for clash in clashes if not self._is_marked(clash)]
        if not left:
            return self.pieces
        side_by_side = self._side_by_side(left)
        if side_by_side is not None and self._is_proven(side_by_side):
            return side_by_side
        for is_edge in (_anywhere, _before_header):
            around = self._around(left, is_edge)
            if around is not None and self._holds(around, clashes):
                return around
        return self._whole()

    @cached_property
    def _ours(self) -> _Side:
        return _Side(self.ours_text, self._base, self.pieces, "ours")

    @cached_property
    def _theirs(self) -> _Side:
        return _Side(self.theirs_text, self._base, self.pieces, "theirs")

    @cached_property
    def _base(self) -> Lines:
        return tuple(split_lines(self.base_text))

    def _units(self, clash: MergeClash) -> tuple[Range, Range]:
        return self._ours.unit(clash.ours_span), self._theirs.unit(clash.theirs_span)

    def _has_unknown_place(self, clash: MergeClash) -> bool:
        units = zip((self._ours, self._theirs), self._units(clash), strict=True)
        is_nowhere = clash.ours_span is None and clash.theirs_span is None
        return is_nowhere or any(n not in side.piece_of for side, unit in units for n in side.changed(unit))

    def _is_marked(self, clash: MergeClash) -> bool:
        return all(isinstance(self.pieces[number], Disputed) for number in self._numbers(clash))

    def _numbers(self, clash: MergeClash) -> list[int]:
        ours, theirs = self._units(clash)
        sides = ((self._ours, ours), (self._theirs, theirs))
        return sorted({side.piece_of[n] for side, unit in sides for n in side.changed(unit)})

    def _side_by_side(self, clashes: Iterable[MergeClash]) -> _Pieces | None:
        """Return the pieces with what theirs has at each clash moved to where ours has it."""
        disputes: dict[int, Disputed] = {}
        gone: set[int] = set()
        for ours, theirs in map(self._units, clashes):
            mine = [self._ours.piece_of.get(n) for n in range(*ours)]
            other = [self._theirs.piece_of.get(n) for n in range(*theirs)]
            taken = [number for number in (*mine, *other) if number is not None]
            is_shared = len(set(taken)) < len(mine) + len(other) or not gone.isdisjoint(taken)
            if is_shared or any(isinstance(self.pieces[number], Disputed) for number in taken):
                return None
            gone.update(taken)
            side, unit = (self._ours, ours) if mine else (self._theirs, theirs)
            disputes[taken[0]] = self._dispute(ours, theirs, side.base_of(unit))
        kept = ((n, piece) for n, piece in enumerate(self.pieces) if n in disputes or n not in gone)
        return [disputes.get(n, piece) for n, piece in kept]

    def _dispute(self, ours: Range, theirs: Range, base: Lines) -> Disputed:
        mine, other = self._ours.lines[slice(*ours)], self._theirs.lines[slice(*theirs)]
        return Disputed(mine, base if self.shows_base else None, other)

    def _around(self, clashes: Iterable[MergeClash], is_edge: Callable[[_Pieces, int], bool]) -> _Pieces | None:
        """Return the pieces with one dispute around all of each clash, between lines that both sides have."""
        stretches = _united(self._stretch(self._numbers(clash), is_edge) for clash in clashes)
        pieces: list[Piece] = []
        at = 0
        for start, end in stretches:
            ours, theirs = self._between(self._ours, start, end), self._between(self._theirs, start, end)
            pieces += [*self.pieces[at:start], self._dispute(ours, theirs, self._ours.base_of(ours))]
            at = end
        return [*pieces, *self.pieces[at:]]

    def _stretch(self, numbers: Sequence[int], is_edge: Callable[[_Pieces, int], bool]) -> Range:
        start, end = numbers[0], numbers[-1] + 1
        while start and not (self._in_both(start - 1) and is_edge(self.pieces, start)):
            start -= 1
        while end < len(self.pieces) and not (self._in_both(end) and is_edge(self.pieces, end)):
            end += 1
        return start, end

    def _in_both(self, number: int) -> bool:
        return number in self._ours.line_of and number in self._theirs.line_of

    def _between(self, side: _Side, start: int, end: int) -> Range:
        first = side.line_of[start - 1] + 1 if start else 0
        return first, side.line_of[end] if end < len(self.pieces) else len(side.lines)

    def _whole(self) -> _Pieces:
        """Return the sides as they are against each other, but for the lines at both ends that they share."""
        ours, theirs = self._ours.lines, self._theirs.lines
        shortest = min(len(ours), len(theirs))
        head = next((n for n in range(shortest) if ours[n] != theirs[n]), shortest)
        tail = next((n for n in range(shortest - head) if ours[-1 - n] != theirs[-1 - n]), shortest - head)
        mine, other = (head, len(ours) - tail), (head, len(theirs) - tail)
        dispute = self._dispute(mine, other, self._ours.base_of(mine))
        return [*map(Agreed, ours[:head]), dispute, *map(Agreed, ours[len(ours) - tail :])]

    def _is_proven(self, pieces: _Pieces) -> bool:
        """Return whether either choice gives the merge of the values, with that side's wherever they clash."""
        read = [self._read(text) for text in (self.base_text, self.ours_text, self.theirs_text)]
        base, ours, theirs = read if self.base_text else (None, *read[1:])
        if ours is None or theirs is None:
            return False
        wanted = (merge_values(base, ours, theirs).tree, merge_values(base, theirs, ours).tree)
        found = (self._read(self._taken(pieces, side)) for side in ("ours", "theirs"))
        return all(
            one is not None and agree(self.profile, (), one.tree, tree) for one, tree in zip(found, wanted, strict=True)
        )

    def _holds(self, pieces: _Pieces, clashes: Iterable[MergeClash]) -> bool:
        """Return whether either choice is a document that has that side's values at the clashes."""
        ours, theirs = (self._read(self._taken(pieces, side)) for side in ("ours", "theirs"))
        if ours is None or theirs is None:
            return False
        # A lock file's values name dependencies in more words than its text does.
        said = chain.from_iterable(_said(clash) for clash in clashes if self.profile is not CARGO_LOCK)
        trees = {"ours": ours.tree, "theirs": theirs.tree}
        return all(agree(self.profile, key, look_up(trees[side], key), value) for side, key, value in said)

    @staticmethod
    def _taken(pieces: _Pieces, side: str) -> bytes:
        return b"".join(line if line.endswith(b"\n") else line + b"\n" for line, _ in chosen(pieces, side))

    def _read(self, text: bytes) -> Document | None:
        read = parse(text, self.profile)
        return read if isinstance(read, Document) else None


def _anywhere(_pieces: _Pieces, _number: int) -> bool:
    return True


def _before_header(pieces: _Pieces, number: int) -> bool:
    piece = pieces[number]
    return isinstance(piece, Agreed) and piece.line.lstrip().startswith(b"[")


def _united(stretches: Iterable[Range]) -> list[Range]:
    """Return the stretches in order, those that meet as one."""
    united: list[Range] = []
    for start, end in sorted(stretches):
        if united and start <= united[-1][1]:
            united[-1] = (united[-1][0], max(end, united[-1][1]))
        else:
            united.append((start, end))
    return united


def _said(clash: MergeClash) -> Iterator[tuple[str, KeyPath, Value | Absent]]:
    yield "ours", clash.key, ABSENT if clash.ours is None else clash.ours
    yield "theirs", clash.key, ABSENT if clash.theirs is None else clash.theirs
