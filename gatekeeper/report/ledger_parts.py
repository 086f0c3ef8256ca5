"""What the ledger adds to a report for people: waived findings, and claims that somebody touches."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gatekeeper.core.names import format_key
from gatekeeper.report.moments import moment_text

if TYPE_CHECKING:
    from datetime import datetime

    from gatekeeper.core.findings import Report
    from gatekeeper.report.page import Page


def write_waived(report: Report, page: Page) -> None:
    """List every finding that a waiver lets pass: none of them is ever hidden."""
    waived = [finding for finding in report.findings if finding.waived]
    if not waived:
        return
    page.blank()
    page.line((f"Waived ({len(waived):,}), not counted above", "bold"))
    for finding in waived:
        place = f"{finding.path}  {format_key(finding.key)}" if finding.key else finding.path
        page.line(f"{finding.severity.label:<8}  {finding.rule}  {place} · id {finding.id}", indent=2)
        page.paragraph(f"waived: {finding.waived_because}", indent=6)


def write_claims(report: Report, page: Page, *, now: datetime) -> None:
    """List who changes what another agent has announced."""
    if not report.claims:
        return
    page.blank()
    page.line((f"Claimed by others ({len(report.claims)})", "bold"))
    for claim in report.claims:
        until = moment_text(claim.until, now)
        page.line(f"{claim.touched_by} changes {claim.place}, claimed by {claim.claimed_by} until {until}", indent=2)
