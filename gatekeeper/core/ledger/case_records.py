"""What the ledger keeps of decisions: open cases, who goes first, who has to take something in, who was set apart.

What carries authority is kept as the signed line that it was, so that its signature can be checked against trunk's
signers of any later day. All lines stay, so that one that does not count never stands in the way of one that does.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal, NewType

from gatekeeper.core.ledger.records import EventId, FindingId
from gatekeeper.core.names import AgentName, Oid
from gatekeeper.core.roster import PhaseName, Principal, RoleName

CaseId = NewType("CaseId", str)
"""Eight hexadecimal digits of the rule and the place that a case is about."""

CaseKind = Literal["escalation", "reorganisation", "incident", "phase"]


@dataclass(frozen=True, slots=True)
class CaseMatter:
    """What a case is about, as the last look found it.

    ``owner`` is the role that answers ``question``, and ``parties`` are those whom it concerns; ``author`` is who
    reorganises, with ``coauthors`` who do the same, and ``phases`` are those that an incident halts. ``heads`` are the
    commits of the parties' branches, and ``contents`` what these hold at the place (a digest each). ``proposal`` says
    what could be done, ``proposed`` is the digest of what the place would hold then; ``effect`` lists who is affected,
    and ``broken`` what would no longer be compatible, by name.
    """

    id: CaseId
    kind: CaseKind
    owner: RoleName
    question: str
    findings: tuple[FindingId, ...] = ()
    parties: tuple[AgentName, ...] = ()
    rule: str = ""
    path: str = ""
    key: str = ""
    author: AgentName | None = None
    phases: tuple[PhaseName, ...] = ()
    heads: Mapping[AgentName, Oid] = field(default_factory=dict)
    contents: Mapping[AgentName, str] = field(default_factory=dict)
    proposal: str = ""
    proposed: str = ""
    effect: tuple[str, ...] = ()
    broken: tuple[str, ...] = ()
    coauthors: tuple[AgentName, ...] = ()

    @property
    def authors(self) -> tuple[AgentName, ...]:
        """All who reorganise: what a ruling lets proceed, it lets each of them."""
        return () if self.author is None else (self.author, *self.coauthors)


@dataclass(frozen=True, slots=True)
class CaseRecord:
    """A case that is open. ``rulings``, ``acknowledgements`` and ``approvals`` are signed lines, the oldest first.

    ``cause`` and ``plan`` are those of an incident, as somebody has recorded them, for the findings ``planned_for``.
    """

    matter: CaseMatter
    opened_at: datetime
    changed_at: datetime | None = None
    cause: str = ""
    plan: str = ""
    planned_by: str = ""
    planned_for: tuple[FindingId, ...] = ()
    rulings: tuple[str, ...] = ()
    acknowledgements: tuple[str, ...] = ()
    approvals: tuple[str, ...] = ()

    @property
    def id(self) -> CaseId:
        """Of the matter: a case is found again by it when it has become another one."""
        return self.matter.id


@dataclass(frozen=True, slots=True)
class ClosedCase:
    """A case that is over; kept until it is folded into its month."""

    case: CaseRecord
    closed_at: datetime
    because: str

    @property
    def id(self) -> CaseId:
        """Of the case."""
        return self.case.id


@dataclass(frozen=True, slots=True)
class PrecedenceRecord:
    """Where an agent stands in the line of those who want the same places: the lower position goes first.

    There is one line for all places: two agents that stood differently in two lines would wait for each other.
    """

    agent: AgentName
    position: int
    since: datetime


@dataclass(frozen=True, slots=True)
class IntegrationRecord:
    """An agent has to take in what has landed before it; ``trunk`` is the commit that its branch lacks.

    ``cases``: those whose ruling says what the contested places hold. ``head`` and ``published`` are the last
    integration that was made: of which commit of the branch, and as which; ``is_making``: it was announced only.
    """

    agent: AgentName
    after: tuple[AgentName, ...]
    findings: tuple[FindingId, ...]
    trunk: Oid
    due_at: datetime
    cases: tuple[CaseId, ...] = ()
    head: Oid | None = None
    published: Oid | None = None
    is_making: bool = False
    failure: str = ""


@dataclass(frozen=True, slots=True)
class QuarantineRecord:
    """An agent is set apart. ``placed`` and ``lifted`` are signed lines, the oldest first.

    Without any it was once; it is kept with ``ended_at``, so that the lines of then cannot be written once more.
    """

    agent: AgentName
    at: datetime
    placed: tuple[str, ...] = ()
    lifted: tuple[str, ...] = ()
    ended_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class ApprovalRecord:
    """Somebody has approved ``subject`` as it was then (``proposal``); ``event`` is the signed line."""

    id: EventId
    subject: str
    proposal: str
    principal: Principal
    at: datetime
    event: str
