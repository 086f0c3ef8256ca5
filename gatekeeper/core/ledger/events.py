"""What can happen: the payload of each type of event, and the envelope that all have in common.

A *fact* is what somebody observed, did or said; it is never taken back, and is appended again as it is when another
writer was faster. A *decision* was derived from a state and is derived again when that state was not the last one.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal

from gatekeeper.core.ledger.case_events import CasePayload
from gatekeeper.core.ledger.case_records import CaseId
from gatekeeper.core.ledger.phase_events import PhasePayload
from gatekeeper.core.ledger.records import (
    Check,
    ClaimId,
    EventId,
    FindingId,
    FoundProblem,
    NoticeId,
    Sight,
)
from gatekeeper.core.names import AgentName, Oid, RefName
from gatekeeper.core.roster import Principal


@dataclass(frozen=True, slots=True)
class AgentStartIntended:
    """Branch and worktree are about to be made."""

    agent: AgentName
    branch: RefName
    worktree: str
    target_dir: str
    base: Oid
    made_in: str = ""


@dataclass(frozen=True, slots=True)
class AgentStarted:
    """Branch and worktree are there."""

    agent: AgentName


@dataclass(frozen=True, slots=True)
class AgentStartAbandoned:
    """What was about to be made is not; nothing of it is left."""

    agent: AgentName
    because: str


@dataclass(frozen=True, slots=True)
class AgentAdopted:
    """A branch that something else has made is an agent's from now on; its worktree stays its maker's."""

    agent: AgentName
    branch: RefName
    worktree: str | None
    base: Oid | None
    made_in: str = ""


@dataclass(frozen=True, slots=True)
class AgentReported:
    """What an agent says of itself."""

    agent: AgentName
    progress: Literal["in-progress", "blocked", "completed"]
    reason: str | None = None
    outputs: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class AgentFinished:
    """An agent's work is complete at ``head``."""

    agent: AgentName
    head: Oid | None
    outputs: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class WorkLogged:
    """What an agent has done, computed from its branch; ``document`` is what ``gatekeeper.evidence/1`` describes."""

    agent: AgentName
    document: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class AgentRemovalIntended:
    """Worktree and branch are about to go; ``archived_as`` keeps what is in them."""

    agent: AgentName
    archived_as: RefName | None
    head: Oid | None


@dataclass(frozen=True, slots=True)
class AgentRemoved:
    """Worktree and branch are gone, or, of an adopted agent, no longer gatekeeper's concern."""

    agent: AgentName


@dataclass(frozen=True, slots=True)
class SeenAgent:
    """Where an agent stood when somebody looked."""

    agent: AgentName
    branch: RefName
    head: Oid | None
    state: str
    committed_at: datetime | None


@dataclass(frozen=True, slots=True)
class FleetSeen:
    """Where trunk and those agents stood that had moved since the last look."""

    trunk_ref: RefName
    trunk: Oid
    agents: tuple[SeenAgent, ...] = ()
    rewritten_from: Oid | None = None
    seen_in: str = ""


@dataclass(frozen=True, slots=True)
class FindingOpened:
    """A finding that did not stand before."""

    problem: FoundProblem
    sight: Sight = field(default_factory=Sight)


@dataclass(frozen=True, slots=True)
class FindingChanged:
    """A finding that stands is worse or milder than it was, or is expected now."""

    problem: FoundProblem
    sight: Sight = field(default_factory=Sight)


@dataclass(frozen=True, slots=True)
class FindingClosed:
    """A finding that no longer stands. ``agents``: whom it concerned, so that the log can say so."""

    finding: FindingId
    because: str
    agents: tuple[AgentName, ...] = ()
    sight: Sight = field(default_factory=Sight)


@dataclass(frozen=True, slots=True)
class CheckpointMade:
    """The answers of a checkpoint, where they differ from those of the last one."""

    checks: tuple[Check, ...]


