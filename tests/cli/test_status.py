"""``gatekeeper status``: what a person sees, and what a program reads."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
from pydantic import TypeAdapter

from gatekeeper.report.status import StatusDocument
from tests.cli.run import gatekeeper
from tests.e2e.watched import MAKEFILE, Watch, crate, workspace
from tests.kit import RepositoryBuilder
from tests.shell.json_schema import check

SCHEMA = TypeAdapter(StatusDocument).json_schema(mode="serialization")
LONG = "build-configuration-and-incremental-compilation"
PHASES = f"""
[agents.design]
[agents.{LONG}]
[agents.tests]
depends_on = ["{LONG}"]
[phases.plan]
agents = ["design"]
[phases.work]
agents = ["{LONG}", "tests"]
needs = ["plan"]
"""


@pytest.fixture
def watch(repository: RepositoryBuilder) -> Watch:
    return Watch(repository)


def shown(watch: Watch, *options: str, **environment: str) -> str:
    done = gatekeeper("status", "-C", str(watch.root), *options, env=environment)
    assert (done.returncode, done.stderr) == (0, "")
    return done.stdout


def document(watch: Watch) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(shown(watch, "--format", "json"))
    check(found, SCHEMA)
    return found


def profile(name: str) -> str:
    return crate("one", features=f'profile = ["minimal", "{name}"]\nminimal = []\n{name} = []\n')


def test_before_the_first_poll_nothing_is_claimed(watch: Watch) -> None:
    commit = watch.commit("main", workspace())
    assert shown(watch) == f"main at {commit[:10]} · not polled yet\n\nNext: gatekeeper poll\n"
    found = document(watch)
    assert (found["polled_at"], found["seen_commit"], found["next"]) == (None, None, ["gatekeeper poll"])


def test_a_quiet_fleet_is_a_few_quiet_lines(watch: Watch) -> None:
    watch.commit("main", workspace("[agents.one]\n"))
    watch.agent("one", {"README.md": "mine\n"})
    gatekeeper("poll", "-C", str(watch.root))
    text = re.sub(r"committed \d+ \w+ ago", "committed X ago", shown(watch))
    assert text.splitlines()[1:] == [
        "",
        "agents  1 in progress",
        "  one  in progress · committed X ago",
        "",
        "findings  none",
        "",
        "checkpoint  all met",
    ]


#
def test_phases_findings_and_what_to_do_next_fit_on_a_screen(watch: Watch) -> None:
    watch.commit("main", workspace(PHASES + '[policy.roles]\narchitect = ["lead"]\n'))
    gatekeeper("agent", "start", "design", cwd=watch.root)
    gatekeeper("agent", "report", "blocked", "--as", "design", "--reason", "no schema\x1b[2J", cwd=watch.root)
    for name in (LONG, "stray", "other"):
        watch.agent(name, {"crates/one/Cargo.toml": profile(name[0])})
    gatekeeper("poll", "-C", str(watch.root))
    text = shown(watch)
    assert max(map(len, text.splitlines())) <= 100
    assert "\x1b" not in text
    lines = text.splitlines()
    assert [line for line in lines if line.startswith(("  plan", "  work"))] == [
        "  plan  blocked · 0 of 1 agent done",
        "  work  in progress · 0 of 2 agents done · waits for plan",
    ]
    agents = lines.index("agents  1 blocked, 1 in progress, 1 pending")
    assert lines[agents + 1].split()[0] == "design"
    assert "blocked: no schema\\x1b[2J" in lines[agents + 1]
    assert lines[agents + 2] == f"  {LONG}"
    assert "2 major with other, stray" in lines[agents + 3]
    assert f"waits for {LONG}" in text
    # Three findings at one place are one matter.
    assert text.count("feature-array-both-edited  crates/one/Cargo.toml") == 1
    assert len(re.findall(r"\b[0-9a-f]{12}\b", text)) == 3
    found = document(watch)
    case = found["cases"][0]
    assert (case["kind"], case["agents"]) == ("escalation", sorted([LONG, "other", "stray"]))
    steps = text.partition("Next: ")[2].splitlines()
    assert [step.strip() for step in steps] == [
        f"the architect: gatekeeper escalation show {case['id']}",
        "help design: no schema\\x1b[2J",
    ]
    assert found["next"] == [steps[0], "help design: no schema\x1b[2J"]


@pytest.mark.parametrize("width", [60, 100, 160])
def test_forty_agents_with_long_names_stay_readable(tmp_path: Path, width: int) -> None:
    watch = Watch(RepositoryBuilder(tmp_path / "r", bare=True))
    names = [f"{LONG if number % 9 == 4 else 'agent'}-{number:02}" for number in range(40)]
    watch.commit("main", workspace("".join(f"[agents.{name}]\n" for name in names)))
    for number, name in enumerate(names[:30]):
        watch.agent(name, {"Makefile.toml": MAKEFILE.replace('["check"]', f'["check", "-p", "c{number % 5}"]')})
    watch.later(minutes=1).poll()
    text = shown(watch, COLUMNS=str(width))
    lines = text.splitlines()
    assert max(map(len, lines)) <= width
    assert len(lines) < 75
    assert "agents  30 in progress, 10 pending" in lines
    assert "  … and 10 in progress, 10 pending (--all)" in lines
    everything = shown(watch, "--all", COLUMNS=str(width))
    assert all(re.search(rf"^  {name}( |$)", everything, re.MULTILINE) for name in names)


def test_colour_is_for_terminals_only(watch: Watch) -> None:
    watch.commit("main", workspace())
    watch.agent("one", {"README.md": "mine\n"})
    watch.later(minutes=1).poll()
    assert "\x1b" not in shown(watch, NO_COLOR="1")
    assert "\x1b" not in shown(watch)


def test_a_trunk_that_has_moved_since_is_told(watch: Watch) -> None:
    watch.commit("main", workspace("[agents.one]\n[agents.two]\n"))
    watch.builder.branch("two")
    gatekeeper("poll", "-C", str(watch.root))
    assert "trunk has moved since" not in shown(watch)
    # A branch that is there already is adopted and not started.
    assert document(watch)["next"] == ["gatekeeper agent start one", "gatekeeper agent adopt two"]
    watch.commit("main", {"README.md": "two\n"})
    text = shown(watch)
    assert "polled just now, and trunk has moved since" in text
    assert "Next: gatekeeper poll\n" in text


def test_another_clone_says_when_somebody_looked(watch: Watch) -> None:
    watch.commit("main", workspace())
    watch.poll()
    (watch.builder.git_dir / "gatekeeper" / "polled").unlink()
    assert re.match(r"main at \w+ · polled \d+ days ago\n", shown(watch))


@pytest.mark.parametrize("options", [("--trunk", "nowhere"), ("--format", "xml"), ("-C", "/nowhere")])
def test_what_cannot_be_shown_is_told_with_exit_code_2(watch: Watch, options: tuple[str, str]) -> None:
    watch.commit("main", workspace())
    done = gatekeeper("status", *options, cwd=watch.root)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith("gatekeeper: ")
