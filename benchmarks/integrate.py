"""``gatekeeper integrate`` end to end against ``git merge`` of the same branches, on the example workspace."""

from __future__ import annotations

import shutil
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from benchmarks.fleet_generator import git
from benchmarks.product import FINDINGS_STAND, command
from benchmarks.timing import Row, Table, at_most, in_turns, ratios, stopwatch, time_process

DESCRIPTION = "an agent takes in trunk: merged, verified and published, against git merge in its worktree"
LIMIT = 4
_EXAMPLE = Path(__file__).parents[1] / "examples" / "workspace"
_EACH = 3
"""Starts are short, so that a round of them is three times the rounds of longer benchmarks."""

_AGENT = "agent"
_PUBLISHED = f"refs/gatekeeper/integrated/{_AGENT}"
_LIBRARIES = 'python -c "import click, pygit2, rtoml"'
_INTEGRATE = "gatekeeper integrate"
_PLAIN = "git merge without a driver"
_DRIVEN = "git merge with gatekeeper's driver"
_LOADED = "git merge with the driver, then cargo metadata"
_METADATA = ("cargo", "metadata", "--offline", "--no-deps", "--format-version", "1", "--quiet")


def run(rounds: int) -> list[Table]:
    """Measure both in turns, each time from the same state."""
    with tempfile.TemporaryDirectory(prefix="gatekeeper-integrate-") as directory:
        repository = Path(shutil.copytree(_EXAMPLE, Path(directory) / "example"))
        worktree = _branches(repository)
        plain = _without_driver(repository)
        actions = {
            _LIBRARIES: lambda: time_process([sys.executable, "-c", "import click, pygit2, rtoml"]),
            _INTEGRATE: lambda: _integrate(repository),
            _PLAIN: lambda: _merge(plain),
            _DRIVEN: lambda: _merge(worktree),
            _LOADED: lambda: _merge(worktree, _METADATA),
        }
        in_turns(actions, 1)
        taken = in_turns(actions, rounds * _EACH)
    rows = [Row(name, tuple(1000 * each for each in times), "ms") for name, times in taken.items()]
    for name, bar in ((_LOADED, None), (_DRIVEN, at_most(LIMIT)), (_PLAIN, None), (_LIBRARIES, None)):
        rows.append(Row(f"integrate against {name}", ratios(taken[_INTEGRATE], taken[name]), bar=bar))
    notes = [
        "whole processes; both have changed Makefile.toml, and trunk the root manifest as well (R-11)",
        "git's worktree is reset outside the clock; without the driver, git merges lines and proves nothing",
    ]
    return [Table("Integration on the example workspace", rows, notes)]


def _branches(repository: Path) -> Path:
    """Let trunk and an agent change the workspace, without a conflict for git; return the agent's worktree."""
    git(repository, "init", "-q", "-b", "main")
    time_process(command("install", "merge-driver"), cwd=repository)
    git(repository, "add", "--all")
    git(repository, "commit", "-q", "-m", "The example")
    worktree = repository.parent / _AGENT
    git(repository, "worktree", "add", "-q", "-b", _AGENT, str(worktree))
    _change(worktree, "Makefile.toml", '"check", "lint", "test"', '"check", "lint", "test", "build"')
    _change(repository, "Makefile.toml", 'RUST_BACKTRACE = "1"', 'RUST_BACKTRACE = "full"')
    _change(repository, "Cargo.toml", 'lto = "thin"', 'lto = "fat"')
    time_process(command("poll", "-C", str(repository)), accept=(0, FINDINGS_STAND))
    git(repository, "tag", "start", _AGENT)
    return worktree


def _change(directory: Path, name: str, old: str, new: str) -> None:
    path = directory / name
    text = path.read_text(encoding="utf-8")
    if old not in text:
        raise RuntimeError(f"{name} has no {old}")
    path.write_text(text.replace(old, new), encoding="utf-8")
    git(directory, "commit", "-q", "-a", "-m", f"Change {name}")


def _integrate(repository: Path) -> float:
    git(repository, "update-ref", "-d", _PUBLISHED)
    taken = time_process(command("integrate", "-C", str(repository), _AGENT))
    if git(repository, "rev-parse", f"{_PUBLISHED}^2") != git(repository, "rev-parse", "main"):
        raise RuntimeError("trunk was not merged")
    return taken


def _without_driver(repository: Path) -> Path:
    """Return a clone in which git knows no driver, with the agent's branch and trunk."""
    plain = repository.parent / "plain"
    git(repository, "clone", "-q", "-b", _AGENT, str(repository), str(plain))
    git(plain, "branch", "-q", "main", "origin/main")
    return plain


def _merge(worktree: Path, *more: Sequence[str]) -> float:
    """Return how long git takes for the merge, and each of the other commands after it."""
    git(worktree, "reset", "-q", "--hard", "start")
    merge = ["git", "merge", "-q", "--no-edit", "main"]
    taken = stopwatch(lambda: [time_process(each, cwd=worktree) for each in (merge, *more)])
    if git(worktree, "rev-parse", "HEAD^2") != git(worktree, "rev-parse", "main"):
        raise RuntimeError("git has not merged trunk")
    git(worktree, "reset", "-q", "--hard", "start")
    return taken
