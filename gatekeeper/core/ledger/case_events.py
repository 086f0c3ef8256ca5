"""What can happen to cases: they open and close, people rule, parties acknowledge, agents integrate."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from gatekeeper.core.ledger.case_records import CaseId, CaseMatter
from gatekeeper.core.ledger.records import EventId, FindingId
from gatekeeper.core.names import AgentName, Oid
from gatekeeper.core.roster import GateName, Principal

Choice = Literal["proposal", "take", "file", "proceed", "take-back"]
"""What was ruled: the proposal; one agent's side; a text; that a reorganisation may go on, or has to be undone."""


@dataclass(frozen=True, slots=True)
class PrecedenceTaken:
    """An agent stands in the line from now on."""

    agent: AgentName
    position: int


@dataclass(frozen=True, slots=True)
class PrecedenceLeft:
    """An agent has landed, or is gone: its place in the line is free."""

    agent: AgentName


@dataclass(frozen=True, slots=True)
class CaseOpened:
    """A question that a person has to answer."""

    matter: CaseMatter


@dataclass(frozen=True, slots=True)
class CaseChanged:
    """It is about something else now: other findings, other parties, or branches that have moved."""

    matter: CaseMatter


@dataclass(frozen=True, slots=True)
class CaseClosed:
    """Nothing is left to answer. ``agents``: whom it concerned, so that the log can say so."""

    case: CaseId
    because: str
    agents: tuple[AgentName, ...] = ()


@dataclass(frozen=True, slots=True)
class CaseRuled:
    """Authority: how a case is settled, for just these findings and states of branches.

    ``text`` is what the file holds then, where a text was chosen or proposed, and ``result`` the digest of what the
    place holds in it. ``waives``: names of things that need not stay compatible; ``effect`` and ``broken``: what the
    ruling means for others.
    """

    repository: str
    principal: Principal
    case: CaseId
    findings: tuple[FindingId, ...]
    heads: Mapping[AgentName, Oid]
    contents: Mapping[AgentName, str]
    choice: Choice
    because: str
    agent: AgentName | None = None
    text: str | None = None
    result: str = ""
    waives: tuple[str, ...] = ()
    effect: tuple[str, ...] = ()
    broken: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class CaseAcknowledged:
    """Authority: a party has seen the ruling and goes by it; signed by its own key, or by the coordinator's for it."""

    repository: str
    principal: Principal
    case: CaseId
    ruling: EventId
    agent: AgentName


@dataclass(frozen=True, slots=True)
class IncidentPlanned:
    """What the cause of an incident was, and how it goes on with its ``findings``; approving it is another event."""

    case: CaseId
    cause: str
    plan: str
    findings: tuple[FindingId, ...] = ()


@dataclass(frozen=True, slots=True)
class ApprovalGiven:
    """Authority: ``subject`` is approved as it is (``proposal``), under ``conditions``: gates that a release needs."""

    repository: str
    principal: Principal
    subject: str
    proposal: str
    because: str
    head: Oid | None = None
    conditions: tuple[GateName, ...] = ()


@dataclass(frozen=True, slots=True)
class AgentQuarantined:
    """Authority: an agent is set apart until its findings are gone, so that nobody else waits for it."""

    repository: str
    principal: Principal
    agent: AgentName
    findings: tuple[FindingId, ...]
    because: str


@dataclass(frozen=True, slots=True)
class AgentReadmitted:
    """Authority: an agent is one of all again."""

    repository: str
    principal: Principal
    agent: AgentName
    quarantine: EventId
    because: str


@dataclass(frozen=True, slots=True)
class QuarantineEnded:
    """Nothing is left of what an agent was set apart for."""

    agent: AgentName


@dataclass(frozen=True, slots=True)
class IntegrationDue:
    """Whoever had precedence has landed: the agent takes in trunk."""

    agent: AgentName
    after: tuple[AgentName, ...]
    findings: tuple[FindingId, ...]
    trunk: Oid
    cases: tuple[CaseId, ...] = ()


@dataclass(frozen=True, slots=True)
class IntegrationIntended:
    """A merge of trunk into a state of the agent's branch is about to be published."""

    agent: AgentName
    head: Oid
    trunk: Oid


@dataclass(frozen=True, slots=True)
class IntegrationPublished:
    """It is there, verified, for the agent to fast-forward to."""

    agent: AgentName
    head: Oid
    trunk: Oid
    commit: Oid
    settled: tuple[str, ...] = field(default_factory=tuple)


@dataclass(frozen=True, slots=True)
class IntegrationFailed:
    """No merge came about that could be verified; the branch is as it was."""

    agent: AgentName
    head: Oid
    trunk: Oid
    because: str


@dataclass(frozen=True, slots=True)
class IntegrationEnded:
    """Nothing is left to take in."""

    agent: AgentName
    because: str


CasePayload = (
    PrecedenceTaken
    | PrecedenceLeft
    | CaseOpened
    | CaseChanged
    | CaseClosed
    | CaseRuled
    | CaseAcknowledged
    | IncidentPlanned
    | ApprovalGiven
    | AgentQuarantined
    | AgentReadmitted
    | QuarantineEnded
    | IntegrationDue
    | IntegrationIntended
    | IntegrationPublished
    | IntegrationFailed
    | IntegrationEnded
)
