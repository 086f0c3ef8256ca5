"""When this clone was last polled, even if there was nothing to record: a file that decides nothing."""

from __future__ import annotations

from contextlib import suppress
from datetime import datetime
from pathlib import Path

from gatekeeper.repository import Repository

_FILE = Path("gatekeeper", "polled")


def beat(repository: Repository, now: datetime) -> None:
    """Note that a poll has ended; where that cannot be written, nobody misses it."""
    with suppress(OSError):
        (repository.common_directory / _FILE).write_text(f"{now.isoformat()}\n")


def last_poll(repository: Repository) -> datetime | None:
    """Return when the last poll ended; None where nobody knows."""
    try:
        found = datetime.fromisoformat((repository.common_directory / _FILE).read_text().strip())
    except (OSError, ValueError):
        return None
    return found if found.tzinfo is not None else None
