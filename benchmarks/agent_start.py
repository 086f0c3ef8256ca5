"""What a workplace costs: ``gatekeeper agent start`` of eight agents against ``git worktree add -b`` of the same."""

from __future__ import annotations

import shutil
import subprocess
import tempfile
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

from benchmarks.fleet_generator import FleetSpec, generate, git
from benchmarks.product import command
from benchmarks.timing import Row, Table, in_turns, ratios, stopwatch, time_process

DESCRIPTION = "8 agents started by gatekeeper, against git worktree add -b"
AGENTS = 8
FILES = 5000
_EXAMPLE = Path(__file__).parents[1] / "examples" / "workspace"
_START = "gatekeeper agent start"
_ADD = "git worktree add -b"


def run(rounds: int) -> list[Table]:
    """Start agents in fresh copies of two repositories."""
    with tempfile.TemporaryDirectory(prefix="gatekeeper-start-") as directory:
        room = Path(directory)
        large = generate(room / "large", FleetSpec(branches=8, files=FILES), checkout=True).repository
        return [
            _measured("the example workspace", _example(room / "example"), rounds),
            _measured(f"a repository of {FILES:,} files", large, rounds),
        ]


def _example(directory: Path) -> Path:
    shutil.copytree(_EXAMPLE, directory)
    git(directory, "init", "-q", "-b", "main")
    git(directory, "add", "--all")
    git(directory, "commit", "-q", "-m", "The example")
    return directory


def _measured(title: str, repository: Path, rounds: int) -> Table:
    ways = {"one after another": _one_by_one, f"{AGENTS} at once": _all_at_once}
    actions = {
        f"{name}, {way}": lambda make=make, go=go: _time(repository, make, go)
        for way, go in ways.items()
        for name, make in ((_START, _gatekeeper), (_ADD, _git))
    }
    in_turns(actions, 1)
    taken = in_turns(actions, rounds)
    rows = [Row(name, tuple(times), "s") for name, times in taken.items()]
    rows += [Row(f"against git, {way}", ratios(taken[f"{_START}, {way}"], taken[f"{_ADD}, {way}"])) for way in ways]
    return Table(f"Start of {AGENTS} agents: {title}", rows, ["whole processes; each time in a fresh copy (R-49)"])


def _gatekeeper(repository: Path) -> list[list[str]]:
    return [command("agent", "start", "-C", str(repository), f"agent-{number}") for number in range(AGENTS)]


def _git(repository: Path) -> list[list[str]]:
    add = ["git", "-C", str(repository), "worktree", "add", "-q"]
    return [[*add, "-b", f"agent-{n}", str(repository.parent / f"tree-{n}"), "main"] for n in range(AGENTS)]


def _time(
    repository: Path, make: Callable[[Path], list[list[str]]], go: Callable[[Sequence[Sequence[str]]], object]
) -> float:
    with _copy(repository) as copy:
        commands = make(copy)
        taken = stopwatch(lambda: go(commands))
        if len(git(copy, "worktree", "list").splitlines()) != 1 + AGENTS:
            raise RuntimeError("not every agent has a worktree")
    return taken


@contextmanager
def _copy(repository: Path) -> Iterator[Path]:
    with tempfile.TemporaryDirectory(dir=repository.parent) as directory:
        copy = Path(shutil.copytree(repository, Path(directory) / "copy"))
        # The files' times are those of the copy; git learns them before the clock starts.
        subprocess.run(["git", "-C", str(copy), "status", "--short"], check=True, stdout=subprocess.DEVNULL)
        yield copy


def _one_by_one(commands: Sequence[Sequence[str]]) -> None:
    for each in commands:
        time_process(each)


def _all_at_once(commands: Sequence[Sequence[str]]) -> None:
    with ThreadPoolExecutor(len(commands)) as pool:
        list(pool.map(time_process, commands))
