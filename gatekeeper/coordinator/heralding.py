"""Hooks of commands: what a command has recorded is told at once, and a channel that fails holds nobody up (R-44)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime

from gatekeeper.config import Settings
from gatekeeper.coordinator.clones import clone_id
from gatekeeper.coordinator.deliver import tell, turns
from gatekeeper.core.ledger.events import Event, NoticeDue, NoticeFailed
from gatekeeper.core.ledger.records import NoticeId, NoticeRecord
from gatekeeper.core.watch.notices import News, notices
from gatekeeper.errors import GatekeeperError
from gatekeeper.ledger.file_lock import Turns
from gatekeeper.ledger.ledger import Ledger, new_event, new_id
from gatekeeper.repository import Repository


class Herald:
    """Tells the channels of one repository what commands do.

    What is to be told is recorded together with what has happened, so that the next poll tells it where this does not
    come to it.
    """

    def __init__(self, repository: Repository, ledger: Ledger, settings: Settings) -> None:
        self._repository = repository
        self._ledger = ledger
        self._settings = settings
        self._due: list[NoticeId] = []
        self._turns: Turns | None = None

    def due(self, news: News, *, at: datetime, trunk: str) -> Sequence[NoticeDue]:
        """Return what is to be recorded, and keep in mind to tell it."""
        channels = self._settings.notifications
        teller = clone_id(self._repository) if channels else ""
        said = list(notices(news, channels, at=at, trunk=trunk, new_id=new_id, teller=teller))
        for each in said:
            # As soon as it is recorded, a poll that runs meanwhile would tell it as well.
            self._turns = self._turns or turns(self._repository)
            self._turns.take(each.notice)
            self._due.append(each.notice)
        return said

    def tell(self, now: datetime) -> tuple[str, ...]:
        """Tell what was recorded; return why it could not be told, in a sentence for each, and raise nothing."""
        ids, self._due = self._due, []
        if self._turns is None:
            return ()
        try:
            return self._told(ids, now)
        finally:
            self._turns.close()
            self._turns = None

    def _told(self, ids: Sequence[NoticeId], now: datetime) -> tuple[str, ...]:
        try:
            state = self._ledger.state()
            found = [record for each in ids if (record := state.get(NoticeRecord, each)) is not None]
            cwd = self._repository.worktree or str(self._repository.common_directory)
            told = [
                new_event(outcome, at=now, by="gatekeeper")
                for outcome in tell(found, self._settings.notifications, now=now, cwd=cwd)
            ]
            self._ledger.append(lambda _state: told, subject="notices", at=now)
        except (GatekeeperError, OSError) as error:
            why = error.message if isinstance(error, GatekeeperError) else error.strerror
            return (f"what came of notifications could not be recorded: {why}",)
        return tuple(_failures(told, found))


def _failures(told: Iterable[Event], found: Iterable[NoticeRecord]) -> Iterable[str]:
    channels = {record.id: record.channel for record in found}
    for event in told:
        said = event.payload
        if isinstance(said, NoticeFailed):
            again = "; the next poll that is due tries again" if said.again_at is not None else ""
            yield f"{channels[said.notice]} could not be told: {said.because}{again}"
