"""Agents from the command line, from start to removal, and the registry that is computed from the ledger."""

from __future__ import annotations

import json
import subprocess
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from gatekeeper.cli.main import exit_code
from gatekeeper.errors import GatekeeperError
from tests.cli.run import gatekeeper
from tests.e2e.watched import MAKEFILE, Watch, assert_silent, failed, standing, workspace
from tests.kit import RepositoryBuilder
from tests.shell.workplaces import git, references

PHASES = """
[agents.design]
[agents.schema]
depends_on = ["design"]
[agents.build]
[agents.tests]
depends_on = ["build"]
[phases.plan]
agents = ["design", "schema"]
[phases.work]
agents = ["build", "tests"]
needs = ["plan"]
"""


@pytest.fixture
def watch(repository: RepositoryBuilder) -> Watch:
    watch = Watch(repository)
    watch.commit("main", workspace())
    return watch


def agent(watch: Watch, *arguments: str, code: int = 0) -> dict[str, Any]:
    """Run ``gatekeeper agent`` and return its document."""
    done = gatekeeper("agent", *arguments, "--format", "json", cwd=watch.root)
    assert (done.returncode, done.stderr) == (code, "")
    document: dict[str, Any] = json.loads(done.stdout)
    return document


def registry(watch: Watch) -> tuple[dict[str, str], dict[str, str], list[str]]:
    """Return the progress of agents and phases, and who can start."""
    found = agent(watch, "list")
    agents = {row["name"]: row["progress"] for row in found["agents"]}
    return agents, {row["name"]: row["progress"] for row in found["phases"]}, found["ready"]


#
def test_every_agent_gets_a_branch_a_worktree_and_a_target_directory_of_its_own(watch: Watch) -> None:
    started = [agent(watch, "start", name) for name in ("one", "two", "three")]
    for key in ("branch", "worktree", "target_dir"):
        assert len({row[key] for row in started}) == 3
    for row in started:
        worktree = Path(row["worktree"])
        assert git(worktree, "symbolic-ref", "HEAD") == row["branch"]
        assert git(worktree, "status", "--porcelain") == ""
        told = subprocess.run(
            ["sh", "-c", '. .gatekeeper/env && printf "%s %s" "$GATEKEEPER_AGENT" "$CARGO_TARGET_DIR"'],
            cwd=worktree,
            check=True,
            capture_output=True,
            text=True,
        ).stdout
        assert told == f"{row['agent']} {row['target_dir']}"
    done = watch.later(minutes=1).poll()
    assert (done.standing, failed(done)) == ((), {})


#
def test_a_target_directory_that_an_agent_shares_with_another_is_found_by_the_next_poll(watch: Watch) -> None:
    one, two = watch.start("one"), watch.start("two")
    shared = MAKEFILE + f"\n[tasks.check.env]\nCARGO_TARGET_DIR = '{watch.record('one').target_dir}'\n"
    watch.builder.write(one, {"README.md": "one, at work\n"})
    watch.builder.write(two, {"Makefile.toml": shared})
    done = watch.later(minutes=1).poll()
    finding = standing(done, "target-dir-shared-by-two-agents")
    assert finding.agents == ("one", "two")
    assert failed(done) == {"every agent builds into a directory of its own": ("one", "two")}
    watch.commit_in(two)
    assert standing(watch.later(minutes=1).poll(), "target-dir-shared-by-two-agents").id == finding.id
    watch.builder.write(two, {"Makefile.toml": MAKEFILE})
    assert failed(watch.later(minutes=1).poll()) == {}


