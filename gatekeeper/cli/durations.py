"""Durations and moments as people write them on a command line."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, time, timedelta

from gatekeeper.core.quantities import LONGEST, parse_duration
from gatekeeper.errors import UsageError

_LIKE_A_DURATION = re.compile(r"[0-9]+[a-z]")


def duration(text: str, *, option: str) -> timedelta:
    """Return the duration that ``30m``, ``2h`` or ``1h30m`` means; raises UsageError."""
    try:
        return parse_duration(text)
    except ValueError as error:
        raise UsageError(f"{option}: {text!r} is no duration: {error}", "write 90s, 30m, 2h, 1d or 1h30m") from None


def moment(text: str, *, option: str, now: datetime) -> datetime:
    """Return the moment that a date, a time in ISO 8601 or a duration from now means; raises UsageError.

    A date means its end; a time without a zone is in UTC.
    """
    if _LIKE_A_DURATION.match(text):
        return now + duration(text, option=option)
    try:
        found: datetime | None = _moment(text)
    except ValueError:
        raise UsageError(f"{option}: {text!r} is no date", "write 2026-12-31, 2026-12-31T18:00Z or 14d") from None
    except OverflowError:
        # The end of the last day that there is, or a moment of it in a zone where it is later than in UTC.
        found = None
    if found is None or found - now > LONGEST:
        raise UsageError(f"{option}: {text!r} is too far away", f"name a moment within {LONGEST.days}d")
    if found <= now:
        raise UsageError(f"{option}: {text!r} is past", "name a moment to come")
    return found


def _moment(text: str) -> datetime:
    try:
        day = date.fromisoformat(text)
    except ValueError:
        found = datetime.fromisoformat(text)
        return (found if found.tzinfo is not None else found.replace(tzinfo=UTC)).astimezone(UTC)
    return datetime.combine(day, time(), UTC) + timedelta(days=1)


def now_utc() -> datetime:
    """Return this moment."""
    return datetime.now(UTC)
