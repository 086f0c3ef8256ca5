"""The commands around a scan; what the scan itself finds is tested end to end."""

from __future__ import annotations

import io
import json
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from gatekeeper.cli import scanning
from gatekeeper.cli.main import run
from gatekeeper.config import Settings
from gatekeeper.core.findings import AgentState, Finding, Report
from gatekeeper.core.names import Oid, RefName, Severity, TreePath
from gatekeeper.scanning.request import ScanRequest
from tests.kit import RepositoryBuilder
from tests.shell.json_schema import check as fits
from tests.shell.made_reports import Terminal, agent, finding, report, side


class Scan:
    """Stands in for the scan: notes what it is asked, and answers with ``report``."""

    def __init__(self, commit: str) -> None:
        self.requests: list[ScanRequest] = []
        self.report = report(agents=(agent("agent"), agent("other")))
        self.commit = commit

    def __call__(
        self, request: ScanRequest, *, progress: Callable[[str, int, int], None] | None = None
    ) -> tuple[Report, Settings]:
        """Answer one request."""
        self.requests.append(request)
        if progress is not None:
            progress("comparing", 1, 2)
        return replace(self.report, trunk_commit=Oid(self.commit)), Settings()

    def answers(self, *findings: Finding, state: AgentState = AgentState.MERGEABLE, **more: Any) -> None:
        """Answer with these findings, and with an agent of that state."""
        self.report = report(*findings, agents=(agent("agent", state, **more), agent("other")))


@pytest.fixture
def scan(repository: RepositoryBuilder, monkeypatch: pytest.MonkeyPatch) -> Scan:
    commit = repository.commit("main", {"a.txt": ""})
    repository.branch("agent")
    repository.git("switch", "-q", "agent")
    monkeypatch.chdir(repository.root)
    fake = Scan(commit)
    monkeypatch.setattr("gatekeeper.coordinator.reporting.scan_with_settings", fake)
    return fake


def clash(severity: Severity) -> Finding:
    return finding("text-conflict", severity, side("agent"), side("other"))


def test_scan_asks_for_everything_by_default(scan: Scan) -> None:
    assert run(["scan"]) == 0
    assert scan.requests == [ScanRequest(".", None, (), None)]


def test_scan_passes_every_choice_on(scan: Scan, repository: RepositoryBuilder) -> None:
    (repository.root / "sub").mkdir(exist_ok=True)
    names = repository.root / "names"
    names.write_bytes(b"refs/pull/1/head\r\n\nrefs/heads/with space\nrefs/heads/\xff\n")
    arguments = "scan -C sub --trunk dev --branches a/* --branches b/* --no-cache --no-worktrees --fail-on note"
    assert run([*arguments.split(), "--branches-from", str(names)]) == 0
    assert scan.requests == [
        ScanRequest(
            "sub",
            "dev",
            ("a/*", "b/*"),
            ("refs/pull/1/head", "refs/heads/with space", "refs/heads/\udcff"),
            worktrees=False,
            cache=False,
        )
    ]


@pytest.mark.parametrize(("text", "names"), [("refs/heads/a\n", ("refs/heads/a",)), ("", ())])
def test_names_may_come_from_standard_input(
    scan: Scan, monkeypatch: pytest.MonkeyPatch, text: str, names: tuple[str, ...]
) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(text.encode())))
    assert run(["scan", "--branches-from", "-"]) == 0
    assert scan.requests[0].branch_list == names


@pytest.mark.parametrize(
    ("severity", "option", "code"),
    [
        (Severity.MINOR, [], 0),
        (Severity.MAJOR, [], 1),
        (Severity.CRITICAL, [], 1),
        (Severity.MAJOR, ["--fail-on", "critical"], 0),
        (Severity.NOTE, ["--fail-on", "note"], 1),
    ],
)
@pytest.mark.parametrize("command", ["scan", "check"])
def test_findings_from_fail_on_upwards_fail(
    scan: Scan, severity: Severity, option: list[str], code: int, command: str
) -> None:
    scan.answers(clash(severity))
    assert run([command, *option]) == code


@pytest.mark.parametrize(("severity", "code"), [(Severity.MINOR, 1), (Severity.NOTE, 0)])
def test_fail_on_is_read_from_trunk(scan: Scan, repository: RepositoryBuilder, severity: Severity, code: int) -> None:
    scan.commit = repository.commit("main", {"gatekeeper.toml": 'fail_on = "minor"\n'})
    (repository.root / "gatekeeper.toml").write_text("not even toml [")
    scan.answers(clash(severity))
    assert run(["scan"]) == code
    assert run(["scan", "--fail-on", "critical"]) == 0


