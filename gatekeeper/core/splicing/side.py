"""One version of a document: its text, what it says, and where it says it."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from gatekeeper.core.slots import look_up
from gatekeeper.core.spans import SourceMap
from gatekeeper.core.splicing.layout import Layout
from gatekeeper.core.splicing.sections import Section, sections

if TYPE_CHECKING:
    from gatekeeper.core.changes import Absent
    from gatekeeper.core.document import Document, Value
    from gatekeeper.core.names import KeyPath
    from gatekeeper.core.spans import Span


@dataclass(frozen=True)
class Side:
    """A text that parses to ``document``."""

    text: str
    document: Document

    @cached_property
    def layout(self) -> Layout:
        """The statements of the text."""
        return Layout.of(self.text, self.document.profile)

    @cached_property
    def sections(self) -> list[Section]:
        """The sections of the text; they are for reading only."""
        return sections(self.layout.items)

    @cached_property
    def _source(self) -> SourceMap:
        return SourceMap(self.text.encode("utf-8", "surrogatepass"))

    def value(self, key: KeyPath) -> Value | Absent:
        """Return what the document has at ``key``."""
        return look_up(self.document.tree, key)

    def span(self, key: KeyPath) -> Span | None:
        """Return where ``key`` stands in the text."""
        return self._source.span(key)

    def spelled(self, key: KeyPath) -> str | None:
        """Return the text of the value at ``key``; None where no single value spells it."""
        item = self.layout.by_key.get(key)
        if item is not None and not item.is_header and not item.in_array:
            return item.value
        return self._source.value_text(key) if item is None else None
