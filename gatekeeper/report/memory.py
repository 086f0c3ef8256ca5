"""What ``gatekeeper memory`` prints, and ``gatekeeper.memory/1``."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, NamedTuple

from gatekeeper.core.safe_text import safe
from gatekeeper.report.json_lines import document_text

if TYPE_CHECKING:
    from collections.abc import Sequence

    from gatekeeper.core.ledger.events import Event
    from gatekeeper.core.ledger.records import MemoryRecord

SCHEMA: Final = "gatekeeper.memory/1"

_ATTRIBUTE_DOCSTRINGS = {"use_attribute_docstrings": True}
_LONGEST = 60


@dataclass(slots=True)
class ValueDocument:
    """A value that stands, or stood, under a key."""

    __pydantic_config__ = _ATTRIBUTE_DOCSTRINGS

    key: str
    by: str
    at: str
    media: str
    """``json`` or ``text``; empty for one that was dropped."""
    text: str | None
    """The value as it was given; null in a list of keys, and where it was dropped."""


@dataclass(slots=True)
class MemoryDocument:
    """What ``gatekeeper memory`` prints: one value, the versions of one, or a list of keys."""

    __pydantic_config__ = _ATTRIBUTE_DOCSTRINGS

    schema: str
    values: list[ValueDocument]


class Version(NamedTuple):
    """What has stood under a key: ``media`` is empty and ``text`` None where it was dropped."""

    at: str
    by: str
    media: str = ""
    text: str | None = None


def put_done(event: Event, key: str, media: str, size: int, *, output: str) -> str:
    """Return what ``put`` says."""
    if output == "json":
        return document_text(MemoryDocument(SCHEMA, [ValueDocument(key, event.by, event.at.isoformat(), media, None)]))
    return f"{key}: {size} bytes of {media}\n"


def drop_done(event: Event, key: str, *, output: str) -> str:
    """Return what ``drop`` says."""
    if output == "json":
        return document_text(MemoryDocument(SCHEMA, [ValueDocument(key, event.by, event.at.isoformat(), "", None)]))
    return f"{key}: dropped\n"


def value_text(record: MemoryRecord) -> str:
    """Return one value as JSON."""
    return document_text(MemoryDocument(SCHEMA, [_document(record, text=record.text)]))


def list_text(records: Sequence[MemoryRecord], *, output: str) -> str:
    """Return the keys."""
    if output == "json":
        return document_text(MemoryDocument(SCHEMA, [_document(record, text=None) for record in records]))
    return "".join(f"{safe(record.key)}\n" for record in records)


def history_text(key: str, versions: Sequence[Version], *, output: str) -> str:
    """Return all versions of a value, the newest first."""
    if output == "json":
        values = [ValueDocument(key, by, at, media, text) for at, by, media, text in versions]
        return document_text(MemoryDocument(SCHEMA, values))
    return "".join(f"{at[:19]}Z  {safe(by)}  {_short(text)}\n" for at, by, _, text in versions)


def _short(text: str | None) -> str:
    if text is None:
        return "dropped"
    line = safe(" ".join(text.split()))
    return line if len(line) <= _LONGEST else line[: _LONGEST - 1] + "…"


def _document(record: MemoryRecord, *, text: str | None) -> ValueDocument:
    return ValueDocument(record.key, record.by, record.at.isoformat(), record.media, text)
