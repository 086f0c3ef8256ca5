"""The overview, for people and as ``gatekeeper.status/1``."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from gatekeeper.core.safe_text import safe
from gatekeeper.core.safe_text import without_surrogates as text
from gatekeeper.report.json_lines import document_text
from gatekeeper.report.page import severity_style
from gatekeeper.report.poll import CheckDocument

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime, timedelta

    from gatekeeper.core.ledger.records import FindingRecord
    from gatekeeper.core.names import Severity
    from gatekeeper.core.watch.overview import AgentLine, Overview
    from gatekeeper.report.page import Page
    from gatekeeper.repository.discovery import Trunk

SCHEMA: Final = "gatekeeper.status/1"

_ATTRIBUTE_DOCSTRINGS = {"use_attribute_docstrings": True}
_FINDINGS_SHOWN = 6
_AGENTS_SHOWN = 20
_LONGEST_NAME = 30
_SHORT_OID = 10


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
    waits_on: list[str]
    reason: str | None
    ready: bool


@dataclass(slots=True)
class PhaseLineDocument:
    """One phase."""

    __pydantic_config__ = _ATTRIBUTE_DOCSTRINGS

    name: str
    progress: str
    waits_for: list[str]


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
    checks: list[CheckDocument]
    claims: list[StatusClaimDocument]
    undelivered: list[str]
    """Notices that could not be delivered yet, with the reason."""
    next: list[str]


def status_json(found: Overview, trunk: Trunk, polled: datetime | None) -> str:
    """Return the overview as JSON."""
    return document_text(
        StatusDocument(
            SCHEMA,
            text(trunk.ref),
            trunk.commit,
            None if found.trunk is None else found.trunk.commit,
            None if polled is None else polled.isoformat(),
            [PhaseLineDocument(phase.name, phase.progress, list(phase.waits_for)) for phase in found.phases],
            [_agent_document(agent) for agent in found.agents],
            [_finding_document(record, found) for record in found.findings],
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
        list(agent.waits_on),
        agent.reason,
        agent.is_ready,
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
    )


def write_status(
    found: Overview, trunk: Trunk, page: Page, *, now: datetime, polled: datetime | None, everything: bool
) -> None:
    """Write the screen; without ``everything`` only what is most worth a look."""
    name = trunk.ref.removeprefix("refs/heads/").removeprefix("refs/remotes/")
    when = f"polled {_ago(now - polled)}" if polled is not None else "not polled yet"
    page.line((name, "bold"), f" at {trunk.commit[:_SHORT_OID]} · {when}")
    for phase in found.phases:
        waits = f", waits for {page.list_of(phase.waits_for)}" if phase.waits_for else ""
        page.line(f"phase {phase.name}: {phase.progress}{waits}")
    _agents(found.agents, page, now=now, everything=everything)
    _findings(found, page, everything=everything)
    _checkpoint(found, page)
    for claim in found.claims:
        page.line(f"claimed by {claim.agent} until {claim.until:%H:%M} UTC: {claim.place}")
    for notice in found.failed:
        page.line(("not told yet", "yellow"), f" {notice.channel}: {notice.failure}")
    if found.next_steps:
        page.blank()
        page.line(("Next: ", "bold"), found.next_steps[0])


def _agents(agents: Sequence[AgentLine], page: Page, *, now: datetime, everything: bool) -> None:
    if not agents:
        return
    page.blank()
    shown = agents if everything else agents[:_AGENTS_SHOWN]
    column = min(max(len(safe(agent.name)) for agent in shown), _LONGEST_NAME)
    for agent in shown:
        page.row(f"  {agent.name}", content=_about(agent, page, now), column=column + 4)
    if len(shown) < len(agents):
        page.line(f"… and {len(agents) - len(shown)} more agents (--all)", indent=2)


def _about(agent: AgentLine, page: Page, now: datetime) -> str:
    parts = [f"blocked: {agent.reason}" if agent.progress == "blocked" and agent.reason else agent.progress]
    if agent.is_ready:
        parts.append("can start")
    if agent.state in {"missing", "conflicts-with-trunk", "no-commits", "unreadable"}:
        parts.append({"missing": "no branch", "no-commits": "no commits yet"}.get(agent.state, agent.state))
    if agent.committed_at is not None:
        parts.append(f"committed {_ago(now - agent.committed_at)}")
    if agent.findings:
        parts.append(_counted(agent.findings))
    if agent.waits_on:
        parts.append(f"waits on {page.list_of(agent.waits_on, at_most=3)}")
    return " · ".join(parts)


def _counted(counts: Mapping[Severity, int]) -> str:
    return ", ".join(f"{counts[severity]} {severity.label}" for severity in sorted(counts, reverse=True))


def _findings(found: Overview, page: Page, *, everything: bool) -> None:
    page.blank()
    if not found.findings:
        page.line("no findings")
        return
    counts = Counter(record.problem.rank for record in found.findings)
    page.line(f"{_counted(counts)} {'finding' if len(found.findings) == 1 else 'findings'}")
    shown = found.findings if everything else found.findings[:_FINDINGS_SHOWN]
    for record in shown:
        problem = record.problem
        place = " ".join(part for part in (problem.path, problem.key) if part)
        mark = " · waived" if problem.id in found.waived else " · expected" if problem.expected_because else ""
        page.line((f"{problem.severity:<8} ", severity_style(problem.rank)), f"{problem.rule}  {place}", indent=2)
        page.line(f"{page.list_of(problem.agents)} · id {problem.id}{mark}", indent=4)
    if len(shown) < len(found.findings):
        page.line(f"… and {len(found.findings) - len(shown)} more (--all)", indent=2)


def _checkpoint(found: Overview, page: Page) -> None:
    failed = [check for check in found.checks if not check.holds]
    if found.checks:
        page.line(f"checkpoint: {f'{len(failed)} of {len(found.checks)} not met' if failed else 'all met'}")
    for check in failed:
        page.line(f"{check.name}: {page.list_of(check.agents, at_most=4)}", indent=2)


def _ago(length: timedelta) -> str:
    minutes = max(0, int(length.total_seconds())) // 60
    if minutes < 1:
        return "just now"
    hours, days = minutes // 60, minutes // 1440
    return f"{minutes} min ago" if hours < 1 else f"{hours} h ago" if days < 2 else f"{days} days ago"  # noqa: PLR2004
