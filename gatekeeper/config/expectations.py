"""Conflicts that a repository has declared as expected: they are told, and decide nothing."""

from __future__ import annotations

import fnmatch
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations, product
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from gatekeeper.core.names import AgentName, KeyPath, RuleId, TreePath
    from gatekeeper.core.patterns import Glob
    from gatekeeper.core.rules.model import Family


@dataclass(frozen=True, slots=True)
class Expectation:
    """Findings that come as no surprise, and why: of a rule, of a family, at a place, between agents.

    ``agents``: none, for any; one glob, which one of two agents has to fit; or two, for one agent each.
    """

    reason: str
    path: Glob
    key: Glob
    rule: RuleId | None = None
    family: Family | None = None
    agents: tuple[str, ...] = ()

    def fits(self, rule: RuleId, family: Family, places: Iterable[tuple[TreePath, KeyPath]]) -> bool:
        """Return whether a finding of ``rule`` at any of ``places`` is meant, whoever the agents are."""
        return (
            self.rule in {None, rule}
            and self.family in {None, family}
            and any(self.path.matches(path.split("/")) and self.key.matches(key) for path, key in places)
        )

    def is_between(self, one: AgentName, other: AgentName) -> bool:
        """Return whether these two agents are meant."""
        if not self.agents:
            return True
        first, last = self.agents[0], self.agents[-1]
        if len(self.agents) == 1:
            return _fits(one, first) or _fits(other, first)
        return (_fits(one, first) and _fits(other, last)) or (_fits(one, last) and _fits(other, first))


def expected_because(rows: Sequence[Expectation], sides: Sequence[Sequence[AgentName]]) -> str | None:
    """Return the reasons of those of ``rows`` that cover a finding; None while any two of its agents are not covered.

    A finding about single changes is covered agent by agent.
    """
    if not rows:
        return None
    reasons: dict[str, None] = {}
    for one, other in _pairs(sides):
        row = next((row for row in rows if row.is_between(one, other)), None)
        if row is None:
            return None
        reasons[row.reason] = None
    return "; ".join(reasons)


def _pairs(sides: Sequence[Sequence[AgentName]]) -> Iterator[tuple[AgentName, AgentName]]:
    if len(sides) == 1:
        return ((agent, agent) for agent in sides[0])
    return (pair for some, others in combinations(sides, 2) for pair in product(some, others))


def _fits(name: AgentName, glob: str) -> bool:
    return fnmatch.fnmatchcase(name, glob)
