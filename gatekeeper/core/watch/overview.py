"""Everything at a glance: who is where, what stands between whom, and what to do next."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

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
from gatekeeper.core.names import AgentName, Severity
from gatekeeper.core.roster import Roster
from gatekeeper.core.watch.registry import AgentEntry, PhaseEntry, registry


@dataclass(frozen=True, slots=True)
class AgentLine:
    """One agent. ``waits_on``: agents that it depends on, then those that it has an open finding with."""

    name: AgentName
    progress: Progress
    state: str | None
    committed_at: datetime | None
    findings: Mapping[Severity, int]
    waits_on: tuple[AgentName, ...]
    reason: str | None = None
    is_ready: bool = False


@dataclass(frozen=True, slots=True)
class Overview:
    """The state of the ledger, for one screen. ``findings`` stand, the worst first; ``failed`` notices wait."""

    trunk: TrunkRecord | None
    phases: tuple[PhaseEntry, ...]
    agents: tuple[AgentLine, ...]
    findings: tuple[FindingRecord, ...]
    waived: frozenset[str]
    checks: tuple[Check, ...]
    claims: tuple[ClaimRecord, ...]
    failed: tuple[NoticeRecord, ...]
    next_steps: tuple[str, ...]


def overview(roster: Roster, state: Records, *, waived: Collection[str], now: datetime) -> Overview:
    """Return what the ledger says, and what follows for whoever reads it."""
    found = registry(roster, state)
    findings = sorted((record for _, record in state.each(FindingRecord)), key=_worst_first)
    open_ones = [record for record in findings if _decides(record, waived)]
    agents = tuple(_line(entry, open_ones) for entry in found.agents.values() if not _is_removed(entry))
    checkpoint = state.get(CheckpointRecord)
    claims = tuple(claim for _, claim in state.each(ClaimRecord) if claim.until > now)
    return Overview(
        trunk=state.get(TrunkRecord),
        phases=tuple(found.phases.values()),
        agents=agents,
        findings=tuple(findings),
        waived=frozenset(waived),
        checks=() if checkpoint is None else checkpoint.checks,
        claims=claims,
        failed=tuple(notice for _, notice in state.each(NoticeRecord) if notice.attempts),
        next_steps=tuple(_next_steps(open_ones, agents, has_polled=state.get(TrunkRecord) is not None)),
    )


def _worst_first(record: FindingRecord) -> tuple[int, str, str, str]:
    problem = record.problem
    return -problem.rank, problem.path, problem.key, problem.id


def _decides(record: FindingRecord, waived: Collection[str]) -> bool:
    problem = record.problem
    return problem.rank > Severity.NOTE and problem.expected_because is None and problem.id not in waived


def _is_removed(entry: AgentEntry) -> bool:
    return entry.record is not None and entry.record.removed_at is not None


def _line(entry: AgentEntry, findings: Sequence[FindingRecord]) -> AgentLine:
    mine = [record.problem for record in findings if entry.name in record.problem.agents]
    others = dict.fromkeys(agent for problem in mine for agent in problem.agents if agent != entry.name)
    record = entry.record
    return AgentLine(
        entry.name,
        entry.progress,
        None if record is None else record.state,
        None if record is None else record.committed_at,
        Counter(problem.rank for problem in mine),
        tuple(dict.fromkeys((*entry.waits_for, *others))),
        None if record is None else record.reason,
        entry.is_ready,
    )


def _next_steps(findings: Sequence[FindingRecord], agents: Sequence[AgentLine], *, has_polled: bool) -> list[str]:
    """Return what a person does next, the most urgent first."""
    if not has_polled:
        return ["gatekeeper poll"]
    steps = []
    worst = findings[0].problem if findings else None
    if worst is not None and worst.rank >= Severity.MAJOR and worst.family != "Watch":
        steps.append(f"gatekeeper explain {worst.rule}")
    steps += [f"help {agent.name}: {agent.reason or 'blocked'}" for agent in agents if agent.progress == "blocked"]
    steps += [f"gatekeeper agent start {agent.name}" for agent in agents if agent.is_ready]
    return steps
