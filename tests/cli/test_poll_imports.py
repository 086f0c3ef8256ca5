"""What a run that finds nothing new does not load and does not start: its time is nearly all of that."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from tests.cli.run import python
from tests.kit import RepositoryBuilder

SLOW = (
    *("pydantic", "rich", "httpx2", "tomlkit", "email", "unidiff"),
    *("gatekeeper.core.rules.registry", "gatekeeper.core.document", "gatekeeper.scanning.work_log"),
    *("gatekeeper.coordinator.claims", "gatekeeper.signing", "gatekeeper.notifying"),
)
LEDGER = ("msgspec", "gatekeeper.ledger", "gatekeeper.core.ledger.events", "gatekeeper.core.ledger.records")
DECLARED = """\
fail_on = "minor"

[agents.one]
scope = ["Cargo.toml"]

[agents.two]
depends_on = ["one"]

[phases.all]
agents = ["one", "two"]

[policy.severity.rules]
text-conflict = "minor"

[[notifications]]
command = ["true"]
"""


@pytest.fixture
def fleet(repository: RepositoryBuilder) -> RepositoryBuilder:
    repository.commit("main", {"gatekeeper.toml": DECLARED, "Cargo.toml": '[package]\nname = "a"\nversion = "1.0.0"\n'})
    for name, version in (("one", "2.0.0"), ("two", "3.0.0")):
        repository.branch(name)
        repository.commit(name, {"Cargo.toml": f'[package]\nname = "a"\nversion = "{version}"\n'})
    return repository


def loaded(arguments: list[str], names: tuple[str, ...]) -> str:
    """Run a command in a process of its own; return what it prints, its exit code, and which of ``names`` it loads."""
    program = f"""
import sys
from gatekeeper.cli.main import run

code = run({arguments!r})
print(code, [name for name in {names!r} if name in sys.modules], file=sys.stderr)
"""
    done = python(program)
    return done.stdout + done.stderr


def test_an_unchanged_poll_loads_nothing_slow(fleet: RepositoryBuilder) -> None:
    poll = ["poll", "-C", str(fleet.root)]
    assert "gatekeeper.core.rules.registry" in loaded(poll, SLOW)
    assert loaded(poll, SLOW) == "1 []\n"


def test_a_check_without_a_ledger_does_not_load_it(fleet: RepositoryBuilder) -> None:
    check = ["check", "--staged", "-C", str(fleet.root), "--format", "json"]
    loaded(check, LEDGER)
    assert loaded(check, LEDGER).endswith("[]\n")
    loaded(["poll", "-C", str(fleet.root)], LEDGER)
    assert loaded(check, LEDGER).endswith(f"{list(LEDGER)}\n")


@pytest.mark.skipif(sys.platform == "win32", reason="the wrapper is a shell script")
def test_an_unchanged_poll_starts_git_twice(
    fleet: RepositoryBuilder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    started = tmp_path / "started"
    directory = tmp_path / "bin"
    directory.mkdir()
    wrapper = directory / "git"
    path = os.environ["PATH"]
    wrapper.write_text(f"#!/bin/sh\necho \"$*\" >> '{started}'\nPATH='{path}' exec git \"$@\"\n")
    wrapper.chmod(0o755)
    monkeypatch.setenv("PATH", f"{directory}{os.pathsep}{path}")
    poll = ["poll", "-C", str(fleet.root)]
    loaded(poll, ())
    started.unlink()
    assert loaded(poll, ()) == "1 []\n"
    commands = started.read_text().splitlines()
    # The worktrees there are, and whether work in the only one is not committed.
    assert [next(word for word in ("worktree list", "status") if f"{word} " in line) for line in commands] == [
        "worktree list",
        "status",
    ]
