"""Durations and moments as people write them on a command line."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

from gatekeeper.errors import UsageError

_PART = re.compile(r"(\d+)([smhdw])")
_SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86400, "w": 604800}
_LONGEST = timedelta(days=3660)


def duration(text: str, *, option: str) -> timedelta:
    """Return the duration that ``30m``, ``2h`` or ``1h30m`` means; raises UsageError."""
    parts = _PART.findall(text)
    if not parts or "".join(number + unit for number, unit in parts) != text:
        raise UsageError(f"{option}: {text!r} is no duration", "write 90s, 30m, 2h, 1d or 1h30m")
    seconds = sum(int(number) * _SECONDS[unit] for number, unit in parts)
    if not 0 < seconds <= _LONGEST.total_seconds():
        raise UsageError(f"{option}: {text!r} is no length of time to wait for", "write 90s, 30m, 2h, 1d or 1h30m")
    return timedelta(seconds=seconds)


def moment(text: str, *, option: str, now: datetime) -> datetime:
    """Return the moment that a date, a time in ISO 8601 or a duration from now means; raises UsageError.

    A date means its end; a time without a zone is in UTC.
    """
    if _PART.match(text):
        return now + duration(text, option=option)
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        raise UsageError(f"{option}: {text!r} is no date", "write 2026-12-31, 2026-12-31T18:00Z or 14d") from None
    found = found if found.tzinfo is not None else found.replace(tzinfo=UTC)
    if len(text) == len("2026-12-31"):
        found += timedelta(days=1)
    if found <= now:
        raise UsageError(f"{option}: {text!r} is past", "name a moment to come")
    return found.astimezone(UTC)


def now_utc() -> datetime:
    """Return this moment."""
    return datetime.now(UTC)
