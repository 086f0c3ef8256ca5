"""R-45: who is where, and who can start, against a model that a person would write down."""

from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from gatekeeper.core.ledger.phase_records import PhaseRecord
from gatekeeper.core.ledger.records import AgentRecord
from gatekeeper.core.ledger.state import NoRecords, Overlaid
from gatekeeper.core.names import AgentName, RefName
from gatekeeper.core.roster import AgentSpec, GateName, PhaseGates, PhaseName, PhaseSpec, Roster
from gatekeeper.core.watch.registry import registry
from tests.core.ledger_events import HOUR, START

NAMES = tuple(AgentName(name) for name in "abcd")
PHASES = tuple(PhaseName(name) for name in ("first", "second", "third"))
PROGRESS = ("pending", "in-progress", "blocked", "completed")


def branch(name: AgentName) -> RefName:
    return RefName(f"refs/heads/{name}")


@st.composite
def rosters(draw: st.DrawFn) -> Roster:
    """Agents and phases that wait only for those before them, as configuration makes sure of."""
    agents = {
        name: AgentSpec(
            name, branch(name), depends_on=tuple(draw(st.sets(st.sampled_from(NAMES[:number])))) if number else ()
        )
        for number, name in enumerate(NAMES[: draw(st.integers(0, 4))])
    }
    members = st.sets(st.sampled_from(list(agents))) if agents else st.just(set())
    gates = st.sampled_from([(), (GateName("g"),)])
    phases = {
        name: PhaseSpec(
            name,
            tuple(sorted(draw(members))),
            tuple(draw(st.sets(st.sampled_from(PHASES[:number])))) if number else (),
            PhaseGates(pre=draw(gates), post=draw(gates)),
        )
        for number, name in enumerate(PHASES[: draw(st.integers(0, 3))])
    }
    return Roster(agents, dict(reversed(phases.items())))


@st.composite
def states(draw: st.DrawFn) -> Overlaid:
    state = Overlaid(NoRecords())
    for number, name in enumerate((*NAMES, AgentName("adopted"))):
        if draw(st.booleans()):
            progress: Any = draw(st.sampled_from(PROGRESS))
            moments = [draw(st.sampled_from([None, START + number * HOUR])) for _ in range(3)]
            record = AgentRecord(
                name,
                branch(name),
                progress,
                START,
                started_at=moments[0],
                finished_at=moments[1],
                removed_at=moments[2],
            )
            state.put({(AgentRecord, name): record})
    for phase in PHASES:
        if draw(st.booleans()):
            started, completed, reopened = (draw(st.sampled_from([None, START])) for _ in range(3))
            known = PhaseRecord(phase, started_at=started, completed_at=completed, reopened_at=reopened)
            state.put({(PhaseRecord, phase): known})
    return state


class Model:
    """Where phases and agents stand, as a person would tell from what is declared and known."""

    def __init__(self, roster: Roster, state: Overlaid) -> None:
        self.roster = roster
        self.state = state
        self.records = dict(state.each(AgentRecord))

    def progress(self, name: str) -> str:
        """Return how far an agent is."""
        return self.records[name].progress if name in self.records else "pending"

    def recorded(self, phase: PhaseName) -> PhaseRecord:
        """Return what was done with a phase."""
        return self.state.get(PhaseRecord, phase) or PhaseRecord(phase)

    def is_reopened(self, phase: PhaseName) -> bool:
        """Return whether a phase has to start anew."""
        known = self.recorded(phase)
        return known.reopened_at is not None and known.started_at is None and known.completed_at is None

    def is_over(self, phase: PhaseName) -> bool:
        """Return whether what needs the phase may start."""
        spec = self.roster.phases[phase]
        # A phase with gates at its end is over when they have passed, and only then. R-18
        if spec.gates.post or self.recorded(phase).completed_at or self.is_reopened(phase):
            return self.recorded(phase).completed_at is not None
        has_started = self.recorded(phase).started_at is not None or (not spec.needs and not spec.gates.pre)
        done = bool(spec.agents) and all(self.progress(member) == "completed" for member in spec.agents)
        return has_started and done

    def is_open(self, phase: PhaseName) -> bool:
        """Return whether its agents may start."""
        spec = self.roster.phases[phase]
        begins_alone = not spec.needs and not spec.gates.pre and not self.is_reopened(phase)
        return self.is_over(phase) or self.recorded(phase).started_at is not None or begins_alone

    def word(self, phase: PhaseName) -> str:
        """Return how far a phase is."""
        if self.is_over(phase):
            return "completed"
        members = [self.progress(member) for member in self.roster.phases[phase].agents]
        has_begun = self.recorded(phase).started_at is not None or any(member != "pending" for member in members)
        if self.is_reopened(phase) or not has_begun:
            return "pending"
        return "blocked" if "blocked" in members and "in-progress" not in members else "in-progress"

    def holds_back(self, name: str) -> PhaseName | None:
        """Return the phase of an agent that has yet to start."""
        own = [phase for phase in self.roster.phases_in_order() if name in self.roster.phases[phase].agents]
        at_work = next((phase for phase in own if not self.is_over(phase)), None)
        return None if at_work is None or self.is_open(at_work) else at_work


@given(rosters(), states())
def test_every_phase_stands_where_the_model_says(roster: Roster, state: Overlaid) -> None:
    model, found = Model(roster, state), registry(roster, state)
    order = list(found.phases)
    for name, phase in found.phases.items():
        assert (phase.progress, phase.is_started) == (model.word(name), model.is_open(name))
        assert set(phase.waits_for) == {needed for needed in phase.needs if not model.is_over(needed)}
        assert phase.is_ready == (phase.progress == "pending" and not phase.waits_for)
        assert phase.finished_at is None or model.is_over(name)
        # Who has been removed since is done all the same.
        assert phase.done == sum(model.progress(agent) == "completed" for agent in phase.agents)
        assert all(order.index(needed) < order.index(name) for needed in phase.needs)


@given(rosters(), states())
def test_every_agent_stands_where_the_model_says(roster: Roster, state: Overlaid) -> None:
    model, found = Model(roster, state), registry(roster, state)
    assert set(found.agents) == set(roster.agents) | set(model.records)
    assert list(found.agents)[: len(roster.agents)] == list(roster.agents)
    for name, entry in found.agents.items():
        spec, record = roster.agents.get(name), model.records.get(name)
        waits = {other for other in (spec.depends_on if spec else ()) if model.progress(other) != "completed"}
        removed = record is not None and record.removed_at is not None
        assert (set(entry.waits_for), entry.waits_for_phase) == (waits, model.holds_back(name))
        is_free = not waits and entry.waits_for_phase is None and not removed
        assert entry.is_ready == (model.progress(name) == "pending" and is_free)
    assert found.ready == tuple(name for name, entry in found.agents.items() if entry.is_ready)


def test_of_several_phases_an_agent_is_in_the_first_that_is_open() -> None:
    a = NAMES[0]
    roster = Roster({a: AgentSpec(a, branch(a))}, {name: PhaseSpec(name, (a,)) for name in PHASES[:2]})
    phase = registry(roster, NoRecords()).phase_of(a)
    assert phase is not None
    assert phase.name == "first"
    state = Overlaid(NoRecords())
    state.put({(AgentRecord, a): AgentRecord(a, branch(a), "completed", START)})
    done = registry(roster, state).phase_of(a)
    assert done is not None
    assert (done.name, done.progress) == ("second", "completed")
    assert registry(roster, state).phase_of(AgentName("nobody")) is None
