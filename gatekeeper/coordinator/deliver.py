"""Telling what is due, and what came of it: failures are tried again, later and later, and given up after two days."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime, timedelta

from gatekeeper.core.channels import Channel
from gatekeeper.core.ledger.events import NoticeDelivered, NoticeFailed
from gatekeeper.core.ledger.records import NoticeRecord
from gatekeeper.core.ledger.state import Records
from gatekeeper.core.watch.notices import readable
from gatekeeper.ledger.file_lock import Turns
from gatekeeper.repository import Repository

_FIRST_PAUSE = timedelta(minutes=10)
_LONGEST_PAUSE = timedelta(hours=12)
_MOST_ATTEMPTS = 10


_SILENCE = timedelta(minutes=15)
"""So long a notice is left to the clone that had it to tell; others see it in a shared ledger at the same moment."""


def due(state: Records, now: datetime, teller: str) -> list[NoticeRecord]:
    """Return the notices that ``teller`` has to tell now, the oldest first; one that nobody tells is everybody's.

    One that is due later than any pause lasts was put off by a clock that has been set back since.
    """
    due_by = now + _LONGEST_PAUSE
    notices = [
        notice
        for _, notice in state.each(NoticeRecord)
        if notice.due_at <= (now if notice.teller in {"", teller} else now - _SILENCE) or notice.due_at > due_by
    ]
    return sorted(notices, key=lambda notice: (notice.due_at, notice.id))


def turns(repository: Repository) -> Turns:
    """Return where whoever tells a notice says so, before it is recorded or read as due: nobody else tells it then."""
    return Turns(repository.common_directory / "gatekeeper" / "notices.lock")


def tell(
    notices: Iterable[NoticeRecord], channels: Sequence[Channel], *, now: datetime, cwd: str
) -> Iterator[NoticeDelivered | NoticeFailed]:
    """Tell each notice through its channel, and yield what came of it."""
    from gatekeeper.notifying import deliver  # noqa: PLC0415 - what mails and webhooks take is slow to load

    known = {channel.name: channel for channel in channels}
    for notice in notices:
        channel = known.get(notice.channel)
        if channel is None:
            yield NoticeFailed(notice.id, f"there is no channel {notice.channel} any more", None)
            continue
        try:
            told = readable(notice.document)
        except (ValueError, KeyError, TypeError, AttributeError):
            yield NoticeFailed(notice.id, "it is no notice that gatekeeper has written", None)
            continue
        failure = deliver(
            channel,
            notice.document.encode(),
            f"{notice.subject}\n\n{told}",
            env=os.environ,
            cwd=cwd,
            event="notice",
            delivery=notice.id,
        )
        if failure is None:
            yield NoticeDelivered(notice.id)
        else:
            yield NoticeFailed(notice.id, failure, _again(notice.attempts, now))


def _again(attempts: int, now: datetime) -> datetime | None:
    if attempts + 1 >= _MOST_ATTEMPTS:
        return None
    return now + min(_FIRST_PAUSE * float(2**attempts), _LONGEST_PAUSE)
