"""Channels in a drill: who would have been told, and a notice that says that it is a drill."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from gatekeeper.core.channels import Channel
from gatekeeper.core.watch.notices import SCHEMA
from gatekeeper.ledger.ledger import new_id
from gatekeeper.notifying import deliver

EVENT = "drill"
_SUBJECT = "gatekeeper: DRILL, nothing has happened"
_TEXT = "This is a drill. It shows that notices of gatekeeper arrive here; nothing has to be done."


@dataclass(frozen=True, slots=True)
class ChannelSaid:
    """A channel, and whether it would have been told of the plants.

    ``delivered``: whether the drill's own notice has arrived, None where none was sent; ``failure``: why it has not.
    """

    channel: Channel
    would_be_told: bool
    delivered: bool | None = None
    failure: str | None = None

    @property
    def works(self) -> bool:
        """Whether nothing speaks against it."""
        return self.delivered is not False


def tell_all(
    channels: Iterable[ChannelSaid], trunk: str, *, at: datetime, cwd: str, env: Mapping[str, str]
) -> tuple[ChannelSaid, ...]:
    """Send a notice that is marked as a drill through every channel, and return what came of it."""
    return tuple(_told(said, trunk, at, cwd, env) for said in channels)


def _told(said: ChannelSaid, trunk: str, at: datetime, cwd: str, env: Mapping[str, str]) -> ChannelSaid:
    notice = new_id()
    document = {
        "schema": SCHEMA,
        "id": notice,
        "at": at.isoformat(),
        "trunk": trunk,
        "drill": True,
        "items": [{"event": EVENT, "message": _TEXT}],
        "left_out": 0,
    }
    failure = deliver(
        said.channel,
        json.dumps(document, indent=1).encode(),
        f"{_SUBJECT}\n\n{_TEXT}",
        env=env,
        cwd=cwd,
        event=EVENT,
        delivery=notice,
    )
    return replace(said, delivered=failure is None, failure=failure)
