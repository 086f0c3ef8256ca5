"""What one side alone has, put into a draft of the merge where it belongs."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from gatekeeper.core.splicing.comments import attached
from gatekeeper.core.splicing.placement import Present, is_sorted, nearest_first
from gatekeeper.core.splicing.sections import Section
from gatekeeper.core.toml_scan import Form

if TYPE_CHECKING:
    from gatekeeper.core.document import Value
    from gatekeeper.core.names import KeyPath
    from gatekeeper.core.splicing.layout import Item
    from gatekeeper.core.splicing.side import Side


class Insertion:
    """Inserts into ``draft`` what ``side`` has. ``known``: the keys of ``side`` and of what it grew from."""

    def __init__(self, draft: list[Section], side: Side, known: Collection[KeyPath], newline: str) -> None:
        self.draft: Final = draft
        self.side: Final = side
        self.known: Final = known
        self.newline: Final = newline
        self._homes: dict[KeyPath, Section] = {}
        self._dotted: dict[KeyPath, Section] = {}
        self._by_header: dict[tuple[KeyPath, bool], Section] = {}
        for section in draft:
            self._note(section)
        # The first section has no header: nothing goes before it.
        self._sections = Present(section.key for section in draft[1:])
        self._keys = [section.key for section in side.sections]
        self._places: dict[int, Present] = {}

    def insert(self, keys: Collection[KeyPath]) -> None:
        """Put in all that the side has at ``keys`` and inside them."""
        for number, section in enumerate(self.side.sections):
            if _is_inside(section.key, keys):
                self._add(section, number)
                continue
            names = [_name(item) for item in section.items if not item.is_header]
            here, in_order = [item.key for item in section.items], is_sorted(names)
            for index, item in enumerate(section.items):
                if not item.is_header and _is_inside(item.key, keys):
                    target = self._home_of(item) or self._section_for(number)
                    before = nearest_first(here, index)
                    place = self._items(target).insert(item.key, before, self.known, _name(item), by_name=in_order)
                    new = item if target.key == section.key else item.below(target.key)
                    new = _with_own_comments(new).with_newlines(self.newline)
                    target.items.insert(_headers(target) + place, new)
                    self._note_dotted(target, new)

    def _add(self, section: Section, number: int) -> Section:
        """Put in a section of the side, and return what it has become."""
        new = section.copied(self.newline)
        place = self._sections.insert(section.key, nearest_first(self._keys, number), self.known)
        self.draft.insert(1 + place, new)
        self._note(new)
        return new

    def _note(self, section: Section) -> None:
        self._by_header.setdefault((section.key, section.is_array), section)
        if not section.is_array:
            self._homes.setdefault(section.key, section)
        for item in section.items:
            self._note_dotted(section, item)

    def _note_dotted(self, section: Section, item: Item) -> None:
        if item.form is Form.DOTTED_PAIR:
            for depth in range(len(section.key) + 1, len(item.key) + 1):
                self._dotted.setdefault(item.key[:depth], section)

    def _home_of(self, item: Item) -> Section | None:
        """Return the section that spells the table of ``item``, under its header or in dotted keys, if one does.

        A table cannot be opened in two places.
        """
        table = item.key[:-1]
        return None if item.in_array else self._homes.get(table) or self._dotted.get(table)

    def _section_for(self, number: int) -> Section:
        """Return the draft's section of the same header, made if there is none."""
        wanted = self.side.sections[number]
        known = self._by_header.get((wanted.key, wanted.is_array))
        return known or self._add(Section(wanted.key, wanted.items[:1]), number)

    def _items(self, target: Section) -> Present:
        """Return what stands below the header of ``target``."""
        if id(target) not in self._places:
            pairs = target.items[_headers(target) :]
            names = [_name(one) for one in pairs]
            self._places[id(target)] = Present((one.key for one in pairs), names, are_sorted=is_sorted(names))
        return self._places[id(target)]


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


def _headers(section: Section) -> int:
    return int(bool(section.items) and section.items[0].is_header)


def _name(item: Item) -> str:
    return item.key[-1]


def _with_own_comments(item: Item) -> Item:
    """Return an item with the comments right above it only: others belong to those around it."""
    return item if item.lead.startswith(("\n", "\r\n")) else replace(item, lead=attached(item.lead))
