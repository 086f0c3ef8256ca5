"""A merge of three files as ``gatekeeper.merge/1``."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from gatekeeper.core.names import format_key
from gatekeeper.core.safe_text import without_surrogates as text
from gatekeeper.report.json_lines import document_text, plain

if TYPE_CHECKING:
    from gatekeeper.core.merge import MergeClash, MergeOutcome
    from gatekeeper.core.spans import Span

SCHEMA: Final = "gatekeeper.merge/1"


@dataclass(slots=True)
class SpanDocument:
    """Lines and columns from 1, the end exclusive."""

    line: int
    column: int
    end_line: int
    end_column: int


@dataclass(slots=True)
class ClashDocument:
    """A key on which the sides disagree; a side that has nothing there has null."""

    key: str
    reason: str
    base: Any
    ours: Any
    theirs: Any
    ours_span: SpanDocument | None
    theirs_span: SpanDocument | None


@dataclass(slots=True)
class MergeDocument:
    """``text`` is null where the sides clash; ``notes`` say which disagreements were settled."""

    schema: str
    path: str
    text: str | None
    clashes: list[ClashDocument]
    notes: list[str]


def merge_json(path: str, outcome: MergeOutcome) -> str:
    """Return the merge as JSON."""
    clashes = list(map(_clash, outcome.clashes))
    return document_text(MergeDocument(SCHEMA, text(path), outcome.text, clashes, list(map(text, outcome.notes))))


def _clash(clash: MergeClash) -> ClashDocument:
    values = (plain(value) for value in (clash.base, clash.ours, clash.theirs))
    spans = (_span(span) for span in (clash.ours_span, clash.theirs_span))
    return ClashDocument(text(format_key(clash.key)), clash.reason, *values, *spans)


def _span(span: Span | None) -> SpanDocument | None:
    return None if span is None else SpanDocument(span.line, span.column, span.end_line, span.end_column)
