"""R-25: ``gatekeeper evidence``."""

from __future__ import annotations

import json
from typing import Any

import pytest
from pydantic import TypeAdapter

from gatekeeper.cli.main import run
from gatekeeper.report.work_log_json import EvidenceDocument
from tests.cli.run import gatekeeper
from tests.kit import RepositoryBuilder
from tests.shell.json_schema import check

MAKEFILE = '[tasks.check]\ncommand = "cargo"\n'
AFTER = MAKEFILE + '\n[tasks.check.env]\nCARGO_TARGET_DIR = "t"\n\n[tasks.build-fast]\ncommand = "cargo"\n'


@pytest.fixture
def here(repository: RepositoryBuilder, monkeypatch: pytest.MonkeyPatch) -> RepositoryBuilder:
    declared = '[agents.optimizer]\nbranch = "work"\n\n[phases.second]\nagents = ["optimizer"]\n'
    repository.commit("main", {"Makefile.toml": MAKEFILE, "a.rs": "a\n", "gatekeeper.toml": declared})
    repository.branch("work")
    repository.commit("work", {"Makefile.toml": AFTER}, message="Build fast")
    repository.commit("work", {"a.rs": None, "b.png": b"\0"}, message="Tidy \x1b[2J up")
    monkeypatch.chdir(repository.root)
    return repository


def told(capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    assert run(["evidence", *arguments]) == 0
    return capsys.readouterr().out


def document(capsys: pytest.CaptureFixture[str], *arguments: str) -> dict[str, Any]:
    text = told(capsys, *arguments, "--format", "json")
    assert text.isascii()
    found: dict[str, Any] = json.loads(text)
    check(found, TypeAdapter(EvidenceDocument).json_schema(mode="serialization"))
    return found


def test_as_text(here: RepositoryBuilder, capsys: pytest.CaptureFixture[str]) -> None:
    first, second = here.git("rev-list", "--reverse", "--abbrev-commit", "--abbrev=10", "main..work").split()
    assert (
        told(capsys, "optimizer")
        == f"""\
optimizer on work at {second} · phase second
2026-01-01 00:01 to 2026-01-01 00:02 UTC, 1 min

Commits (2)
  {first}  Build fast  Gatekeeper Test
  {second}  Tidy \\x1b[2J up  Gatekeeper Test

Changed: 3 files, +6 -1 lines
         +6 -0  Makefile.toml
         +0 -1  a.rs (removed)
        binary  b.png (added)

Makefile.toml
  keys added: tasks.check.env, tasks.build-fast
  tasks added: build-fast
  tasks changed: check
  environment added: tasks.check.env.CARGO_TARGET_DIR

Backward compatible.
"""
    )


@pytest.mark.usefixtures("here")
def test_as_json(capsys: pytest.CaptureFixture[str]) -> None:
    found = document(capsys, "work")
    assert (found["schema"], found["agent"], found["phase"]) == ("gatekeeper.evidence/1", "optimizer", "second")
    assert (found["lines_added"], found["lines_removed"], found["duration_seconds"]) == (6, 1, 60)
    assert [commit["subject"] for commit in found["commits"]] == ["Build fast", "Tidy \x1b[2J up"]
    (manifest,) = found["manifests"]
    assert manifest["tasks_added"] == ["build-fast"]
    assert manifest["env_vars_added"] == ["tasks.check.env.CARGO_TARGET_DIR"]
    assert manifest["changes"][0]["key"] == "tasks.check.env"
    assert found["uncommitted"] is None
    assert (found["backward_compatible"], found["compatibility"]) == (True, [])


def test_what_the_work_takes_away_is_told_with_who_uses_it(
    here: RepositoryBuilder, capsys: pytest.CaptureFixture[str]
) -> None:
    #
    here.commit("work", {"Makefile.toml": AFTER.replace("tasks.check", "tasks.verify")})
    here.branch("other")
    here.commit("other", {"ci.sh": "cargo make check\n"})
    found = document(capsys, "work")
    assert found["backward_compatible"] is False
    (item,) = found["compatibility"]
    assert (item["name"], item["change"], item["after"]) == ("task check", "altered", "cargo-make's own task")
    assert item["used_by"] == [
        {"path": "ci.sh", "place": "line 1", "what": "names it: check", "trees": ["other"]},
    ]
    assert "\nNot backward compatible: 1 altered.\ntask check  altered\n" in told(capsys, "work")
    here.commit("work", {"Makefile.toml": "broken = [\n"})
    found = document(capsys, "work")
    assert [one["name"] for one in found["compatibility_unreadable"]] == ["manifest Makefile.toml"]
    assert found["backward_compatible"] is False


def test_uncommitted_work_is_told_apart_where_it_is_asked_for(
    here: RepositoryBuilder, capsys: pytest.CaptureFixture[str]
) -> None:
    place = here.worktree("work")
    assert told(capsys, "work", "--uncommitted").endswith("Everything is committed.\n")
    here.write(place, {"Makefile.toml": MAKEFILE + "broken = [\n"})
    assert "Not committed" not in told(capsys, "work")
    text = told(capsys, "work", "--uncommitted")
    assert "Not committed: 1 file, +1 -6 lines\n" in text
    assert "its keys are not known: after: line 3, column" in text
    assert [file["path"] for file in document(capsys, "work", "--uncommitted")["uncommitted"]["files"]] == [
        "Makefile.toml"
    ]


def test_long_lists_are_cut_and_shown_where_all_is_wanted(
    here: RepositoryBuilder, capsys: pytest.CaptureFixture[str]
) -> None:
    for number in range(12):
        here.commit("work", {f"f{number}-{part}.txt": "x\n" for part in range(3)}, message=f"Commit {number}")
    text = told(capsys, "work")
    assert "  4 earlier ones (--all)\n" in text
    assert "  and 19 more files (--all)\n" in text
    text = told(capsys, "work", "--all")
    assert "--all" not in text
    assert "f11-2.txt (added)" in text


def test_a_branch_that_has_nothing_of_its_own(here: RepositoryBuilder, capsys: pytest.CaptureFixture[str]) -> None:
    here.branch("idle")
    assert told(capsys, "idle").endswith("Nothing committed that trunk lacks.\n")
    assert document(capsys, "idle")["started_at"] is None


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["nobody"], "there is no agent and no branch 'nobody'"),
        (["main"], "main is trunk itself"),
        (["work", "--trunk", "nowhere"], "names no commit"),
    ],
)
@pytest.mark.usefixtures("here")
def test_what_cannot_be_told(capsys: pytest.CaptureFixture[str], arguments: list[str], said: str) -> None:
    assert run(["evidence", *arguments]) == 2
    shown = capsys.readouterr()
    assert shown.out == ""
    assert said in shown.err


