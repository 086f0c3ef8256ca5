"""Waivers that do not count, each for its own reason."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from gatekeeper.core.ledger.records import FindingId, WaiverRecord
from gatekeeper.core.roster import Principal
from tests.cli.waivers import CODER, LEAD, UNTIL, World, assert_refused, edited, listed, polled, verified, waive
from tests.kit.ssh import needs_openssh
from tests.shell.ledgers import ledger_of

pytestmark = needs_openssh


def test_unsigned(world: World, capsys: pytest.CaptureFixture[str]) -> None:
    event = world.waiver()
    world.append(event)
    assert_refused(world, capsys, "it is not signed")
    code, told = verified(capsys)
    assert code == 3
    assert f"event {event.id} is forged: it is not signed" in told


def test_edited_after_it_was_signed(world: World, capsys: pytest.CaptureFixture[str]) -> None:
    event = edited(world.signed(world.waiver()), b"agreed", b"forged")
    world.append(event)
    assert_refused(world, capsys, "bad-signature")
    code, told = verified(capsys)
    assert code == 3
    assert f"event {event.id} is forged: bad-signature" in told


def test_spelled_differently_after_it_was_signed(world: World, capsys: pytest.CaptureFixture[str]) -> None:
    world.append(edited(world.signed(world.waiver()), b'"because":', b'"because":"seen","because":'))
    assert_refused(world, capsys, "bad-signature")


def test_copied_under_another_finding(world: World, capsys: pytest.CaptureFixture[str]) -> None:
    elsewhere = world.signed(world.waiver(finding=FindingId("0" * 12)))
    world.append(edited(elsewhere, b"0" * 12, world.finding().problem.id.encode()))
    assert_refused(world, capsys, "bad-signature")


def test_a_record_that_says_something_else_than_its_event(world: World, capsys: pytest.CaptureFixture[str]) -> None:
    world.append(world.signed(world.waiver(finding=FindingId("0" * 12))))
    ledger = ledger_of(world.repository)
    ((key, waiver),) = ledger.state().each(WaiverRecord)
    changes = {(WaiverRecord, key): replace(waiver, finding=world.finding().problem.id)}
    tree = ledger.state().with_changes(changes, ledger.objects)  # type: ignore[arg-type] # one of the kinds
    commit = world.repository.git("commit-tree", str(tree), "-m", "x").strip()
    for name in ("ledger", "kept/ledger"):
        world.repository.git("update-ref", f"refs/gatekeeper/{name}", commit)
    assert listed(capsys)[0]["objection"] == "it is not what was signed"
    assert world.trusted() == frozenset()


def test_by_somebody_without_the_role(world: World, capsys: pytest.CaptureFixture[str]) -> None:
    finding = world.finding().problem.id
    capsys.readouterr()
    arguments = (finding, "--because", "please", "--until", "1d")
    assert waive(world, *arguments, key="coder", principal=CODER) == 2
    told = capsys.readouterr().err
    assert f"{CODER} has not the role architect or coordinator" in told
    assert "policy.roles" in told
    world.append(world.signed(world.waiver(principal=Principal(CODER)), "coder"))
    assert_refused(world, capsys, "has not the role")
    # Nobody has edited anything: that is no damage to the ledger.
    code, said = verified(capsys)
    assert (code, "does not count: " in said) == (0, True)


def test_by_another_key_than_that_of_the_name(world: World, capsys: pytest.CaptureFixture[str]) -> None:
    world.append(world.signed(world.waiver(), "coder"))
    assert_refused(world, capsys, "wrong-principal")


def test_by_an_unknown_key(world: World, capsys: pytest.CaptureFixture[str]) -> None:
    assert waive(world, world.finding().problem.id, "--because", "x", "--until", "1d", key="stranger") == 2
    world.append(world.signed(world.waiver(), "stranger"))
    assert_refused(world, capsys, "unknown-key")


def test_for_another_repository(world: World, capsys: pytest.CaptureFixture[str]) -> None:
    world.append(world.signed(world.waiver(repository="0" * 40)))
    assert_refused(world, capsys, "another repository")


def test_one_whose_time_is_over(world: World, capsys: pytest.CaptureFixture[str]) -> None:
    past = datetime.now(UTC) - timedelta(days=1)
    world.append(world.signed(world.waiver(until=past, at=past - UNTIL)))
    (waiver,) = listed(capsys)
    assert waiver["objection"] == "it has ended"
    assert world.trusted() == frozenset()
    code, found = polled(capsys)
    assert (code, [event["type"] for event in found["events"]]) == (1, ["waiver.ended"])
    assert listed(capsys) == []


def test_a_key_that_has_expired_since_or_says_that_it_has_not(world: World, capsys: pytest.CaptureFixture[str]) -> None:
    # Its date is what its writer says: backdated, it must not bring an expired key back to life.
    world.append(world.signed(world.waiver(at=datetime(2020, 6, 1, tzinfo=UTC))))
    world.list_signers(options='valid-before="20210101"')
    assert_refused(world, capsys, "expired")
    # When it says that it was written the key was good, so that the ledger is as it should be.
    assert verified(capsys)[0] == 0


def test_a_key_that_was_not_yet_good_then(world: World, capsys: pytest.CaptureFixture[str]) -> None:
    world.append(world.signed(world.waiver(at=datetime(2020, 6, 1, tzinfo=UTC))))
    world.list_signers(options='valid-after="20210101"')
    assert_refused(world, capsys, "expired")


def test_a_key_that_was_taken_off_the_list(world: World, capsys: pytest.CaptureFixture[str]) -> None:
    assert waive(world, world.finding().problem.id, "--because", "agreed", "--until", "14d") == 0
    world.list_signers(without="lead")
    assert_refused(world, capsys, "unknown-key")
    assert verified(capsys)[0] == 0


def test_without_signers_nothing_counts(world: World, capsys: pytest.CaptureFixture[str]) -> None:
    assert waive(world, world.finding().problem.id, "--because", "agreed", "--until", "14d") == 0
    world.repository.commit("main", {"allowed_signers": None})
    assert_refused(world, capsys, "trunk has no allowed_signers")


def test_a_party_of_the_finding(world: World, capsys: pytest.CaptureFixture[str]) -> None:
    # Nobody decides a case of their own, under whatever name their key is listed.
    config = f'fail_on = "minor"\n[agents.one]\nsigns_as = "{LEAD}"\n[policy.roles]\narchitect = ["{LEAD}"]\n'
    world.repository.commit("main", {"gatekeeper.toml": config})
    polled(capsys)
    assert waive(world, world.finding().problem.id, "--because", "mine", "--until", "10d") == 2
    assert f"{LEAD} is a party of the finding" in capsys.readouterr().err
    world.append(world.signed(world.waiver()))
    assert listed(capsys)[0]["objection"] == f"{LEAD} is a party of the finding"
    assert world.trusted() == frozenset()


def test_granted_once_more_after_it_was_taken_back(world: World, capsys: pytest.CaptureFixture[str]) -> None:
    granted = world.signed(world.waiver())
    world.append(granted)
    assert world.trusted() == {world.finding().problem.id}
    assert waive(world, world.finding().problem.id, "--revoke", "--because", "a mistake") == 0
    world.append(granted)
    capsys.readouterr()
    assert_refused(world, capsys, "has taken it back: a mistake")
    code, told = verified(capsys)
    assert code == 3
    assert f"event {granted.id} stands in the ledger twice" in told