#
def test_an_agent_lives_from_start_to_removal_and_nothing_is_lost(watch: Watch) -> None:
    worktree = Path(agent(watch, "start", "one")["worktree"])
    (worktree / "note.txt").write_text("not committed\n")
    refused = agent(watch, "finish", "one", code=1)
    assert (refused["done"], refused["hint"]) == ("not finished", "commit it first")
    assert [row["kind"] for row in refused["obstacles"]] == ["uncommitted"]
    kept = agent(watch, "remove", "one", code=1)
    assert (kept["done"], "--archive" in kept["hint"]) == ("not removed", True)
    assert (worktree / "note.txt").read_text() == "not committed\n"
    watch.commit_in(worktree)
    head = watch.builder.commit_id("one")
    finished = agent(watch, "finish", "one", "--output", "note.txt")
    assert finished["done"] == "finished"
    unmerged = agent(watch, "remove", "one", code=1)
    assert "unmerged" in {row["kind"] for row in unmerged["obstacles"]}
    watch.builder.merge("main", "one")
    assert agent(watch, "remove", "one")["done"] == "removed"
    assert not worktree.exists()
    assert "refs/heads/one" not in references(watch.builder)
    record = watch.record("one")
    assert (record.progress, record.outputs, record.head) == ("completed", ("note.txt",), head)
    assert record.removed_at is not None
    # The name is free again.
    assert agent(watch, "start", "one")["done"] == "started"


#
def test_what_is_not_merged_is_kept_by_an_archive(watch: Watch) -> None:
    worktree = Path(agent(watch, "start", "one")["worktree"])
    (worktree / "note.txt").write_text("committed\n")
    watch.commit_in(worktree)
    (worktree / "later.txt").write_text("not committed\n")
    done = agent(watch, "remove", "one", "--archive")
    ref = done["archived"]
    assert ref.startswith("refs/gatekeeper/archive/")
    assert not worktree.exists()
    shown = [watch.builder.git("show", f"{ref}:{name}") for name in ("note.txt", "later.txt")]
    assert shown == ["committed\n", "not committed\n"]
    assert watch.record("one").archived_as == ref


#
def test_an_adopted_agent_keeps_what_is_not_gatekeeper_s(watch: Watch) -> None:
    watch.agent("theirs", {"README.md": "theirs\n"})
    worktree = watch.builder.worktree("theirs")
    done = agent(watch, "adopt", "mine", "--branch", "theirs")
    assert (done["branch"], done["worktree"]) == ("refs/heads/theirs", str(worktree))
    watch.later(minutes=1).poll()
    assert (watch.record("mine").progress, watch.record("mine").state) == ("in-progress", "mergeable")
    before = references(watch.builder)
    gone = agent(watch, "remove", "mine")
    assert gone["notes"] == ["its branch and worktree are not gatekeeper's, and stay"]
    assert worktree.exists()
    moved = {"refs/gatekeeper/ledger", "refs/gatekeeper/kept/ledger"}
    assert {name for name, oid in references(watch.builder).items() if before.get(name) != oid} == moved


#
def test_the_ready_set_follows_from_who_has_finished(watch: Watch) -> None:
    watch.commit("main", {"gatekeeper.toml": PHASES})
    assert registry(watch) == (
        dict.fromkeys(("design", "schema", "build", "tests"), "pending"),
        {"plan": "pending", "work": "pending"},
        ["design"],
    )
    for name, ready in (("design", ["schema"]), ("schema", []), ("build", ["tests"])):
        agent(watch, "start", name)
        agents, _, now = registry(watch)
        assert (agents[name], now) == ("in-progress", [])
        agent(watch, "finish", name, "--output", f"{name}.md")
        assert registry(watch)[2] == ready
        if name == "schema":
            # What a phase needs is looked at when it starts. R-18
            assert agent(watch, "start", "build", code=1)["obstacles"][0]["kind"] == "waits"
            assert gatekeeper("phase", "start", "work", cwd=watch.root).returncode == 0
            assert registry(watch)[2] == ["build"]
    agents, phases, _ = registry(watch)
    assert phases == {"plan": "completed", "work": "in-progress"}
    assert agents == {"design": "completed", "schema": "completed", "build": "completed", "tests": "pending"}
    found = agent(watch, "list")
    plan = found["phases"][0]
    first, last = (found["agents"][number] for number in (0, 1))
    assert (plan["started_at"], plan["finished_at"]) == (first["started_at"], last["finished_at"])
    assert first["outputs"] == ["design.md"]
    assert datetime.fromisoformat(first["started_at"]) <= datetime.fromisoformat(first["finished_at"])
    assert found["agents"][3]["depends_on"] == ["build"]


