"""Whom a signed word releases or stops is told at once: the next poll finds nothing new in it. R-12, R-44."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from gatekeeper.cli.main import run
from gatekeeper.core.ledger.records import FindingRecord, NoticeRecord
from gatekeeper.report.escalations import EscalationsDocument
from tests.cli.ledger_commands import document, told
from tests.kit import RepositoryBuilder
from tests.kit.ssh import needs_openssh
from tests.shell.ledgers import ledger_of
from tests.shell.people import LEAD, ONE, OPS, ROLES, TWO, TWO_SIGNS_AS, Court

pytestmark = needs_openssh


@pytest.fixture
def court(repository: RepositoryBuilder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Court:
    monkeypatch.chdir(repository.root)
    return Court(repository, tmp_path / "keys")


def listen(court: Court, *command: str, on: str = "agent-released") -> None:
    row = f'[[notifications]]\nname = "hook"\ncommand = {json.dumps(command)}\non = ["{on}"]\n'
    court.configure(f"{ROLES}{row}")


def keep(file: Path) -> tuple[str, ...]:
    return "sh", "-c", f"cat >> {file}; printf '\\0' >> {file}"


def heard(file: Path) -> list[tuple[str, list[str], str]]:
    documents = [json.loads(text) for text in file.read_text().split("\0")[:-1]] if file.exists() else []
    items: list[dict[str, Any]] = [item for document in documents for item in document["items"]]
    return [(item["event"], item["agents"], item["standing"]) for item in items]


def found(capsys: pytest.CaptureFixture[str]) -> str:
    """Poll, and return the case that opens."""
    run(["poll"])
    (case,) = document(capsys, EscalationsDocument, "escalation", "list")["cases"]
    return str(case["id"])


def ruled(court: Court, capsys: pytest.CaptureFixture[str]) -> str:
    """Let the architect rule and one party acknowledge it."""
    case = found(capsys)
    told(capsys, "escalation", "resolve", case, "--take", ONE, "--because", "agreed", *by(court, LEAD, "lead"))
    told(capsys, "escalation", "acknowledge", case, *by(court, ONE, "one"))
    return case


def by(court: Court, principal: str, key: str) -> tuple[str, ...]:
    return "--as", principal, "--key", str(court.keys[key])


def test_the_last_acknowledgement_releases_all_parties(
    court: Court, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    file = tmp_path / "heard"
    listen(court, *keep(file))
    case = ruled(court, capsys)
    assert heard(file) == []
    told(capsys, "escalation", "acknowledge", case, *by(court, TWO_SIGNS_AS, "two"))
    released = [("agent-released", [ONE], "clear"), ("agent-released", [TWO], "integrating")]
    assert heard(file) == released
    assert list(ledger_of(court.repository).state().each(NoticeRecord)) == []
    assert "sound" in told(capsys, "log", "--verify")


def test_a_waiver_releases(court: Court, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    file = tmp_path / "heard"
    listen(court, *keep(file))
    found(capsys)
    ((finding, _),) = ledger_of(court.repository).state().each(FindingRecord)
    told(capsys, "waive", finding, "--because", "later", "--until", "2d", *by(court, LEAD, "lead"))
    assert heard(file) == [("agent-released", [ONE], "clear"), ("agent-released", [TWO], "clear")]


def test_of_an_agent_set_apart_only_the_others_are_released(
    court: Court, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    file = tmp_path / "heard"
    listen(court, *keep(file))
    found(capsys)
    told(capsys, "quarantine", ONE, "--because", "it spins", *by(court, OPS, "ops"))
    assert heard(file) == [("agent-released", [TWO], "clear")]
    told(capsys, "quarantine", ONE, "--release", "--because", "mended", *by(court, OPS, "ops"))
    assert len(heard(file)) == 1


def test_a_hook_that_fails_holds_nobody_up(court: Court, capsys: pytest.CaptureFixture[str]) -> None:
    listen(court, "sh", "-c", "echo no room >&2; exit 1")
    case = ruled(court, capsys)
    capsys.readouterr()
    assert run(["escalation", "acknowledge", case, *by(court, TWO_SIGNS_AS, "two")]) == 0
    said = capsys.readouterr()
    assert "hook could not be told" in said.err
    assert "no room" in said.err
    # A later poll tries again.
    assert len(list(ledger_of(court.repository).state().each(NoticeRecord))) == 1
