"""Findings of one rule at one place, told once."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from gatekeeper.core.findings import Finding
    from gatekeeper.core.names import AgentName, KeyPath, RuleId, Severity, TreePath


@dataclass(frozen=True, slots=True)
class Group:
    """One rule at one place: the findings in reading order, and everyone whom they concern."""

    rule: RuleId
    path: TreePath
    key: KeyPath
    findings: tuple[Finding, ...]
    severity: Severity
    agents: frozenset[AgentName]


def grouped(findings: Iterable[Finding]) -> tuple[Group, ...]:
    """Return the groups, most worth acting on first: the worst, then those that concern most agents, then by place."""
    places: dict[tuple[RuleId, TreePath, KeyPath], list[Finding]] = {}
    for finding in findings:
        places.setdefault((finding.rule, finding.path, finding.key), []).append(finding)
    groups = [
        Group(
            *place,
            findings=tuple(here),
            severity=max(finding.severity for finding in here),
            agents=frozenset(name for finding in here for name in finding.agents),
        )
        for place, here in places.items()
    ]
    return tuple(sorted(groups, key=lambda g: (-g.severity, -len(g.agents), g.path, g.key, g.rule)))
