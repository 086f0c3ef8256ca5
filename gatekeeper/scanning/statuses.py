"""What a report says of the agents themselves, and its counts."""

from __future__ import annotations

from gatekeeper.core.bits import members
from gatekeeper.core.findings import AgentState, AgentStatus, ScanStats
from gatekeeper.core.overlay import AgentChange
from gatekeeper.scanning.agents import Agent
from gatekeeper.scanning.fleet import Fleet
from gatekeeper.scanning.overlays import Overlays
from gatekeeper.scanning.verdicts import Verdicts


def agent_statuses(overlays: Overlays) -> tuple[AgentStatus, ...]:
    """Return every agent's status, by name."""
    found = [_of_change(change) for change in overlays.changes]
    found += [_of_agent(agent, AgentState.LANDED) for agent in overlays.landed]
    found += [_of_agent(agent, AgentState.UNRELATED) for agent in overlays.unrelated]
    found += [_of_agent(agent, AgentState.UNREADABLE, why) for agent, why in overlays.unreadable]
    return tuple(sorted(found, key=lambda status: status.name))


def _of_change(change: AgentChange) -> AgentStatus:
    return AgentStatus(
        change.name,
        change.ref,
        change.commit,
        AgentState.MERGEABLE if change.lands else AgentState.CONFLICTS_WITH_TRUNK,
        tuple(sorted(change.conflicts)),
        change.worktree,
        change.uncommitted,
    )


def _of_agent(agent: Agent, state: AgentState, detail: str | None = None) -> AgentStatus:
    return AgentStatus(agent.name, agent.ref, agent.commit, state, (), agent.worktree, agent.uncommitted, detail)


def scan_stats(fleet: Fleet, verdicts: Verdicts, agents: int, *, blob_merges: int, cache_hits: int) -> ScanStats:
    """Return the counts of a scan; its duration is not known yet."""
    compared = fleet.relation.agent_count
    return ScanStats(
        agents=agents,
        pairs_possible=compared * (compared - 1) // 2,
        pairs_compared=_pairs_that_meet(verdicts),
        blob_merges=blob_merges,
        cache_hits=cache_hits,
        seconds=0.0,
    )


def _pairs_that_meet(verdicts: Verdicts) -> int:
    """Return how many pairs of agents meet at some path, in whichever order."""
    met: dict[int, int] = {}
    told = (users for triples in verdicts.triples.values() for users in triples.values())
    for users in (*told, *verdicts.by_git.values()):
        for second, firsts in users.items():
            met[second] = met.get(second, 0) | firsts
    below: dict[int, int] = {}
    for second, firsts in met.items():
        below[second] = below.get(second, 0) | firsts & (1 << second) - 1
        for first in members(firsts >> second + 1 << second + 1):
            below[first] = below.get(first, 0) | 1 << second
    return sum(firsts.bit_count() for firsts in below.values())
