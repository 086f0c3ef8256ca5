"""R-44: what starts, ends and is judged runs hooks at once, and no hook holds a command up or breaks it."""

from __future__ import annotations

import json
import signal
import sys
from pathlib import Path
from typing import Any

from gatekeeper.core.channels import EVENTS
from gatekeeper.core.ledger.records import AgentRecord, NoticeRecord
from tests.cli.phases import Plan, left
from tests.cli.run import ROOT, gatekeeper
from tests.kit.ssh import needs_openssh

pytestmark = needs_openssh

STEPS = ["phase-started", "phase-completed", "phase-failed", "phase-reopened", "gate-judged"]
TASKS = ["task-started", "task-completed"]


def row(name: str, *words: str, on: list[str], timeout: str = "60s") -> str:
    return (
        f'[[notifications]]\nname = "{name}"\ncommand = {json.dumps(list(words))}\n'
        f'on = {json.dumps(on)}\ntimeout = "{timeout}"\n'
    )


def keeping(file: Path) -> tuple[str, ...]:
    return "sh", "-c", f"cat >> {file}; printf '\\0' >> {file}"


def heard(file: Path) -> list[dict[str, Any]]:
    """Return the items of all documents that a hook was given, and let it begin anew."""
    documents = [json.loads(text) for text in file.read_text().split("\0")[:-1]] if file.exists() else []
    assert all(document["schema"] == "gatekeeper.notice/1" for document in documents)
    file.unlink(missing_ok=True)
    return [item for document in documents for item in document["items"]]


def events(items: list[dict[str, Any]]) -> list[str]:
    return [item["event"] for item in items]


#
def test_each_step_is_told_at_once(plan: Plan, tmp_path: Path) -> None:
    file = tmp_path / "heard"
    plan.configure(row("hooks", *keeping(file), on=[*STEPS, *TASKS, "escalation-opened"]))
    plan.run("agent", "start", "designer")
    assert heard(file) == [{"event": "task-started", "agents": ["designer"], "phase": "plan"}]
    plan.run("agent", "finish", "designer")
    assert heard(file) == [{"event": "task-completed", "agents": ["designer"], "phase": "plan"}]
    plan.phase("complete", "plan", code=1)
    judged, failed = heard(file)
    # A failed gate names what blocks it, one piece of work each.
    assert (judged["event"], judged["gate"], judged["outcome"], judged["stage"]) == (
        "gate-judged",
        "specified",
        "failed",
        "post",
    )
    assert (
        judged["blockers"]
        == failed["blockers"]
        == [
            {"what": "no file fits docs/spec.md", "where": "docs/spec.md", "who": ""},
            {"what": "no file holds 'Closed'", "where": "docs/spec.md", "who": ""},
        ]
    )
    assert (failed["event"], failed["phase"], failed["iteration"]) == ("phase-failed", "plan", 1)
    plan.land({"docs/spec.md": "open\n"})
    plan.phase("complete", "plan", code=1)
    assert events(heard(file)) == ["gate-judged", "phase-failed", "escalation-opened"]
    plan.land({"docs/spec.md": "still open\n"})
    plan.phase("complete", "plan", code=1)
    assert events(heard(file)) == ["gate-judged", "phase-failed", "phase-reopened"]
    plan.phase("start", "plan")
    (started,) = heard(file)
    assert (started["event"], started["next_step"]) == ("phase-started", "gatekeeper agent start designer")
    plan.land({"docs/spec.md": "Closed\n"})
    plan.phase("complete", "plan")
    assert events(heard(file)) == ["gate-judged", "phase-completed"]
    assert list(plan.state.each(NoticeRecord)) == []
    # Nothing is left for a poll to tell.
    plan.run("poll", "--no-fetch")
    assert heard(file) == []


#
def test_a_hook_that_fails_hangs_or_talks_too_much_is_warned_of_and_not_fatal(plan: Plan, tmp_path: Path) -> None:
    file, on = tmp_path / "heard", ["task-started"]
    plan.configure(
        row("fails", "sh", "-c", "echo no route >&2; exit 3", on=on)
        + row("hangs", "sleep", "600", on=on, timeout="1s")
        + row("talks", "sh", "-c", "head -c 9000000 /dev/zero; cat > /dev/null", on=on)
        + row("hears", *keeping(file), on=on)
    )
    out, err = plan.both("agent", "start", "designer")
    assert out.startswith("designer: started")
    assert sorted(line.split(" could not be told: ")[0] for line in err.splitlines()) == [
        "gatekeeper: fails",
        "gatekeeper: hangs",
    ]
    assert "sh failed with exit code 3: no route; the next poll that is due tries again" in err
    assert "sleep was stopped after 1 s" in err
    assert events(heard(file)) == ["task-started"]
    waiting = {record.channel: record for _, record in plan.state.each(NoticeRecord)}
    assert set(waiting) == {"fails", "hangs"}
    assert all(record.attempts == 1 for record in waiting.values())
    assert "notice.failed" in plan.run("log", "--type", "notice.*", "--format", "json")


