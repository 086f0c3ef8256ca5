"""What people sign decides at once: whom it stops or releases is recorded with it, and told (R-44)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from gatekeeper.config import Settings
from gatekeeper.coordinator.heralding import Herald
from gatekeeper.coordinator.standing import verdict_of
from gatekeeper.core.ledger.apply import apply
from gatekeeper.core.ledger.events import Event
from gatekeeper.core.ledger.state import Overlaid, Records
from gatekeeper.core.names import Oid
from gatekeeper.core.policy.telling import items
from gatekeeper.core.watch.notices import News
from gatekeeper.ledger.ledger import Decide, Ledger, new_event
from gatekeeper.repository import Repository

_HEARD: Final = frozenset({"agent-stopped", "agent-released"})


@dataclass(frozen=True, slots=True)
class Said:
    """The events of the caller that were recorded; why somebody could not be told, in a sentence for each."""

    events: tuple[Event, ...]
    troubles: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Speaker:
    """Appends what somebody says in one repository. A poll would tell of it too late: what it finds is as it was."""

    repository: Repository
    ledger: Ledger
    settings: Settings
    trunk: Oid
    now: datetime

    def append(self, decide: Decide, *, subject: str) -> Said:
        """Append what ``decide`` makes of the newest state, and tell the channels whom that stops or releases.

        Raises LedgerError when the ledger cannot be read, RepositoryError when it cannot be written; a channel that
        fails is only told of.
        """
        if not any(_HEARD & channel.events for channel in self.settings.notifications):
            return Said(self.ledger.append(decide, subject=subject, at=self.now).events)
        herald = Herald(self.repository, self.ledger, self.settings)
        own: tuple[Event, ...] = ()

        def with_notices(state: Records) -> Sequence[Event]:
            nonlocal own
            own = tuple(decide(state))
            return (*own, *self._notices(own, state, herald)) if own else ()

        self.ledger.append(with_notices, subject=subject, at=self.now)
        return Said(own, herald.tell(self.now))

    def _notices(self, said: Sequence[Event], state: Records, herald: Herald) -> list[Event]:
        after = Overlaid(state)
        for event in said:
            after.put(apply(event, after))
        verdicts = [verdict_of(self.repository, each, self.settings, self.trunk, self.now) for each in (state, after)]
        news = News(decided=tuple(items((), state, *verdicts)))
        return [new_event(due, at=self.now, by="gatekeeper") for due in herald.due(news, at=self.now, trunk=self.trunk)]
