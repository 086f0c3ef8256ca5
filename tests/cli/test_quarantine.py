"""An agent is set apart by a coordinator whom it does not concern, and let in again."""

from __future__ import annotations

from pathlib import Path

import pytest

from gatekeeper.cli.main import run
from gatekeeper.report.quarantines import QuarantinesDocument
from tests.cli.ledger_commands import document, refused, told
from tests.kit import RepositoryBuilder
from tests.kit.ssh import needs_openssh
from tests.shell.people import FINDING, LEAD, ONE, OPS, TWO, TWO_SIGNS_AS, Court

pytestmark = needs_openssh


@pytest.fixture
def court(repository: RepositoryBuilder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Court:
    monkeypatch.chdir(repository.root)
    made = Court(repository, tmp_path / "keys")
    made.open()
    return made


def quarantine(court: Court, *arguments: str, principal: str = OPS, key: str = "ops") -> list[str]:
    return ["quarantine", *arguments, "--as", principal, "--key", str(court.keys[key])]


def test_set_apart_and_let_in_again(court: Court, capsys: pytest.CaptureFixture[str]) -> None:
    assert told(capsys, "quarantine") == "nobody is set apart\n"
    told(capsys, *quarantine(court, "one", "--because", "it spins"))
    (found,) = document(capsys, QuarantinesDocument, "quarantine")["quarantines"]
    assert (found["agent"], found["findings"], found["counts"]) == (ONE, [FINDING], True)
    assert court.trusted().quarantined[ONE].because == "it spins"
    assert "one is set apart already" in refused(capsys, *quarantine(court, "one", "--because", "x"))
    said = told(capsys, *quarantine(court, "one", "--release", "--because", "mended"))
    assert f"does not count: {OPS} has lifted it: mended" in said
    assert court.trusted().quarantined == {}
    assert "one is not set apart" in refused(capsys, *quarantine(court, "one", "--release", "--because", "x"))
    told(capsys, *quarantine(court, "one", "--because", "again"))
    assert court.trusted().quarantined[ONE].because == "again"
    assert run(["log", "--verify"]) == 0


@pytest.mark.parametrize(
    ("arguments", "principal", "key", "reason"),
    [
        (["one", "--because", "x"], LEAD, "lead", f"{LEAD} has not the role coordinator"),
        (["one", "--because", "x"], OPS, "lead", "wrong-principal"),
        (["one"], OPS, "ops", "why?"),
        (["three", "--because", "x"], OPS, "ops", "no finding of the ledger is about three"),
        (["--because", "x"], OPS, "ops", "which agent?"),
        (["--release"], OPS, "ops", "which agent?"),
        (["one", "--release", "--because", "x"], OPS, "ops", "one is not set apart"),
    ],
)
def test_refused(
    court: Court, capsys: pytest.CaptureFixture[str], arguments: list[str], principal: str, key: str, reason: str
) -> None:
    assert reason in refused(capsys, *quarantine(court, *arguments, principal=principal, key=key))
    assert told(capsys, "quarantine") == "nobody is set apart\n"


def test_no_coordinator_frees_itself_by_setting_another_apart(court: Court, capsys: pytest.CaptureFixture[str]) -> None:
    court.configure(f'[policy.roles]\ncoordinator = ["{TWO}", "{OPS}"]\n')
    said = refused(capsys, *quarantine(court, "one", "--because", "x", principal=TWO_SIGNS_AS, key="two"))
    assert f"{TWO_SIGNS_AS} is a party of the case" in said
    told(capsys, *quarantine(court, "two", "--because", "x"))
    lifted = quarantine(court, "two", "--release", "--because", "x", principal=TWO_SIGNS_AS, key="two")
    assert "is a party" in refused(capsys, *lifted)
