"""The text of an array, entry by entry, and the text of what two sides made of it together."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from gatekeeper.core.sequences import token
from gatekeeper.core.splicing.comments import comments_in, lines_of
from gatekeeper.core.splicing.placement import Present, is_sorted, nearest_first
from gatekeeper.core.toml_scan import array_entries

if TYPE_CHECKING:
    from collections.abc import Hashable

    from gatekeeper.core.document import Value

_TO_COMMA = re.compile(r"(?:[^,#]|#[^\n]*)*+,")
_SAME_LINE = re.compile(r"[ \t]*(?:#[^\n\r]*)?(?=\r?\n|\Z)")


@dataclass(frozen=True, slots=True)
class Entry:
    """An entry: what stands before it, how it is spelled, and the comment behind it on its line.

    ``value`` is what it says, in a form that can be compared (see ``token``).
    """

    value: Hashable
    lead: str
    text: str
    after: str = ""

    @property
    def begins_line(self) -> bool:
        """Whether it is the first entry on its line."""
        return "\n" in self.lead


@dataclass(frozen=True, slots=True)
class ArrayText:
    """An array as text. ``closing`` stands between the last entry, or its comma and comment, and the bracket."""

    entries: tuple[Entry, ...]
    closing: str
    trailing_comma: bool

    @classmethod
    def of(cls, raw: str, values: Sequence[Value]) -> ArrayText | None:
        """Return the array that ``raw`` spells, whose entries say ``values``; None if ``raw`` spells no such array."""
        if not raw.startswith("["):
            return None
        spans = list(array_entries(raw, 0, len(raw)))
        if len(spans) != len(values):
            return None
        return cls.cut(raw, spans, list(map(token, values)))

    @classmethod
    def cut(cls, raw: str, spans: Sequence[tuple[int, int]], values: Sequence[Hashable]) -> ArrayText:
        """Return the entries of ``raw``, in brackets or braces, that stand at ``spans``."""
        entries: list[Entry] = []
        lead = raw[1 : spans[0][0]] if spans else ""
        comma = False
        for number, (start, end) in enumerate(spans):
            until = spans[number + 1][0] if number + 1 < len(spans) else len(raw) - 1
            gap = raw[end:until]
            match = _TO_COMMA.match(gap)
            comma = match is not None
            before = match[0][:-1] if match is not None else ""
            rest = gap[match.end() :] if match is not None else gap
            comment = _SAME_LINE.match(rest)
            after = comment[0] if comment is not None and "\n" in rest and "#" in comment[0] else ""
            entries.append(Entry(values[number], lead, raw[start:end] + before, after))
            lead = rest[len(after) :]
        closing = lead if spans else raw[1:-1]
        return cls(tuple(entries), closing, comma)

    def __str__(self) -> str:
        last = len(self.entries) - 1
        parts = [
            f"{one.lead}{one.text}{',' if number < last or self.trailing_comma else ''}{one.after}"
            for number, one in enumerate(self.entries)
        ]
        return f"[{''.join(parts)}{self.closing}]"

    @property
    def is_split(self) -> bool:
        """Whether every entry has a line of its own."""
        return bool(self.entries) and all(entry.begins_line for entry in self.entries)


def as_set(current: ArrayText, wanted: Sequence[Value], sources: Sequence[ArrayText]) -> ArrayText | None:
    """Return ``current`` with the entries ``wanted``, in any order; new ones as ``sources`` spell them."""
    due = Counter(map(token, wanted))
    kept: list[Entry] = []
    for entry in current.entries:
        if due[entry.value] > 0:
            due[entry.value] -= 1
            kept.append(entry)
    in_order = is_sorted([entry.text for entry in current.entries])
    present = Present((entry.value for entry in kept), (entry.text for entry in kept), are_sorted=in_order)
    for source in sources:
        theirs = [entry.value for entry in source.entries]
        known = set(theirs)
        by_name = in_order and is_sorted([entry.text for entry in source.entries])
        for number, entry in enumerate(source.entries):
            if due[entry.value] > 0:
                due[entry.value] -= 1
                before = nearest_first(theirs, number)
                kept.insert(present.insert(entry.value, before, known, entry.text, by_name=by_name), entry)
    return _rebuilt(current, kept) if not +due else None


def as_sequence(current: ArrayText, wanted: Sequence[Value], sources: Sequence[ArrayText]) -> ArrayText | None:
    """Return ``current`` with the entries ``wanted`` in just this order."""
    found: defaultdict[Hashable, list[Entry]] = defaultdict(list)
    for array in (current, *sources):
        for entry in array.entries:
            found[entry.value].append(entry)
    chosen: list[Entry] = []
    for value in map(token, wanted):
        if not found[value]:
            return None
        chosen.append(found[value].pop(0))
    return _rebuilt(current, chosen)


def with_comments_of(current: ArrayText, base: ArrayText | None, other: ArrayText) -> ArrayText:
    """Return ``current`` with the comments that ``other`` has changed against ``base``."""
    before = _by_value(base.entries) if base is not None else {}
    theirs = _by_value(other.entries)
    is_split = current.is_split
    entries = [
        _recommented(entry, before.get(entry.value), theirs.get(entry.value), multi_line=is_split)
        for entry in current.entries
    ]
    closing = current.closing
    if base is not None and current.closing == base.closing and is_split and other.is_split:
        closing = other.closing
    return _broken(replace(current, entries=tuple(entries), closing=closing))


def without_surplus(current: ArrayText, base: ArrayText | None, ours: ArrayText, theirs: ArrayText) -> ArrayText:
    """Return ``current`` without comments that a side has removed, because an entry is none any more, say."""
    before, mine, other = (_comments_of(array) for array in (base, ours, theirs))
    left = {one: _due(before[one], mine[one], other[one]) for one in _comments_of(current)}

    def kept(lead: str) -> str:
        lines: list[str] = []
        for line in lines_of(lead):
            for comment in comments_in(line):
                left[comment] -= 1
            if all(left[comment] >= 0 for comment in comments_in(line)):
                lines.append(line)
        return "".join(lines)

    for entry in current.entries:
        for comment in comments_in(entry.after):
            left[comment] -= 1
    entries = tuple(replace(entry, lead=kept(entry.lead)) for entry in current.entries)
    return replace(current, entries=entries, closing=kept(current.closing))


def _due(before: int, mine: int, other: int) -> int:
    return other if mine == before else mine if other == before else max(mine, other)


def _comments_of(array: ArrayText | None) -> Counter[str]:
    if array is None:
        return Counter()
    parts = [part for entry in array.entries for part in (entry.lead, entry.after)]
    return Counter(comment for part in (*parts, array.closing) for comment in comments_in(part))


def _recommented(entry: Entry, before: Entry | None, theirs: Entry | None, *, multi_line: bool) -> Entry:
    if theirs is None or not multi_line or not theirs.begins_line:
        return entry
    old_lead, old_after = (before.lead, before.after) if before is not None else ("", "")
    lead, after = entry.lead, entry.after
    is_untouched = "#" not in lead if before is None else lead == old_lead
    if is_untouched and theirs.lead != old_lead and "#" in theirs.lead + old_lead:
        lead = theirs.lead
    if theirs.after not in {old_after, after} and after == old_after:
        after = theirs.after
    return replace(entry, lead=lead, after=after)


def _by_value(entries: Iterable[Entry]) -> dict[Hashable, Entry]:
    return {entry.value: entry for entry in reversed(list(entries))}


def _rebuilt(current: ArrayText, entries: Sequence[Entry]) -> ArrayText:
    """Return the array of ``entries``, those that are new in the style of the others."""
    own = {id(entry) for entry in current.entries}
    indent, is_split = _indent(current), current.is_split
    styled: list[Entry] = []
    for number, entry in enumerate(entries):
        if indent is not None:
            fits = id(entry) in own and (entry.begins_line or not is_split)
            styled.append(entry if fits else replace(entry, lead=_own_line(entry.lead, indent)))
            continue
        first = current.entries[0].lead if current.entries else ""
        lead = entry.lead if id(entry) in own and number and entry is not current.entries[0] else " "
        after = entry.after if id(entry) in own else ""
        styled.append(replace(entry, lead=lead if number else first, after=after))
    closing = current.closing
    if not current.entries and indent is None:
        closing = ""
    return _broken(ArrayText(tuple(styled), closing, current.trailing_comma and bool(styled)))


def _broken(array: ArrayText) -> ArrayText:
    """Return the array with what follows a comment on a line of its own."""
    entries = list(array.entries)
    indent = _indent(array) or ("\r\n" if "\r\n" in array.closing else "\n")
    for number in range(1, len(entries)):
        if entries[number - 1].after and not entries[number].begins_line:
            entries[number] = replace(entries[number], lead=indent)
    closing = array.closing
    if entries and entries[-1].after and "\n" not in closing:
        closing = indent[: indent.index("\n") + 1]
    return replace(array, entries=tuple(entries), closing=closing)


def _indent(current: ArrayText) -> str | None:
    """Return the line break and indentation of entries; None where the array stands on one line."""
    for entry in current.entries:
        if entry.begins_line:
            return ("\r\n" if "\r\n" in entry.lead else "\n") + entry.lead.rpartition("\n")[2]
    return None


def _own_line(lead: str, indent: str) -> str:
    """Return ``lead`` with its comments, for an entry that begins a line."""
    newline = indent[: indent.index("\n") + 1]
    lines = [line.strip() for line in lines_of(lead) if line.strip()]
    return "".join(f"{indent}{line}" for line in lines).replace("\r\n", newline) + indent
