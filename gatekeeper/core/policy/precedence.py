"""Who goes first where several want the same: one total order of all agents, so that nobody waits in a circle.

An agent comes before those that depend on it, whatever their priorities are: what it inherits from them is their place
(as a lock's holder inherits the priority of who waits for it: Sha, Rajkumar, Lehoczky, *Priority inheritance
protocols*, 1990).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from functools import cached_property
from graphlib import TopologicalSorter
from typing import Literal, TypeAlias

from gatekeeper.core.ledger.case_records import PrecedenceRecord
from gatekeeper.core.ledger.state import Records
from gatekeeper.core.names import AgentName
from gatekeeper.core.roster import Roster

Rank: TypeAlias = tuple[tuple[float, ...], int, str]
"""Sorts agents: by what the configuration names, what they wait for, their name."""

_Node: TypeAlias = tuple[Literal["agent", "phase"], str]
_LAST = float("inf")


class Precedence:
    """The order of all agents, by the roster and by who stands in the line."""

    def __init__(self, roster: Roster, positions: Mapping[AgentName, int]) -> None:
        self._roster = roster
        self._positions = positions

    @classmethod
    def of(cls, roster: Roster, state: Records) -> Precedence:
        """Return the order as the ledger has it."""
        return cls(roster, {record.agent: record.position for _, record in state.each(PrecedenceRecord)})

    def rank(self, agent: AgentName) -> Rank:
        """Return what to sort agents by: the lower one goes first."""
        declared = self._declared.get(agent)
        return declared if declared is not None else (self._own(agent), 0, agent)

    def first(self, agents: Iterable[AgentName]) -> AgentName:
        """Return who goes first; raises ValueError where there is nobody."""
        return min(agents, key=self.rank)

    def why(self, first: AgentName, second: AgentName) -> str:
        """Return in words why ``first`` goes before ``second``; raises ValueError where it does not."""
        ranks = self.rank(first), self.rank(second)
        if ranks[0] >= ranks[1]:
            raise ValueError(f"{first} does not go before {second}")
        if ("agent", first) in _needed(self._waits, ("agent", second)):
            return f"{second} waits for {first}, as gatekeeper.toml has it"
        pairs = zip(self._roster.precedence, ranks[0][0], ranks[1][0], strict=True)
        word = next((word for word, one, other in pairs if one != other), None)
        if word is None:
            return "both are alike in everything else, and somebody has to be first"
        heir = " (what waits for it counts for it)" if ranks[0][0] != self._own(first) else ""
        if word == "priority":
            column = self._roster.precedence.index(word)
            mine, other = (-rank[0][column] for rank in ranks)
            return f"its priority is {mine:g}, that of {second} {other:g}{heir}"
        return f"it was there first{heir}"

    def _own(self, agent: AgentName) -> tuple[float, ...]:
        spec = self._roster.agents.get(agent)
        by = {
            "priority": -float(spec.priority) if spec is not None else 0.0,
            "first-seen": float(self._positions[agent]) if agent in self._positions else _LAST,
        }
        return tuple(by[word] for word in self._roster.precedence)

    @cached_property
    def _waits(self) -> Mapping[_Node, Collection[_Node]]:
        return _waits(self._roster)

    @cached_property
    def _declared(self) -> Mapping[AgentName, Rank]:
        waits = self._waits
        order = tuple(TopologicalSorter(waits).static_order())
        depths: dict[_Node, int] = {}
        for node in order:
            depths[node] = 1 + max((depths[other] for other in waits.get(node, ())), default=-1)
        inherited: dict[_Node, tuple[float, ...]] = {}
        for node in reversed(order):
            kind, name = node
            own = self._own(AgentName(name)) if kind == "agent" else None
            here = min((one for one in (own, inherited.get(node)) if one is not None), default=None)
            if here is None:
                continue
            inherited[node] = here
            for other in waits.get(node, ()):
                inherited[other] = min(here, inherited.get(other, here))
        return {name: (inherited["agent", name], depths["agent", name], name) for name in self._roster.agents}


def _waits(roster: Roster) -> Mapping[_Node, Collection[_Node]]:
    """Return who waits for whom: agents for agents and for what their phase needs, phases for their agents.

    An agent of several phases starts with the first of them, which this does not tell: it waits for none of them.
    """
    member_of = Counter(agent for phase in roster.phases.values() for agent in phase.agents)
    waits: dict[_Node, set[_Node]] = {
        ("agent", name): {("agent", other) for other in spec.depends_on} for name, spec in roster.agents.items()
    }
    for name, phase in roster.phases.items():
        waits["phase", name] = {("agent", agent) for agent in phase.agents}
        for agent in phase.agents:
            if member_of[agent] == 1:
                waits.setdefault(("agent", agent), set()).update(("phase", need) for need in phase.needs)
    return waits


def _needed(waits: Mapping[_Node, Collection[_Node]], node: _Node) -> Collection[_Node]:
    """Return all that a node waits for, be it through others."""
    found: set[_Node] = set()
    left = [node]
    while left:
        new = set(waits.get(left.pop(), ())) - found
        found |= new
        left += new
    return found
