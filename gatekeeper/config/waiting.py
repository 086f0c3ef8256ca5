"""Who waits for whom, as agents and phases are declared: circles of it, in which nobody could ever start (R-18)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from graphlib import CycleError, TopologicalSorter
from typing import TYPE_CHECKING, Literal, TypeAlias

from gatekeeper.config.mistakes import Mistake

if TYPE_CHECKING:
    from gatekeeper.config.people import AgentTable, PhaseTable

_Node: TypeAlias = tuple[Literal["agents", "phases"], str]
_Graph: TypeAlias = Mapping[_Node, Mapping[_Node, str]]
"""Node -> what it waits for, each with how that is said."""

_DECLARED_AS = {("agents", "agents"): "depends_on", ("phases", "phases"): "needs"}


def circles(agents: Mapping[str, AgentTable], phases: Mapping[str, PhaseTable]) -> Iterator[Mistake]:
    """Yield a mistake for a circle of agents, for one of phases, and where there is neither, for one of both."""
    by_dependency: dict[_Node, dict[_Node, str]] = {
        ("agents", name): {("agents", other): "depends on" for other in agent.depends_on if other != name}
        for name, agent in agents.items()
    }
    by_need: dict[_Node, dict[_Node, str]] = {
        ("phases", name): {("phases", other): "needs" for other in phase.needs if other != name}
        for name, phase in phases.items()
    }
    simple = [circle for graph in (by_dependency, by_need) if (circle := _circle(graph)) is not None]
    if simple:
        yield from simple
        return
    both = by_dependency | by_need
    _add_membership(both, phases)
    circle = _circle(both)
    if circle is not None:
        yield circle


def _add_membership(graph: dict[_Node, dict[_Node, str]], phases: Mapping[str, PhaseTable]) -> None:
    """A phase is over when its agents are done, and an agent starts when what its phase needs is over.

    An agent in several phases starts with the first of them, which this does not tell: it waits for none of them.
    """
    memberships = Counter(agent for phase in phases.values() for agent in phase.agents)
    for name, phase in phases.items():
        for agent in phase.agents:
            graph["phases", name].setdefault(("agents", agent), "waits for its agent")
            if memberships[agent] == 1:
                # A phase that needs itself is told as such.
                needs = (need for need in phase.needs if need != name)
                waits: dict[_Node, str] = {("phases", need): f"works in {name}, which needs" for need in needs}
                graph["agents", agent] = waits | graph.get(("agents", agent), {})


def _circle(graph: _Graph) -> Mistake | None:
    try:
        TopologicalSorter({node: list(waits) for node, waits in graph.items()}).prepare()
    except CycleError as error:
        # Each of the nodes that the error lists waits for the one before it.
        nodes: list[_Node] = list(reversed(error.args[1][1:]))
    else:
        return None
    order = {node: number for number, node in enumerate(graph)}
    start = nodes.index(min(nodes, key=order.__getitem__))
    nodes = [*nodes[start:], *nodes[:start]]
    steps = list(zip(nodes, [*nodes[1:], nodes[0]], strict=True))
    said = "; ".join(f"{one[1]} {graph[one][other]} {other[1]}" for one, other in steps)
    where = next((*one, _DECLARED_AS[one[0], other[0]]) for one, other in steps if (one[0], other[0]) in _DECLARED_AS)
    return Mistake(where, f"nobody could start: {said}")
