"""What is to be started, how often, and what has been done to that end."""

from __future__ import annotations

import enum
import hashlib
import os
import shutil
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from gatekeeper.core.quantities import parse_duration
from gatekeeper.errors import UsageError
from gatekeeper.process import this_program
from gatekeeper.repository import Repository

_MINUTE, _DAY = timedelta(minutes=1), timedelta(days=1)


class Kind(enum.Enum):
    """Who starts it; the value is what ``--kind`` takes."""

    CRON = "cron"
    SYSTEMD = "systemd"


@dataclass(frozen=True, slots=True)
class Job:
    """A poll of one repository: ``name`` is the same for all of its worktrees, and belongs to no other repository."""

    name: str
    repository: str
    arguments: tuple[str, ...]
    minutes: int


@dataclass(frozen=True, slots=True)
class Part:
    """A text and where it goes: a file's path, or ``crontab``."""

    kind: Kind
    place: str
    text: str


@dataclass(frozen=True, slots=True)
class Scheduled:
    """What is there now, or would be; whether anything had to be changed; and what a person should know of it."""

    parts: tuple[Part, ...]
    changed: bool
    notes: tuple[str, ...] = ()


def job_for(repository: Repository, every: str) -> Job:
    """Return the job that polls ``repository``; raises UsageError when ``every`` is no time between polls."""
    common = Path(os.path.realpath(repository.common_directory))
    # Not the worktree that was opened: an agent's is gone some day.
    where = common.parent if common.name == ".git" else common
    name = hashlib.sha256(os.fsencode(common)).hexdigest()[:12]
    # A slash keeps a line break at the end from being taken for the end of the line.
    place = f"{where}/" if str(where).endswith("\n") else str(where)
    poll = this_program("-m", "gatekeeper")
    if poll[0] == "env":
        poll = poll[1:]
    environment = (f"PATH={_search_path()}", f"HOME={Path.home()}")
    env = shutil.which("env") or "/usr/bin/env"
    return Job(name, place, (env, *environment, *poll, "poll", "-C", place), minutes(every))


def minutes(every: str) -> int:
    """Return the minutes in ``30m``, ``2h``, ``1h30m`` or ``1d``; raises UsageError."""
    try:
        span = parse_duration(every.strip())
    except ValueError:
        span = timedelta()
    if not _MINUTE <= span <= _DAY or span % _MINUTE:
        raise UsageError(
            f"{every!r} is no time between two polls", "whole minutes from 1m to 1d, such as 30m, 2h or 1h30m"
        )
    return span // _MINUTE


def _search_path() -> str:
    """Return this shell's PATH as far as it means the same elsewhere; cron's own has no more than the system's."""
    entries = [entry for entry in os.get_exec_path() if Path(entry).is_absolute() and "\n" not in entry]
    return os.pathsep.join(dict.fromkeys(entry for entry in entries if Path(entry).is_dir())) or os.defpath
