"""Where a key stands in the text, for people: line and column, on demand."""

from __future__ import annotations

import re
from bisect import bisect_right
from dataclasses import dataclass
from typing import TYPE_CHECKING

from gatekeeper.core.schema.dependencies import compact_cfg
from gatekeeper.core.schema.identity import locked_identity, numbered
from gatekeeper.core.toml_scan import Form, Statement, array_entries, inline_pairs, statements, unquoted

if TYPE_CHECKING:
    from collections.abc import Iterator

    from gatekeeper.core.names import KeyPath
    from gatekeeper.core.schema.kinds import Value

__all__ = ["Form", "Site", "SourceMap", "Span"]

_ALIASES = {
    "dev_dependencies": "dev-dependencies",
    "build_dependencies": "build-dependencies",
    "default_features": "default-features",
    "crate_type": "crate-type",
    "proc_macro": "proc-macro",
}
_ALIAS_NAMES = frozenset(_ALIASES)
_PAIR, _DOTTED_PAIR, _ARRAY_HEADER = Form.PAIR, Form.DOTTED_PAIR, Form.ARRAY_HEADER
_IDENTITY_KEYS = frozenset({"name", "version", "source"})


@dataclass(frozen=True, slots=True)
class Span:
    """A piece of text: lines and columns from 1, columns in characters, the end exclusive."""

    line: int
    column: int
    end_line: int
    end_column: int


@dataclass(frozen=True, slots=True)
class Site:
    """One place that defines ``key``. ``spelled``: the key as written there, without the header above it."""

    key: KeyPath
    form: Form
    span: Span
    spelled: str


@dataclass(slots=True)
class _Element:
    """One table of an array of tables: where in the key its identity goes, and what that is."""

    depth: int
    identity: dict[str, Value]


_Placed = tuple["KeyPath", Statement]


class SourceMap:
    """The keys of one text, which need not be valid. Nothing is scanned until asked."""

    __slots__ = ("_index", "_line_starts", "_source", "_text")

    def __init__(self, source: bytes) -> None:
        self._source = source
        self._text = ""
        self._index: dict[KeyPath, list[Statement]] | None = None
        self._line_starts: list[int] = []

    def sites(self, key: KeyPath) -> tuple[Site, ...]:
        """Return every place that defines exactly ``key``, in the order of the text."""
        wanted = canonical_key(key)
        return tuple(self._site(wanted, found) for found in self._found(wanted))

    def span(self, key: KeyPath) -> Span | None:
        """Return where to point for ``key``: its first definition, or else that of a key inside or around it."""
        wanted = canonical_key(key)
        if found := self._found(wanted):
            return self._span(found[0])
        index = self._indexed()
        for known, inside in index.items():
            if wanted and known[: len(wanted)] == wanted:
                return self._span(inside[0])
        for depth in range(len(wanted) - 1, 0, -1):
            around = [one for one in self._found(wanted[:depth]) if one.value < one.end]
            if around:
                return self._span(around[0])
        return None

    def value_text(self, key: KeyPath) -> str | None:
        """Return the text of the value at ``key``; None where no single value spells it."""
        found = [one for one in self._found(canonical_key(key)) if one.value < one.end]
        return self._text[found[0].value : found[0].end] if len(found) == 1 else None

    def _found(self, wanted: KeyPath) -> list[Statement]:
        index = self._indexed()
        found = list(index.get(wanted, ()))
        for depth in range(1, len(wanted)):
            for outer in index.get(wanted[:depth], ()):
                if outer.value < outer.end:
                    found += self._inside(outer, wanted[depth:])
        return sorted(found, key=_start)

    def _inside(self, outer: Statement, wanted: KeyPath) -> Iterator[Statement]:
        """Yield the definitions of ``wanted`` inside the value of ``outer``."""
        opening = self._text[outer.value]
        if opening == "{":
            inner = [(canonical_key(one.parts), one) for one in inline_pairs(self._text, outer.value, outer.end)]
        elif opening == "[":
            inner = self._inline_elements(outer)
        else:
            return
        for parts, one in inner:
            if parts == wanted:
                yield one
            elif wanted[: len(parts)] == parts:
                yield from self._inside(one, wanted[len(parts) :])

    def _inline_elements(self, outer: Statement) -> list[_Placed]:
        """Return the tables of the inline array of ``outer`` under each name that their identity gives them."""
        tables: list[tuple[int, int]] = []
        identities: list[dict[str, Value]] = []
        for start, end in array_entries(self._text, outer.value, outer.end):
            if self._text[start] == "{":
                tables.append((start, end))
                identities.append({})
                for pair in inline_pairs(self._text, start, end):
                    self._note_identity(identities[-1], pair)
        return [
            ((name,), Statement(outer.parts, Form.INLINE, start, end, start))
            for (start, end), names in zip(tables, _names(identities), strict=True)
            for name in names
        ]

    def _indexed(self) -> dict[KeyPath, list[Statement]]:
        if self._index is None:
            self._text = self._source.decode("utf-8", "replace").removeprefix("\ufeff")
            self._index = self._scan()
        return self._index

    def _scan(self) -> dict[KeyPath, list[Statement]]:
        placed: list[tuple[KeyPath, Statement, _Element | None]] = []
        header: KeyPath = ()
        open_elements: dict[KeyPath, _Element] = {}
        element: _Element | None = None
        for one in statements(self._text):
            if one.form is _PAIR or one.form is _DOTTED_PAIR:
                if element is not None and len(header) == element.depth:
                    self._note_identity(element.identity, one)
                placed.append((key_below(header, one.parts), one, element))
                continue
            header = canonical_key(one.parts)
            if one.form is _ARRAY_HEADER and _enclosing(open_elements, header[:-1]) is None:
                open_elements[header] = _Element(len(header), {})
            element = _enclosing(open_elements, header)
            placed.append((header, one, element))
        return _index(placed)

    def _note_identity(self, identity: dict[str, Value], pair: Statement) -> None:
        name = pair.parts[0]
        if len(pair.parts) == 1 and name in _IDENTITY_KEYS and self._text[pair.value] in "\"'":
            identity.setdefault(name, unquoted(self._text[pair.value : pair.end]))

    def _site(self, key: KeyPath, found: Statement) -> Site:
        return Site(key, found.form, self._span(found), self._spelled(found))

    def _spelled(self, found: Statement) -> str:
        if found.form is Form.HEADER:
            return self._text[found.start + 1 : found.end - 1].strip()
        if found.form is Form.ARRAY_HEADER:
            return self._text[found.start + 2 : found.end - 2].strip()
        return self._text[found.start : found.value].rstrip().removesuffix("=").rstrip()

    def _span(self, found: Statement) -> Span:
        return Span(*self._position(found.start), *self._position(found.end))

    def _position(self, offset: int) -> tuple[int, int]:
        if not self._line_starts:
            self._line_starts = [0, *(found.end() for found in re.finditer("\n", self._text))]
        line = bisect_right(self._line_starts, offset)
        return line, offset - self._line_starts[line - 1] + 1


