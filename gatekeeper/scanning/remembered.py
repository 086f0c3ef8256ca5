"""Whole reports in the cache: the same trunk, agents and settings give the same report."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Sequence
from itertools import starmap
from typing import TYPE_CHECKING, Any

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
from gatekeeper.core.source_span import Span
from gatekeeper.repository.discovery import Trunk
from gatekeeper.scanning.agents import Agent
from gatekeeper.scanning.values_json import from_json, to_json

if TYPE_CHECKING:
    from gatekeeper.core.document import Value

_SideRow = tuple[int, int, int, int, int, tuple[int, int, int, int] | None]


def report_key(trunk: Trunk, agents: Iterable[Agent], focus: AgentName | None, surroundings: Sequence[str]) -> str:
    """Return what a report depends on; ``surroundings`` is what it takes from outside the repository's objects."""
    described = [
        (agent.name, agent.ref, agent.commit, agent.worktree, agent.uncommitted, agent.problem) for agent in agents
    ]
    stated = json.dumps([trunk.ref, trunk.commit, described, focus, *surroundings])
    return hashlib.sha256(stated.encode()).hexdigest()


def pack(report: Report) -> bytes:
    """Return the report as bytes: findings and sides as columns, and what many of them have in common once."""
    sides: dict[_SideRow, int] = {}
    shared = _Shared()
    document = {
        "trunk": [report.trunk_ref, report.trunk_commit],
        "agents": [
            [s.name, s.ref, s.commit, s.state.value, s.paths, s.worktree, s.uncommitted, s.detail]
            for s in report.agents
        ],
        "findings": _columns([_finding_row(finding, sides, shared) for finding in report.findings]),
        "sides": _columns(sides),
        "shared": [list(shared.texts), list(shared.tuples), list(shared.values)],
        "standing": [[fault.rule, fault.path, fault.key, fault.message] for fault in report.standing],
        "notes": [[remark.path, remark.key, remark.message] for remark in report.notes],
        "stats": [
            report.stats.agents,
            report.stats.pairs_possible,
            report.stats.pairs_compared,
            report.stats.blob_merges,
        ],
    }
    return json.dumps(document, separators=(",", ":"), check_circular=False).encode()


def unpack(data: bytes) -> Report | None:
    """Return the report in ``data``, None when it is none."""
    try:
        return _report(json.loads(data))
    except (ValueError, KeyError, TypeError, IndexError, AttributeError, RecursionError):
        return None


def pack_names(names: Iterable[str]) -> bytes:
    """Return the names of packages as bytes."""
    return json.dumps(sorted(names)).encode()


def unpack_names(data: bytes) -> frozenset[str] | None:
    """Return the names in ``data``, None when it holds none."""
    try:
        names = json.loads(data)
    except (ValueError, RecursionError):
        return None
    whole = isinstance(names, list) and all(isinstance(name, str) for name in names)
    return frozenset(names) if whole else None


class _Shared:
    """What stands in many rows, each distinct one numbered."""

    def __init__(self) -> None:
        self.texts: dict[str | None, int] = {}
        self.tuples: dict[tuple[str, ...], int] = {}
        self.values: dict[str, int] = {}
        self._seen: dict[int, int] = {}

    def text(self, text: str | None) -> int:
        return self.texts.setdefault(text, len(self.texts))

    def parts(self, parts: tuple[str, ...]) -> int:
        return self.tuples.setdefault(parts, len(self.tuples))

    def value(self, value: Value | None) -> int:
        """Values of TOML may not be hashable: the object is known, and its text where another one is equal."""
        number = self._seen.get(id(value))
        if number is None:
            number = self._seen[id(value)] = self.values.setdefault(to_json(value).decode(), len(self.values))
        return number


def _columns(rows: Iterable[tuple[Any, ...]]) -> list[tuple[Any, ...]]:
    return list(zip(*rows, strict=True))


def _finding_row(finding: Finding, sides: dict[_SideRow, int], shared: _Shared) -> tuple[Any, ...]:
    numbers = [sides.setdefault(_side_row(side, shared), len(sides)) for side in finding.sides]
    return (
        finding.id,
        shared.text(finding.rule),
        int(finding.severity),
        shared.text(finding.path),
        shared.parts(finding.key),
        numbers,
        finding.git.value,
        finding.order.value,
        finding.message,
        shared.text(finding.proposal),
        shared.text(finding.expected_because),
    )


def _side_row(side: Side, shared: _Shared) -> _SideRow:
    span = side.span
    return (
        shared.parts(side.agents),
        shared.text(side.path),
        shared.parts(side.key),
        shared.value(side.before),
        shared.value(side.after),
        None if span is None else (span.line, span.column, span.end_line, span.end_column),
    )


def _report(document: dict[str, Any]) -> Report:
    ref, commit = document["trunk"]
    return Report(
        trunk_ref=RefName(ref),
        trunk_commit=Oid(commit),
        agents=tuple(_agent(*row) for row in document["agents"]),
        findings=_findings(document["findings"], document["sides"], *document["shared"]),
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


def _findings(
    columns: list[list[Any]], side_columns: list[list[Any]], texts: list[Any], lists: list[Any], values: list[str]
) -> tuple[Finding, ...]:
    if not columns:
        return ()
    tuples = list(map(tuple, lists))
    sides = _sides(side_columns, texts, tuples, values)
    ids, rules, severities, paths, keys, numbers, gits, orders, messages, proposals, reasons = columns
    rows = zip(
        ids,
        map(texts.__getitem__, rules),
        map(_SEVERITIES.__getitem__, severities),
        map(texts.__getitem__, paths),
        map(tuples.__getitem__, keys),
        (tuple([sides[number] for number in part]) for part in numbers),
        map(_VERDICTS.__getitem__, gits),
        map(_ORDERS.__getitem__, orders),
        messages,
        map(texts.__getitem__, proposals),
        map(texts.__getitem__, reasons),
        strict=True,
    )
    return tuple(starmap(Finding, rows))


def _sides(columns: list[list[Any]], texts: list[Any], tuples: list[tuple[Any, ...]], values: list[str]) -> list[Side]:
    agents, paths, keys, befores, afters, spans = columns
    read = [from_json(text) for text in values]
    rows = zip(
        map(tuples.__getitem__, agents),
        map(texts.__getitem__, paths),
        map(tuples.__getitem__, keys),
        map(read.__getitem__, befores),
        map(read.__getitem__, afters),
        (None if span is None else Span(*span) for span in spans),
        strict=True,
    )
    return list(starmap(Side, rows))


_SEVERITIES = {severity.value: severity for severity in Severity}
_VERDICTS = {verdict.value: verdict for verdict in GitVerdict}
_ORDERS = {order.value: order for order in Order}
