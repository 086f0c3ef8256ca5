"""Documents to JSON text: ASCII only, valid whatever a repository holds, one entry of a list on one line."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import date, datetime, time
from math import isfinite
from types import MappingProxyType
from typing import Any

from gatekeeper.core.safe_text import without_surrogates


def plain(value: object) -> Any:
    """Return a TOML value in what JSON has: dates and times, inf and nan become strings."""
    if isinstance(value, str):
        return without_surrogates(value)
    if isinstance(value, float):
        return value if isfinite(value) else str(value)
    if isinstance(value, dict):
        return {without_surrogates(key): plain(inner) for key, inner in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(inner) for inner in value]
    if isinstance(value, (datetime, date, time)):
        return value.isoformat()
    return value


def document_text(document: object, written: Mapping[str, Sequence[str]] = MappingProxyType({})) -> str:
    """Return a document (a dataclass with slots) as JSON; lists at its top level get a line for each entry.

    That keeps the text fast to write, and readable for people, grep and diff. ``written`` has the entries of fields
    that are JSON already, in place of what the document has there.
    """
    texts = {name: _field_text(getattr(document, name)) for name in _fields(document)}
    texts |= {name: _lines(entries) for name, entries in written.items()}
    return "{\n" + ",\n".join(f'"{name}": {value}' for name, value in texts.items()) + "\n}\n"


def _field_text(value: object) -> str:
    return _lines(list(map(_ENCODER.encode, value))) if isinstance(value, list) else _ENCODER.encode(value)


def _lines(entries: Sequence[str]) -> str:
    return "[\n" + ",\n".join(entries) + "\n]" if entries else "[]"


def _members(document: object) -> dict[str, Any]:
    return {name: getattr(document, name) for name in _fields(document)}


def _fields(document: object) -> tuple[str, ...]:
    slots: tuple[str, ...] = type(document).__slots__  # type: ignore[attr-defined]
    return slots


def json_text(value: object) -> str:
    """Return what JSON can hold as JSON."""
    return _ENCODER.encode(value)


_ENCODER = json.JSONEncoder(allow_nan=False, default=_members)
