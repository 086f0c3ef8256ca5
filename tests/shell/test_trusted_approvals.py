"""Approvals, plans of incidents and quarantines count by real keys only, and by those who may decide."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from gatekeeper.cli.main import run
from gatekeeper.core.ledger.case_events import ApprovalGiven, CaseClosed, IncidentPlanned, QuarantineEnded
from gatekeeper.core.ledger.case_records import QuarantineRecord
from gatekeeper.core.ledger.events import Event, FindingClosed
from gatekeeper.core.ledger.records import FindingId
from gatekeeper.core.roster import Principal, RoleName
from tests.kit import RepositoryBuilder
from tests.kit.ssh import needs_openssh
from tests.shell.ledgers import ledger_of
from tests.shell.people import CASE, CODER, FINDING, LEAD, ONE, OPS, ROLES, TWO, TWO_SIGNS_AS, Court, edited

pytestmark = needs_openssh


@pytest.fixture
def court(repository: RepositoryBuilder, tmp_path: Path) -> Court:
    return Court(repository, tmp_path / "keys")


@pytest.fixture
def case(court: Court) -> Court:
    court.open()
    return court


@pytest.fixture
def incident(court: Court) -> Court:
    court.open(kind="incident", owner=RoleName("coordinator"))
    court.plan()
    return court


def assert_resumption_refused(court: Court, reason: str) -> None:
    objection = court.judge().resumptions(court.case())[-1].objection
    assert objection is not None
    assert reason in objection
    assert court.trusted().resumed == frozenset()


def test_an_incident_is_resumed_by_a_coordinator_who_approves_its_plan(incident: Court) -> None:
    #
    assert incident.trusted().resumed == frozenset()
    incident.say(incident.approval(), "ops")
    assert incident.trusted().resumed == {CASE}
    # Another cause, and what was approved is no longer what is planned.
    incident.append(incident.event(IncidentPlanned(CASE, "something else", "the union"), "somebody"))
    assert_resumption_refused(incident, "have changed since")


@pytest.mark.parametrize(
    ("made", "reason"),
    [
        (lambda c: c.event(c.approval()), "not signed"),
        (lambda c: c.signed(c.approval(LEAD), "lead"), f"{LEAD} has not the role coordinator"),
        (lambda c: c.signed(c.approval(), "coder"), "wrong-principal"),
        (lambda c: c.signed(c.approval(), "stranger"), "unknown-key"),
        (lambda c: c.signed(c.approval(proposal="0" * 12), "ops"), "have changed since"),
        (lambda c: c.signed(c.approval(repository="0" * 40), "ops"), "another repository"),
        (lambda c: edited(c.signed(c.approval(because="never"), "ops"), "never", "sound"), "bad-signature"),
        (lambda c: c.signed(c.approval(Principal(ONE)), "one"), "one is a party of the case"),
    ],
)
def test_approvals_of_a_plan_that_do_not_count(incident: Court, made: Callable[[Court], Event], reason: str) -> None:
    incident.append(made(incident))
    assert_resumption_refused(incident, reason)


def test_nothing_is_resumed_without_a_cause_and_a_plan(court: Court) -> None:
    court.open(kind="incident", owner=RoleName("coordinator"))
    court.say(court.approval(), "ops")
    assert_resumption_refused(court, "no cause or no plan")


def test_a_ruling_resumes_no_incident(incident: Court) -> None:
    incident.say(incident.ruling(OPS), "ops")
    (ruling,) = incident.judge().rulings(incident.case())
    assert ruling.objection == "an incident needs a cause and a plan, and no ruling"
    assert incident.trusted().rulings == {}


def test_a_quarantine_stands_until_it_is_lifted(case: Court) -> None:
    placed = case.say(case.quarantine(), "ops")
    found = case.trusted().quarantined[ONE]
    assert (found.id, found.principal, found.findings, found.because) == (placed.id, OPS, (FINDING,), "it spins")
    for payload, key in (
        (case.readmission(placed.id, LEAD), "lead"),
        (case.readmission(placed.id, Principal(ONE)), "one"),
        (case.readmission(placed.id), "stranger"),
        (case.readmission(placed.id, repository="0" * 40), "ops"),
    ):
        case.say(payload, key)
        assert ONE in case.trusted().quarantined
    case.append(case.event(case.readmission(placed.id)))
    assert ONE in case.trusted().quarantined
    case.say(case.readmission(placed.id), "ops")
    assert case.trusted().quarantined == {}
    # What lifted one lifts no later one.
    again = case.say(case.quarantine(because="again"), "ops")
    assert case.trusted().quarantined[ONE].id == again.id


def test_a_quarantine_that_is_over_is_not_placed_by_writing_it_once_more(case: Court) -> None:
    # It would set somebody apart for what nobody has judged, and free those whom it meets now.
    placed = case.say(case.quarantine(), "ops")
    case.append(case.event(QuarantineEnded(ONE), "gatekeeper"))
    case.append(placed)
    assert case.trusted().quarantined == {}
    known = ledger_of(case.repository).state().get(QuarantineRecord, ONE)
    assert known is not None
    assert "it was signed before" in (case.judge().placings(known)[0].objection or "")
    again = case.say(case.quarantine(because="again"), "ops")
    assert case.trusted().quarantined[ONE].id == again.id


def test_an_incident_that_comes_back_needs_an_approval_of_its_own(incident: Court) -> None:
    #
    approved = incident.say(incident.approval(), "ops")
    assert incident.trusted().resumed == {CASE}
    incident.append(incident.event(CaseClosed(CASE, "gone"), "gatekeeper"))
    incident.open(kind="incident", owner=RoleName("coordinator"))
    incident.plan()
    incident.append(approved)
    (judged,) = incident.judge().resumptions(incident.case())
    assert "it was signed before" in (judged.objection or "")
    assert incident.trusted().resumed == set()


@pytest.mark.parametrize(
    ("made", "reason"),
    [
        (lambda c: c.event(c.quarantine()), "not signed"),
        (lambda c: c.signed(c.quarantine(LEAD), "lead"), f"{LEAD} has not the role coordinator"),
        (lambda c: c.signed(c.quarantine(), "coder"), "wrong-principal"),
        (lambda c: c.signed(c.quarantine(repository="0" * 40), "ops"), "another repository"),
        (lambda c: c.signed(c.quarantine(findings=()), "ops"), "names no finding"),
        (lambda c: edited(c.signed(c.quarantine(because="mild"), "ops"), "mild", "grim"), "bad-signature"),
    ],
)
def test_quarantines_that_do_not_count(case: Court, made: Callable[[Court], Event], reason: str) -> None:
    case.append(made(case))
    known = ledger_of(case.repository).state().get(QuarantineRecord, ONE)
    assert known is not None
    (placing,) = case.judge().placings(known)
    assert reason in (placing.objection or "")
    assert case.trusted().quarantined == {}


def test_no_party_sets_another_one_apart(court: Court) -> None:
    # That would free it from its own case.
    court.configure(f'[policy.roles]\ncoordinator = ["{TWO}", "{OPS}"]\n')
    court.open()
    court.say(court.quarantine(TWO_SIGNS_AS), "two")
    assert court.trusted().quarantined == {}
    court.say(court.quarantine(TWO_SIGNS_AS, findings=(FindingId("unknown"),)), "two")
    assert court.trusted().quarantined == {}
    # It may where it is no party.
    court.append(court.event(FindingClosed(FINDING, "gone"), "gatekeeper"))
    assert court.trusted().quarantined[ONE].principal == TWO_SIGNS_AS


GATES = """
[gates.design]
approval = "security"
[phases.build]
agents = ["one"]
[phases.build.gates]
post = ["design"]
"""


def test_approvals_of_gates_are_those_of_the_role_that_the_gate_names(court: Court) -> None:
    roles = ROLES + f'security = ["{CODER}"]\n'
    court.configure(roles + GATES)
    given = {"subject": "gate/build/design", "proposal": "0" * 64}
    court.say(court_approval(court, CODER, **given), "coder")
    court.say(court_approval(court, OPS, **given), "ops")
    court.say(court_approval(court, CODER, subject="gate/build/other", proposal="0"), "coder")
    court.append(court.event(court_approval(court, CODER, **given)))
    assert [(each.principal, each.subject) for each in court.trusted().approvals] == [(CODER, "gate/build/design")]


def court_approval(court: Court, principal: Principal, *, subject: str, proposal: str) -> ApprovalGiven:
    return ApprovalGiven(repository=court.id, principal=principal, subject=subject, proposal=proposal, because="read")


@pytest.mark.parametrize("signers", [True, False])
def test_the_log_tells_what_was_edited_from_what_does_not_count(
    case: Court, capsys: pytest.CaptureFixture[str], *, signers: bool
) -> None:
    ruling = case.signed(case.ruling(), "lead")
    # Edited into the word of somebody without the role, of another repository, and without a signature.
    forged = [
        edited(case.signed(case.ruling(because="x1"), "lead"), f'"principal":"{LEAD}"', f'"principal":"{CODER}"'),
        edited(case.signed(case.quarantine(because="x2"), "ops"), case.id, "0" * 40),
        edited(case.signed(case.acknowledgement(ruling, TWO_SIGNS_AS, TWO), "two"), '"agent":"two"', '"agent":"one"'),
        case.event(case.approval(proposal="")),
    ]
    honest = [case.signed(case.ruling(CODER), "coder"), case.signed(case.ruling(repository="0" * 40), "lead")]
    case.append(ruling, *forged, *honest)
    if not signers:
        case.repository.commit("main", {"allowed_signers": None})
    capsys.readouterr()
    assert run(["log", "--verify", "-C", str(case.repository.root)]) == 3
    told = capsys.readouterr().out
    assert [f"event {event.id} is forged" in told for event in (*forged, *honest, ruling)] == [True] * 4 + [False] * 3
    assert all(f"event {event.id} does not count" in told for event in honest)
    assert (f"event {ruling.id}" in told) is not signers
