"""What ``gatekeeper install schedule`` has set up, as ``gatekeeper.schedule/1``."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from gatekeeper.core.safe_text import without_surrogates as text
from gatekeeper.report.json_lines import document_text

if TYPE_CHECKING:
    from gatekeeper.scheduling.job import Scheduled

SCHEMA: Final = "gatekeeper.schedule/1"


@dataclass(slots=True)
class PartDocument:
    """A line of the crontab, or a unit of systemd at a path; ``kind`` is ``cron`` or ``systemd``."""

    kind: str
    place: str
    text: str


@dataclass(slots=True)
class ScheduleDocument:
    """``changed`` says whether anything was written or removed, with ``dry_run`` whether anything would be."""

    schema: str
    changed: bool
    dry_run: bool
    parts: list[PartDocument]
    notes: list[str]


def schedule_json(done: Scheduled, *, dry_run: bool) -> str:
    """Return what was done as JSON."""
    parts = [PartDocument(part.kind.value, text(part.place), text(part.text)) for part in done.parts]
    return document_text(ScheduleDocument(SCHEMA, done.changed, dry_run, parts, list(map(text, done.notes))))
