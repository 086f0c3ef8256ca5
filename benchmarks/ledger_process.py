"""Processes that append to a ledger or read it, all of them from the same moment on, for some seconds."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from benchmarks.ledger_events import append, read_records, word
from gatekeeper.core.ledger.events import MemoryPut
from gatekeeper.ledger.ledger import Ledger
from gatekeeper.repository import open_repository

PAIR = ("pair/left", "pair/right")
"""Two values that are always written together: whoever sees them differ has seen half a commit."""

_YARDSTICK = "refs/heads/yardstick"


@dataclass(frozen=True)
class Job:
    """What one process does: ``what`` is a name in ``_WORK``, ``threads`` how many readers it has."""

    what: str
    threads: int = 1


@dataclass
class Outcome:
    """How often it was done, how long it took each time, and what went wrong."""

    done: int = 0
    seconds: float = 0.0
    latencies: list[float] = field(default_factory=list)
    failures: list[str] = field(default_factory=list)

    @property
    def rate(self) -> float:
        """How often in a second."""
        return self.done / self.seconds


def run_together(directory: Path, jobs: Sequence[Job], seconds: float) -> list[Outcome]:
    """Start a process for each job, let them begin together, and return what each has come to."""
    here = os.environ | {"PYTHONPATH": os.pathsep.join(part for part in sys.path if part)}
    started = [_start(directory, job, seconds, here) for job in jobs]
    for process in started:
        if process.stdout is None or process.stdout.readline() != "ready\n":
            raise RuntimeError("a process of the benchmark did not start")
    for process in started:
        if process.stdin is not None:
            process.stdin.write("go\n")
            process.stdin.flush()
    said = [process.communicate()[0] for process in started]
    if any(process.returncode for process in started):
        codes = [process.returncode for process in started]
        raise RuntimeError(f"a process of the benchmark has failed: exit codes {codes}")
    return [Outcome(**json.loads(line)) for line in said]


def _start(directory: Path, job: Job, seconds: float, env: dict[str, str]) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "benchmarks.ledger_process", str(directory), str(seconds)]
    return subprocess.Popen(
        [*command, job.what, str(job.threads)], env=env, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )


def _repeat(action: Callable[[int], object], seconds: float, outcome: Outcome) -> None:
    start = now = time.perf_counter()
    number = 0
    while now < start + seconds:
        action(number)
        before, now = now, time.perf_counter()
        outcome.latencies.append(now - before)
        number += 1
    outcome.done = number
    outcome.seconds = now - start


def _append(directory: Path) -> Callable[[int], object]:
    ledger = Ledger(open_repository(str(directory)))
    return lambda number: append(ledger, [word(number)], datetime.now(UTC))


def _write_pairs(directory: Path) -> Callable[[int], object]:
    ledger = Ledger(open_repository(str(directory)))
    return lambda number: append(ledger, [MemoryPut(key, "text", f"{number}") for key in PAIR], datetime.now(UTC))


def _read(directory: Path) -> Callable[[int], object]:
    repository = open_repository(str(directory))

    def read(_number: int) -> None:
        values = read_records(Ledger(repository))
        if len({values[key] for key in PAIR}) != 1:
            raise RuntimeError("half a commit was seen")

    return read


def _commit_with_git(directory: Path) -> Callable[[int], object]:
    """Without any state or check: a commit by ``git commit-tree``, then ``git update-ref`` in place of the last one."""
    git = ["git", "-C", str(directory)]
    who = {f"GIT_{role}_{what}": "a@example.org" for role in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")}
    env = os.environ | who

    def said(*arguments: str) -> str:
        return subprocess.run([*git, *arguments], env=env, capture_output=True, text=True, check=True).stdout.strip()

    tree = said("write-tree")
    last = [said("commit-tree", "-m", "first", tree)]
    said("update-ref", _YARDSTICK, last[0])

    def commit(number: int) -> None:
        new = said("commit-tree", "-p", last[0], "-m", f"event {number}", tree)
        said("update-ref", _YARDSTICK, new, last[0])
        last[0] = new

    return commit


_WORK = {"append": _append, "write pairs": _write_pairs, "read": _read, "git": _commit_with_git}


def _main() -> None:
    directory, seconds, what, threads = sys.argv[1:]
    outcomes = [Outcome() for _ in range(int(threads))]
    work = [(_WORK[what](Path(directory)), outcome) for outcome in outcomes]
    begin = threading.Event()

    def run(action: Callable[[int], object], outcome: Outcome) -> None:
        begin.wait()
        try:
            _repeat(action, float(seconds), outcome)
        except Exception as error:  # noqa: BLE001 - whatever it is, it is what the benchmark asks about
            outcome.failures.append(f"{type(error).__name__}: {error}")

    running = [threading.Thread(target=run, args=each) for each in work]
    for thread in running:
        thread.start()
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    sys.stdin.readline()
    begin.set()
    for thread in running:
        thread.join()
    total = Outcome(
        sum(outcome.done for outcome in outcomes),
        max((outcome.seconds for outcome in outcomes), default=0.0),
        [latency for outcome in outcomes for latency in outcome.latencies],
        [failure for outcome in outcomes for failure in outcome.failures],
    )
    print(json.dumps(total.__dict__))


if __name__ == "__main__":
    _main()
