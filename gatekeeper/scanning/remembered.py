"""Whole reports in the cache: the same trunk, agents and settings give the same report."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Sequence
from typing import Any

from gatekeeper.core.document import Value
from gatekeeper.core.findings import (
    AgentState,
    AgentStatus,
    Finding,
    Order,
    Remark,
    Report,
    ScanStats,
    Side,
    StandingFault,
)
from gatekeeper.core.names import AgentName, Oid, RefName, RuleId, Severity, TreePath
from gatekeeper.core.rules.model import GitVerdict
from gatekeeper.core.spans import Span
from gatekeeper.repository.discovery import Trunk
from gatekeeper.scanning.agents import Agent
from gatekeeper.scanning.values_json import from_json, to_json


def report_key(trunk: Trunk, agents: Iterable[Agent], focus: AgentName | None, surroundings: Sequence[str]) -> str:
    """Return what a report depends on; ``surroundings`` is what it takes from outside the repository's objects."""
    described = [
        (agent.name, agent.ref, agent.commit, agent.worktree, agent.uncommitted, agent.problem) for agent in agents
    ]
    stated = json.dumps([trunk.ref, trunk.commit, described, focus, *surroundings])
    return hashlib.sha256(stated.encode()).hexdigest()


def pack(report: Report) -> bytes:
    """Return the report as bytes."""
    texts: dict[str, int] = {}
    document = {
        "trunk": [report.trunk_ref, report.trunk_commit],
        "agents": [
            [s.name, s.ref, s.commit, s.state.value, s.paths, s.worktree, s.uncommitted, s.detail]
            for s in report.agents
        ],
        "findings": [_finding_row(finding, texts) for finding in report.findings],
        "standing": [[fault.rule, fault.path, fault.key, fault.message] for fault in report.standing],
        "notes": [[remark.path, remark.key, remark.message] for remark in report.notes],
        "stats": [
            report.stats.agents,
            report.stats.pairs_possible,
            report.stats.pairs_compared,
            report.stats.blob_merges,
        ],
        "texts": list(texts),
    }
    return json.dumps(document, separators=(",", ":")).encode()


def unpack(data: bytes) -> Report | None:
    """Return the report in ``data``, None when it is none."""
    try:
        return _report(json.loads(data))
    except (ValueError, KeyError, TypeError, IndexError, AttributeError):
        return None


def _finding_row(finding: Finding, texts: dict[str, int]) -> list[Any]:
    """Values repeat from finding to finding: each distinct one is kept once, as text."""
    return [
        finding.id,
        finding.rule,
        int(finding.severity),
        finding.path,
        finding.key,
        [
            [
                side.agents,
                side.path,
                side.key,
                _number(side.before, texts),
                _number(side.after, texts),
                _span_row(side.span),
            ]
            for side in finding.sides
        ],
        finding.git.value,
        finding.order.value,
        finding.message,
        finding.proposal,
    ]


def _number(value: Value | None, texts: dict[str, int]) -> int | None:
    if value is None:
        return None
    return texts.setdefault(to_json(value).decode(), len(texts))


def _span_row(span: Span | None) -> list[int] | None:
    return None if span is None else [span.line, span.column, span.end_line, span.end_column]


def _report(document: dict[str, Any]) -> Report:
    values = [from_json(text) for text in document["texts"]]
    ref, commit = document["trunk"]
    return Report(
        trunk_ref=RefName(ref),
        trunk_commit=Oid(commit),
        agents=tuple(_agent(*row) for row in document["agents"]),
        findings=tuple(_finding(values, *row) for row in document["findings"]),
        standing=tuple(
            StandingFault(RuleId(rule), TreePath(path), tuple(key), message)
            for rule, path, key, message in document["standing"]
        ),
        stats=_stats(*document["stats"]),
        notes=tuple(Remark(TreePath(path), tuple(key), message) for path, key, message in document["notes"]),
    )


def _stats(agents: int, pairs_possible: int, pairs_compared: int, blob_merges: int) -> ScanStats:
    return ScanStats(agents, pairs_possible, pairs_compared, blob_merges, cache_hits=1, seconds=0.0)


def _agent(  # noqa: PLR0913, PLR0917 -- a row of the report
    name: str,
    ref: str,
    commit: str,
    state: str,
    paths: list[str],
    worktree: str | None,
    uncommitted: bool,  # noqa: FBT001 -- a row of the report
    detail: str | None,
) -> AgentStatus:
    found = tuple(TreePath(path) for path in paths)
    return AgentStatus(
        AgentName(name), RefName(ref), Oid(commit), AgentState(state), found, worktree, uncommitted, detail
    )


def _finding(  # noqa: PLR0913, PLR0917 -- a row of the report
    values: list[Value],
    identity: str,
    rule: str,
    severity: int,
    path: str,
    key: list[str],
    sides: list[list[Any]],
    git: str,
    order: str,
    message: str,
    proposal: str | None,
) -> Finding:
    return Finding(
        identity,
        RuleId(rule),
        Severity(severity),
        TreePath(path),
        tuple(key),
        tuple(_side(values, *side) for side in sides),
        GitVerdict(git),
        Order(order),
        message,
        proposal,
    )


def _side(
    values: list[Value],
    agents: list[str],
    path: str,
    key: list[str],
    before: int | None,
    after: int | None,
    span: list[int] | None,
) -> Side:
    return Side(
        tuple(AgentName(name) for name in agents),
        TreePath(path),
        tuple(key),
        None if before is None else values[before],
        None if after is None else values[after],
        None if span is None else Span(*span),
    )
