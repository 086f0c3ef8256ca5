"""Who clashes with whom: agents by agents, the worst severity in each cell."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import combinations, product
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from gatekeeper.core.findings import Finding
    from gatekeeper.core.names import AgentName, Severity

MOST_AGENTS = 24
"""More do not help a reader, even where they fit."""


@dataclass(frozen=True, slots=True)
class Matrix:
    """The agents that any finding names, and the worst severity of each pair (an agent with itself: alone)."""

    agents: tuple[AgentName, ...]
    worst: dict[tuple[AgentName, AgentName], Severity]

    def between(self, left: AgentName, right: AgentName) -> Severity | None:
        """Return the worst severity of what stands between two agents."""
        return self.worst.get((min(left, right), max(left, right)))


def matrix_of(findings: Iterable[Finding], *, most: int = MOST_AGENTS) -> Matrix | None:
    """Return the matrix; None when more than ``most`` agents would stand in it, or fewer than two."""
    told = list(findings)
    agents = {name for finding in told for name in finding.agents}
    if not 1 < len(agents) <= most:
        return None
    worst: dict[tuple[AgentName, AgentName], Severity] = {}
    for finding in told:
        for pair in _pairs(finding):
            worst[pair] = max(finding.severity, worst.get(pair, finding.severity))
    return Matrix(tuple(sorted(agents)), worst)


def _pairs(finding: Finding) -> Iterator[tuple[AgentName, AgentName]]:
    """Yield the agents that clash, in alphabetical order: those of one side never clash with each other."""
    if len(finding.sides) == 1:
        yield from ((name, name) for name in finding.sides[0].agents)
    for one, other in combinations(finding.sides, 2):
        for left, right in product(one.agents, other.agents):
            yield min(left, right), max(left, right)
