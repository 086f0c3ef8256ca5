"""What people have decided counts by real keys only, and by those who may decide: each way in which it does not."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from gatekeeper.coordinator.notary import Notary
from gatekeeper.coordinator.trusting import concern_of
from gatekeeper.core.ledger.case_events import CaseClosed
from gatekeeper.core.ledger.case_records import CaseRecord
from gatekeeper.core.ledger.events import Event
from gatekeeper.core.names import AgentName
from gatekeeper.core.policy.trusted import Trusted
from gatekeeper.core.roster import Principal
from gatekeeper.repository import open_repository
from tests.kit import RepositoryBuilder
from tests.kit.ssh import needs_openssh
from tests.shell.ledgers import ledger_of
from tests.shell.people import CASE, CODER, LEAD, ONE, OPS, TWO, TWO_SIGNS_AS, Court, edited

pytestmark = needs_openssh

LONG_AGO = datetime(2020, 6, 1, tzinfo=UTC)


@pytest.fixture
def court(repository: RepositoryBuilder, tmp_path: Path) -> Court:
    return Court(repository, tmp_path / "keys")


@pytest.fixture
def case(court: Court) -> Court:
    court.open()
    return court


def assert_ruling_refused(court: Court, reason: str) -> None:
    """Hold that no ruling counts, and that the last is told with its reason."""
    objection = court.judge().rulings(court.case())[-1].objection
    assert objection is not None
    assert reason in objection
    assert court.trusted().rulings == {}


def test_nothing_signed_is_nothing_trusted(court: Court) -> None:
    assert court.trusted() == Trusted()
    court.open()
    assert court.trusted() == Trusted()


def test_a_ruling_counts_with_those_who_acknowledge_it(case: Court) -> None:
    # both accept.
    ruling = case.say(case.ruling(), "lead")
    (found,) = case.trusted().rulings[CASE]
    assert (found.id, found.said.choice, found.acknowledged) == (ruling.id, "take", frozenset())
    case.say(case.acknowledgement(ruling, Principal(ONE), ONE), "one")
    assert case.trusted().rulings[CASE][0].acknowledged == {ONE}
    case.say(case.acknowledgement(ruling, TWO_SIGNS_AS, TWO), "two")
    assert case.trusted().rulings[CASE][0].acknowledged == {ONE, TWO}


def test_the_newest_ruling_is_the_last(case: Court) -> None:
    first = case.say(case.ruling(), "lead")
    second = case.say(case.ruling(agent=TWO), "lead")
    assert [ruling.id for ruling in case.trusted().rulings[CASE]] == [first.id, second.id]


def test_a_ruling_that_is_not_signed(case: Court) -> None:
    case.append(case.event(case.ruling()))
    assert_ruling_refused(case, "it is not signed")


def test_a_ruling_that_was_edited(case: Court) -> None:
    case.append(edited(case.signed(case.ruling(), "lead"), '"agent":"one"', '"agent":"two"'))
    assert_ruling_refused(case, "bad-signature")


def test_a_ruling_by_somebody_without_the_role(case: Court) -> None:
    case.say(case.ruling(CODER), "coder")
    assert_ruling_refused(case, f"{CODER} has not the role architect")


def test_a_coordinator_does_not_rule_while_an_architect_may(case: Court) -> None:
    case.say(case.ruling(OPS), "ops")
    assert_ruling_refused(case, f"{OPS} has not the role architect")


def test_a_ruling_under_the_name_of_another(case: Court) -> None:
    case.say(case.ruling(LEAD), "coder")
    assert_ruling_refused(case, "wrong-principal")


def test_a_ruling_by_a_key_that_nobody_knows(case: Court) -> None:
    case.say(case.ruling(), "stranger")
    assert_ruling_refused(case, "unknown-key")


def test_a_ruling_for_another_repository(case: Court) -> None:
    case.say(case.ruling(repository="0" * 40), "lead")
    assert_ruling_refused(case, "another repository")


def test_a_ruling_on_another_case_moved_to_this_one(case: Court) -> None:
    # Its line stands in the record of this case, as whoever writes the ledger's tree can have it.
    elsewhere = case.signed(case.ruling(case="ffffffff"), "lead")
    moved = edited(elsewhere, '"case":"ffffffff"', f'"case":"{CASE}"')
    case.append(moved)
    assert_ruling_refused(case, "bad-signature")
    record(case, rulings=(moved.written or b"").decode().replace(CASE, "ffffffff"))
    assert_ruling_refused(case, "it is about another case")


def record(court: Court, *, rulings: str) -> None:
    """Put a line into the record of the case, past the events, in the ledger and in what is kept of it."""
    ledger = ledger_of(court.repository)
    changed = {(CaseRecord, str(CASE)): replace(court.case(), rulings=(rulings,))}
    tree = ledger.state().with_changes(changed, ledger.objects)  # type: ignore[arg-type] # one of the kinds
    commit = court.repository.git("commit-tree", str(tree), "-m", "x").strip()
    for name in ("ledger", "kept/ledger"):
        court.repository.git("update-ref", f"refs/gatekeeper/{name}", commit)


def test_a_key_that_was_taken_off_the_list(case: Court) -> None:
    case.say(case.ruling(), "lead")
    case.list_signers(without="lead")
    assert_ruling_refused(case, "unknown-key")


def test_a_key_that_has_expired_since(case: Court) -> None:
    # Its date is what its writer says: backdated, it must not bring an expired key back to life.
    case.say(case.ruling(), "lead", at=LONG_AGO)
    case.list_signers(options='valid-before="20210101"')
    assert_ruling_refused(case, "expired")


def test_a_role_that_was_taken_away(case: Court) -> None:
    case.say(case.ruling(), "lead")
    assert CASE in case.trusted().rulings
    case.configure('[policy.roles]\narchitect = ["other@example.org"]\n')
    assert_ruling_refused(case, f"{LEAD} has not the role architect")


@pytest.mark.parametrize("name", [Principal(TWO), TWO_SIGNS_AS])
def test_an_agent_does_not_rule_in_its_own_case(court: Court, name: Principal) -> None:
    # Neither under its own name nor under the one that it signs as.
    court.configure(f'[policy.roles]\narchitect = ["{TWO}", "{LEAD}"]\n')
    court.list_signers(more=f"two {court.public('two')}")
    court.open()
    court.say(court.ruling(name), "two")
    assert_ruling_refused(court, f"{name} is a party of the case")
    court.say(court.ruling(LEAD), "lead")
    assert [each.said.principal for each in court.trusted().rulings[CASE]] == [LEAD]


@pytest.mark.parametrize("line", ["two", TWO_SIGNS_AS, "t?o@*", "x,two*", '"two@example.org" valid-before="20200101"'])
def test_whoever_has_a_key_of_a_party_is_that_party(case: Court, line: str) -> None:
    # Under the lead's own name: the same key is also listed for one of the parties, in another line.
    case.list_signers(more=f"{line} {case.public('lead')}")
    case.say(case.ruling(), "lead")
    assert_ruling_refused(case, "the key is that of two as well")


def test_a_key_that_no_party_has_is_independent(case: Court) -> None:
    case.list_signers(more=f"!two@example.org,*@example.org {case.public('lead')}\n# two {case.public('lead')}")
    case.say(case.ruling(), "lead")
    assert CASE in case.trusted().rulings


def test_where_the_architect_is_a_party_a_coordinator_rules(court: Court) -> None:
    court.configure(f'[policy.roles]\narchitect = ["{TWO}"]\ncoordinator = ["{OPS}"]\n')
    court.open()
    court.say(court.ruling(TWO_SIGNS_AS), "two")
    assert_ruling_refused(court, "is a party of the case")
    court.say(court.ruling(OPS), "ops")
    assert CASE in court.trusted().rulings


def test_where_everybody_is_a_party_nobody_rules(court: Court) -> None:
    court.configure('[policy.roles]\narchitect = ["two"]\ncoordinator = ["one"]\n')
    court.open()
    for principal, key in ((Principal(ONE), "one"), (TWO_SIGNS_AS, "two")):
        court.say(court.ruling(principal), key)
        assert_ruling_refused(court, "is a party of the case")
    court.say(court.ruling(LEAD), "lead")
    assert_ruling_refused(court, "name somebody in policy.roles")


@pytest.mark.parametrize(
    ("more", "reason"),
    [
        ({"choice": "proceed", "agent": None}, "only a reorganisation"),
        ({"choice": "take-back", "agent": None}, "only a reorganisation"),
        ({"agent": AgentName("three")}, "three is no party"),
    ],
)
def test_a_ruling_that_makes_no_sense(case: Court, more: dict[str, Any], reason: str) -> None:
    case.say(case.ruling(**more), "lead")
    assert_ruling_refused(case, reason)


def test_a_reorganisation_proceeds_only_if_compatible_or_waived_by_name(court: Court) -> None:
    #
    court.open(kind="reorganisation", author=ONE, broken=("member crates/a", "task check"))
    court.say(court.ruling(choice="proceed", agent=None, waives=("task check",)), "lead")
    assert_ruling_refused(court, "not compatible: member crates/a")
    court.say(court.ruling(choice="proceed", agent=None, waives=("task check", "member crates/a")), "lead")
    assert [each.said.choice for each in court.trusted().rulings[CASE]] == ["proceed"]


def assert_acknowledgement_refused(court: Court, reason: str) -> None:
    objection = court.judge().acknowledgements(court.case())[-1].objection
    assert objection is not None
    assert reason in objection
    assert court.trusted().rulings[CASE][0].acknowledged == frozenset()


Refuse = Callable[[Court, Event], Event]


@pytest.mark.parametrize(
    ("made", "reason"),
    [
        (lambda c, r: c.event(c.acknowledgement(r, Principal(ONE), ONE)), "not signed"),
        (lambda c, r: c.signed(c.acknowledgement(r, Principal(ONE), ONE), "two"), "wrong-principal"),
        (lambda c, r: c.signed(c.acknowledgement(r, TWO_SIGNS_AS, ONE), "two"), "a party of the case, and not one"),
        (lambda c, r: c.signed(c.acknowledgement(r, LEAD, ONE), "lead"), "neither one nor a coordinator"),
        (lambda c, r: c.signed(c.acknowledgement(r, OPS, AgentName("three")), "ops"), "three is no party"),
        (lambda c, r: c.signed(c.acknowledgement(r, OPS, ONE, repository="0" * 40), "ops"), "another repository"),
        (
            lambda c, r: edited(c.signed(c.acknowledgement(r, OPS, TWO), "ops"), '"agent":"two"', '"agent":"one"'),
            "bad-signature",
        ),
    ],
)
def test_acknowledgements_that_do_not_count(case: Court, made: Refuse, reason: str) -> None:
    ruling = case.say(case.ruling(), "lead")
    case.append(made(case, ruling))
    assert_acknowledgement_refused(case, reason)


def test_a_coordinator_acknowledges_for_an_agent(case: Court) -> None:
    ruling = case.say(case.ruling(), "lead")
    case.say(case.acknowledgement(ruling, OPS, TWO), "ops")
    assert case.trusted().rulings[CASE][0].acknowledged == {TWO}


def test_an_acknowledgement_of_one_ruling_is_none_of_the_next(case: Court) -> None:
    first = case.say(case.ruling(), "lead")
    case.say(case.acknowledgement(first, Principal(ONE), ONE), "one")
    case.say(case.ruling(agent=TWO), "lead")
    assert [sorted(each.acknowledged) for each in case.trusted().rulings[CASE]] == [[ONE], []]


def test_what_was_said_before_a_case_came_up_again_is_not_said_of_it(case: Court) -> None:
    # Whoever can write the ledger can write signed lines once more, and a finding comes back under the same id.
    ruling = case.say(case.ruling(), "lead")
    heard = case.say(case.acknowledgement(ruling, Principal(ONE), ONE), "one")
    case.append(case.event(CaseClosed(CASE, "gone"), "gatekeeper"))
    case.open()
    case.append(ruling)
    case.append(heard)
    assert_ruling_refused(case, "it was signed before")
    assert case.judge().acknowledgements(case.case())[0].counts is False


def test_whose_clock_is_behind_that_of_the_poll_is_heard_all_the_same(case: Court) -> None:
    judge = case.judge(at=LONG_AGO)
    lead = Notary(open_repository(str(case.repository.root)), judge.authority, LEAD, str(case.keys["lead"]), LONG_AGO)
    said = lead.signed(case.ruling(), concern_of(case.case()))
    assert said.at == case.case().opened_at
