"""Spans of time and sizes of memory as people write them: ``90s``, ``1h30m``, ``512MB``, ``1.5GiB``."""

from __future__ import annotations

import re
from datetime import timedelta

DURATION_FORM = "a span of time is written like 90s, 60m, 2h, 1d or 1h30m"
MEMORY_FORM = "an amount of memory is written like 512MB or 1.5GiB"

_SECONDS = {"d": 86_400, "h": 3_600, "m": 60, "s": 1}
_DURATION = re.compile("".join(rf"(?:(?P<{unit}>[0-9]{{1,9}}){unit})?" for unit in _SECONDS))
LONGEST = timedelta(days=36_500)

_MEMORY = re.compile(r"(?P<whole>[0-9]{1,15})(?:\.(?P<part>[0-9]{1,9}))? ?(?P<unit>[A-Za-z]+)")
_BYTES = {
    "B": 1,
    **{f"{prefix}B": 1000**power for power, prefix in enumerate("KMGT", 1)},
    **{f"{prefix}iB": 1024**power for power, prefix in enumerate("KMGT", 1)},
}
MEMORY_UNITS = tuple(_BYTES)
_MOST_BYTES = 1 << 60


def parse_duration(text: str) -> timedelta:
    """Return the span of time that ``text`` says; raises ValueError where it says none, zero, or over a century."""
    found = _DURATION.fullmatch(text)
    if found is None or not text:
        raise ValueError(DURATION_FORM)
    seconds = sum(int(found[unit]) * size for unit, size in _SECONDS.items() if found[unit] is not None)
    if not seconds:
        raise ValueError("it must be longer than no time at all")
    if seconds > LONGEST.total_seconds():
        raise ValueError(f"it must be {LONGEST.days}d at most")
    return timedelta(seconds=seconds)


def format_duration(span: timedelta) -> str:
    """Return ``span`` as ``parse_duration`` reads it; fractions of a second are left out."""
    rest = int(span.total_seconds())
    written = ""
    for unit, size in _SECONDS.items():
        count, rest = divmod(rest, size)
        written += f"{count}{unit}" if count else ""
    return written or "0s"


def spoken_duration(span: timedelta) -> str:
    """Return ``span`` for people: ``1 h 30 min``, in seconds where it is shorter than a minute."""
    seconds = int(span.total_seconds())
    hours, minutes = divmod(seconds // _SECONDS["m"], 60)
    parts = [f"{hours} h" if hours else "", f"{minutes} min" if minutes else ""]
    return " ".join(part for part in parts if part) or f"{seconds} s"


def parse_memory(text: str) -> int:
    """Return the number of bytes that ``text`` says; raises ValueError where it says none, or less than one."""
    found = _MEMORY.fullmatch(text)
    if found is None or found["unit"] not in _BYTES:
        raise ValueError(MEMORY_FORM)
    unit: int = _BYTES[found["unit"]]
    part = found["part"] or "0"
    size = int(found["whole"]) * unit + int(part) * unit // int("1" + "0" * len(part))
    if not 0 < size <= _MOST_BYTES:
        raise ValueError("it must be one byte at least and 2 to the 60th at most")
    return size