def test_scan_prints_text_or_json(scan: Scan, capsys: pytest.CaptureFixture[str]) -> None:
    scan.answers(clash(Severity.MAJOR))
    run(["scan"])
    assert "1 major at 1 place\n" in capsys.readouterr().out
    run(["scan", "--format", "json"])
    document = json.loads(capsys.readouterr().out)
    assert run(["scan", "--schema"]) == 0
    fits(document, json.loads(capsys.readouterr().out))
    assert document["findings"][0]["severity"] == "major"


def test_all_shows_what_the_summary_cuts(scan: Scan, capsys: pytest.CaptureFixture[str]) -> None:
    scan.answers(*(finding(f"r{n}", Severity.MAJOR, side("agent"), side("other")) for n in range(15)))
    run(["scan"])
    assert "(--all)" in capsys.readouterr().out
    run(["scan", "--all"])
    assert "(--all)" not in capsys.readouterr().out


@pytest.mark.parametrize(
    ("arguments", "staged", "focus"),
    [([], False, "agent"), (["--staged"], True, "agent"), (["--branch", "other"], False, "other")],
)
def test_check_is_about_one_change(scan: Scan, arguments: list[str], *, staged: bool, focus: str) -> None:
    assert run(["check", *arguments, "--against", "x/*", "--against", "y"]) == 0
    assert scan.requests == [ScanRequest(".", None, ("x/*", "y"), None, staged=staged, focus=focus)]


def test_check_without_a_branch(scan: Scan, repository: RepositoryBuilder, capsys: pytest.CaptureFixture[str]) -> None:
    repository.git("checkout", "-q", "--detach")
    assert run(["check"]) == 2
    assert "no branch is checked out here" in capsys.readouterr().err
    scan.report = replace(scan.report, agents=(replace(agent("(staged)"), ref=RefName("HEAD")),))
    assert run(["check", "--staged"]) == 0
    assert scan.requests[0].focus is None
    assert capsys.readouterr().out.startswith("(staged): no conflicts")


def test_check_says_in_one_line_that_all_is_well(scan: Scan, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["check"]) == 0
    assert capsys.readouterr().out == "agent: no conflicts with trunk or 1 other agent\n"
    scan.report = report(agents=(agent("other"),))
    assert run(["check", "--branch", "landed"]) == 0
    assert capsys.readouterr().out == "no conflicts with trunk or 1 other agent\n"


@pytest.mark.parametrize(("option", "code"), [([], 1), (["--fail-on", "critical"], 0)])
def test_a_change_that_trunk_itself_refuses(
    scan: Scan, capsys: pytest.CaptureFixture[str], option: list[str], code: int
) -> None:
    scan.answers(state=AgentState.CONFLICTS_WITH_TRUNK, paths=(TreePath("src/lib.rs"),))
    assert run(["check", *option]) == code
    assert "agent: src/lib.rs" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("state", "detail", "said"),
    [
        (AgentState.UNREADABLE, "object 12 is missing", "agent cannot be checked: object 12 is missing"),
        (AgentState.UNRELATED, None, "agent cannot be checked: unrelated-history"),
    ],
)
def test_a_change_that_cannot_be_read_does_not_pass(
    scan: Scan, capsys: pytest.CaptureFixture[str], state: AgentState, detail: str | None, said: str
) -> None:
    scan.answers(state=state, detail=detail)
    assert run(["check"]) == 2
    assert said in capsys.readouterr().err


def test_outside_a_repository(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for command in ("scan", "check"):
        assert run([command, "-C", str(tmp_path)]) == 2
        assert "is not in a git repository" in capsys.readouterr().err


def test_progress_waits_a_second_and_cleans_up(monkeypatch: pytest.MonkeyPatch) -> None:
    now = [0.0]
    stream = Terminal()
    monkeypatch.setattr(scanning, "monotonic", lambda: now[0])
    monkeypatch.setattr(sys, "stderr", stream)
    progress = scanning.Progress()
    progress("reading", 1, 10)
    assert stream.getvalue() == ""
    now[0] = 1.5
    progress("reading", 2, 1000)
    progress("reading", 3, 1000)
    now[0] = 2.0
    progress("merging", 4, 0)
    progress.close()
    assert stream.getvalue() == "\r\x1b[Kreading 2 of 1,000\r\x1b[Kmerging\r\x1b[K"


def test_progress_is_for_terminals(monkeypatch: pytest.MonkeyPatch) -> None:
    stream = io.StringIO()
    monkeypatch.setattr(sys, "stderr", stream)
    monkeypatch.setattr(scanning, "_QUIET_SECONDS", -1)
    progress = scanning.Progress()
    progress("reading", 1, 10)
    progress.close()
    assert stream.getvalue() == ""
