"""Everything at a glance: who is where, what stands between whom, and what to do next."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from shlex import quote

from gatekeeper.core.ledger.case_records import CaseRecord
from gatekeeper.core.ledger.records import (
    Check,
    CheckpointRecord,
    ClaimRecord,
    FindingRecord,
    NoticeRecord,
    Progress,
    TrunkRecord,
)
from gatekeeper.core.ledger.state import Records
from gatekeeper.core.names import AgentName, Oid, Severity
from gatekeeper.core.policy.decide import Verdict, decide
from gatekeeper.core.policy.standing import Decision
from gatekeeper.core.policy.trusted import Trusted
from gatekeeper.core.roster import Roster
from gatekeeper.core.watch.limits import FAMILY
from gatekeeper.core.watch.registry import AgentEntry, PhaseEntry, Registry, registry


@dataclass(frozen=True, slots=True)
class AgentLine:
    """One agent. ``waits_for``: agents that it depends on; ``meets``: those that it has an open finding with."""

    name: AgentName
    progress: Progress
    state: str | None
    committed_at: datetime | None
    findings: Mapping[Severity, int]
    waits_for: tuple[AgentName, ...]
    meets: tuple[AgentName, ...] = ()
    reason: str | None = None
    is_ready: bool = False
    decision: Decision | None = None


@dataclass(frozen=True, slots=True)
class Overview:
    """The state of the ledger, for one screen. ``findings`` stand, the worst first; ``failed`` notices wait.

    ``settled``: findings that are waived, or that somebody has ruled on; ``cases`` are open.
    """

    trunk: TrunkRecord | None
    phases: tuple[PhaseEntry, ...]
    agents: tuple[AgentLine, ...]
    findings: tuple[FindingRecord, ...]
    waived: frozenset[str]
    settled: frozenset[str]
    cases: tuple[CaseRecord, ...]
    checks: tuple[Check, ...]
    claims: tuple[ClaimRecord, ...]
    failed: tuple[NoticeRecord, ...]
    next_steps: tuple[str, ...]


def overview(roster: Roster, state: Records, *, trusted: Trusted, trunk: Oid, now: datetime) -> Overview:
    """Return what the ledger says, and what follows for whoever reads it; ``trunk``: where that stands now."""
    found = registry(roster, state)
    findings = sorted((record for _, record in state.each(FindingRecord)), key=_worst_first)
    verdict = decide((record.problem for record in findings), state, roster, trusted)
    settled = trusted.waived.union(verdict.settled)
    open_ones = [record for record in findings if _decides(record, settled)]
    agents = tuple(_line(entry, open_ones, verdict) for entry in found.agents.values() if not _is_removed(entry))
    checkpoint, seen = state.get(CheckpointRecord), state.get(TrunkRecord)
    claims = tuple(claim for _, claim in state.each(ClaimRecord) if claim.until > now)
    return Overview(
        trunk=seen,
        phases=tuple(found.phases.values()),
        agents=agents,
        findings=tuple(findings),
        waived=trusted.waived,
        settled=settled,
        cases=tuple(sorted((case for _, case in state.each(CaseRecord)), key=lambda case: (case.opened_at, case.id))),
        checks=() if checkpoint is None else checkpoint.checks,
        claims=claims,
        failed=tuple(notice for _, notice in state.each(NoticeRecord) if notice.attempts),
        next_steps=(
            *_next_steps(open_ones, agents, verdict, is_current=seen is not None and seen.commit == trunk),
            *_steps_of_phases(found),
        ),
    )


def _worst_first(record: FindingRecord) -> tuple[int, str, str, str]:
    problem = record.problem
    return -problem.rank, problem.path, problem.key, problem.id


def _decides(record: FindingRecord, waived: Collection[str]) -> bool:
    problem = record.problem
    return problem.rank > Severity.NOTE and problem.expected_because is None and problem.id not in waived


def _is_removed(entry: AgentEntry) -> bool:
    return entry.record is not None and entry.record.removed_at is not None


def _line(entry: AgentEntry, findings: Sequence[FindingRecord], verdict: Verdict) -> AgentLine:
    mine = [record.problem for record in findings if entry.name in record.problem.agents]
    others = dict.fromkeys(agent for problem in mine for agent in problem.agents if agent != entry.name)
    record = entry.record
    return AgentLine(
        entry.name,
        entry.progress,
        None if record is None else record.state,
        None if record is None else record.committed_at,
        Counter(problem.rank for problem in mine),
        entry.waits_for,
        tuple(sorted(others)),
        None if record is None else record.reason,
        entry.is_ready,
        verdict.of(entry.name),
    )


def _next_steps(
    findings: Sequence[FindingRecord], agents: Sequence[AgentLine], verdict: Verdict, *, is_current: bool
) -> list[str]:
    """Return what a person does next, the most urgent first."""
    steps = [] if is_current else ["gatekeeper poll"]
    reasons = [reason for decision in verdict.decisions.values() for reason in decision.reasons]
    reasons.sort(key=lambda reason: -reason.standing.rank)
    asked = {finding for reason in reasons if reason.standing.stops for finding in reason.findings}
    steps += dict.fromkeys(reason.next_step for reason in reasons if reason.standing.stops)
    settled: dict[str, str] = {}
    for problem in (record.problem for record in findings):
        if problem.rank >= Severity.MAJOR and problem.family != FAMILY and problem.id not in asked:
            place = problem.path + (f"#{problem.key}" if problem.key else "")
            settled.setdefault(problem.rule, f"settle {place}: gatekeeper explain {problem.rule}")
    steps += settled.values()
    for decision in verdict.decisions.values():
        own = (reason for reason in decision.reasons if not reason.standing.stops and not reason.waits_for)
        steps += [f"{decision.agent}: {reason.next_step}" for reason in own]
    steps += [f"help {agent.name}: {agent.reason or 'blocked'}" for agent in agents if agent.progress == "blocked"]
    # Whose branch is there already has been set up by somebody else.
    steps += [
        f"gatekeeper agent {'adopt' if agent.state else 'start'} {quote(agent.name)}"
        for agent in agents
        if agent.is_ready
    ]
    return steps


def _steps_of_phases(found: Registry) -> Iterator[str]:
    """Yield which phases can be asked to start, or to complete: those that do so only when somebody asks."""
    for phase in found.phases.values():
        if phase.is_ready and not phase.is_started:
            yield f"gatekeeper phase start {phase.name}"
        elif phase.is_started and phase.progress != "completed" and phase.agents and phase.done == len(phase.agents):
            yield f"gatekeeper phase complete {phase.name}"
