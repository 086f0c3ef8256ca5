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
            moments = [draw(st.sampled_from([None, START])) for _ in range(3)]
            state.put({(PhaseRecord, phase): PhaseRecord(phase, 1, (), *moments)})
    return state


@given(rosters(), states())
def test_everybody_stands_where_the_model_says(roster: Roster, state: Overlaid) -> None:
    found = registry(roster, state)
    records = dict(state.each(AgentRecord))
    assert set(found.agents) == set(roster.agents) | set(records)
    assert list(found.agents)[: len(roster.agents)] == list(roster.agents)

    def progress(name: str) -> str:
        return records[name].progress if name in records else "pending"

    def recorded(phase: PhaseName) -> PhaseRecord:
        return state.get(PhaseRecord, phase) or PhaseRecord(phase)

    def is_reopened(phase: PhaseName) -> bool:
        known = recorded(phase)
        return known.reopened_at is not None and known.started_at is None and known.completed_at is None

    def is_over(phase: PhaseName) -> bool:
        spec = roster.phases[phase]
        # A phase with gates at its end is over when they have passed, and only then. R-18
        if spec.gates.post or recorded(phase).completed_at or is_reopened(phase):
            return recorded(phase).completed_at is not None
        return bool(spec.agents) and all(progress(member) == "completed" for member in spec.agents)

    def is_open(phase: PhaseName) -> bool:
        spec = roster.phases[phase]
        begins_alone = not spec.needs and not spec.gates.pre and not is_reopened(phase)
        return is_over(phase) or recorded(phase).started_at is not None or begins_alone

    for phase_name, phase in found.phases.items():
        members = [progress(member) for member in roster.phases[phase_name].agents]
        assert (phase.progress == "completed") == is_over(phase_name)
        assert phase.is_started == is_open(phase_name)
        if not is_over(phase_name) and not is_reopened(phase_name):
            has_begun = recorded(phase_name).started_at is not None or any(m != "pending" for m in members)
            assert (phase.progress == "pending") == (not has_begun)
            assert (phase.progress == "blocked") == ("blocked" in members and "in-progress" not in members)
        elif not is_over(phase_name):
            assert phase.progress == "pending"
        assert set(phase.waits_for) == {needed for needed in roster.phases[phase_name].needs if not is_over(needed)}
        assert phase.is_ready == (phase.progress == "pending" and not phase.waits_for)
        assert phase.finished_at is None or is_over(phase_name)
        # Who has been removed since is done all the same.
        assert phase.done == sum(progress(name) == "completed" for name in phase.agents)
        order = list(found.phases)
        assert all(order.index(needed) < order.index(phase_name) for needed in phase.needs)

    for name, entry in found.agents.items():
        spec, record = roster.agents.get(name), records.get(name)
        waits = {other for other in (spec.depends_on if spec else ()) if progress(other) != "completed"}
        own = [phase for phase in found.phases if name in roster.phases[phase].agents]
        at_work = next((phase for phase in own if not is_over(phase)), None)
        held_back = at_work is not None and not is_open(at_work)
        removed = record is not None and record.removed_at is not None
        assert set(entry.waits_for) == waits
        assert entry.is_ready == (progress(name) == "pending" and not waits and not held_back and not removed)
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
