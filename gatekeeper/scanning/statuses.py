"""What a report says of the agents themselves, and its counts."""

from __future__ import annotations

from gatekeeper.core.findings import AgentState, AgentStatus, ScanStats
from gatekeeper.core.overlay import AgentChange
from gatekeeper.scanning.agents import Agent
from gatekeeper.scanning.encounters import Encounters
from gatekeeper.scanning.overlays import Overlays


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


def scan_stats(agents: int, compared: int, encounters: Encounters, *, blob_merges: int, cache_hits: int) -> ScanStats:
    """Return the counts of a scan of ``agents``, of which ``compared`` have a change; its duration is not known yet."""
    return ScanStats(
        agents=agents,
        pairs_possible=compared * (compared - 1) // 2,
        pairs_compared=encounters.pairs_that_meet,
        blob_merges=blob_merges,
        cache_hits=cache_hits,
        seconds=0.0,
    )
