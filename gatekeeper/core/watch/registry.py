"""Who is where: each agent and phase pending, in progress, blocked or completed, and who can start (R-45)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from graphlib import TopologicalSorter

from gatekeeper.core.ledger.phase_records import PhaseRecord
from gatekeeper.core.ledger.records import AgentRecord, Progress
from gatekeeper.core.ledger.state import Records
from gatekeeper.core.names import AgentName
from gatekeeper.core.roster import AgentSpec, PhaseName, PhaseSpec, Roster


@dataclass(frozen=True, slots=True)
class AgentEntry:
    """One agent. ``waits_for``: those that it depends on and that are not completed; ``is_ready``: it may start.

    ``waits_for_phase``: the phase in which it works, while that has not started.
    """

    name: AgentName
    progress: Progress
    depends_on: tuple[AgentName, ...] = ()
    waits_for: tuple[AgentName, ...] = ()
    waits_for_phase: PhaseName | None = None
    is_ready: bool = False
    spec: AgentSpec | None = None
    record: AgentRecord | None = None


@dataclass(frozen=True, slots=True)
class PhaseEntry:
    """One phase. It starts and ends as is recorded, else with the first agent that starts and the last that finishes.

    ``is_started``: its agents may start. ``done``: how many of them are completed, those that have been removed since
    with them.
    """

    name: PhaseName
    progress: Progress
    agents: tuple[AgentName, ...]
    needs: tuple[PhaseName, ...] = ()
    waits_for: tuple[PhaseName, ...] = ()
    is_ready: bool = False
    started_at: datetime | None = None
    finished_at: datetime | None = None
    done: int = 0
    is_started: bool = False


@dataclass(frozen=True, slots=True)
class Registry:
    """All agents, declared ones first, and all phases, those that others need first."""

    agents: Mapping[AgentName, AgentEntry]
    phases: Mapping[PhaseName, PhaseEntry]

    @property
    def ready(self) -> tuple[AgentName, ...]:
        """Those that may start now: nothing that they or their phase wait for is open."""
        return tuple(name for name, entry in self.agents.items() if entry.is_ready)

    def phase_of(self, agent: AgentName) -> PhaseEntry | None:
        """Return the phase in which an agent works; of several, the first that is not completed."""
        return _works_in(self.phases.values()).get(agent)


def registry(roster: Roster, state: Records) -> Registry:
    """Return where everybody stands, from what is declared and what the ledger knows."""
    records = {record.name: record for _, record in state.each(AgentRecord)}
    names = [*roster.agents, *(name for name in records if name not in roster.agents)]
    progress = {name: records[name].progress if name in records else "pending" for name in names}
    phases: dict[PhaseName, PhaseEntry] = {}
    for name in _needed_first(roster.phases):
        record = state.get(PhaseRecord, name) or PhaseRecord(name)
        phases[name] = _phase(roster.phases[name], record, progress, records, phases)
    works_in = _works_in(phases.values())
    agents = {name: _agent(name, roster.agents.get(name), records, progress, works_in.get(name)) for name in names}
    return Registry(agents, phases)


def _needed_first(phases: Mapping[PhaseName, PhaseSpec]) -> Iterable[PhaseName]:
    order = TopologicalSorter({name: phase.needs for name, phase in phases.items()})
    return (name for name in order.static_order() if name in phases)


def _phase(
    spec: PhaseSpec,
    record: PhaseRecord,
    progress: Mapping[AgentName, Progress],
    records: Mapping[AgentName, AgentRecord],
    before: Mapping[PhaseName, PhaseEntry],
) -> PhaseEntry:
    states = [progress.get(agent, "pending") for agent in spec.agents]
    # Nothing has to be asked first where nothing is to pass before it: its first agent starts it.
    opens_itself = not spec.gates.pre and not spec.needs and not record.is_reopened
    word = _of_phase(spec, record, states, may_end=opens_itself or record.started_at is not None)
    waits = tuple(name for name in spec.needs if name in before and before[name].progress != "completed")
    known = [records[agent] for agent in spec.agents if agent in records]
    started = [one.started_at for one in known if one.started_at is not None]
    finished = [one.finished_at for one in known if one.finished_at is not None]
    return PhaseEntry(
        spec.name,
        word,
        spec.agents,
        spec.needs,
        waits,
        is_ready=not waits and word == "pending",
        started_at=record.started_at or (None if record.is_reopened else min(started, default=None)),
        finished_at=record.completed_at or (max(finished, default=None) if word == "completed" else None),
        done=states.count("completed"),
        is_started=opens_itself or record.started_at is not None or word == "completed",
    )


def _of_phase(spec: PhaseSpec, record: PhaseRecord, states: Sequence[Progress], *, may_end: bool) -> Progress:
    """Agents that say that they are done do not complete a phase that has not started (R-18)."""
    if record.completed_at is not None:
        return "completed"
    if record.is_reopened:
        return "pending"
    if may_end and not spec.gates.post and states and all(state == "completed" for state in states):
        return "completed"
    if "blocked" in states and "in-progress" not in states:
        return "blocked"
    is_begun = record.started_at is not None or any(state != "pending" for state in states)
    return "in-progress" if is_begun else "pending"


def _agent(
    name: AgentName,
    spec: AgentSpec | None,
    records: Mapping[AgentName, AgentRecord],
    progress: Mapping[AgentName, Progress],
    phase: PhaseEntry | None,
) -> AgentEntry:
    needed = () if spec is None else spec.depends_on
    waits = tuple(other for other in needed if progress.get(other, "pending") != "completed")
    waits_for_phase = phase.name if phase is not None and not phase.is_started else None
    record = records.get(name)
    is_free = not waits and waits_for_phase is None
    is_ready = progress[name] == "pending" and is_free and (record is None or not record.removed_at)
    return AgentEntry(name, progress[name], needed, waits, waits_for_phase, is_ready=is_ready, spec=spec, record=record)


def _works_in(phases: Iterable[PhaseEntry]) -> dict[AgentName, PhaseEntry]:
    """Return in which phase each agent works; of several, the first that is not completed."""
    found: dict[AgentName, PhaseEntry] = {}
    for phase in phases:
        for agent in phase.agents:
            if agent not in found or found[agent].progress == "completed":
                found[agent] = phase
    return found