def canonical_key(key: KeyPath) -> KeyPath:
    """Return ``key`` in the spelling that documents use, whichever of several a text has."""
    if not _ALIAS_NAMES.isdisjoint(key):
        key = tuple(_ALIASES.get(part, part) for part in key)
    head = key[0] if key else ""
    if head == "project":
        return ("package", *key[1:])
    if head == "target" and len(key) > 1 and key[1].startswith("cfg"):
        return ("target", compact_cfg(key[1]), *key[2:])
    return key


def key_below(header: KeyPath, parts: KeyPath) -> KeyPath:
    """Return the canonical key of ``parts`` under a canonical ``header``: nearly always just the two together."""
    key = header + parts
    if not header or header == ("target",) or not _ALIAS_NAMES.isdisjoint(parts):
        return canonical_key(key)
    return key


def _enclosing(elements: dict[KeyPath, _Element], header: KeyPath) -> _Element | None:
    if not elements:
        return None
    for depth in range(1, len(header) + 1):
        if (element := elements.get(header[:depth])) is not None:
            return element
    return None


def _index(placed: list[tuple[KeyPath, Statement, _Element | None]]) -> dict[KeyPath, list[Statement]]:
    arrays: dict[KeyPath, dict[int, _Element]] = {}
    for key, _, element in placed:
        if element is not None:
            arrays.setdefault(key[: element.depth], {})[id(element)] = element
    names: dict[int, tuple[str, ...]] = {}
    for elements in arrays.values():
        names.update(zip(elements, _names([element.identity for element in elements.values()]), strict=True))
    index: dict[KeyPath, list[Statement]] = {}
    for key, one, element in placed:
        if element is None or len(key) == element.depth:
            index.setdefault(key, []).append(one)
        if element is not None:
            for name in names[id(element)]:
                index.setdefault((*key[: element.depth], name, *key[element.depth :]), []).append(one)
    return index


def _names(identities: list[dict[str, Value]]) -> Iterator[tuple[str, ...]]:
    """Yield the names under which the profiles would file each table: its name, and that with version and source."""
    short = numbered(str(identity.get("name", "")) for identity in identities)
    full = numbered(locked_identity(identity) or "" for identity in identities)
    for identity, *names in zip(identities, short, full, strict=True):
        yield tuple(dict.fromkeys(names)) if "name" in identity else ()


def _start(statement: Statement) -> int:
    return statement.start