@dataclass(frozen=True, slots=True)
class NoticeDue:
    """Something has to be told through a channel, about ``findings`` and ``cases``. ``teller``: the clone that does."""

    notice: NoticeId
    channel: str
    subject: str
    document: str
    findings: tuple[FindingId, ...] = ()
    teller: str = ""
    cases: tuple[CaseId, ...] = ()


@dataclass(frozen=True, slots=True)
class NoticeDelivered:
    """It was told."""

    notice: NoticeId


@dataclass(frozen=True, slots=True)
class NoticeFailed:
    """It could not be told; ``again_at`` None: nobody tries any more."""

    notice: NoticeId
    because: str
    again_at: datetime | None


@dataclass(frozen=True, slots=True)
class ClaimMade:
    """An agent is about to change a place. ``head``: where its branch stood."""

    claim: ClaimId
    agent: AgentName
    place: str
    until: datetime
    head: Oid | None = None


@dataclass(frozen=True, slots=True)
class ClaimReleased:
    """A claim has lapsed, was withdrawn, or its change is committed."""

    claim: ClaimId
    because: Literal["lapsed", "withdrawn", "committed"]


@dataclass(frozen=True, slots=True)
class WaiverGranted:
    """Authority: a finding may pass until a date. Names the repository for which it was signed."""

    repository: str
    principal: Principal
    finding: FindingId
    because: str
    until: datetime
    rule: str
    path: str
    key: str


@dataclass(frozen=True, slots=True)
class WaiverEnded:
    """A waiver has lapsed."""

    waiver: EventId


@dataclass(frozen=True, slots=True)
class WaiverRevoked:
    """Authority: a waiver is taken back before its time."""

    repository: str
    principal: Principal
    waiver: EventId
    because: str


@dataclass(frozen=True, slots=True)
class MemoryPut:
    """An agent leaves a value for later ones."""

    key: str
    media: Literal["json", "text"]
    text: str


@dataclass(frozen=True, slots=True)
class MemoryDropped:
    """A value is no longer needed; the history keeps it."""

    key: str


@dataclass(frozen=True, slots=True)
class BaselineRecorded:
    """Figures of a day, beside those that it has already, or in their place."""

    date: str
    figures: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class MonthFolded:
    """Closed matters of a month have had their time; only counts are kept in the state."""

    month: str
    findings: tuple[FindingId, ...]
    by_rule: Mapping[str, int]
    agents: tuple[AgentName, ...] = ()
    cases: tuple[CaseId, ...] = ()


@dataclass(frozen=True, slots=True)
class LedgerStarted:
    """The first event of every ledger."""

    format: int


@dataclass(frozen=True, slots=True)
class HistoryArchived:
    """The history up to ``tip`` is kept by another ref; the state goes on here as it was there."""

    tip: Oid
    ref: RefName


Payload = (
    AgentStartIntended
    | AgentStarted
    | AgentStartAbandoned
    | AgentAdopted
    | AgentReported
    | AgentFinished
    | WorkLogged
    | AgentRemovalIntended
    | AgentRemoved
    | FleetSeen
    | FindingOpened
    | FindingChanged
    | FindingClosed
    | CheckpointMade
    | NoticeDue
    | NoticeDelivered
    | NoticeFailed
    | ClaimMade
    | ClaimReleased
    | WaiverGranted
    | WaiverEnded
    | WaiverRevoked
    | MemoryPut
    | MemoryDropped
    | BaselineRecorded
    | MonthFolded
    | LedgerStarted
    | HistoryArchived
    | CasePayload
    | PhasePayload
)


@dataclass(frozen=True, slots=True)
class Event:
    """One thing that happened: when, by whose account, and what.

    ``written``: the line as its writer wrote it; kept, so that what was signed stays what is stored.
    """

    id: EventId
    at: datetime
    by: str
    payload: Payload
    signature: str | None = None
    written: bytes | None = None
