"""TOML values as JSON and back, dates and times included."""

from __future__ import annotations

import json
from datetime import date, datetime, time
from typing import Any

_TIME = "\0time"
"""Marks a date or time, for which JSON has no form. A TOML key of this name would have to be written with an escape."""

_READERS = {"datetime": datetime.fromisoformat, "date": date.fromisoformat, "time": time.fromisoformat}


def to_json(value: Any) -> bytes:
    """Return ``value`` as compact JSON; raises TypeError for what is no TOML value."""
    return json.dumps(value, default=_time_row, separators=(",", ":")).encode()


def from_json(data: bytes | str) -> Any:
    """Return the value in ``data``; raises ValueError for what is no JSON."""
    return json.loads(data, object_hook=_revived)


def _time_row(value: object) -> dict[str, str]:
    if isinstance(value, datetime | date | time):
        return {_TIME: f"{type(value).__name__} {value.isoformat()}"}
    raise TypeError(f"{type(value).__name__} is no TOML value")


def _revived(table: dict[str, Any]) -> Any:
    if table.keys() != {_TIME}:
        return table
    kind, _, text = table[_TIME].partition(" ")
    return _READERS[kind](text)
