"""The one table of event types: name, version, payload, whether it is a fact or a decision, and who may write it."""

from __future__ import annotations

import enum
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

from gatekeeper.core.ledger import events as happened
from gatekeeper.core.ledger.events import Event, Payload
from gatekeeper.core.ledger.records import (
    CheckpointRecord,
    ClaimRecord,
    ClosedFinding,
    FindingRecord,
    LedgerRecord,
    NoticeRecord,
    WaiverRecord,
)
from gatekeeper.core.ledger.state import Records
from gatekeeper.core.roster import RoleName

ARCHITECT = RoleName("architect")
COORDINATOR = RoleName("coordinator")


class Nature(enum.Enum):
    """What becomes of an event when another writer was faster."""

    FACT = "fact"
    DECISION = "decision"


def _holds_anyway(_event: Event, _state: Records) -> bool:
    return True


@dataclass(frozen=True, slots=True)
class EventType:
    """One type. ``roles``: whose signature it needs to count; None: it carries no authority.

    ``still_due``: whether a decision that was derived from another state is one in this state, too.
    """

    name: str
    payload: type[Payload]
    nature: Nature = Nature.FACT
    version: int = 1
    roles: frozenset[RoleName] | None = None
    still_due: Callable[[Event, Records], bool] = _holds_anyway


def _opens(event: Event, state: Records) -> bool:
    said = event.payload
    return isinstance(said, happened.FindingOpened) and state.get(FindingRecord, said.problem.id) is None


def _changes(event: Event, state: Records) -> bool:
    said = event.payload
    if not isinstance(said, happened.FindingChanged):
        return False
    known = state.get(FindingRecord, said.problem.id)
    return known is not None and known.problem != said.problem


def _closes(event: Event, state: Records) -> bool:
    said = event.payload
    return isinstance(said, happened.FindingClosed) and state.get(FindingRecord, said.finding) is not None


def _checks(event: Event, state: Records) -> bool:
    said = event.payload
    known = state.get(CheckpointRecord)
    return isinstance(said, happened.CheckpointMade) and (
        known is None or (known.at <= event.at and known.checks != said.checks)
    )


def _is_new(event: Event, state: Records) -> bool:
    """A notice is for what this writer has opened; what another one has opened, that one tells."""
    said = event.payload
    if not isinstance(said, happened.NoticeDue) or state.get(NoticeRecord, said.notice) is not None:
        return False
    records = [state.get(FindingRecord, finding) for finding in said.findings]
    return not said.findings or any(record is not None and record.opened_at >= event.at for record in records)


def _lapses(event: Event, state: Records) -> bool:
    said = event.payload
    return isinstance(said, happened.ClaimReleased) and state.get(ClaimRecord, said.claim) is not None


def _ends(event: Event, state: Records) -> bool:
    said = event.payload
    return isinstance(said, happened.WaiverEnded) and state.get(WaiverRecord, said.waiver) is not None


def _folds(event: Event, state: Records) -> bool:
    said = event.payload
    return isinstance(said, happened.MonthFolded) and all(
        state.get(ClosedFinding, finding) is not None for finding in said.findings
    )


def _starts(_event: Event, state: Records) -> bool:
    return state.get(LedgerRecord) is None


def _never(_event: Event, _state: Records) -> bool:
    """An archive ends the history that it was made of, and no other one."""
    return False


_DECISION = Nature.DECISION
_GUARDIANS = frozenset({ARCHITECT, COORDINATOR})

_TYPES = (
    EventType("agent.start-intended", happened.AgentStartIntended),
    EventType("agent.started", happened.AgentStarted),
    EventType("agent.start-abandoned", happened.AgentStartAbandoned),
    EventType("agent.adopted", happened.AgentAdopted),
    EventType("agent.reported", happened.AgentReported),
    EventType("agent.finished", happened.AgentFinished),
    EventType("work.logged", happened.WorkLogged),
    EventType("agent.removal-intended", happened.AgentRemovalIntended),
    EventType("agent.removed", happened.AgentRemoved),
    EventType("fleet.seen", happened.FleetSeen),
    EventType("finding.opened", happened.FindingOpened, _DECISION, still_due=_opens),
    EventType("finding.changed", happened.FindingChanged, _DECISION, still_due=_changes),
    EventType("finding.closed", happened.FindingClosed, _DECISION, still_due=_closes),
    EventType("checkpoint.made", happened.CheckpointMade, _DECISION, still_due=_checks),
    EventType("notice.due", happened.NoticeDue, _DECISION, still_due=_is_new),
    EventType("notice.delivered", happened.NoticeDelivered),
    EventType("notice.failed", happened.NoticeFailed),
    EventType("claim.made", happened.ClaimMade),
    EventType("claim.released", happened.ClaimReleased, _DECISION, still_due=_lapses),
    EventType("waiver.granted", happened.WaiverGranted, roles=_GUARDIANS),
    EventType("waiver.revoked", happened.WaiverRevoked, roles=_GUARDIANS),
    EventType("waiver.ended", happened.WaiverEnded, _DECISION, still_due=_ends),
    EventType("memory.put", happened.MemoryPut),
    EventType("memory.dropped", happened.MemoryDropped),
    EventType("baseline.recorded", happened.BaselineRecorded),
    EventType("month.folded", happened.MonthFolded, _DECISION, still_due=_folds),
    EventType("ledger.started", happened.LedgerStarted, _DECISION, still_due=_starts),
    EventType("history.archived", happened.HistoryArchived, _DECISION, still_due=_never),
)

EVENT_TYPES: Mapping[str, EventType] = MappingProxyType({kind.name: kind for kind in _TYPES})
"""By name, as events in the ledger say it."""

_BY_PAYLOAD: Mapping[type[Payload], EventType] = MappingProxyType({kind.payload: kind for kind in _TYPES})


def type_of(payload: Payload) -> EventType:
    """Return the type of a payload."""
    return _BY_PAYLOAD[type(payload)]


def is_due_in(event: Event, state: Records) -> bool:
    """Return whether an event that was made for another state belongs into this one: facts always do."""
    kind = type_of(event.payload)
    return kind.nature is Nature.FACT or kind.still_due(event, state)


def may_write(event_type: str, roles: frozenset[RoleName]) -> bool:
    """Return whether an event of that type counts when somebody with ``roles`` has signed it.

    A type without authority needs no signature, and counts for everybody; an unknown one for nobody.
    """
    kind = EVENT_TYPES.get(event_type)
    return kind is not None and (kind.roles is None or not kind.roles.isdisjoint(roles))
