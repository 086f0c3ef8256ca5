"""The one table of event types: name, version, payload, whether it is a fact or a decision, and who may write it."""

from __future__ import annotations

import enum
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType

from gatekeeper.core.ledger import case_due, phase_due
from gatekeeper.core.ledger import case_events as cases
from gatekeeper.core.ledger import events as happened
from gatekeeper.core.ledger import phase_events as phases
from gatekeeper.core.ledger.case_records import ClosedCase
from gatekeeper.core.ledger.events import Event, Payload
from gatekeeper.core.ledger.records import (
    AgentRecord,
    CheckpointRecord,
    ClaimRecord,
    ClosedFinding,
    FindingId,
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

    Where they are none, somebody has to sign, and who may depends on what the event is about.

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
    if not isinstance(said, happened.FindingOpened) or state.get(FindingRecord, said.problem.id) is not None:
        return False
    closed = state.get(ClosedFinding, said.problem.id)
    # Who saw it go has looked later than who saw it come.
    return closed is None or closed.closed_at <= event.at


def _changes(event: Event, state: Records) -> bool:
    said = event.payload
    if not isinstance(said, happened.FindingChanged):
        return False
    known = state.get(FindingRecord, said.problem.id)
    return known is not None and known.problem != said.problem


def _closes(event: Event, state: Records) -> bool:
    said = event.payload
    known = state.get(FindingRecord, said.finding) if isinstance(said, happened.FindingClosed) else None
    return known is not None and known.opened_at <= event.at


def _checks(event: Event, state: Records) -> bool:
    said = event.payload
    known = state.get(CheckpointRecord)
    return isinstance(said, happened.CheckpointMade) and (
        known is None or (known.at <= event.at and known.checks != said.checks)
    )


def _is_new(event: Event, state: Records) -> bool:
    """A notice is for what its writer has seen come, change or go; what another one has seen, that one tells."""
    said = event.payload
    if not isinstance(said, happened.NoticeDue) or state.get(NoticeRecord, said.notice) is not None:
        return False
    made = state.get(CheckpointRecord)
    own_checkpoint = made is not None and made.at == event.at
    about = [*(_is_news(f, event.at, state) for f in said.findings)]
    about += [case_due.is_news(case, event.at, state) for case in said.cases]
    return not about or own_checkpoint or any(about)


def _is_news(finding: FindingId, at: datetime, state: Records) -> bool:
    stands, gone = state.get(FindingRecord, finding), state.get(ClosedFinding, finding)
    if stands is not None:
        return at in {stands.opened_at, stands.changed_at}
    return gone is not None and gone.closed_at == at


def _lapses(event: Event, state: Records) -> bool:
    said = event.payload
    known = state.get(ClaimRecord, said.claim) if isinstance(said, happened.ClaimReleased) else None
    if known is None or not isinstance(said, happened.ClaimReleased):
        return False
    # It may have been made anew, with the same id, since somebody saw it lapse.
    return known.until <= event.at if said.because == "lapsed" else known.made_at <= event.at


def _ends(event: Event, state: Records) -> bool:
    said = event.payload
    known = state.get(WaiverRecord, said.waiver) if isinstance(said, happened.WaiverEnded) else None
    return known is not None and known.until <= event.at


def _folds(event: Event, state: Records) -> bool:
    said = event.payload
    if not isinstance(said, happened.MonthFolded):
        return False
    agents = [state.get(AgentRecord, agent) for agent in said.agents]
    matters = [
        *(state.get(ClosedFinding, finding) for finding in said.findings),
        *(state.get(ClosedCase, case) for case in said.cases),
    ]
    return all(matter is not None for matter in matters) and all(
        agent is not None and agent.removed_at is not None for agent in agents
    )


def _starts(_event: Event, state: Records) -> bool:
    return state.get(LedgerRecord) is None


def _never(_event: Event, _state: Records) -> bool:
    """An archive ends the history that it was made of, and no other one."""
    return False


_DECISION = Nature.DECISION
_GUARDIANS = frozenset({ARCHITECT, COORDINATOR})
_COORDINATORS = frozenset({COORDINATOR})
_WHO_IS_CONCERNED: frozenset[RoleName] = frozenset()

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
    EventType("precedence.taken", cases.PrecedenceTaken, _DECISION, still_due=case_due.stands_in_line),
    EventType("precedence.left", cases.PrecedenceLeft, _DECISION, still_due=case_due.leaves_line),
    EventType("case.opened", cases.CaseOpened, _DECISION, still_due=case_due.opens),
    EventType("case.changed", cases.CaseChanged, _DECISION, still_due=case_due.changes),
    EventType("case.closed", cases.CaseClosed, _DECISION, still_due=case_due.closes),
    EventType("case.ruled", cases.CaseRuled, roles=_GUARDIANS),
    EventType("case.acknowledged", cases.CaseAcknowledged, roles=_WHO_IS_CONCERNED),
    EventType("incident.planned", cases.IncidentPlanned),
    EventType("approval.given", cases.ApprovalGiven, roles=_WHO_IS_CONCERNED),
    EventType("agent.quarantined", cases.AgentQuarantined, roles=_COORDINATORS),
    EventType("agent.readmitted", cases.AgentReadmitted, roles=_COORDINATORS),
    EventType("quarantine.ended", cases.QuarantineEnded, _DECISION, still_due=case_due.is_free),
    EventType("integration.due", cases.IntegrationDue, _DECISION, still_due=case_due.is_due),
    EventType("integration.intended", cases.IntegrationIntended),
    EventType("integration.published", cases.IntegrationPublished),
    EventType("integration.failed", cases.IntegrationFailed),
    EventType("integration.ended", cases.IntegrationEnded, _DECISION, still_due=case_due.has_ended),
    EventType("phase.started", phases.PhaseStarted, _DECISION, still_due=phase_due.starts),
    EventType("gate.judged", phases.GateJudged),
    EventType("phase.failed", phases.PhaseFailed, _DECISION, still_due=phase_due.fails),
    EventType("phase.reopened", phases.PhaseReopened, _DECISION, still_due=phase_due.reopens),
    EventType("phase.completed", phases.PhaseCompleted, _DECISION, still_due=phase_due.completes),
    EventType("release.ready", phases.ReleaseReady),
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
    return kind is not None and (not kind.roles or not kind.roles.isdisjoint(roles))
