"""Moments, for people."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import datetime


def moment_text(moment: datetime, now: datetime) -> str:
    """Return a moment to the minute; its date is left out where it is that of ``now``. Both are in UTC."""
    return f"{moment:%H:%M} UTC" if moment.date() == now.date() else f"{moment:%Y-%m-%d %H:%M} UTC"
