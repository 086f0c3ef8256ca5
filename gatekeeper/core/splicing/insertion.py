"""What one side alone has, put into a draft of the merge where it belongs."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from gatekeeper.core.splicing.comments import attached
from gatekeeper.core.splicing.placement import is_sorted, place_among
from gatekeeper.core.splicing.sections import Section, place_of_section
from gatekeeper.core.toml_scan import Form

if TYPE_CHECKING:
    from gatekeeper.core.document import Value
    from gatekeeper.core.names import KeyPath
    from gatekeeper.core.splicing.layout import Item
    from gatekeeper.core.splicing.side import Side


@dataclass(frozen=True, slots=True)
class Insertion:
    """Inserts into ``draft`` what ``side`` has. ``known``: the keys of ``side`` and of what it grew from."""

    draft: list[Section]
    side: Side
    known: Collection[KeyPath]
    newline: str

    def insert(self, keys: Collection[KeyPath]) -> None:
        """Put in all that the side has at ``keys`` and inside them."""
        for number, section in enumerate(self.side.sections):
            if _is_inside(section.key, keys):
                self.draft.insert(self._place_of(number), section.copied(self.newline))
                continue
            in_order = is_sorted([_name(item) for item in section.items if not item.is_header])
            for index, item in enumerate(section.items):
                if not item.is_header and _is_inside(item.key, keys):
                    target = self._home_of(item) or self._section_for(number)
                    place = self._place_in(target, section.items[:index], item, in_order=in_order)
                    new = item if target.key == section.key else item.below(target.key)
                    target.items.insert(place, _with_own_comments(new).with_newlines(self.newline))

    def _place_of(self, number: int) -> int:
        return place_of_section(self.draft, self.side.sections, number, self.known)

    def _home_of(self, item: Item) -> Section | None:
        """Return the section that spells the table of ``item``, under its header or in dotted keys, if one does.

        A table cannot be opened in two places.
        """
        table = item.key[:-1]
        if item.in_array:
            return None
        for section in self.draft:
            if section.key == table and not section.is_array:
                return section
        for section in self.draft:
            for one in section.items:
                if one.form is Form.DOTTED_PAIR and one.key[: len(table)] == table and len(section.key) < len(table):
                    return section
        return None

    def _section_for(self, number: int) -> Section:
        """Return the draft's section of the same header, made if there is none."""
        wanted = self.side.sections[number]
        for section in self.draft:
            if section.key == wanted.key and section.is_array == wanted.is_array:
                return section
        new = Section(wanted.key, wanted.items[:1]).copied(self.newline)
        self.draft.insert(self._place_of(number), new)
        return new

    def _place_in(self, target: Section, before: Sequence[Item], item: Item, *, in_order: bool) -> int:
        """Return where among the items of ``target`` goes what stands behind those ``before`` it on its side."""
        headers = int(bool(target.items) and target.items[0].is_header)
        pairs = target.items[headers:]
        names = [_name(one) for one in pairs] if in_order else []
        ordered = names if is_sorted(names) else None
        keys = [one.key for one in pairs]
        return headers + place_among(keys, [one.key for one in before], self.known, ordered, _name(item))


def undefined(wanted: Mapping[str, Value], draft: Sequence[Section]) -> list[KeyPath]:
    """Return the outermost keys that are wanted and that nothing in ``draft`` defines."""
    items = [item for section in draft for item in section.items]
    defined = {item.key for item in items}
    around = {key[:n] for key in defined for n in range(1, len(key))}
    values = {item.key for item in items if not item.is_header}

    def below(key: KeyPath, table: Mapping[str, Value]) -> Iterator[KeyPath]:
        for name, inner in table.items():
            inside = (*key, name)
            if inside in values:
                continue
            if inside not in defined and inside not in around:
                yield inside
            elif isinstance(inner, dict):
                yield from below(inside, inner)

    return list(below((), wanted))


def _is_inside(key: KeyPath, keys: Collection[KeyPath]) -> bool:
    return any(key[:depth] in keys for depth in range(1, len(key) + 1))


def _name(item: Item) -> str:
    return item.key[-1]


def _with_own_comments(item: Item) -> Item:
    """Return an item with the comments right above it only: others belong to those around it."""
    return item if item.lead.startswith(("\n", "\r\n")) else replace(item, lead=attached(item.lead))
