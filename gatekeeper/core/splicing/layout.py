"""A TOML text as a list of its statements, each with the comments and blank lines that stand before it.

Put together, the items are the text again, byte for byte. Only texts that parse have a layout that means anything.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING

from gatekeeper.core.key_spellings import canonical_key, key_below
from gatekeeper.core.names import format_key
from gatekeeper.core.schema import CARGO_LOCK
from gatekeeper.core.schema.identity import locked_identity, numbered
from gatekeeper.core.toml_scan import Form, Statement, statements, unquoted

if TYPE_CHECKING:
    from collections.abc import Iterator

    from gatekeeper.core.names import KeyPath
    from gatekeeper.core.schema import Profile

BOM = "\ufeff"
_IDENTITY_KEYS = frozenset({"name", "version", "source"})


@dataclass(frozen=True, slots=True)
class Item:
    """A statement with its surroundings.

    ``key`` is canonical. Tables of an array without identity all have the key of the array, and so has what is in them.
    ``lead``: the whole lines before it; ``text``: the statement with its indentation; ``tail``: the rest of its line.
    """

    key: KeyPath
    form: Form
    lead: str
    text: str
    tail: str
    value_at: int
    is_header: bool
    in_array: bool = False

    @property
    def value(self) -> str:
        """The value as it is spelled; empty for a header."""
        return self.text[self.value_at :]

    def below(self, table: KeyPath) -> Item:
        """Return the pair spelled as one of the section of ``table``."""
        spelled = f"{format_key(self.key[len(table) :])} = "
        form = Form.PAIR if len(self.key) == len(table) + 1 else Form.DOTTED_PAIR
        return replace(self, form=form, text=spelled + self.value, value_at=len(spelled))

    def with_newlines(self, newline: str) -> Item:
        """Return the item with ``newline`` at the end of its lines, but for those inside its value."""
        lead, tail = (part.replace("\r\n", "\n").replace("\n", newline) for part in (self.lead, self.tail))
        return replace(self, lead=lead, tail=tail)

    def __str__(self) -> str:
        return f"{self.lead}{self.text}{self.tail}"


@dataclass(frozen=True)
class Layout:
    """The items of a text, and what stands after the last of them. ``mark`` is a byte order mark or empty."""

    mark: str
    items: tuple[Item, ...]
    closing: str

    @classmethod
    def of(cls, text: str, profile: Profile) -> Layout:
        """Return the layout of ``text``."""
        mark = BOM if text.startswith(BOM) else ""
        bare = text.removeprefix(BOM)
        items: list[Item] = []
        at = 0
        for key, one, in_array in _placed(bare, profile):
            start = bare.rfind("\n", at, one.start) + 1 or at
            end = bare.find("\n", one.end) + 1 or len(bare)
            text_of_it = bare[start : one.end]
            value_at = len(text_of_it) - (one.end - one.value)
            is_header = one.form is Form.HEADER or one.form is Form.ARRAY_HEADER
            tail = bare[one.end : end]
            items.append(Item(key, one.form, bare[at:start], text_of_it, tail, value_at, is_header, in_array))
            at = end
        return cls(mark, tuple(items), bare[at:])

    def __str__(self) -> str:
        return self.mark + "".join(map(str, self.items)) + self.closing

    @cached_property
    def by_key(self) -> dict[KeyPath, Item]:
        """The items by their keys, headers and pairs alike; the first of several in one array."""
        found: dict[KeyPath, Item] = {}
        for item in self.items:
            found.setdefault(item.key, item)
        return found


def newline_of(*texts: str) -> str:
    """Return how lines end: as the first one does, of the first text that has several."""
    first = next((text for text in texts if "\n" in text), "\n")
    return "\r\n" if first[: first.index("\n")].endswith("\r") else "\n"


@dataclass(slots=True)
class _Element:
    """A table of an array of tables."""

    array: KeyPath
    identity: dict[str, str]
    name: str | None = None


def _placed(text: str, profile: Profile) -> Iterator[tuple[KeyPath, Statement, bool]]:
    """Yield every statement with its canonical key and whether it stands in an array without identity."""
    found: list[tuple[KeyPath, Statement, _Element | None]] = []
    elements: dict[KeyPath, _Element] = {}
    every: dict[KeyPath, list[_Element]] = {}
    header: KeyPath = ()
    element: _Element | None = None
    for one in statements(text):
        if one.form in {Form.HEADER, Form.ARRAY_HEADER}:
            header = canonical_key(one.parts)
            around = _around(elements, header[:-1])
            if one.form is Form.ARRAY_HEADER and around is None:
                elements[header] = _Element(header, {})
                every.setdefault(header, []).append(elements[header])
            element = _around(elements, header)
            found.append((header, one, element))
            continue
        if element is not None and header == element.array and len(one.parts) == 1 and one.parts[0] in _IDENTITY_KEYS:
            element.identity.setdefault(one.parts[0], unquoted(text[one.value : one.end]))
        found.append((key_below(header, one.parts), one, element))
    for array, tables in every.items():
        _name(array, tables, profile)
    for key, one, of in found:
        if of is None:
            yield key, one, False
        elif of.name is None:
            yield of.array, one, True
        else:
            yield (*of.array, of.name, *key[len(of.array) :]), one, False


def _around(elements: dict[KeyPath, _Element], key: KeyPath) -> _Element | None:
    return next((elements[key[:n]] for n in range(1, len(key) + 1) if key[:n] in elements), None)


def _name(array: KeyPath, tables: list[_Element], profile: Profile) -> None:
    if not profile.identity_array(array) or any("name" not in table.identity for table in tables):
        return
    full = profile is CARGO_LOCK
    names = [(locked_identity(one.identity) or "") if full else one.identity["name"] for one in tables]
    for table, name in zip(tables, numbered(names), strict=True):
        table.name = name
