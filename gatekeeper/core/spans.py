"""Where a key stands in the text, for people: line and column, on demand."""

from __future__ import annotations

import re
from bisect import bisect_right
from typing import TYPE_CHECKING, Final

from gatekeeper.core.key_spellings import canonical_key
from gatekeeper.core.source_span import Span
from gatekeeper.core.toml_blocks import Blocks, names_of, note_identity
from gatekeeper.core.toml_scan import Form, Statement, array_entries, inline_pairs

if TYPE_CHECKING:
    from collections.abc import Iterator

    from gatekeeper.core.names import KeyPath
    from gatekeeper.core.schema.kinds import Value

__all__ = ["Form", "Site", "SourceMap", "Span"]


class Site:
    """One place that defines ``key``."""

    __slots__ = ("_found", "_map", "key")

    def __init__(self, key: KeyPath, found: Statement, source: SourceMap) -> None:
        self.key: Final = key
        self._found = found
        self._map = source

    @property
    def form(self) -> Form:
        """How the key is written there."""
        return self._found.form

    @property
    def span(self) -> Span:
        """The definition as a whole."""
        return self._map.span_of(self._found)

    @property
    def spelled(self) -> str:
        """The key as written there, without the header above it."""
        return self._map.spelled(self._found)


class SourceMap:
    """The keys of one text, which need not be valid. Nothing is scanned until asked."""

    __slots__ = ("_blocks", "_line_starts", "_source", "_text")

    def __init__(self, source: bytes) -> None:
        self._source = source
        self._text = ""
        self._blocks: Blocks | None = None
        self._line_starts: list[int] = []

    def sites(self, key: KeyPath) -> tuple[Site, ...]:
        """Return every place that defines exactly ``key``, in the order of the text."""
        wanted = canonical_key(key)
        return tuple(Site(wanted, found, self) for found in self._found(wanted))

    def span(self, key: KeyPath) -> Span | None:
        """Return where to point for ``key``: its first definition, or else that of a key inside or around it."""
        wanted = canonical_key(key)
        if found := self._found(wanted):
            return self.span_of(found[0])
        inside = self._read().first_inside(wanted) if wanted else None
        if inside is not None:
            return self.span_of(inside)
        for depth in range(len(wanted) - 1, 0, -1):
            around = [one for one in self._found(wanted[:depth]) if one.value < one.end]
            if around:
                return self.span_of(around[0])
        return None

    def value_text(self, key: KeyPath) -> str | None:
        """Return the text of the value at ``key``; None where no single value spells it."""
        found = [one for one in self._found(canonical_key(key)) if one.value < one.end]
        return self._text[found[0].value : found[0].end] if len(found) == 1 else None

    def _found(self, wanted: KeyPath) -> list[Statement]:
        blocks = self._read()
        found = list(blocks.at(wanted))
        for depth in range(1, len(wanted)):
            for outer in blocks.pairs_at(wanted[:depth]):
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

    def _inline_elements(self, outer: Statement) -> list[tuple[KeyPath, Statement]]:
        """Return the tables of the inline array of ``outer`` under each name that their identity gives them."""
        tables: list[tuple[int, int]] = []
        identities: list[dict[str, Value]] = []
        for start, end in array_entries(self._text, outer.value, outer.end):
            if self._text[start] == "{":
                tables.append((start, end))
                identities.append({})
                for pair in inline_pairs(self._text, start, end):
                    note_identity(identities[-1], self._text, pair)
        return [
            ((name,), Statement(outer.parts, Form.INLINE, start, end, start))
            for (start, end), names in zip(tables, names_of(identities), strict=True)
            for name in names
        ]

    def _read(self) -> Blocks:
        if self._blocks is None:
            self._text = self._source.decode("utf-8", "replace").removeprefix("\ufeff")
            self._blocks = Blocks(self._text)
        return self._blocks

    def spelled(self, found: Statement) -> str:
        """Return the key of a statement of the text as it is written there."""
        if found.form is Form.HEADER:
            return self._text[found.start + 1 : found.end - 1].strip()
        if found.form is Form.ARRAY_HEADER:
            return self._text[found.start + 2 : found.end - 2].strip()
        return self._text[found.start : found.value].rstrip().removesuffix("=").rstrip()

    def span_of(self, found: Statement) -> Span:
        """Return where a statement of the text stands."""
        return Span(*self._position(found.start), *self._position(found.end))

    def _position(self, offset: int) -> tuple[int, int]:
        if not self._line_starts:
            self._line_starts = [0, *(found.end() for found in re.finditer("\n", self._text))]
        line = bisect_right(self._line_starts, offset)
        return line, offset - self._line_starts[line - 1] + 1


def _start(statement: Statement) -> int:
    return statement.start
