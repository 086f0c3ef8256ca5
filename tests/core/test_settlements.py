"""How long a ruling holds: for the commits that it names until it is acknowledged, then for what they hold."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable

import pytest

from gatekeeper.core.ledger import case_events as cases
from gatekeeper.core.ledger.apply import apply
from gatekeeper.core.ledger.case_records import CaseId, CaseRecord, ClosedCase, IntegrationRecord
from gatekeeper.core.ledger.events import AgentFinished, Event
from gatekeeper.core.ledger.records import EventId, FoundProblem
from gatekeeper.core.ledger.state import NoRecords
from gatekeeper.core.names import AgentName
from gatekeeper.core.policy.decide import decide
from gatekeeper.core.policy.standing import Standing
from gatekeeper.core.policy.trusted import Ruling, Trusted
from gatekeeper.core.roster import Principal
from tests.core.fleets import Fleet, found, oid
from tests.core.ledger_events import START
from tests.core.test_policy import ANN, BOB, CLEO, DAN, EVE, two_phases

LEAD = Principal("lead@example.org")
FEATURES = found("f1", "major", [["ann"], ["bob"]])
RENAMED = found("f1", "critical", [["cleo"], ["ann"]], rule="pkg-name-renamed", taking=0)


def case_of(fleet: Fleet) -> CaseRecord:
    (case,) = (record for _, record in fleet.state.each(CaseRecord))
    return case


def rule(fleet: Fleet, choice: cases.Choice = "proposal", agent: AgentName | None = None) -> Ruling:
    """Return a ruling on the only case, as it is now, and let it count."""
    matter = case_of(fleet).matter
    said = cases.CaseRuled(
        "root",
        LEAD,
        matter.id,
        matter.findings,
        matter.heads,
        matter.contents,
        choice,
        "both are needed",
        agent,
        result="the union",
    )
    ruling = Ruling(EventId("r1"), said)
    fleet.trusted = Trusted(rulings={matter.id: (ruling,)})
    # That there is one is a fact, whoever counts it.
    event = Event(EventId("r1"), START, "lead", said, written=b"line")
    fleet.state.put(apply(event, fleet.state))
    return ruling


def acknowledge(fleet: Fleet, ruling: Ruling, agents: Iterable[AgentName]) -> None:
    heard = dataclasses.replace(ruling, acknowledged=frozenset(agents))
    fleet.trusted = Trusted(rulings={ruling.said.case: (heard,)})


def stand(fleet: Fleet, problem: FoundProblem, *agents: AgentName) -> list[Standing]:
    verdict = decide([problem], fleet.state, fleet.roster, fleet.trusted)
    return [verdict.of(agent).standing for agent in agents]


def escalated() -> Fleet:
    fleet = Fleet(NoRecords(), two_phases())
    fleet.look(FEATURES)
    return fleet


def test_both_wait_until_both_have_acknowledged_then_the_second_integrates() -> None:
    #
    fleet = escalated()
    assert stand(fleet, FEATURES, ANN, BOB) == [Standing.PAUSED, Standing.PAUSED]
    ruling = rule(fleet)
    for heard in ([], [ANN], [BOB]):
        acknowledge(fleet, ruling, heard)
        assert stand(fleet, FEATURES, ANN, BOB) == [Standing.PAUSED, Standing.PAUSED]
    acknowledge(fleet, ruling, [ANN])
    (reason,) = decide([FEATURES], fleet.state, fleet.roster, fleet.trusted).of(ANN).reasons
    assert reason.waits_for == (BOB,)
    acknowledge(fleet, ruling, [ANN, BOB])
    assert stand(fleet, FEATURES, ANN, BOB) == [Standing.CLEAR, Standing.INTEGRATING]
    fleet.landed.add(ANN)
    fleet.look()
    record = fleet.state.get(IntegrationRecord, BOB)
    assert record is not None
    assert (record.after, record.findings, record.cases) == ((ANN,), ("f1",), (ruling.said.case,))
    assert fleet.state.get(ClosedCase, ruling.said.case) is not None


def test_who_moves_before_it_is_acknowledged_is_asked_again() -> None:
    fleet = escalated()
    ruling = rule(fleet)
    fleet.heads[BOB] = oid(77)
    fleet.look(FEATURES)
    acknowledge(fleet, ruling, [ANN])
    (reason,) = decide([FEATURES], fleet.state, fleet.roster, fleet.trusted).of(ANN).reasons
    assert reason.waits_for == ("architect",)


@pytest.mark.parametrize(("content", "holds"), [("content of bob", True), ("the union", True), ("a third way", False)])
def test_what_was_acknowledged_holds_while_the_place_has_what_was_ruled_on_or_what_was_ruled(
    content: str,
    holds: bool,  # noqa: FBT001 - a parameter of pytest
) -> None:
    fleet = escalated()
    acknowledge(fleet, rule(fleet), [ANN, BOB])
    fleet.heads[BOB], fleet.contents[BOB] = oid(77), content
    fleet.look(FEATURES)
    assert (stand(fleet, FEATURES, ANN, BOB) == [Standing.CLEAR, Standing.INTEGRATING]) is holds
    if not holds:
        assert stand(fleet, FEATURES, ANN, BOB) == [Standing.PAUSED, Standing.PAUSED]


def test_another_finding_at_the_place_is_another_question() -> None:
    fleet = escalated()
    acknowledge(fleet, rule(fleet), [ANN, BOB])
    joined = dataclasses.replace(found("f2", "major", [["ann"], ["dan"]]), path=FEATURES.path, key=FEATURES.key)
    fleet.look(FEATURES, joined)
    verdict = decide([FEATURES, joined], fleet.state, fleet.roster, fleet.trusted)
    assert [verdict.of(agent).standing for agent in (ANN, BOB, DAN)] == [
        Standing.PAUSED,
        Standing.INTEGRATING,
        Standing.PAUSED,
    ]


def test_who_is_taken_goes_first_whatever_the_order_was() -> None:
    fleet = escalated()
    acknowledge(fleet, rule(fleet, "take", BOB), [ANN, BOB])
    assert stand(fleet, FEATURES, ANN, BOB) == [Standing.INTEGRATING, Standing.CLEAR]


def test_nobody_waits_for_a_stray_or_for_who_is_done_to_acknowledge() -> None:
    fleet = Fleet(NoRecords(), two_phases())
    between = found("f1", "major", [["ann", "cleo"], ["eve"]])
    fleet.look(between)
    done = Event(EventId("e"), START, CLEO, AgentFinished(CLEO, oid(3)))
    fleet.state.put(apply(done, fleet.state))
    ruling = rule(fleet)
    assert stand(fleet, between, ANN, CLEO, EVE) == [Standing.PAUSED] * 3
    acknowledge(fleet, ruling, [ANN])
    assert not any(standing.stops for standing in stand(fleet, between, ANN, CLEO, EVE))


def test_an_author_goes_on_and_the_others_follow_or_the_other_way_round() -> None:
    #
    for choice, expected in (
        ("proceed", [Standing.CLEAR, Standing.INTEGRATING]),
        ("take-back", [Standing.INTEGRATING, Standing.CLEAR]),
    ):
        fleet = Fleet(NoRecords(), two_phases())
        fleet.look(RENAMED)
        ruling = rule(fleet, choice)  # type: ignore[arg-type] # one of the words
        assert stand(fleet, RENAMED, CLEO, ANN) == [Standing.PAUSED, Standing.CLEAR]
        acknowledge(fleet, ruling, [CLEO])
        assert stand(fleet, RENAMED, CLEO, ANN) == expected


def test_an_incident_goes_on_by_the_plan_for_just_what_it_was_made_for() -> None:
    #
    fleet = Fleet(NoRecords(), two_phases())
    broken = found("f1", "critical", [["ann"], ["bob"]])
    fleet.look(broken)
    case = case_of(fleet)
    planned = cases.IncidentPlanned(case.id, "two owners of one table", "ann drops hers", case.matter.findings)
    fleet.state.put(apply(Event(EventId("p"), START, "ops", planned), fleet.state))
    assert stand(fleet, broken, ANN, CLEO) == [Standing.HALTED, Standing.HALTED]
    fleet.trusted = Trusted(resumed=frozenset({CaseId(case.id)}))
    assert stand(fleet, broken, ANN, BOB, CLEO) == [Standing.INTEGRATING, Standing.INTEGRATING, Standing.CLEAR]
    again = dataclasses.replace(found("f2", "critical", [["ann"], ["cleo"]]), path=broken.path, key=broken.key)
    fleet.look(broken, again)
    verdict = decide([broken, again], fleet.state, fleet.roster, fleet.trusted)
    assert verdict.of(BOB).standing is Standing.HALTED


def test_what_stands_beside_an_incident_at_its_place_goes_on_by_the_same_plan() -> None:
    # a case has one owner, and nobody waits for a ruling that an incident cannot have.
    fleet = Fleet(NoRecords(), two_phases())
    broken = found("f1", "critical", [["ann"], ["bob"]])
    beside = dataclasses.replace(found("f2", "critical", [["dan"], ["eve"]]), path=broken.path, key=broken.key)
    fleet.look(broken, beside)
    verdict = decide([broken, beside], fleet.state, fleet.roster, fleet.trusted)
    assert [verdict.of(agent).standing for agent in (ANN, DAN, EVE)] == [Standing.HALTED] * 3
    assert all("incident/" in r.next_step or "resume" in r.next_step for r in verdict.of(EVE).reasons)
    case = case_of(fleet)
    planned = cases.IncidentPlanned(case.id, "two owners of one table", "ann drops hers", case.matter.findings)
    fleet.state.put(apply(Event(EventId("p"), START, "ops", planned), fleet.state))
    fleet.trusted = Trusted(resumed=frozenset({case.id}))
    after = decide([broken, beside], fleet.state, fleet.roster, fleet.trusted)
    assert not any(decision.standing.stops for decision in after.decisions.values())
    assert after.settled.keys() == {broken.id, beside.id}


def test_a_reorganisation_has_its_author_whatever_else_is_found_at_its_place() -> None:
    # without one, nothing would be asked of what it breaks.
    fleet = Fleet(NoRecords(), two_phases())
    worse = dataclasses.replace(found("f2", "critical", [["dan"], ["eve"]], rule=RENAMED.rule), key=RENAMED.key)
    fleet.look(dataclasses.replace(RENAMED, severity="major"), worse)
    matter = case_of(fleet).matter
    assert (matter.kind, matter.author) == ("reorganisation", CLEO)


def test_whoever_vanishes_while_its_case_is_open_leaves_nobody_waiting() -> None:
    fleet = escalated()
    del fleet.heads[BOB]
    fleet.look()
    assert not list(fleet.state.each(CaseRecord))
    assert stand(fleet, found("f9", "note", [["ann"]]), ANN, BOB) == [Standing.CLEAR, Standing.CLEAR]
