"""Git's three-way merge of lines, decided from two diffs.

Git's merge runs two diffs against the base and then walks both lists of hunks (``xdiff/xmerge.c``: ``xdl_do_merge``,
``xdl_append_merge``, ``xdl_refine_conflicts`` at the level XDL_MERGE_ZEALOUS). The diffs are the costly half, and
each is the same for every pair that the side takes part in; the walk is done here, so that n sides on one base cost n
diffs and not n² merges. The diffs must come from git's own histogram algorithm, as its ``ort`` strategy uses it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

Lines = Sequence[bytes]
"""A text cut after each newline; the last line may lack one, and then differs from the same line with one."""


class Hunk(NamedTuple):
    """``old_count`` lines of the base from ``start`` became ``new_count`` lines from ``new_start`` (all from 0)."""

    start: int
    old_count: int
    new_start: int
    new_count: int


class Region(NamedTuple):
    """A stretch of the merge: whose text it takes (1 ours, 2 theirs, 0 disputed) and where it lies in each side."""

    taken_from: int
    ours_start: int
    ours_count: int
    theirs_start: int
    theirs_count: int


def split_lines(text: bytes) -> list[bytes]:
    """Cut ``text`` after each newline and nowhere else, as xdiff does."""
    if b"\r" not in text:
        return text.splitlines(keepends=True)
    lines = [line + b"\n" for line in text.split(b"\n")]
    last = lines.pop()[:-1]
    if last:
        lines.append(last)
    return lines


def conflicts(ours: Sequence[Hunk], theirs: Sequence[Hunk], ours_lines: Lines, theirs_lines: Lines) -> bool:
    """Return whether git would report a conflict; the hunks are the sides' diffs against one base."""
    return next(_disputed_regions(ours, theirs, ours_lines, theirs_lines), None) is not None


def disputed_regions(
    ours: Sequence[Hunk], theirs: Sequence[Hunk], ours_lines: Lines, theirs_lines: Lines
) -> list[Region]:
    """Return the places that git cannot merge, in order."""
    return list(_disputed_regions(ours, theirs, ours_lines, theirs_lines))


def merge_text(ours: Sequence[Hunk], theirs: Sequence[Hunk], ours_lines: Lines, theirs_lines: Lines) -> bytes | None:
    """Return the text that git's merge gives, or None where it conflicts."""
    regions = list(_regions(ours, theirs, ours_lines, theirs_lines))
    if any(_disputed(region, ours_lines, theirs_lines) for region in regions):
        return None
    return _text_of(regions, ours_lines, theirs_lines)


def merge_favouring_ours(ours: Sequence[Hunk], theirs: Sequence[Hunk], ours_lines: Lines, theirs_lines: Lines) -> bytes:
    """Return the text that git's merge gives with the option ``ours``: where the sides conflict, ours."""
    return _text_of(_regions(ours, theirs, ours_lines, theirs_lines), ours_lines, theirs_lines)


def _text_of(regions: Iterable[Region], ours_lines: Lines, theirs_lines: Lines) -> bytes:
    """Return what the regions take, ours where they are disputed, and ours' lines in between."""
    merged: list[bytes] = []
    position = 0
    for region in regions:
        merged += ours_lines[position : region.ours_start]
        if region.taken_from == 2:  # noqa: PLR2004 -- xdiff's own numbering of the sides
            merged += theirs_lines[region.theirs_start : region.theirs_start + region.theirs_count]
        else:
            merged += ours_lines[region.ours_start : region.ours_start + region.ours_count]
        position = region.ours_start + region.ours_count
    merged += ours_lines[position:]
    return b"".join(merged)


def _disputed_regions(
    ours: Sequence[Hunk], theirs: Sequence[Hunk], ours_lines: Lines, theirs_lines: Lines
) -> Iterator[Region]:
    """Hunks before the first meeting have an unchanged line after them in both sides: no dispute reaches back there."""
    i, j = _first_meeting(ours, theirs)
    if i < len(ours) and j < len(theirs):
        for region in _regions(ours[i:], theirs[j:], ours_lines, theirs_lines):
            if _disputed(region, ours_lines, theirs_lines):
                yield region


