"""The overview as ``gatekeeper.status/1``."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from gatekeeper.core.safe_text import without_surrogates as text
from gatekeeper.report.decisions import DecisionDocument, decision_document
from gatekeeper.report.json_lines import document_text
from gatekeeper.report.poll import CheckDocument

if TYPE_CHECKING:
    from datetime import datetime

    from gatekeeper.core.ledger.case_records import CaseRecord
    from gatekeeper.core.ledger.records import FindingRecord
    from gatekeeper.core.watch.overview import AgentLine, Overview
    from gatekeeper.repository.discovery import Trunk

SCHEMA: Final = "gatekeeper.status/1"

_ATTRIBUTE_DOCSTRINGS = {"use_attribute_docstrings": True}


@dataclass(slots=True)
class AgentLineDocument:
    """One agent, as the last poll saw it."""

    __pydantic_config__ = _ATTRIBUTE_DOCSTRINGS

    name: str
    progress: str
    """``pending``, ``in-progress``, ``blocked`` or ``completed``."""
    state: str | None
    """What landing its branch would do; ``no-commits`` and ``missing`` as well."""
    committed_at: str | None
    findings: dict[str, int]
    """How many that decide something concern it, by severity."""
    waits_for: list[str]
    """Agents that it depends on and that are not completed."""
    meets: list[str]
    """Agents that it has such findings with."""
    reason: str | None
    """Why it is blocked, in its own words."""
    ready: bool
    """Whether it may start."""
    decision: DecisionDocument | None
    """What it may do, and why."""


@dataclass(slots=True)
class PhaseLineDocument:
    """One phase."""

    __pydantic_config__ = _ATTRIBUTE_DOCSTRINGS

    name: str
    progress: str
    waits_for: list[str]
    """Phases that have to be over before it starts."""
    agents: list[str]
    done: int
    """How many of its agents are completed."""


@dataclass(slots=True)
class StandingFindingDocument:
    """A finding that stands."""

    __pydantic_config__ = _ATTRIBUTE_DOCSTRINGS

    id: str
    rule: str
    severity: str
    path: str
    key: str
    agents: list[str]
    message: str
    opened_at: str
    expected: bool
    waived: bool
    settled: bool
    """Whether it is waived, or somebody has ruled on it."""


@dataclass(slots=True)
class StatusCaseDocument:
    """A case that is open."""

    __pydantic_config__ = _ATTRIBUTE_DOCSTRINGS

    id: str
    kind: str
    """``escalation``, ``reorganisation``, ``incident`` or ``phase``."""
    owner: str
    """The role that answers."""
    question: str
    agents: list[str]
    phases: list[str]
    opened_at: str


@dataclass(slots=True)
class StatusClaimDocument:
    """A claim that holds."""

    __pydantic_config__ = _ATTRIBUTE_DOCSTRINGS

    agent: str
    place: str
    until: str


@dataclass(slots=True)
class StatusDocument:
    """What ``gatekeeper status`` prints."""

    __pydantic_config__ = _ATTRIBUTE_DOCSTRINGS

    schema: str
    trunk: str
    commit: str
    seen_commit: str | None
    """Trunk's commit at the last poll that recorded anything."""
    polled_at: str | None
    """When this clone was last polled."""
    phases: list[PhaseLineDocument]
    agents: list[AgentLineDocument]
    findings: list[StandingFindingDocument]
    """The worst first."""
    cases: list[StatusCaseDocument]
    """The oldest first."""
    checks: list[CheckDocument]
    claims: list[StatusClaimDocument]
    undelivered: list[str]
    """Notices that could not be delivered yet, with the reason."""
    next: list[str]
    """What to do, the most urgent first."""


def status_json(found: Overview, trunk: Trunk, polled: datetime | None) -> str:
    """Return the overview as JSON."""
    return document_text(
        StatusDocument(
            SCHEMA,
            text(trunk.ref),
            trunk.commit,
            None if found.trunk is None else found.trunk.commit,
            None if polled is None else polled.isoformat(),
            [PhaseLineDocument(p.name, p.progress, list(p.waits_for), list(p.agents), p.done) for p in found.phases],
            [_agent_document(agent) for agent in found.agents],
            [_finding_document(record, found) for record in found.findings],
            [_case_document(case) for case in found.cases],
            [CheckDocument(check.name, check.holds, list(check.agents), check.detail) for check in found.checks],
            [StatusClaimDocument(claim.agent, claim.place, claim.until.isoformat()) for claim in found.claims],
            [f"{notice.channel}: {notice.failure}" for notice in found.failed],
            list(found.next_steps),
        )
    )


def _agent_document(agent: AgentLine) -> AgentLineDocument:
    return AgentLineDocument(
        text(agent.name),
        agent.progress,
        agent.state,
        None if agent.committed_at is None else agent.committed_at.isoformat(),
        {severity.label: number for severity, number in sorted(agent.findings.items(), reverse=True)},
        [text(name) for name in agent.waits_for],
        [text(name) for name in agent.meets],
        agent.reason,
        agent.is_ready,
        None if agent.decision is None else decision_document(agent.decision),
    )


def _case_document(case: CaseRecord) -> StatusCaseDocument:
    matter = case.matter
    return StatusCaseDocument(
        matter.id,
        matter.kind,
        matter.owner,
        text(matter.question),
        [text(agent) for agent in matter.parties],
        list(matter.phases),
        case.opened_at.isoformat(),
    )


def _finding_document(record: FindingRecord, found: Overview) -> StandingFindingDocument:
    problem = record.problem
    return StandingFindingDocument(
        problem.id,
        problem.rule,
        problem.severity,
        problem.path,
        problem.key,
        list(problem.agents),
        problem.message,
        record.opened_at.isoformat(),
        problem.expected_because is not None,
        problem.id in found.waived,
        problem.id in found.settled,
    )