def test_as_a_user_starts_it(repository: RepositoryBuilder) -> None:
    repository.commit("main", {"a.rs": "a\n"})
    repository.branch("work")
    repository.commit("work", {"a.rs": "b\n"})
    done = gatekeeper("evidence", "work", cwd=repository.root)
    assert (done.returncode, done.stderr) == (0, "")
    assert "+1 -1  a.rs" in done.stdout


def test_of_a_branch_that_is_gone_what_was_recorded_is_told(
    here: RepositoryBuilder, capsys: pytest.CaptureFixture[str]
) -> None:
    base, head = (here.commit_id(branch) for branch in ("main", "work"))
    first, second = here.git("rev-list", "--reverse", "--abbrev-commit", "--abbrev=10", "main..work").split()
    assert run(["agent", "adopt", "optimizer"]) == 0
    assert run(["agent", "finish", "optimizer"]) == 0
    before = document_after(capsys)
    here.git("branch", "-D", "work")
    head_line, *lines = told(capsys, "optimizer").splitlines()
    assert head_line.startswith("optimizer on work, as recorded when it finished, 20")
    assert lines == [
        f"{base[:10]}..{head[:10]}",
        "",
        "Commits (2)",
        f"  {first}  Build fast",
        f"  {second}  Tidy \\x1b[2J up",
        "",
        "Changed: 3 files, +6 -1 lines",
        "         +6 -0  Makefile.toml",
        "         +0 -1  a.rs (removed)",
        "        binary  b.png (added)",
        "",
        "Backward compatible.",
    ]
    assert document(capsys, "optimizer") == before


def document_after(capsys: pytest.CaptureFixture[str]) -> dict[str, Any]:
    capsys.readouterr()
    return document(capsys, "optimizer")


def test_of_an_agent_that_was_removed_where_its_commits_are(
    here: RepositoryBuilder, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["agent", "start", "short"]) == 0
    here.commit("short", {"c.rs": "c\n"})
    here.git("reset", "-q", "--hard", cwd=here.root.parent / f"{here.root.name}.agents" / "short")
    assert run(["agent", "remove", "short", "--archive"]) == 0
    capsys.readouterr()
    assert run(["evidence", "short"]) == 2
    said = capsys.readouterr().err
    assert "the agent short was removed, and no work log of it was recorded" in said
    kept = here.git("for-each-ref", "--format=%(refname)", "refs/gatekeeper/archive").split()
    assert f"hint: its commits are kept: git log {kept[0]}\n" in said