def _first_meeting(ours: Sequence[Hunk], theirs: Sequence[Hunk]) -> tuple[int, int]:
    """Return the first two hunks of different sides without an unchanged line between them, or the end of a side."""
    i = j = 0
    while i < len(ours) and j < len(theirs):
        a, b = ours[i], theirs[j]
        if a.start + a.old_count < b.start:
            i += 1
        elif b.start + b.old_count < a.start:
            j += 1
        else:
            break
    return i, j


def _disputed(region: Region, ours_lines: Lines, theirs_lines: Lines) -> bool:
    """A region in dispute is dissolved when both sides hold the same text there."""
    if region.taken_from != 0:
        return False
    ours_end = region.ours_start + region.ours_count
    theirs_end = region.theirs_start + region.theirs_count
    return ours_lines[region.ours_start : ours_end] != theirs_lines[region.theirs_start : theirs_end]


def _regions(ours: Sequence[Hunk], theirs: Sequence[Hunk], ours_lines: Lines, theirs_lines: Lines) -> Iterator[Region]:
    """Join the pieces: one that touches the piece before it in either side becomes part of that."""
    last = None
    for piece in _pieces(ours, theirs, ours_lines, theirs_lines):
        if last is None:
            last = piece
        elif (
            piece.ours_start <= last.ours_start + last.ours_count
            or piece.theirs_start <= last.theirs_start + last.theirs_count
        ):
            last = _joined(last, piece)
        else:
            yield last
            last = piece
    if last is not None:
        yield last


def _joined(one: Region, other: Region) -> Region:
    return Region(
        one.taken_from if one.taken_from == other.taken_from else 0,
        one.ours_start,
        other.ours_start + other.ours_count - one.ours_start,
        one.theirs_start,
        other.theirs_start + other.theirs_count - one.theirs_start,
    )


def _pieces(ours: Sequence[Hunk], theirs: Sequence[Hunk], ours_lines: Lines, theirs_lines: Lines) -> Iterator[Region]:
    i = j = 0
    while i < len(ours) and j < len(theirs):
        a, b = ours[i], theirs[j]
        a_end, b_end = a.start + a.old_count, b.start + b.old_count
        if a_end < b.start:
            yield _only_ours(a, b.new_start - b.start)
            i += 1
            continue
        if b_end < a.start:
            yield _only_theirs(b, a.new_start - a.start)
            j += 1
            continue
        if not _same_change(a, b, ours_lines, theirs_lines):
            yield _overlap(a, b)
        i += a_end <= b_end
        j += b_end <= a_end
    for a in ours[i:]:
        yield _only_ours(a, _shift_after(theirs))
    for b in theirs[j:]:
        yield _only_theirs(b, _shift_after(ours))


def _shift_after(hunks: Sequence[Hunk]) -> int:
    """Return by how many lines what follows the hunks has moved."""
    if not hunks:
        return 0
    last = hunks[-1]
    return last.new_start + last.new_count - last.start - last.old_count


def _only_ours(hunk: Hunk, theirs_shift: int) -> Region:
    return Region(1, hunk.new_start, hunk.new_count, hunk.start + theirs_shift, hunk.old_count)


def _only_theirs(hunk: Hunk, ours_shift: int) -> Region:
    return Region(2, hunk.start + ours_shift, hunk.old_count, hunk.new_start, hunk.new_count)


def _same_change(a: Hunk, b: Hunk, ours_lines: Lines, theirs_lines: Lines) -> bool:
    return (
        a.start == b.start
        and a.old_count == b.old_count
        and a.new_count == b.new_count
        and ours_lines[a.new_start : a.new_start + a.new_count] == theirs_lines[b.new_start : b.new_start + b.new_count]
    )


def _overlap(a: Hunk, b: Hunk) -> Region:
    """Stretch both hunks until they cover the same lines of the base."""
    before = a.start - b.start
    after = before + a.old_count - b.old_count
    ours_start = a.new_start - max(before, 0)
    theirs_start = b.new_start + min(before, 0)
    ours_end = a.new_start + a.new_count - min(after, 0)
    theirs_end = b.new_start + b.new_count + max(after, 0)
    return Region(0, ours_start, ours_end - ours_start, theirs_start, theirs_end - theirs_start)
