"""Where keys stand in texts, in the cache: a blob's lines never move."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any

from gatekeeper.cache import Cache
from gatekeeper.core.names import KeyPath, Oid
from gatekeeper.core.spans import Span
from gatekeeper.scanning.documents import Place

Spans = dict[Place, Span | None]


def remembered_spans(cache: Cache, texts: Iterable[Oid]) -> Spans:
    """Return what earlier scans have looked up in some texts."""
    spans: Spans = {}
    for oid, data in cache.get_many("spans", texts).items():
        spans |= {(Oid(oid), key): span for key, span in _unpacked(data).items()}
    return spans


def keep_spans(cache: Cache, known: Mapping[Place, Span | None], found: Mapping[Place, Span | None]) -> None:
    """Keep what was ``found``, with what is ``known`` already of the same texts."""
    if not cache.is_on:
        return
    texts: dict[Oid, dict[KeyPath, Span | None]] = {oid: {} for oid, _ in found}
    for spans in (known, found):
        for (oid, key), span in spans.items():
            if oid in texts:
                texts[oid][key] = span
    cache.put_many("spans", {oid: _packed(spans) for oid, spans in texts.items()})


def _packed(spans: Mapping[KeyPath, Span | None]) -> bytes:
    rows = [[key, None if span is None else _numbers(span)] for key, span in spans.items()]
    return json.dumps(rows, separators=(",", ":")).encode()


def _numbers(span: Span) -> list[int]:
    return [span.line, span.column, span.end_line, span.end_column]


def _unpacked(data: bytes) -> dict[KeyPath, Span | None]:
    try:
        rows: list[Any] = json.loads(data)
        return {tuple(key): None if numbers is None else Span(*numbers) for key, numbers in rows}
    except (ValueError, TypeError, RecursionError):
        return {}
