"""How to spell a value that a merge wants at a key: as a side spells it, or made of what both sides have."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from gatekeeper.core.changes import ABSENT, Absent
from gatekeeper.core.document import same
from gatekeeper.core.key_spellings import canonical_key
from gatekeeper.core.names import format_key
from gatekeeper.core.schema.kinds import ArrayKind
from gatekeeper.core.sequences import token
from gatekeeper.core.splicing.array_text import ArrayText, Entry, as_sequence, as_set, with_comments_of, without_surplus
from gatekeeper.core.splicing.side import Side
from gatekeeper.core.splicing.table_text import TableText
from gatekeeper.core.string_merge import merged_lines
from gatekeeper.core.toml_scan import value_end
from gatekeeper.core.toml_text import as_written, inline, on_several_lines

if TYPE_CHECKING:
    from collections.abc import Sequence

    from gatekeeper.core.document import Value
    from gatekeeper.core.names import KeyPath
    from gatekeeper.core.schema import Profile

_LONG = ('"""', "'''")


def agree(profile: Profile, key: KeyPath, one: Value | Absent, other: Value | Absent) -> bool:
    """Return whether two values at ``key`` are the same, the order of sets left aside."""
    if isinstance(one, dict) and isinstance(other, dict):
        return one.keys() == other.keys() and all(
            agree(profile, (*key, name), value, other[name]) for name, value in one.items()
        )
    if isinstance(one, list) and isinstance(other, list) and profile.array_kind(key, (*one, *other)) is ArrayKind.SET:
        return len(one) == len(other) and sorted(map(_sortable, one)) == sorted(map(_sortable, other))
    return same(one, other)


def _sortable(value: Value) -> str:
    return repr(token(value)) if not isinstance(value, dict) else inline(value)


@dataclass(frozen=True, slots=True)
class Spelling:
    """The sides of a merge, to take spellings from; ``base`` None: both sides have added the file."""

    profile: Profile
    base: Side | None
    ours: Side
    theirs: Side

    def of(self, key: KeyPath, current: str | None, wanted: Value) -> str:
        """Return the text of ``wanted`` at ``key``, where ``current`` stands now."""
        texts = [
            text
            for side in (self.ours, self.theirs)
            if agree(self.profile, key, side.value(key), wanted) and (text := side.spelled(key)) is not None
        ]
        if len(texts) == 2:  # noqa: PLR2004 -- both sides
            return self._of_both(key, wanted, *texts)
        if texts:
            return texts[0]
        if isinstance(wanted, list):
            return self._array(key, wanted)
        if isinstance(wanted, dict):
            elements = self._named_elements(key, wanted) if self.profile.identity_array(key) else None
            return elements if elements is not None else self._inline_table(key, current, wanted)
        return self._long_text(key, wanted) if isinstance(wanted, str) and "\n" in wanted else inline(wanted)

    def _long_text(self, key: KeyPath, wanted: str) -> str:
        """Return a string that was merged by its lines, spelled as the sides spell theirs."""
        text = self._merged_text(key)
        if text is not None:
            return text
        spelled = (side.spelled(key) for side in (self.ours, self.theirs))
        return on_several_lines(wanted) if any(text and text.startswith(_LONG) for text in spelled) else inline(wanted)

    def _named_elements(self, key: KeyPath, wanted: dict[str, Value]) -> str | None:
        """Return an array whose entries have names, which documents hold as a table; None if no side spells one."""
        sides = [array for side in (self.ours, self.theirs) if (array := self._names_of(side, key)) is not None]
        under_headers = tuple(Entry(name, " ", inline(value)) for name, value in wanted.items())
        united = (
            as_set(sides[0], list(wanted), [*sides[1:], ArrayText(under_headers, "", trailing_comma=False)])
            if sides
            else None
        )
        if united is None:
            return None
        entries = [self._element((*key, str(entry.value)), entry, wanted[str(entry.value)]) for entry in united.entries]
        return str(replace(united, entries=tuple(entries)))

    def _names_of(self, side: Side, key: KeyPath) -> ArrayText | None:
        """Return an inline array of tables with their names for what its entries say."""
        value, text = side.value(key), side.spelled(key)
        return ArrayText.of(text, list(value)) if isinstance(value, dict) and text is not None else None

    def _element(self, key: KeyPath, entry: Entry, wanted: Value) -> Entry:
        end = value_end(entry.text, 0, len(entry.text))
        spelled, rest = entry.text[:end], entry.text[end:]
        return replace(entry, text=self.of(key, spelled, wanted) + rest)

    def _merged_text(self, key: KeyPath) -> str | None:
        """Return the text of a long string that was merged by its lines."""
        texts = [side.spelled(key) if side is not None else None for side in (self.base, self.ours, self.theirs)]
        before, mine, other = texts
        return None if before is None or mine is None or other is None else merged_lines(before, mine, other)

    def _of_both(self, key: KeyPath, wanted: Value, mine: str, other: str) -> str:
        """Both sides say it; who has changed its text decides how."""
        before = self.base.spelled(key) if self.base is not None else None
        if other in {mine, before}:
            return mine
        if mine == before:
            return other
        return self._array(key, wanted) if isinstance(wanted, list) else mine

    def _array(self, key: KeyPath, wanted: Sequence[Value]) -> str:
        ours, theirs = self._array_of(self.ours, key), self._array_of(self.theirs, key)
        sides = [array for array in (ours, theirs) if array is not None]
        unite = as_set if self.profile.array_kind(key, wanted) is ArrayKind.SET else as_sequence
        before = self._array_of(self.base, key)
        if len(sides) > 1 and before is not None and sides[0].is_split == before.is_split != sides[1].is_split:
            # Who has laid it out anew decides how it is laid out.
            sides.reverse()
        united = unite(sides[0], wanted, sides[1:]) if sides else None
        if united is None:
            return inline(list(wanted))
        if len(sides) > 1:
            united = without_surplus(with_comments_of(united, before, sides[1]), before, *sides)
        return str(united)

    def _array_of(self, side: Side | None, key: KeyPath) -> ArrayText | None:
        if side is None:
            return None
        value, text = side.value(key), side.spelled(key)
        return ArrayText.of(text, value) if isinstance(value, list) and text is not None else None

    def _inline_table(self, key: KeyPath, current: str | None, wanted: dict[str, Value]) -> str:
        """Return the table with the pairs that stand in it now, as they have to be, and the others behind them."""
        before = current if current is not None else self.ours.spelled(key) or self.theirs.spelled(key)
        if before is None:
            return inline(as_written(self.profile, key, wanted))
        if wanted.keys() == {"version"} and not before.startswith("{"):
            return self.of((*key, "version"), before, wanted["version"])
        text = TableText.of(before)
        kept: list[str | None] = []
        written: set[str] = set()
        for pair in text.pairs:
            inner = canonical_key((*key, *pair.parts))
            value = _below(wanted, inner[len(key) :])
            written.add(inner[len(key)])
            spelled = before[pair.start : pair.value]
            kept.append(None if value is ABSENT else spelled + self.of(inner, before[pair.value : pair.end], value))
        new = [
            f"{format_key((name,))} = {self.of((*key, name), None, value)}"
            for name, value in wanted.items()
            if name not in written
        ]
        return text.filled(kept, new)


def _below(value: Value, key: KeyPath) -> Value | Absent:
    found: Value | Absent = value
    for part in key:
        if not isinstance(found, dict) or part not in found:
            return ABSENT
        found = found[part]
    return found
