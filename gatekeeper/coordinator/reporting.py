"""A scan's report with what the ledger says to it: findings that are waived, claims that somebody touches."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from gatekeeper.coordinator.authority import waivers_that_count
from gatekeeper.coordinator.claims import touches
from gatekeeper.core.findings import ClaimTouch, Finding, Report
from gatekeeper.core.ledger.records import WaiverRecord
from gatekeeper.core.names import AgentName
from gatekeeper.ledger.ledger import Ledger
from gatekeeper.repository import open_repository
from gatekeeper.scanning.request import Progress, ScanRequest
from gatekeeper.scanning.run import scan_with_settings


def full_report(request: ScanRequest, *, now: datetime, progress: Progress | None = None) -> Report:
    """Scan, and add what the ledger knows; raises GatekeeperError."""
    report, settings = scan_with_settings(request, progress=progress)
    repository = open_repository(request.path)
    ledger = Ledger(repository)
    if ledger.tip() is None:
        return report
    state = ledger.state()
    waived: dict[str, WaiverRecord] = {
        waiver.finding: waiver for waiver in waivers_that_count(repository, state, settings, report.trunk_commit, now)
    }
    focus = _focus(report, request)
    found = touches(repository, state, report, now, only=focus)
    claims = tuple(
        ClaimTouch(touch.claim.agent, str(touch.claim.place), touch.claim.until, touch.agent)
        for touch in found
        if focus is None or focus in {touch.agent, touch.claim.agent}
    )
    findings = tuple(_with_waiver(finding, waived.get(finding.id)) for finding in report.findings)
    return replace(report, findings=findings if waived else report.findings, claims=claims)


def _with_waiver(finding: Finding, waiver: WaiverRecord | None) -> Finding:
    if waiver is None:
        return finding
    told = f"{waiver.because} ({waiver.principal}, until {waiver.until:%Y-%m-%d %H:%M} UTC)"
    return replace(finding, waived_because=told)


def _focus(report: Report, request: ScanRequest) -> AgentName | None:
    """Return the agent that a report is about; None: all of them."""
    wanted = request.focus
    if wanted is None:
        return None
    return next(
        (agent.name for agent in report.agents if wanted in {agent.name, agent.ref, agent.ref.split("/", 2)[-1]}), None
    )
