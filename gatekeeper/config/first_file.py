"""A first ``gatekeeper.toml``, commented, for a repository as it was found.

Prose stands behind ``# ``, settings that wait to be wanted behind ``#``: each of those can be uncommented as it is.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import tomlkit

SCHEMA_FILE = "gatekeeper.schema.json"
_MOST_SHOWN = 3
_PROVING: tuple[str, ...] = ("check", "clippy", "test")

_HEAD = """\
# What Gatekeeper has to know of this repository. It counts as it stands on trunk: look at it with
# `gatekeeper config check gatekeeper.toml`, and commit it there."""

_ABOUT_SCHEMA = f"""\
#
# Editors that know taplo complete and explain the keys with `gatekeeper config schema > {SCHEMA_FILE}`
# beside this file, and `#:schema ./{SCHEMA_FILE}` as its first line."""

_FAIL_ON = """\
# The severity from which on `gatekeeper scan` and `gatekeeper check` fail: note, minor, major or critical.
fail_on = "major"

# Which refs are agents. Without it, all branches that are not in trunk yet.
#[branches]
#include = ["agent/*"]
#exclude = ["dependabot/*"]"""

_POLICY = """\
# Which of two agents goes first, and whether a merge that is proven is offered without asking anybody.
#[policy]
#precedence = ["priority", "first-seen"]
#auto_integrate = true

# Who may decide what: principals, as the file allowed_signers on trunk lists them, or agents.
#[policy.roles]
#architect = ["architect@example.org"]
#coordinator = ["coordinator@example.org"]

# After how long without a commit an agent is stale, and after how long a blocked one needs help.
#[policy.limits]
#stale = "60m"
#blocked = "60m"

# Another severity for a rule (`gatekeeper rules` lists them), for a family of rules, or for a place.
#[policy.severity.rules]
#text-conflict = "minor"

#[[policy.severity.places]]
#path = "**/Cargo.toml"
#key = "features.**"
#severity = "minor"

# Conflicts that come as no surprise: they are told, and never a reason to fail.
#[[policy.expected]]
#path = "Cargo.toml"
#key = "workspace.**"
#reason = "the architect unites them" """.rstrip()

_LEDGER = """\
# The remote with which the ledger is exchanged (none unless it is named), who may sign, and how long closed matters
# stay in it.
#[ledger]
#remote = {remote}
#allowed_signers = "allowed_signers"
#retention = "90d\""""

_NOTIFICATIONS = """\
# Whom to tell of what: a command gets JSON on its standard input, a webhook has it posted, mail is sent.
#[[notifications]]
#command = ["notify-team"]
#on = ["finding-opened", "checkpoint-failed", "agent-blocked"]
#least = "major\""""


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What a first look at a repository has found; ``agents`` are pairs of a name and a branch."""

    trunk: str | None = None
    agents: tuple[tuple[str, str], ...] = ()
    left_out: int = 0
    crates: tuple[str, ...] = ()
    tasks: tuple[str, ...] = ()
    remote: str | None = None
    worktrees: str | None = None
    has_schema: bool = False


def first_file(found: Surroundings) -> str:
    """Return the text of the file. What depends on the repository are trunk, agents, and the examples in comments."""
    head = f"#:schema ./{SCHEMA_FILE}\n{_HEAD}" if found.has_schema else f"{_HEAD}\n{_ABOUT_SCHEMA}"
    trunk = '#trunk = "main"' if found.trunk is None else f"trunk = {_text(found.trunk)}"
    parts = [
        head,
        f"# What everything lands on.\n{trunk}",
        _FAIL_ON,
        *_agents(found),
        "\n".join(_phases(found)),
        _POLICY,
        _LEDGER.format(remote=_text(found.remote or "origin")),
        _worktrees(found.worktrees),
        _NOTIFICATIONS,
    ]
    return "\n\n".join(parts) + "\n"


def _agents(found: Surroundings) -> Iterator[str]:
    if not found.agents:
        yield "\n".join(("# An agent, human or program, with a branch of its own.", *_example(found, "#[agents.NAME]")))
        return
    yield "# The agents, human or program, each with a branch of its own: of the same name, unless it names another."
    for number, (name, branch) in enumerate(found.agents):
        lines = [f"[agents.{_key(name)}]"]
        lines += [f"branch = {_text(branch)}"] if branch != name else []
        yield "\n".join([*lines, *(_example(found) if number == 0 else ())])
    if found.left_out:
        branches = "branch that is" if found.left_out == 1 else "branches that are"
        yield f"# Not declared: {found.left_out} {branches} not in trunk yet, and compared all the same."


def _example(found: Surroundings, *head: str) -> Iterator[str]:
    """Yield what may be said of an agent, for the first one; ``head`` where there is none."""
    others = [name for name, _ in found.agents[1:]]
    places = [f"{crate}/**" for crate in found.crates[:1]] or ["crates/name/**"]
    places += [f"Makefile.toml#tasks.{_key(task)}" for task in found.tasks[:1]]
    yield from head
    yield '#role = "optimizer"'
    yield "# The higher one goes first."
    yield "#priority = 0"
    if others:
        yield "# Who has to be done before it starts, and with whom conflicts come as no surprise."
        yield f"#depends_on = {_list(others[:1])}"
        yield f"#conflicts_with = {_list(others[:1])}"
    yield "# What it may edit; without it, anything."
    yield f"#scope = {_list(places)}"
    yield "# What it may use at a time, and whom to ask about it."
    yield '#budget = { cores = 1, memory = "2GiB" }'
    yield '#contact = "somebody@example.org"'


def _phases(found: Surroundings) -> Iterator[str]:
    yield "# The gates: what has to hold, by name. There are also gates of files, of keys, and of approvals."
    for task in _gates(found):
        yield f"#[gates.{_key(task)}]"
        yield f"#command = {_list(['cargo', 'make', task] if task in found.tasks else ['cargo', task])}"
    yield ""
    yield "# The phases of the work, what each of them needs, and the gates before (pre), during and after (post) it."
    yield "#[phases.work]"
    yield f"#agents = {_list([name for name, _ in found.agents[:_MOST_SHOWN]])}"
    yield f"#gates = {{ checkpoint = {_list(_gates(found))} }}"
    yield ""
    yield "#[phases.release]"
    yield '#needs = ["work"]'
    yield ""
    yield "# The gates that a release has to pass, besides those of the phases."
    yield "#[release]"
    yield f"#gates = {_list(_gates(found))}"


def _gates(found: Surroundings) -> list[str]:
    """Return tasks that could be gates: those whose names say that they prove something."""
    return [task for task in _PROVING if task in found.tasks] or ["check"]


def _worktrees(directory: str | None) -> str:
    said = "# Where each agent gets a worktree of its own, relative to the top of the main one."
    if directory is None:
        return f'{said}\n#[worktrees]\n#directory = "../{{repository}}.agents"'
    return f"{said}\n[worktrees]\ndirectory = {_text(directory)}"


def _text(value: str) -> str:
    return tomlkit.item(value).as_string()


def _list(values: list[str]) -> str:
    return f"[{', '.join(map(_text, values))}]"


def _key(name: str) -> str:
    return tomlkit.key(name).as_string()
