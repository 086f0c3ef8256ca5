"""Incidents go on by a recorded cause and plan that a coordinator has approved. R-13."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from gatekeeper.cli.main import run
from gatekeeper.core.ledger.case_events import CaseChanged, CaseClosed
from gatekeeper.core.ledger.records import FindingId
from gatekeeper.core.roster import RoleName
from gatekeeper.report.approvals import ApprovalsDocument
from gatekeeper.report.escalations import EscalationsDocument
from tests.cli.ledger_commands import document, refused, told
from tests.kit import RepositoryBuilder
from tests.kit.ssh import needs_openssh
from tests.shell.people import CASE, CODER, FINDING, LEAD, ONE, OPS, Court

pytestmark = needs_openssh

PLAN = ("--cause", "both define it", "--plan", "the union")


@pytest.fixture
def court(repository: RepositoryBuilder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Court:
    monkeypatch.chdir(repository.root)
    made = Court(repository, tmp_path / "keys")
    made.open(kind="incident", owner=RoleName("coordinator"))
    return made


def signer(court: Court, principal: str = OPS, key: str = "ops") -> list[str]:
    return ["--as", principal, "--key", str(court.keys[key])]


def the_case(capsys: pytest.CaptureFixture[str], *arguments: str, code: int = 0) -> dict[str, Any]:
    (found,) = document(capsys, EscalationsDocument, *arguments, code=code)["cases"]
    return dict(found)


def tip(court: Court) -> str:
    return court.repository.git("rev-parse", "refs/gatekeeper/ledger")


def test_by_its_coordinator_at_once(court: Court, capsys: pytest.CaptureFixture[str]) -> None:
    assert the_case(capsys, "escalation", "list")["state"] == "waits for a root cause and a plan"
    found = the_case(capsys, "resume", *PLAN, "--because", "sound", *signer(court))
    assert (found["cause"], found["plan"], found["state"]) == ("both define it", "the union", "is resumed")
    assert [(each["counts"], each["because"]) for each in found["approvals"]] == [(True, "sound")]
    assert court.trusted().resumed == {CASE}
    before = tip(court)
    told(capsys, "resume", *signer(court))
    assert tip(court) == before
    assert run(["log", "--verify"]) == 0


@pytest.mark.parametrize(
    ("principal", "key", "reason"),
    [
        (CODER, "coder", f"{CODER} has not the role coordinator"),
        (LEAD, "lead", f"{LEAD} has not the role coordinator"),
        (ONE, "one", "one is a party of the case"),
        (OPS, "stranger", "unknown-key"),
    ],
)
def test_by_somebody_else_it_waits_for_approval(
    court: Court, capsys: pytest.CaptureFixture[str], principal: str, key: str, reason: str
) -> None:
    said = told(capsys, "resume", CASE[:5], *PLAN, *signer(court, principal, key), code=3)
    assert f"not approved: this would not count: {reason}" in said
    assert f"{OPS}: gatekeeper approve incident/{CASE}" in said
    assert (court.case().planned_by, court.trusted().resumed) == (principal, frozenset())
    # What it says is what the coordinator types.
    told(capsys, "approve", f"incident/{CASE}", "--because", "sound", *signer(court))
    assert court.trusted().resumed == {CASE}


def test_without_a_key_the_plan_is_recorded(court: Court, capsys: pytest.CaptureFixture[str]) -> None:
    said = told(capsys, "resume", *PLAN, "--as", OPS, code=3)
    assert "not approved: there is no key to sign with" in said
    assert court.case().plan == "the union"


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ([], "what was the root cause?"),
        (["--cause", "x"], "how does it go on?"),
        (["--plan", "x"], "what was the root cause?"),
        (["--cause", " ", "--plan", "x"], "what was the root cause?"),
        (["77"], "no open case has the id"),
    ],
)
def test_refused(court: Court, capsys: pytest.CaptureFixture[str], arguments: list[str], message: str) -> None:
    before = tip(court)
    assert message in refused(capsys, "resume", *arguments, *signer(court))
    assert "no cause and no plan" in refused(capsys, "approve", f"incident/{CASE}", "--because", "x", *signer(court))
    assert tip(court) == before


def test_another_finding_needs_another_word(court: Court, capsys: pytest.CaptureFixture[str]) -> None:
    told(capsys, "resume", *PLAN, *signer(court))
    told(capsys, "resume", "--plan", "another", *signer(court, CODER, "coder"), code=3)
    assert court.trusted().resumed == frozenset()
    found = the_case(capsys, "resume", *signer(court))
    assert (found["cause"], found["plan"], found["state"]) == ("both define it", "another", "is resumed")
    matter = court.matter(kind="incident", owner=RoleName("coordinator"), findings=(FINDING, FindingId("0" * 12)))
    court.append(court.event(CaseChanged(matter), "gatekeeper"))
    told(capsys, "resume", *signer(court))
    assert set(court.case().planned_for) == set(matter.findings)


def test_what_waits_and_what_was_approved_is_listed(court: Court, capsys: pytest.CaptureFixture[str]) -> None:
    assert told(capsys, "approve") == "nothing waits for an approval\n"
    told(capsys, "resume", *PLAN, *signer(court, CODER, "coder"), code=3)
    found = document(capsys, ApprovalsDocument, "approve")
    assert [each["subject"] for each in found["waiting"]] == [f"incident/{CASE}"]
    court.append(court.event(court.approval()))
    assert "does not count: it is not signed" in told(capsys, "approve")
    told(capsys, "approve", f"incident/{CASE[:4]}", "--because", "sound", *signer(court))
    found = document(capsys, ApprovalsDocument, "approve")
    assert (found["waiting"], [each["counts"] for each in found["approvals"]]) == ([], [False, True])
    before = tip(court)
    told(capsys, "approve", f"incident/{CASE}", "--because", "again", *signer(court))
    assert tip(court) == before


def test_which_incident(court: Court, capsys: pytest.CaptureFixture[str]) -> None:
    court.append(court.event(CaseClosed(CASE, "gone"), "gatekeeper"))
    assert "no incident is open" in refused(capsys, "resume", *PLAN, *signer(court))
    court.open()
    assert "is no incident" in refused(capsys, "resume", CASE, *PLAN, *signer(court))
