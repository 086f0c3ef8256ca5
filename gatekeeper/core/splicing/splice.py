"""The text of one version turned into one that says what a merge of the values says.

Nothing is written anew that a side has written: statements, their comments and the spelling of values are taken over.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from gatekeeper.core.changes import ABSENT
from gatekeeper.core.slots import look_up
from gatekeeper.core.splicing.comments import detached, lines_of, merged_lead, merged_tail
from gatekeeper.core.splicing.insertion import Insertion, undefined
from gatekeeper.core.splicing.layout import newline_of
from gatekeeper.core.splicing.sections import sections
from gatekeeper.core.splicing.side import Side
from gatekeeper.core.splicing.value_text import Spelling, agree

if TYPE_CHECKING:
    from gatekeeper.core.document import Value
    from gatekeeper.core.names import KeyPath
    from gatekeeper.core.splicing.layout import Item


def splice(start: Side, wanted: dict[str, Value], spelling: Spelling) -> str:
    """Return the text of ``start`` with the values ``wanted``, as far as it can be made of the sides' texts."""
    newline = newline_of(start.text, spelling.ours.text, spelling.theirs.text)
    return _Splicer(start, wanted, spelling, newline).text()


@dataclass(frozen=True, slots=True)
class _Splicer:
    start: Side
    wanted: dict[str, Value]
    spelling: Spelling
    newline: str

    def text(self) -> str:
        draft = sections(self._kept())
        for side in (self.spelling.theirs, self.spelling.ours):
            missing = {
                key
                for key in undefined(self.wanted, draft)
                if agree(self.spelling.profile, key, side.value(key), look_up(self.wanted, key))
            }
            if missing:
                Insertion(draft, side, self._known(side), self.newline).insert(missing)
        return self._finished([self._surrounded(item) for section in draft for item in section.items])

    def _kept(self) -> list[Item]:
        """Return the items that stay, with the values that are wanted."""
        kept: list[Item] = []
        orphaned = ""
        for item in self.start.layout.items:
            value = look_up(self.wanted, item.key)
            if value is ABSENT or self._is_replaced(item, value):
                orphaned += _comments_apart(item.lead)
                continue
            text = item.value if item.is_header or item.in_array else self._value_text(item, value)
            kept.append(replace(item, lead=orphaned + item.lead, text=item.text[: item.value_at] + text))
            orphaned = ""
        return kept

    def _is_replaced(self, item: Item, value: Value) -> bool:
        """Return whether a side spells ``value`` by other statements than this one."""
        if item.in_array:
            return not self._says(item.key, value)
        if item.is_header:
            return not isinstance(value, dict)
        return isinstance(value, dict) and not self._says(item.key, value) and self._is_spread(item.key, value)

    def _is_spread(self, key: KeyPath, value: Value) -> bool:
        """Return whether a side spells the table ``value`` by several statements."""
        profile, sides = self.spelling.profile, (self.spelling.ours, self.spelling.theirs)
        return any(side.spelled(key) is None and agree(profile, key, side.value(key), value) for side in sides)

    def _value_text(self, item: Item, value: Value) -> str:
        if self._says(item.key, value) and self._is_settled_spelling(item):
            return item.value
        return self.spelling.of(item.key, item.value, value)

    def _says(self, key: KeyPath, value: Value) -> bool:
        return agree(self.spelling.profile, key, self.start.value(key), value)

    def _is_settled_spelling(self, item: Item) -> bool:
        """Return whether at most one side has changed how the value is spelled, and it stands there that way."""
        base = self.spelling.base
        before = base.spelled(item.key) if base is not None else None
        texts = {side.spelled(item.key) for side in (self.spelling.ours, self.spelling.theirs)} - {before}
        return not texts or texts == {item.value}

    def _known(self, side: Side) -> frozenset[KeyPath]:
        base = self.spelling.base
        return frozenset(side.layout.by_key) | (frozenset(base.layout.by_key) if base is not None else frozenset())

    def _surrounded(self, item: Item) -> Item:
        """Return ``item`` with the comments around it as both sides together have them."""
        mine, other = (side.layout.by_key.get(item.key) for side in (self.spelling.ours, self.spelling.theirs))
        if mine is None or other is None or item.in_array:
            return item
        base = self.spelling.base
        was = base.layout.by_key.get(item.key) if base is not None else None
        lead = merged_lead(None if was is None else was.lead, mine.lead, other.lead)
        tail = merged_tail(None if was is None else was.tail, mine.tail, other.tail)
        if not any(_says_twice(side.lead, side.tail) for side in (mine, other)):
            lead = "".join(line for line in lines_of(lead) if not _says_twice(line, tail))
        return replace(
            item,
            lead=item.lead if _said(lead) == _said(item.lead) else _with_newlines(lead, self.newline),
            tail=item.tail if _said(tail) == _said(item.tail) else _with_newlines(tail, self.newline),
        )

    def _finished(self, items: Sequence[Item]) -> str:
        """Return the items as one text, with the end that the sides have."""
        ours, theirs, base = self.spelling.ours, self.spelling.theirs, self.spelling.base
        before = None if base is None else base.layout.closing
        closing = merged_lead(before, ours.layout.closing, theirs.layout.closing)
        text = "".join(_ended(items, self.newline))
        if not any(side.text.startswith(("\n", "\r\n")) for side in (self.spelling.ours, self.spelling.theirs)):
            text = text.lstrip("\r\n")
        if closing and text and not text.endswith("\n"):
            text += self.newline
        text += _with_newlines(closing, self.newline)
        ends = [side.text.endswith("\n") for side in (ours, theirs)]
        is_ended = ends[1] if base is not None and base.text.endswith("\n") == ends[0] else ends[0]
        if not is_ended:
            text = text.rstrip("\r\n")
        elif text and not text.endswith("\n"):
            text += self.newline
        return self.start.layout.mark + text


def _comments_apart(lead: str) -> str:
    """Return what of the lines before a statement stays when it goes: the comments that are not its own."""
    apart = detached(lead)
    return apart if "#" in apart else ""


def _says_twice(lead: str, tail: str) -> bool:
    """Return whether the comment behind a statement stands above it as well."""
    return bool(tail.strip()) and tail.strip() in _said(lead)


def _said(text: str) -> list[str]:
    return [line.strip() for line in lines_of(text) if line.strip()]


def _ended(items: Sequence[Item], newline: str) -> Iterator[str]:
    """Yield the items, each but the last with the end of its line."""
    for number, item in enumerate(items):
        cut = number + 1 < len(items) and not item.tail.endswith("\n")
        yield f"{item}{newline}" if cut else str(item)


def _with_newlines(text: str, newline: str) -> str:
    return text.replace("\r\n", "\n").replace("\n", newline)
