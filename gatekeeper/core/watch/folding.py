"""What has had its time goes out of the state, month by month; the history keeps it."""

from __future__ import annotations

from collections.abc import Container, Iterator
from datetime import datetime

from gatekeeper.core.ledger import events as happened
from gatekeeper.core.ledger.case_records import CaseId, ClosedCase, IntegrationRecord
from gatekeeper.core.ledger.events import Payload
from gatekeeper.core.ledger.records import AgentRecord, ClosedFinding
from gatekeeper.core.ledger.state import Records
from gatekeeper.core.names import AgentName


def folded(state: Records, before: datetime, seen: Container[AgentName]) -> Iterator[Payload]:
    """Yield what to fold: closed findings and cases, and removed agents, that are older than ``before``."""
    # Whoever has yet to take something in is told why, and by which ruling.
    due = [record for _, record in state.each(IntegrationRecord)]
    kept_findings = {finding for record in due for finding in record.findings}
    kept_cases = {case for record in due for case in record.cases}
    findings: dict[str, list[ClosedFinding]] = {}
    agents: dict[str, list[AgentName]] = {}
    for _, closed in state.each(ClosedFinding):
        if closed.closed_at < before and closed.problem.id not in kept_findings:
            findings.setdefault(f"{closed.closed_at:%Y-%m}", []).append(closed)
    for _, agent in state.each(AgentRecord):
        if agent.removed_at is not None and agent.removed_at < before and agent.name not in seen:
            agents.setdefault(f"{agent.removed_at:%Y-%m}", []).append(agent.name)
    cases: dict[str, list[CaseId]] = {}
    for _, case in state.each(ClosedCase):
        if case.closed_at < before and case.id not in kept_cases:
            cases.setdefault(f"{case.closed_at:%Y-%m}", []).append(case.id)
    for month in sorted({*findings, *agents, *cases}):
        rows = findings.get(month, [])
        rules = sorted({row.problem.rule for row in rows})
        counts = {rule: sum(row.problem.rule == rule for row in rows) for rule in rules}
        gone = tuple(agents.get(month, ()))
        yield happened.MonthFolded(
            month, tuple(row.problem.id for row in rows), counts, gone, tuple(cases.get(month, ()))
        )
