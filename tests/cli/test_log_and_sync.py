"""R-29: what happened, and one ledger for all clones."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest

from gatekeeper.core.ledger.events import AgentReported, MemoryPut, MonthFolded
from gatekeeper.core.names import AgentName
from gatekeeper.ledger import LEDGER_REF
from gatekeeper.report.log import LogDocument, VerifyDocument
from gatekeeper.report.sync import ArchiveDocument, SyncDocument
from tests.cli.ledger_commands import document, refused, told
from tests.kit import RepositoryBuilder
from tests.shell.ledgers import ledger_of, put, record

MAKEFILE = '[tasks.check]\ncommand = "cargo"\n'


@pytest.fixture
def here(repository: RepositoryBuilder, monkeypatch: pytest.MonkeyPatch) -> RepositoryBuilder:
    repository.commit("main", {"Makefile.toml": MAKEFILE})
    for agent in ("one", "two"):
        repository.branch(agent)
        repository.commit(agent, {"Makefile.toml": MAKEFILE.replace("cargo", agent)})
    monkeypatch.chdir(repository.root)
    return repository


def test_a_poll_is_one_commit_with_a_line_an_event(here: RepositoryBuilder, capsys: pytest.CaptureFixture[str]) -> None:
    #
    told(capsys, "poll")
    subjects = here.git("log", "--format=%s", LEDGER_REF).splitlines()
    assert subjects == ["poll", "ledger: started"]
    body = here.git("log", "-1", "--format=%b", LEDGER_REF).splitlines()
    lines = [line for line in body if line and not line.startswith("{")]
    assert len(lines) == len([line for line in body if line.startswith("{")]) == 5
    assert all(re.match(r"\[[^\]]+\] \S", line) for line in lines)
    told(capsys, "poll")
    assert here.git("log", "--format=%s", LEDGER_REF).splitlines() == subjects


def test_the_newest_first(here: RepositoryBuilder, capsys: pytest.CaptureFixture[str]) -> None:
    ledger = ledger_of(here)
    record(ledger, MemoryPut("k", "text", "x"), by="coder \x1b[2J")
    record(ledger, AgentReported(AgentName("one"), "blocked", "no disk"), hours=1, by="one")
    assert told(capsys, "log").splitlines() == [
        "2026-01-01 13:00:00Z [one] reports blocked: no disk",
        "2026-01-01 12:00:00Z [coder \\x1b[2J] put k (1 characters)",
        "1970-01-01 00:00:00Z [gatekeeper] ledger of format 1",
    ]
    assert told(capsys, "log", "-n", "1").count("\n") == 1
    assert told(capsys, "log", "--agent", "one").count("\n") == 1
    assert told(capsys, "log", "--type", "memory.*", "--type", "agent.reported").count("\n") == 2
    found = document(capsys, LogDocument, "log")
    assert found["schema"] == "gatekeeper.log/1"
    assert [event["type"] for event in found["events"]] == ["agent.reported", "memory.put", "ledger.started"]
    assert found["events"][0]["data"] == {"agent": "one", "progress": "blocked", "reason": "no disk", "outputs": []}
    assert told(capsys, "log", "--json") == told(capsys, "log", "--format", "json")


@pytest.mark.usefixtures("here")
def test_nothing_happened_yet(capsys: pytest.CaptureFixture[str]) -> None:
    assert told(capsys, "log") == ""
    assert document(capsys, LogDocument, "log")["events"] == []
    assert told(capsys, "log", "--verify") == "sound: 0 commits, 0 events; replay gives the state\n"


def test_verified(here: RepositoryBuilder, capsys: pytest.CaptureFixture[str]) -> None:
    put(ledger_of(here), "k")
    found = document(capsys, VerifyDocument, "log", "--verify")
    assert (found["schema"], found["sound"], found["commits"], found["back"]) == (
        "gatekeeper.log-verify/1",
        True,
        2,
        {},
    )
    here.git("update-ref", LEDGER_REF, "main")
    found = document(capsys, VerifyDocument, "log", "--verify", code=3)
    assert (found["sound"], list(found["back"])) == (False, [LEDGER_REF])


def test_of_whom_nothing_is_told(here: RepositoryBuilder, capsys: pytest.CaptureFixture[str]) -> None:
    here.commit("main", {"gatekeeper.toml": "[agents.declared]\n"})
    record(ledger_of(here), AgentReported(AgentName("reporter"), "blocked", "no disk"), by="night-shift")
    record(ledger_of(here), MonthFolded("2025-12", (), {}, (AgentName("folded"),)), hours=1)
    for somebody in ("declared", "one", "folded"):
        assert told(capsys, "log", "--agent", somebody) == ""
    for somebody in ("reporter", "night-shift"):
        assert told(capsys, "log", "--agent", somebody).count("\n") == 1
        assert told(capsys, "log", "--agent", somebody, "--type", "memory.*") == ""
    for output in ("text", "json"):
        said = refused(capsys, "log", "--agent", "reportr", "--format", output)
        assert "there is no agent and no branch reportr" in said
        assert "did you mean reporter?" in said
    for nobody in ("nobody", "caf\udce9", "-x/..", ""):
        assert "agent list shows them" in refused(capsys, "log", "--agent", nobody)


def test_of_whom_nothing_is_told_where_there_is_no_trunk(
    repository: RepositoryBuilder, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(repository.root)
    assert "there is no agent and no branch x" in refused(capsys, "log", "--agent", "x")
    record(ledger_of(repository), AgentReported(AgentName("one"), "blocked", "no disk"))
    assert "did you mean one?" in refused(capsys, "log", "--agent", "onee")
    assert told(capsys, "log", "--agent", "one").count("\n") == 1


@pytest.mark.usefixtures("here")
def test_bad_input_to_log(capsys: pytest.CaptureFixture[str]) -> None:
    assert "did you mean finding.opened?" in refused(capsys, "log", "--type", "finding.open")
    assert "agent.started" in refused(capsys, "log", "--type", "x")
    assert "0 is not in the range" in refused(capsys, "log", "-n", "0")
    for option in (("--agent", "one"), ("--type", "memory.*"), ("-n", "3")):
        assert "--verify is about all of the ledger" in refused(capsys, "log", "--verify", *option)


@pytest.mark.parametrize(
    "command", [["log"], ["log", "--verify"], ["sync"], ["archive"], ["memory", "list"], ["claim"]]
)
def test_not_a_repository(command: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    said = refused(capsys, *command, "-C", str(tmp_path))
    assert "is not in a git repository" in said
    assert "hint: " in said


def test_sync(here: RepositoryBuilder, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert "no remote is configured for the ledger" in refused(capsys, "sync")
    assert "there is no remote 'nowhere'" in refused(capsys, "sync", "--remote", "nowhere")
    remote = RepositoryBuilder(tmp_path / "remote", bare=True)
    here.git("remote", "add", "origin", str(remote.root))
    empty = document(capsys, SyncDocument, "sync", "--remote", "origin")
    assert (empty["schema"], empty["tip"], empty["sent"]) == ("gatekeeper.sync/1", None, 0)
    put(ledger_of(here), "k")
    assert told(capsys, "sync", "--remote", "origin") == "origin: 0 events received, 2 sent\n"
    assert told(capsys, "sync", "--remote", "origin") == "origin: 0 events received, 0 sent\n"
    assert remote.git("rev-parse", LEDGER_REF) == here.git("rev-parse", LEDGER_REF)
    here.commit("main", {"gatekeeper.toml": '[ledger]\nremote = "origin"\n'})
    put(ledger_of(here), "l")
    assert told(capsys, "sync") == "origin: 0 events received, 1 sent\n"


def test_a_remote_that_is_gone_moves_nothing(
    here: RepositoryBuilder, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    here.git("remote", "add", "origin", str(tmp_path / "gone"))
    put(ledger_of(here), "k")
    before = here.git("rev-parse", LEDGER_REF)
    assert "origin cannot be reached" in refused(capsys, "sync", "--remote", "origin")
    assert here.git("rev-parse", LEDGER_REF) == before


def test_a_remote_that_takes_nothing_moves_nothing(
    here: RepositoryBuilder, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    remote = RepositoryBuilder(tmp_path / "remote", bare=True)
    hook = remote.root / "hooks" / "pre-receive"
    hook.parent.mkdir()
    hook.write_text("#!/bin/sh\necho not today >&2\nexit 1\n")
    hook.chmod(0o755)
    here.git("remote", "add", "origin", str(remote.root))
    put(ledger_of(here), "k")
    assert "does not take what is pushed" in refused(capsys, "sync", "--remote", "origin")
    assert subprocess.run(["git", "for-each-ref"], cwd=remote.root, capture_output=True, check=True).stdout == b""


def test_archive(here: RepositoryBuilder, capsys: pytest.CaptureFixture[str]) -> None:
    assert "there is no ledger yet" in refused(capsys, "archive")
    put(ledger_of(here), "k")
    found = document(capsys, ArchiveDocument, "archive")
    assert (found["schema"], found["commits"]) == ("gatekeeper.archive/1", 2)
    assert here.git("rev-parse", found["ref"]).strip() == found["tip"]
