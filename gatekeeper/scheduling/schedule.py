"""Sets the schedule up with the best that this machine has, and takes it back."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import suppress

from gatekeeper.errors import GatekeeperError, UsageError
from gatekeeper.process import this_program
from gatekeeper.scheduling import cron, systemd
from gatekeeper.scheduling.job import Job, Kind, Scheduled

_INSTALL: Mapping[Kind, Callable[..., Scheduled]] = {Kind.CRON: cron.install, Kind.SYSTEMD: systemd.install}
_UNINSTALL: Mapping[Kind, Callable[..., Scheduled]] = {Kind.CRON: cron.uninstall, Kind.SYSTEMD: systemd.uninstall}


def usual_kind() -> Kind:
    """Return who starts things here; raises UsageError when nobody does."""
    if systemd.answers():
        return Kind.SYSTEMD
    if cron.is_there():
        return Kind.CRON
    start = " ".join(this_program("-m", "gatekeeper"))
    raise UsageError(
        "this machine has neither a systemd of this user nor a crontab",
        f"install cron, or let anything else run this every 30 minutes: {start} poll -C REPOSITORY",
    )


def install(job: Job, kind: Kind, *, dry_run: bool) -> Scheduled:
    """Set the schedule up. Doing it again changes nothing."""
    done = _INSTALL[kind](job, dry_run=dry_run)
    notes = done.notes
    for other in Kind:
        if other is not kind and _is_there(job, other):
            notes += (f"{other.value} polls this repository, too: --uninstall --kind {other.value} ends that",)
    return Scheduled(done.parts, done.changed, notes)


def uninstall(job: Job, kind: Kind | None, *, dry_run: bool) -> Scheduled:
    """Take the schedule back, by default wherever it is, and nothing else."""
    kinds = [kind] if kind is not None else [Kind.SYSTEMD, *([Kind.CRON] if cron.is_there() else [])]
    done = [_UNINSTALL[one](job, dry_run=dry_run) for one in kinds]
    return Scheduled(tuple(part for one in done for part in one.parts), any(one.changed for one in done))


def _is_there(job: Job, kind: Kind) -> bool:
    with suppress(GatekeeperError):
        return _UNINSTALL[kind](job, dry_run=True).changed
    return False
