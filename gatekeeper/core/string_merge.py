"""The three-way merge of lines, of texts in memory."""

from __future__ import annotations

from difflib import SequenceMatcher
from itertools import count
from typing import TYPE_CHECKING

from gatekeeper.core.line_merge import Hunk, merge_favouring_ours, merge_text, split_lines

if TYPE_CHECKING:
    from collections.abc import Sequence

_MOST_CELLS = 4_000_000
"""Texts that differ in more than this are taken to have nothing in common in between."""


def merged_lines(base: str, ours: str, theirs: str) -> str | None:
    """Return what a merge of the lines gives; None where it conflicts."""
    b, o, t = (split_lines(text.encode("utf-8", "surrogatepass")) for text in (base, ours, theirs))
    merged = merge_text(line_hunks(b, o), line_hunks(b, t), o, t)
    return None if merged is None else merged.decode("utf-8", "surrogatepass")


def favouring_ours(base: str, ours: str, theirs: str) -> str:
    """Return the merge of the lines, with those of ours wherever the sides conflict."""
    b, o, t = (split_lines(text.encode("utf-8", "surrogatepass")) for text in (base, ours, theirs))
    return merge_favouring_ours(line_hunks(b, o), line_hunks(b, t), o, t).decode("utf-8", "surrogatepass")


def line_hunks(old: Sequence[bytes], new: Sequence[bytes]) -> list[Hunk]:
    """Return the hunks that lead from ``old`` to ``new``."""
    head, shortest = 0, min(len(old), len(new))
    while head < shortest and old[head] == new[head]:
        head += 1
    tail = 0
    while tail < shortest - head and old[-1 - tail] == new[-1 - tail]:
        tail += 1
    before, after = old[head : len(old) - tail], new[head : len(new) - tail]
    if not before and not after:
        return []
    if len(before) * len(after) > _MOST_CELLS or not before or not after:
        return [Hunk(head, len(before), head, len(after))]
    numbers: dict[bytes, int] = {}
    fresh = count()
    ids = [[numbers.setdefault(line, next(fresh)) for line in lines] for lines in (before, after)]
    found = SequenceMatcher(None, ids[0], ids[1], autojunk=False).get_opcodes()
    return [Hunk(head + a, b - a, head + c, d - c) for tag, a, b, c, d in found if tag != "equal"]
