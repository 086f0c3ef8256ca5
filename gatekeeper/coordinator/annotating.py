"""What the ledger says to a report: findings that are waived, claims that somebody touches."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime

from gatekeeper.config import Settings
from gatekeeper.coordinator.authority import waivers_that_count
from gatekeeper.coordinator.standing import verdict_of
from gatekeeper.core.findings import ClaimTouch, Finding, Report
from gatekeeper.core.ledger.records import ClaimRecord, FindingId, WaiverRecord
from gatekeeper.core.ledger.state import Records
from gatekeeper.core.names import AgentName
from gatekeeper.ledger.ledger import Ledger
from gatekeeper.repository import Repository
from gatekeeper.scanning.request import ScanRequest


def annotated(
    report: Report, request: ScanRequest, repository: Repository, settings: Settings, *, now: datetime
) -> Report:
    """Return the report with waivers and touched claims; raises GatekeeperError."""
    state = Ledger(repository).state()
    waived: dict[str, WaiverRecord] = {
        waiver.finding: waiver for waiver in waivers_that_count(repository, state, settings, report.trunk_commit, now)
    }
    verdict = verdict_of(repository, state, settings, report.trunk_commit, now)
    findings = tuple(
        _as_ruled(_with_waiver(finding, waived.get(finding.id)), verdict.settled) for finding in report.findings
    )
    focus = _focus(report, request)
    claims = _claims(report, repository, state, focus, now)
    decision = None if focus is None else verdict.of(focus)
    return replace(report, findings=findings, claims=claims, decision=decision)


def _claims(
    report: Report, repository: Repository, state: Records, focus: AgentName | None, now: datetime
) -> tuple[ClaimTouch, ...]:
    if next(state.each(ClaimRecord), None) is None:
        return ()
    from gatekeeper.coordinator.claims import touches  # noqa: PLC0415 - what compares changes is slow to load

    return tuple(
        ClaimTouch(touch.claim.agent, str(touch.claim.place), touch.claim.until, touch.agent)
        for touch in touches(repository, state, report, now, only=focus)
        if focus is None or focus in {touch.agent, touch.claim.agent}
    )


def _with_waiver(finding: Finding, waiver: WaiverRecord | None) -> Finding:
    if waiver is None:
        return finding
    told = f"{waiver.because} ({waiver.principal}, until {waiver.until:%Y-%m-%d %H:%M} UTC)"
    return replace(finding, waived_because=told)


def _as_ruled(finding: Finding, settled: Mapping[FindingId, str]) -> Finding:
    """What somebody has ruled on keeps nothing from landing by itself: the ruling says who follows."""
    because = settled.get(FindingId(finding.id))
    if finding.waived or because is None:
        return finding
    return replace(finding, waived_because=because)


def _focus(report: Report, request: ScanRequest) -> AgentName | None:
    """Return the agent that a report is about; None: all of them."""
    wanted = request.focus
    if wanted is None:
        return None
    return next(
        (agent.name for agent in report.agents if wanted in {agent.name, agent.ref, agent.ref.split("/", 2)[-1]}), None
    )
