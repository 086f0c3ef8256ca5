"""What the ledger's state consists of: one record a file.

Records are what a person reads in the ledger's tree and what decisions are made from. Everything in them is plain text,
a number, a moment (UTC) or a tuple of those; what is not UTF-8 in a repository is written out before it gets here.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal, NewType

from gatekeeper.core.names import SEVERITIES, AgentName, Oid, RefName, Severity
from gatekeeper.core.roster import Principal

EventId = NewType("EventId", str)
"""24 hexadecimal digits, drawn at random when the event is made."""

FindingId = NewType("FindingId", str)
ClaimId = NewType("ClaimId", str)
NoticeId = NewType("NoticeId", str)

SeverityName = Literal["note", "minor", "major", "critical"]
Progress = Literal["pending", "in-progress", "blocked", "completed"]


@dataclass(frozen=True, slots=True)
class AgentRecord:
    """An agent that somebody has started or adopted, or that is declared and was seen.

    ``pending_step`` names a side effect that was announced and not yet reported: ``start`` or ``removal``.
    ``made_here``: whether branch and worktree are gatekeeper's own, so that it may remove them.
    ``head`` and what follows are what the last poll saw; ``seen_in`` is the clone that it ran in, and ``made_in`` the
    one that the worktree is in. ``branch_before`` and ``removed_before`` are those of the record that a pending start
    is going to replace: all else of it stays until then, since the start may fail.
    """

    name: AgentName
    branch: RefName
    progress: Progress
    recorded_at: datetime
    worktree: str | None = None
    target_dir: str | None = None
    base: Oid | None = None
    made_here: bool = False
    pending_step: Literal["start", "removal"] | None = None
    started_at: datetime | None = None
    finished_at: datetime | None = None
    blocked_at: datetime | None = None
    reason: str | None = None
    outputs: tuple[str, ...] = ()
    removed_at: datetime | None = None
    archived_as: RefName | None = None
    head: Oid | None = None
    state: str | None = None
    committed_at: datetime | None = None
    seen_at: datetime | None = None
    seen_in: str = ""
    made_in: str = ""
    branch_before: RefName | None = None
    removed_before: datetime | None = None


@dataclass(frozen=True, slots=True)
class FindingSide:
    """Agents that do the same at one place; ``key`` is dotted, empty for a whole file.

    ``takes_away``: whether something stood there that is gone in their work.
    """

    agents: tuple[AgentName, ...]
    path: str
    key: str
    takes_away: bool = False


@dataclass(frozen=True, slots=True)
class FoundProblem:
    """A finding as a scan or the watch itself has stated it."""

    id: FindingId
    rule: str
    severity: SeverityName
    path: str
    key: str
    sides: tuple[FindingSide, ...]
    message: str
    proposal: str | None = None
    git: str | None = None
    expected_because: str | None = None
    family: str = ""

    @property
    def agents(self) -> tuple[AgentName, ...]:
        """Everybody whom it concerns, by name."""
        return tuple(sorted({agent for side in self.sides for agent in side.agents}))

    @property
    def rank(self) -> Severity:
        """The severity, comparable."""
        return SEVERITIES[self.severity]


@dataclass(frozen=True, slots=True)
class Sight:
    """Where something was seen: in which clone, and in which state of the agents' branches.

    ``tips`` are the commits of the branches there, ``uncommitted`` the agents whose work is not in these commits: what
    another clone must have before it can contradict.
    """

    clone: str = ""
    tips: Mapping[AgentName, Oid] = field(default_factory=dict)
    uncommitted: tuple[AgentName, ...] = ()


@dataclass(frozen=True, slots=True)
class FindingRecord:
    """A finding that stands, and since when; ``changed_at``: when it last became worse or milder, if ever."""

    problem: FoundProblem
    opened_at: datetime
    changed_at: datetime | None = None
    sight: Sight = field(default_factory=Sight)


@dataclass(frozen=True, slots=True)
class ClosedFinding:
    """A finding that went away; kept until it is folded into its month."""

    problem: FoundProblem
    opened_at: datetime
    closed_at: datetime
    because: str
    sight: Sight = field(default_factory=Sight)


@dataclass(frozen=True, slots=True)
class MonthSummary:
    """What is left of closed matters after their time: counts."""

    month: str
    findings_closed: int
    by_rule: Mapping[str, int]
    agents_removed: tuple[AgentName, ...] = ()
    cases_closed: int = 0


@dataclass(frozen=True, slots=True)
class ClaimRecord:
    """An agent has said that it is about to change a place (``PATH`` or ``PATH#KEY``).

    ``head`` is where its branch stood then: a commit since then that changes the place is what was announced.
    """

    id: ClaimId
    agent: AgentName
    place: str
    made_at: datetime
    until: datetime
    head: Oid | None = None


@dataclass(frozen=True, slots=True)
class WaiverRecord:
    """A finding that somebody with the right to do so lets pass until a date.

    ``event`` is the signed event as it was written, so that its signature can be checked against trunk's signers of any
    later day; a waiver whose signature does not count is shown and waives nothing. The same holds for what takes it
    back, ``revocations``: all of them, so that one that does not count never stands in the way of one that does.
    """

    id: EventId
    finding: FindingId
    because: str
    until: datetime
    granted_at: datetime
    principal: Principal
    event: str
    rule: str
    path: str
    key: str
    revocations: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class MemoryRecord:
    """A value that an agent has left for later ones, as it was given."""

    key: str
    media: Literal["json", "text"]
    text: str
    by: str
    at: datetime


@dataclass(frozen=True, slots=True)
class WorkRecord:
    """The work log of an agent as it was when it finished: ``document`` is what ``gatekeeper.evidence/1`` describes."""

    agent: AgentName
    at: datetime
    document: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class BaselineRecord:
    """Figures of one day, each as it was given: a number with its unit."""

    date: str
    figures: Mapping[str, str]
    by: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Check:
    """One question of a checkpoint, and whom the answer concerns if it is no."""

    name: str
    holds: bool
    agents: tuple[AgentName, ...] = ()
    detail: str = ""


@dataclass(frozen=True, slots=True)
class CheckpointRecord:
    """The answers of the last checkpoint that differed from the one before it."""

    at: datetime
    checks: tuple[Check, ...]

    @property
    def holds(self) -> bool:
        """Whether every answer is yes."""
        return all(check.holds for check in self.checks)


@dataclass(frozen=True, slots=True)
class NoticeRecord:
    """Something to be told through one channel: due, or failed ``attempts`` times and due again at ``due_at``.

    ``teller``: the clone that tells it, unless that one is not heard of.
    """

    id: NoticeId
    channel: str
    document: str
    subject: str
    due_at: datetime
    attempts: int = 0
    failure: str | None = None
    teller: str = ""


@dataclass(frozen=True, slots=True)
class TrunkRecord:
    """Trunk as the last poll saw it, and in which clone."""

    ref: RefName
    commit: Oid
    seen_at: datetime
    seen_in: str = ""


@dataclass(frozen=True, slots=True)
class LedgerRecord:
    """What the ledger says of itself; ``continues`` is the tip of the archived history before it."""

    format: int
    continues: Oid | None = None
