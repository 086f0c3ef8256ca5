"""What ``gatekeeper.toml`` declares about agents, phases, and the world around the repository."""

from __future__ import annotations

from datetime import timedelta
from typing import get_args

import pytest

from gatekeeper.config import Settings, load_settings
from gatekeeper.config.expectations import expected_because
from gatekeeper.config.policy import PrecedenceWord, RolesTable
from gatekeeper.core.channels import EVENTS, STEPS, ChannelKind
from gatekeeper.core.names import AgentName, RuleId, Severity, TreePath
from gatekeeper.core.roster import PRECEDENCE, ROLES, Budget, GateName, PhaseGates, Roster
from gatekeeper.core.rules.model import Family

EVERYTHING = """
[agents.one]
role = "coder"
branch = "agent/one"
priority = -3
depends_on = ["two"]
conflicts_with = ["two", { agent = "three", path = "Cargo.toml", key = "workspace.**", reason = "both rework it" }]
scope = ["Makefile.toml#tasks.**", "crates/x/**"]
budget = { cores = 1.5, memory = "512MB" }
contact = "someone@example.org"
[agents.two]
[agents.three]
budget = { cores = 2 }

[gates.a]
command = ["cargo", "check"]
[gates.b]
files = ["docs/*.md"]
[gates.c]
keys = ["Cargo.toml#package"]

[phases.build]
agents = ["one", "two"]
gates = { pre = ["a"], checkpoint = ["b", "c"], post = ["a"] }
[phases.verify]
agents = ["three", "one"]
needs = ["build"]

[policy]
precedence = ["first-seen"]
auto_integrate = false
[policy.roles]
architect = ["lead@example.org", "one"]
release = ["three"]
[policy.limits]
stale = "90s"
blocked = "1d2h3m4s"

[ledger]
remote = "origin"
allowed_signers = "keys/allowed"
retention = "30d"

[worktrees]
directory = "../work/{repository}"

[[notifications]]
command = ["notify", "--now"]
on = ["finding-opened", "agent-done"]
timeout = "1m"
[[notifications]]
name = "chat"
webhook = "https://chat.example.org/x"
secret_env = "CHAT_KEY"
least = "critical"
[[notifications]]
mail = ["a@example.org", "b@example.org"]
"""


def load(text: str) -> Settings:
    return load_settings(text.encode(), where="g")


def test_who_works_here() -> None:
    """R-18, R-43, R-45."""
    roster = load(EVERYTHING).roster
    one, two, three = roster.agents.values()
    assert list(roster.agents) == ["one", "two", "three"]
    assert (one.name, one.branch, one.role, one.priority) == ("one", "refs/heads/agent/one", "coder", -3)
    assert (one.depends_on, one.contact) == (("two",), "someone@example.org")
    assert (one.budget, two.budget, three.budget) == (Budget(1.5, 512_000_000), Budget(), Budget(2.0, None))
    assert (two.branch, two.role, two.scope) == ("refs/heads/two", "agent", ())
    assert [pattern.text for pattern in one.scope] == ["Makefile.toml#tasks.**", "crates/x/**"]
    tasks, crate = one.scope
    assert tasks.covers(TreePath("Makefile.toml"), ("tasks", "check", "args"))
    assert not tasks.covers(TreePath("Makefile.toml"), ("env",))
    assert not tasks.covers(TreePath("Makefile.toml"), None)
    assert crate.covers(TreePath("crates/x/src/lib.rs"), None)


def test_when_and_who_decides() -> None:
    roster = load(EVERYTHING).roster
    build, verify = roster.phases.values()
    assert (build.agents, build.needs, verify.needs) == (("one", "two"), (), ("build",))
    a, b, c = map(GateName, "abc")
    assert (build.gates, verify.gates) == (PhaseGates((a,), (b, c), (a,)), PhaseGates())
    assert roster.phases_in_order() == ("build", "verify")
    assert roster.roles == {"architect": ("lead@example.org", "one"), "release": ("three",)}
    assert (roster.precedence, roster.auto_integrate) == (("first-seen",), False)
    assert (roster.limits.stale, roster.limits.blocked) == (
        timedelta(seconds=90),
        timedelta(days=1, hours=2, minutes=3, seconds=4),
    )


def test_what_is_around() -> None:
    settings = load(EVERYTHING)
    assert (settings.ledger.remote, settings.ledger.allowed_signers) == ("origin", "keys/allowed")
    assert settings.ledger.retention == timedelta(days=30)
    assert settings.worktrees.directory == "../work/{repository}"
    command, chat, mail = settings.notifications
    assert (command.kind, command.target, command.timeout) == (
        ChannelKind.COMMAND,
        ("notify", "--now"),
        timedelta(minutes=1),
    )
    assert command.events == {"finding-opened", "agent-done"}
    assert (chat.name, chat.kind, chat.least, chat.secret_env) == (
        "chat",
        ChannelKind.WEBHOOK,
        Severity.CRITICAL,
        "CHAT_KEY",
    )
    assert (mail.target, mail.events, mail.least) == (
        ("a@example.org", "b@example.org"),
        frozenset(EVENTS) - STEPS,
        Severity.MAJOR,
    )


def test_a_channel_keeps_its_name_while_it_leads_to_the_same_place() -> None:
    name = load(EVERYTHING).notifications[0].name
    alone = load("[[notifications]]\ncommand = ['notify', '--now']\nleast = 'note'\n").notifications[0]
    other = load("[[notifications]]\ncommand = ['notify', '--later']\n").notifications[0]
    assert name == alone.name != other.name
    assert name.startswith("command-")
    assert len(name) == len("command-") + 8


def test_the_words_of_the_file_are_those_of_the_core() -> None:
    assert get_args(PrecedenceWord) == PRECEDENCE
    assert tuple(RolesTable.model_fields) == ROLES


def test_nothing_declared() -> None:
    settings = load("")
    assert settings.roster == Roster()
    assert settings.agent_names() == {}
    assert settings == Settings()


def test_branches_have_the_names_of_their_agents() -> None:
    assert load(EVERYTHING).agent_names() == {
        "refs/heads/agent/one": "one",
        "refs/heads/two": "two",
        "refs/heads/three": "three",
    }


@pytest.mark.parametrize(
    ("sides", "path", "key", "reason"),
    [
        ("one|two", "x", (), "one and two are declared to conflict"),
        ("two|one", "Cargo.toml", ("workspace", "members"), "one and two are declared to conflict"),
        ("three|one", "Cargo.toml", ("workspace", "members"), "both rework it"),
        ("three|one", "Cargo.toml", ("package",), None),
        ("three|two", "x", (), None),
    ],
)
def test_declared_conflicts_are_expected(sides: str, path: str, key: tuple[str, ...], reason: str | None) -> None:
    """R-10."""
    rows = [
        row
        for row in load(EVERYTHING).expected
        if row.fits(RuleId("text-conflict"), Family.TEXT, [(TreePath(path), key)])
    ]
    assert expected_because(rows, [[AgentName(name)] for name in sides.split("|")]) == reason
