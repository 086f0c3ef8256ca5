"""``gatekeeper agent``: its text and its JSON; what it does is in tests/e2e/test_watch_agents.py."""

from __future__ import annotations

import json
import subprocess
from typing import Any

import pytest
from pydantic import TypeAdapter

from gatekeeper.report.agents import AgentsDocument, ChangeDocument
from tests.cli.run import gatekeeper
from tests.e2e.watched import Watch, workspace
from tests.kit import RepositoryBuilder
from tests.shell.json_schema import check

LIST = TypeAdapter(AgentsDocument).json_schema(mode="serialization")
CHANGE = TypeAdapter(ChangeDocument).json_schema(mode="serialization")
PHASES = """
[agents.design]
[agents.build]
depends_on = ["design"]
[agents.alone]
[phases.plan]
agents = ["design"]
[phases.work]
agents = ["build"]
needs = ["plan"]
"""


@pytest.fixture
def watch(repository: RepositoryBuilder) -> Watch:
    watch = Watch(repository)
    watch.commit("main", workspace(PHASES))
    return watch


def agent(watch: Watch, *arguments: str) -> subprocess.CompletedProcess[str]:
    return gatekeeper("agent", *arguments, cwd=watch.root)


def document(done: subprocess.CompletedProcess[str], schema: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(done.stdout)
    check(found, schema)
    return found


#
def test_the_list_goes_phase_by_phase_and_says_who_can_start(watch: Watch) -> None:
    text = agent(watch, "list").stdout
    assert text.splitlines() == [
        "phase plan  pending",
        "  design  ready to start",
        "phase work  pending, waits for plan",
        "  build   pending, waits for design",
        "in no phase",
        "  alone   ready to start",
    ]
    found = document(agent(watch, "list", "--format", "json"), LIST)
    assert (found["schema"], found["ready"]) == ("gatekeeper.agents/1", ["design", "alone"])


#
def test_each_step_says_what_it_has_done(watch: Watch) -> None:
    started = agent(watch, "start", "design")
    record = watch.record("design")
    assert started.stdout.splitlines()[:4] == [
        "design: started",
        "  branch      design",
        f"  worktree    {record.worktree}",
        f"  target dir  {record.target_dir}",
    ]
    worktree = str(record.worktree)
    # A long path may be broken over lines.
    assert f"designinprogress·{worktree}" in "".join(agent(watch, "list").stdout.split())
    reported = agent(watch, "report", "blocked", "--as", "design", "--reason", "why", "--format", "json")
    assert document(reported, CHANGE)["done"] == "blocked"
    refused = agent(watch, "remove", "alone")
    assert (refused.returncode, "alone has not been started" in refused.stderr) == (2, True)
    done = agent(watch, "finish", "design", "--format", "json")
    assert document(done, CHANGE)["done"] == "finished"
    assert document(agent(watch, "list", "--format", "json"), LIST)["agents"][0]["progress"] == "completed"


def test_help_names_every_step() -> None:
    text = gatekeeper("agent", "--help").stdout
    assert all(f"  {step} " in text for step in ("start", "adopt", "list", "report", "finish", "remove"))


def test_there_is_no_force(watch: Watch) -> None:
    agent(watch, "start", "design")
    refused = agent(watch, "remove", "--force", "design")
    assert (refused.returncode, "--force" in refused.stderr) == (2, True)
    assert watch.record("design").removed_at is None
