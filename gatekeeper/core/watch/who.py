"""From branches to what the roster declares about their agents."""

from __future__ import annotations

from gatekeeper.core.branch_names import branch_of
from gatekeeper.core.names import AgentName, RefName
from gatekeeper.core.roster import AgentSpec, PhaseName, Roster


def spec_of(roster: Roster, ref: RefName) -> AgentSpec | None:
    """Return the agent whose branch ``ref`` is, or whose branch it tracks on a remote; None where none is declared."""
    branch = branch_of(ref)
    return next((spec for spec in roster.agents.values() if branch_of(spec.branch) == branch), None)


def phase_of(roster: Roster, agent: AgentName) -> PhaseName | None:
    """Return the first phase in which an agent is declared to work."""
    return next((phase.name for phase in roster.phases.values() if agent in phase.agents), None)