def test_a_hook_can_do_something_with_the_agent_that_it_hears_of(plan: Plan) -> None:
    # The command has let go of the agent by then: neither waits for the other.
    words = ("agent", "report", "blocked", "--reason", "no schema", "--as", "designer")
    plan.configure(
        row("hooks", "env", f"PYTHONPATH={ROOT}", sys.executable, "-m", "gatekeeper", *words, on=["task-started"])
    )
    plan.run("agent", "start", "designer")
    record = plan.state.get(AgentRecord, "designer")
    assert record is not None
    assert (record.progress, record.reason) == ("blocked", "no schema")


#
def test_a_poll_does_not_tell_what_a_command_is_just_telling(plan: Plan, tmp_path: Path) -> None:
    file = tmp_path / "heard"
    polling = f"{keeping(file)[2]}; {sys.executable} -m gatekeeper poll --no-fetch"
    plan.configure(row("hooks", "env", f"PYTHONPATH={ROOT}", "sh", "-c", polling, on=["task-started"]))
    plan.run("agent", "start", "designer")
    assert events(heard(file)) == ["task-started"]
    assert list(plan.state.each(NoticeRecord)) == []
    plan.run("poll", "--no-fetch")
    assert heard(file) == []


#
def test_what_a_killed_command_could_not_tell_the_next_poll_tells(plan: Plan, tmp_path: Path) -> None:
    file, tried = tmp_path / "heard", tmp_path / "tried"
    killing = f"test -e {tried} || {{ touch {tried}; kill -9 $PPID; exit 1; }}; {keeping(file)[2]}"
    plan.configure(row("hooks", "sh", "-c", killing, on=["task-started"]))
    killed = gatekeeper("agent", "start", "designer", cwd=plan.repository.root)
    assert killed.returncode == -signal.SIGKILL
    assert heard(file) == []
    plan.run("poll", "--no-fetch")
    assert events(heard(file)) == ["task-started"]


def test_who_asks_for_nothing_hears_of_what_matters(plan: Plan, tmp_path: Path) -> None:
    file = tmp_path / "heard"
    plan.configure(f"[[notifications]]\ncommand = {json.dumps(list(keeping(file)))}\n")
    plan.finish("designer")
    plan.phase("complete", "plan", code=1)
    assert events(heard(file)) == ["agent-done", "phase-failed"]
    assert {*STEPS, *TASKS} <= set(EVENTS)


#
def test_what_is_halted_neither_completes_nor_lets_the_next_one_start(plan: Plan) -> None:
    plan.land({"Cargo.toml": '[package]\nname = "p"\nversion = "0.1.0"\n[features]\nall = ["one"]\none = []\n'})
    text = plan.repository.git("show", "main:gatekeeper.toml")
    text = text.replace('agents = ["designer"]', 'agents = ["designer", "second"]')
    rules = '[agents.second]\n[policy.severity.rules]\nfeature-array-both-edited = "critical"\n'
    plan.land({"gatekeeper.toml": text + rules, "docs/spec.md": "Closed\n"})
    for agent in ("designer", "second"):
        plan.run("agent", "start", agent)
        worktree = plan.repository.root.parent / "repository.agents" / agent
        manifest = worktree / "Cargo.toml"
        added = manifest.read_text().replace('"one"]', f'"one", "{agent}"]') + f"{agent} = []\n"
        manifest.write_text(added)
        plan.repository.git("commit", "-qam", agent, cwd=worktree)
        plan.run("agent", "finish", agent)
    plan.both("poll", "--no-fetch", code=1)
    waits = plan.phase("complete", "plan", code=1)
    assert any(what.startswith("phase plan is halted: ") for what in left(waits))
    assert waits["gates"] == []
    started = plan.phase("start", "work", code=1)
    assert any(what.startswith("phase plan is halted: ") for what in left(started))
