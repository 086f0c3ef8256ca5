"""A poll that finds nothing new over 200 agents, as a whole process: against the start of its libraries alone."""

from __future__ import annotations

import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from benchmarks.fleet_generator import Fleet, FleetSpec, generate, git
from benchmarks.product import FINDINGS_STAND, command
from benchmarks.timing import Row, Table, at_most, in_turns, ratios, stopwatch, time_process

DESCRIPTION = "gatekeeper poll with nothing changed over 200 agents, whole process"
LIMIT = 4
SPEC = FleetSpec(branches=200, files=2000)
WORKTREES = 20
_LIBRARIES = 'python -c "import click, pygit2, rtoml"'
_AT_ONCE = 4
_AGENT = """\
[agents.{name}]
role = "coder"
branch = "{branch}"
priority = {priority}
scope = ["crates/**", "Cargo.toml#workspace.**", "Makefile.toml"]
"""
_PEOPLE = """\
[phases.all]
agents = ["{names}"]

[policy.roles]
architect = ["lead@example.org"]

[[policy.expected]]
path = "Cargo.toml"
reason = "many hands"
"""
_EACH = 3
"""Starts are short, so that a round of them is three times the rounds of longer benchmarks."""


def run(rounds: int) -> list[Table]:
    """Measure the three kinds of fleets, each with its own turns."""
    with tempfile.TemporaryDirectory(prefix="gatekeeper-poll-") as directory:
        plain = generate(Path(directory) / "plain", SPEC, checkout=True)
        declared = _declared(Path(directory) / "declared")
        with_worktrees = _declared(Path(directory) / "worktrees")
        _add_worktrees(with_worktrees, Path(directory) / "trees")
        return [
            _measured("200 branches without configuration", plain, rounds),
            _measured("200 agents in gatekeeper.toml, recorded in the ledger", declared, rounds),
            _measured(f"the same, {WORKTREES} of them with worktrees", with_worktrees, rounds),
        ]


def _measured(title: str, fleet: Fleet, rounds: int) -> Table:
    poll = command("poll", "-C", str(fleet.repository))
    time_process(poll, accept=(0, FINDINGS_STAND))
    found = _recorded(fleet)
    worktrees = _worktrees(fleet)
    git_status = f"git status in {len(worktrees)} worktrees, {_AT_ONCE} at once"
    actions = {
        _LIBRARIES: lambda: time_process([sys.executable, "-c", "import click, pygit2, rtoml"]),
        "gatekeeper poll": lambda: time_process(poll, accept=(0, FINDINGS_STAND)),
        git_status: lambda: stopwatch(lambda: _statuses(worktrees)),
    }
    in_turns(actions, 1)
    taken = in_turns(actions, rounds * _EACH)
    if _recorded(fleet) != found:
        raise RuntimeError("a poll has recorded something while it was measured")
    rows = [Row(name, tuple(1000 * each for each in taken[name]), "ms") for name in actions]
    libraries, whole = taken[_LIBRARIES], taken["gatekeeper poll"]
    less = [poll - status for poll, status in zip(whole, taken[git_status], strict=True)]
    # Whether a worktree holds uncommitted work only git can tell, and only by looking at every file of it.
    one = len(worktrees) == 1
    rows.append(Row("poll against its libraries", ratios(whole, libraries), bar=at_most(LIMIT) if one else None))
    rows.append(Row("poll less git status", ratios(less, libraries), bar=None if one else at_most(LIMIT)))
    return Table(f"Unchanged poll: {title}", rows, [SPEC.describe(), found])


def _declared(directory: Path) -> Fleet:
    fleet = generate(directory, SPEC, checkout=True)
    names = {f"coder-{number:03}": ref for number, ref in enumerate(fleet.branches)}
    tables = [
        _AGENT.format(name=name, branch=ref.removeprefix("refs/heads/"), priority=number % 3)
        for number, (name, ref) in enumerate(names.items())
    ]
    people = _PEOPLE.format(names='", "'.join(names))
    (directory / "gatekeeper.toml").write_text("\n".join([*tables, people]), encoding="utf-8")
    git(directory, "add", "gatekeeper.toml")
    git(directory, "commit", "-q", "-m", "Say who works here")
    return fleet


def _add_worktrees(fleet: Fleet, directory: Path) -> None:
    for ref in fleet.branches[:: len(fleet.branches) // WORKTREES]:
        short = ref.removeprefix("refs/heads/")
        git(fleet.repository, "worktree", "add", "-q", str(directory / short), short)


def _worktrees(fleet: Fleet) -> list[str]:
    listed = git(fleet.repository, "worktree", "list", "--porcelain").splitlines()
    return [line.removeprefix("worktree ") for line in listed if line.startswith("worktree ")]


def _statuses(worktrees: list[str]) -> None:
    quiet = ["git", "--no-optional-locks", "-c", "core.preloadIndex=false"]
    with ThreadPoolExecutor(_AT_ONCE) as pool:
        list(pool.map(lambda path: time_process([*quiet, "-C", path, "status", "--porcelain"]), worktrees))


def _recorded(fleet: Fleet) -> str:
    """Return what the ledger holds, for the table and to see that it stays."""
    ref = "refs/gatekeeper/ledger"
    if not git(fleet.repository, "for-each-ref", ref):
        raise RuntimeError("the poll has recorded nothing")
    names = git(fleet.repository, "ls-tree", "-r", "--name-only", ref).splitlines()
    counts = {kind: sum(name.startswith(f"{kind}/") for name in names) for kind in ("agents", "findings")}
    commits = git(fleet.repository, "rev-list", "--count", ref).strip()
    return f"the ledger: {counts['agents']} agents, {counts['findings']} findings, {commits} commits"
