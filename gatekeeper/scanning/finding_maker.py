"""Findings as people and programs read them: agents by name, severities as configured, sides in a fixed order."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from gatekeeper.config import Settings
from gatekeeper.config.expectations import expected_because
from gatekeeper.core.bits import members
from gatekeeper.core.findings import Finding, Order, Side, finding_id
from gatekeeper.core.names import AgentName, KeyPath, RuleId, Severity, TreePath
from gatekeeper.core.rules.evaluate import fill_message
from gatekeeper.core.rules.model import GitVerdict, Hit
from gatekeeper.core.rules.registry import Rule
from gatekeeper.core.spans import Span
from gatekeeper.scanning.cases import Spotted

_TURNED = {Order.BOTH: Order.BOTH, Order.LEFT_FIRST: Order.RIGHT_FIRST, Order.RIGHT_FIRST: Order.LEFT_FIRST}


@dataclass(slots=True)
class FindingMaker:
    """Makes findings out of hits and sets of agents; ``names`` are the agents' by number."""

    names: Sequence[AgentName]
    settings: Settings
    rules: Mapping[RuleId, Rule]
    _names: dict[int, tuple[AgentName, ...]] = field(default_factory=dict)

    def finding(self, spotted: Spotted, left: int, right: int, git: GitVerdict, order: Order) -> Finding:
        """Return the finding about ``left`` and ``right``; ``right`` 0: about single changes."""
        other_path = spotted.hit.right.path if spotted.hit.right is not None else None
        if right and other_path == spotted.hit.left.path and self._agents(right) < self._agents(left):
            # On one path the sides stand in the order of their names: the next edit does not turn them round.
            spotted, left, right, order = spotted.mirrored, right, left, _TURNED[order]
        hit = spotted.hit
        sides = [Side(self._agents(left), hit.left.path, hit.left.key, hit.left.before, hit.left.after, spotted.left)]
        if hit.right is not None and right:
            other = hit.right
            sides.append(Side(self._agents(right), other.path, other.key, other.before, other.after, spotted.right))
        return self._of_sides(hit, sides, git, order)

    def finding_of_several(self, hit: Hit, agents: Sequence[int], spans: Sequence[Span | None]) -> Finding:
        """Return the finding about three sides or more, which it takes all."""
        if hit.right is None:
            raise ValueError("a hit about several sides has two at least")
        parts = zip((hit.left, hit.right, *hit.others), agents, spans, strict=True)
        sides = [
            Side(self._agents(mask), part.path, part.key, part.before, part.after, span) for part, mask, span in parts
        ]
        return self._of_sides(hit, sides, GitVerdict.CLEAN, Order.BOTH)

    def _of_sides(self, hit: Hit, sides: Sequence[Side], git: GitVerdict, order: Order) -> Finding:
        names = [said(side.agents) for side in sides]
        second = names[min(1, len(names) - 1)]
        return Finding(
            id=finding_id(hit.rule, ((side.path, side.key, side.agents) for side in sides)),
            rule=hit.rule,
            severity=self._severity(hit),
            path=hit.left.path,
            key=hit.key,
            sides=tuple(sides),
            git=git,
            order=order,
            message=fill_message(hit.message.removesuffix("."), names[0], second, " and ".join(names[2:])),
            proposal=hit.proposal,
            expected_because=self._expected_because(hit, [side.agents for side in sides]),
        )

    def _expected_because(self, hit: Hit, sides: Sequence[Sequence[AgentName]]) -> str | None:
        if not self.settings.expected:
            return None
        family = self.rules[hit.rule].info.family
        rows = [row for row in self.settings.expected if row.fits(hit.rule, family, _places(hit))]
        return expected_because(rows, sides)

    def _severity(self, hit: Hit) -> Severity:
        info = self.rules[hit.rule].info
        default = info.severity if hit.severity is None else hit.severity
        return self.settings.severity_for(hit.rule, info.family, default, _places(hit))

    def _agents(self, mask: int) -> tuple[AgentName, ...]:
        known = self._names.get(mask)
        if known is None:
            known = tuple(sorted(self.names[agent] for agent in members(mask)))
            self._names[mask] = known
        return known


def _places(hit: Hit) -> list[tuple[TreePath, KeyPath]]:
    """Return where the finding is told, and where each of its sides stands: any of them is its place."""
    sides = (hit.left, hit.right, *hit.others)
    return [(hit.left.path, hit.key), *((side.path, side.key) for side in sides if side is not None)]


def said(agents: Sequence[AgentName]) -> str:
    """Return how a sentence names a side: as one, so that its verb fits one agent and many."""
    first, *like_it = agents
    if not like_it:
        return first
    return f"{first} (with {like_it[0] if len(like_it) == 1 else f'{len(like_it)} more'})"
