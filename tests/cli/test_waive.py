"""Waivers from end to end, by real keys: they count everywhere, are taken back, and bad input is refused."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from gatekeeper.cli.main import run
from gatekeeper.core.ledger.events import Event, FindingOpened, WaiverRevoked
from gatekeeper.core.ledger.records import FindingId, WaiverRecord
from gatekeeper.core.roster import Principal
from gatekeeper.ledger.ledger import new_event
from tests.cli.waivers import CODER, LEAD, UNTIL, World, assert_refused, listed, polled, waive
from tests.core.ledger_events import problem
from tests.kit.ssh import needs_openssh
from tests.shell.ledgers import ledger_of, record

pytestmark = needs_openssh


def test_a_good_one_counts_everywhere(world: World, capsys: pytest.CaptureFixture[str]) -> None:
    finding = world.finding().problem.id
    capsys.readouterr()
    assert waive(world, finding[:6], "--because", "agreed", "--until", "14d") == 0
    assert "does not count" not in capsys.readouterr().out
    (waiver,) = listed(capsys)
    assert (waiver["counts"], waiver["objection"], waiver["finding"]) == (True, None, finding)
    code, found = polled(capsys)
    assert (code, found["waived"], found["blocking"]) == (0, [finding], 0)
    # It stays in the report, and fails no check. R-17
    assert finding in {each["id"] for each in found["standing"]}
    assert all(each["holds"] for each in found["checks"])
    assert polled(capsys)[1]["events"] == []
    assert run(["log", "--verify"]) == 0


def revocation(world: World, **more: Any) -> Event:
    ((key, _),) = ledger_of(world.repository).state().each(WaiverRecord)
    given: dict[str, Any] = {
        "repository": world.repository.git("rev-list", "--max-parents=0", "main").strip(),
        "principal": Principal(LEAD),
        "waiver": key,
        "because": "a mistake",
    }
    return new_event(WaiverRevoked(**given | more), at=datetime.now(UTC), by=LEAD)


def test_one_that_was_taken_back(world: World, capsys: pytest.CaptureFixture[str]) -> None:
    finding = world.finding().problem.id
    assert waive(world, finding, "--because", "agreed", "--until", "14d") == 0
    assert waive(world, finding, "--revoke", "--because", "a mistake") == 0
    assert_refused(world, capsys, f"{LEAD} has taken it back: a mistake")
    # Not even by a later revocation that does not count.
    world.append(world.signed(revocation(world, principal=Principal(CODER)), "coder"))
    assert_refused(world, capsys, f"{LEAD} has taken it back: a mistake")


def test_one_that_somebody_without_the_role_takes_back_still_counts(
    world: World, capsys: pytest.CaptureFixture[str]
) -> None:
    finding = world.finding().problem.id
    assert waive(world, finding, "--because", "agreed", "--until", "14d") == 0
    for event in (
        world.signed(revocation(world, principal=Principal(CODER)), "coder"),
        world.signed(revocation(world, repository="0" * 40)),
        world.signed(revocation(world), "stranger"),
        revocation(world),
    ):
        world.append(event)
    assert [waiver["counts"] for waiver in listed(capsys)] == [True]
    assert world.trusted() == {finding}
    assert waive(world, finding, "--revoke", "--because", "x", key="coder", principal=CODER) == 2


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["FINDING"], "why?"),
        (["FINDING", "--because", " "], "why?"),
        (["FINDING", "--because", "x"], "until when?"),
        (["FINDING", "--because", "x", "--until", "soon"], "'soon' is no date"),
        (["FINDING", "--because", "x", "--until", "2020-01-01"], "is past"),
        (["FINDING", "--because", "x", "--until", "0d"], "longer than no time"),
        (["FINDING", "--because", "x", "--until", "99999999999d"], "is no duration"),
        (["FINDING", "--because", "x", "--until", "99999d"], "36500d at most"),
        (["FINDING", "--because", "x", "--until", "9" * 5000 + "d"], "is no duration"),
        (["FINDING", "--because", "x", "--until", "9999-12-31"], "is too far away"),
        (["FINDING", "--because", "x", "--until", "9999-12-31T23:59-10:00"], "is too far away"),
        (["FINDING", "--because", "x", "--until", "0001-01-01T00:00+10:00"], "is "),
        (["FINDING", "--because", "x", "--until", "20201231"], "is past"),
        (["zzz", "--because", "x", "--until", "1d"], "no finding of the ledger has the id zzz"),
        (["zzz", "--revoke", "--because", "x"], "no waiver that counts is of zzz"),
        (["", "--because", "x", "--until", "1d"], "which finding?"),
        (["", "--revoke", "--because", "x"], "which finding?"),
        (["--because", "x", "--until", "3d"], "which finding?"),
        (["--revoke"], "which finding?"),
        (["FINDING", "--because", "x", "--until", "1d", "--key", "nowhere"], "there is no signing key"),
        (["FINDING", "--because", "x\udce9", "--until", "1d"], "not UTF-8"),
    ],
)
def test_bad_input(world: World, arguments: list[str], message: str, capsys: pytest.CaptureFixture[str]) -> None:
    finding = world.finding().problem.id
    capsys.readouterr()
    key = [] if "--key" in arguments else ["--key", str(world.keys["lead"])]
    assert run(["waive", "--as", LEAD, *key, *(finding if each == "FINDING" else each for each in arguments)]) == 2
    told = capsys.readouterr()
    assert (told.out, message in told.err, "hint: " in told.err) == ("", True, True)
    assert list(ledger_of(world.repository).state().each(WaiverRecord)) == []


def test_several_findings_that_begin_alike(world: World, capsys: pytest.CaptureFixture[str]) -> None:
    record(ledger_of(world.repository), *(FindingOpened(problem(name)) for name in ("fff1", "fff2")))
    assert waive(world, "fff", "--because", "x", "--until", "1d") == 2
    assert "several findings of the ledger begin with fff" in capsys.readouterr().err


def test_only_what_counts_of_the_one_finding_is_taken_back(world: World, capsys: pytest.CaptureFixture[str]) -> None:
    past = datetime.now(UTC) - timedelta(days=1)
    world.append(world.signed(world.waiver(until=past, at=past - UNTIL)))
    for name in ("fff1", "fff2"):
        world.append(world.signed(world.waiver(finding=FindingId(name))))
    finding = world.finding().problem.id
    capsys.readouterr()
    assert waive(world, "fff", "--revoke", "--because", "x") == 2
    assert "several findings that begin with fff" in capsys.readouterr().err
    assert waive(world, finding, "--revoke", "--because", "x") == 2
    assert f"no waiver that counts is of {finding}" in capsys.readouterr().err
    assert waive(world, "fff1", "--revoke", "--because", "x") == 0
    assert world.trusted() == {"fff2"}