#
def test_agents_report_themselves_blocked_at_work_and_done(watch: Watch) -> None:
    watch.commit("main", {"gatekeeper.toml": PHASES})
    worktree = Path(agent(watch, "start", "design")["worktree"])
    done = gatekeeper("agent", "report", "blocked", "--reason", "needs a key\x1b[2J", cwd=worktree)
    assert (done.returncode, done.stdout) == (0, "design: blocked\n")
    assert registry(watch)[:2] == (
        {"design": "blocked", "schema": "pending", "build": "pending", "tests": "pending"},
        {"plan": "blocked", "work": "pending"},
    )
    listed = gatekeeper("agent", "list", cwd=watch.root).stdout
    assert "blocked: needs a key\\x1b[2J" in listed
    shown = gatekeeper("status", cwd=watch.root).stdout
    assert "needs a key\\x1b[2J" in shown
    assert gatekeeper("agent", "report", "working", cwd=worktree).returncode == 0
    assert registry(watch)[0]["design"] == "in-progress"
    assert gatekeeper("agent", "report", "done", "--output", "a.md", cwd=worktree).returncode == 0
    record = watch.record("design")
    assert (record.progress, record.outputs, record.reason) == ("completed", ("a.md",), None)
    without = gatekeeper("agent", "report", "blocked", cwd=worktree)
    assert (without.returncode, "--reason" in without.stderr) == (2, True)


#
def test_who_cannot_be_told_apart_is_asked_who_it_is(watch: Watch) -> None:
    nobody = gatekeeper("agent", "report", "working", cwd=watch.root)
    assert (nobody.returncode, "--as AGENT" in nobody.stderr) == (2, True)
    unknown = gatekeeper("agent", "report", "working", "--as", "nobody", cwd=watch.root)
    assert (unknown.returncode, "there is no agent nobody" in unknown.stderr) == (2, True)
    assert watch.tip is None


@pytest.mark.parametrize("step", ["finish", "remove"])
def test_an_unknown_agent_is_refused_with_the_nearest_name(watch: Watch, step: str) -> None:
    agent(watch, "start", "builder")
    tip = watch.tip
    done = gatekeeper("agent", step, "bilder", cwd=watch.root)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == "gatekeeper: there is no agent bilder\n  hint: did you mean builder?\n"
    assert watch.tip == tip


@pytest.mark.parametrize("name", ["", "-x", "a b", "../x", "a\x1b[2J", "a..b", ".git", "x.lock", "@{u}", "e\n"])
def test_a_name_that_cannot_be_a_branch_is_refused_and_leaves_nothing(watch: Watch, name: str) -> None:
    before = references(watch.builder)
    with pytest.raises(GatekeeperError) as refused:
        watch.start(name)
    assert (exit_code(refused.value), bool(refused.value.hint)) == (2, True)
    assert references(watch.builder) == before
    assert not (watch.root.parent / f"{watch.root.name}.agents").exists()


def test_a_name_is_never_an_option_nor_a_command_of_the_terminal(watch: Watch) -> None:
    for name in ("--upload-pack=x", "a\x1b[2J"):
        done = gatekeeper("agent", "start", "--", name, cwd=watch.root)
        assert (done.returncode, done.stdout, "\x1b" in done.stderr) == (2, "", False)


def test_names_that_are_merely_odd_work_throughout(watch: Watch) -> None:
    names = ["größe", "a+b", "x'y", "$HOME", "UPPER", "0", "team/a"]
    for name in names:
        worktree = watch.start(name)
        (worktree / f"note-{len(name)}.txt").write_text("1\n")
        watch.commit_in(worktree)
    watch.now = datetime.now(UTC)
    watch.poll()
    shown = {
        command: gatekeeper(*command.split(), cwd=watch.root).stdout for command in ("status", "agent list", "log")
    }
    for name in names:
        assert watch.record(name).state == "mergeable"
        assert all(name in text for text in shown.values())
        assert watch.desk().remove(name, archived=True).done == "removed"
    watch.poll()
    assert_silent(watch.poll())


def test_an_agent_is_started_once(watch: Watch) -> None:
    agent(watch, "start", "one")
    tip = watch.tip
    for again in (("start", "one"), ("adopt", "one")):
        done = gatekeeper("agent", *again, cwd=watch.root)
        assert (done.returncode, "is there already" in done.stderr) == (2, True)
    assert watch.tip == tip
