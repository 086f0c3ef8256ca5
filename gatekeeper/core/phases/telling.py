"""What hooks and people hear of phases, gates and tasks (R-44)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from gatekeeper.core.gates.verdict import Blocker
from gatekeeper.core.ledger import phase_events as phases
from gatekeeper.core.ledger.events import Payload
from gatekeeper.core.names import AgentName
from gatekeeper.core.roster import PhaseName, Roster


def phase_items(payloads: Iterable[Payload], roster: Roster) -> Iterator[dict[str, Any]]:
    """Yield an item of a notice for each event of a phase."""
    for said in payloads:
        if isinstance(said, phases.GateJudged):
            yield _gate(said)
        elif isinstance(said, phases.PhaseStarted):
            following = "gatekeeper agent start " + " or ".join(_agents(said.phase, roster) or ["NAME"])
            yield _of("phase-started", said.phase, roster, f"phase {said.phase} has started", following)
        elif isinstance(said, phases.PhaseCompleted):
            yield _of("phase-completed", said.phase, roster, f"phase {said.phase} is completed", None)
        elif isinstance(said, phases.PhaseFailed):
            told = f"phase {said.phase} has failed in iteration {said.iteration}"
            item = _of("phase-failed", said.phase, roster, told, f"gatekeeper phase complete {said.phase}")
            yield item | {"iteration": said.iteration, "blockers": blocker_items(said.blockers)}
        elif isinstance(said, phases.PhaseReopened):
            told = f"phase {said.phase} is reopened: its requirements have to pass anew"
            item = _of("phase-reopened", said.phase, roster, told, f"gatekeeper phase start {said.phase}")
            yield item | {"iteration": said.iteration}


def task_item(event: str, agent: AgentName, phase: PhaseName | None) -> Mapping[str, Any]:
    """Return the item for the start or the end of what an agent does."""
    return {"event": event, "agents": [agent], "phase": phase}


def blocker_items(blockers: Iterable[Blocker]) -> list[dict[str, str]]:
    """Return the pieces of work, one entry each."""
    return [{"what": one.what, "where": one.where, "who": one.who} for one in blockers]


def _gate(said: phases.GateJudged) -> dict[str, Any]:
    verdict = said.verdict
    return {
        "event": "gate-judged",
        "phase": said.phase,
        "stage": verdict.stage,
        "gate": verdict.gate,
        "outcome": verdict.outcome,
        "iteration": verdict.iteration,
        "message": f"gate {verdict.gate}: {verdict.outcome}",
        "detail": verdict.detail or None,
        "blockers": blocker_items(verdict.blockers),
    }


def _of(event: str, phase: PhaseName, roster: Roster, message: str, next_step: str | None) -> dict[str, Any]:
    agents = _agents(phase, roster)
    return {"event": event, "phase": phase, "agents": agents, "message": message, "next_step": next_step}


def _agents(phase: PhaseName, roster: Roster) -> list[str]:
    spec = roster.phases.get(phase)
    return [] if spec is None else list(spec.agents)
