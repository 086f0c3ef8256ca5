"""The ledger: events a second, how long its state takes to read, its size, and many readers at once."""

from __future__ import annotations

import shutil
import statistics
import tempfile
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path

from benchmarks.fleet_generator import git
from benchmarks.ledger_events import AGENTS, EVENTS_A_TURN, STANDING, append, build, read_state
from benchmarks.ledger_process import PAIR, Job, Outcome, run_together
from benchmarks.timing import Row, Table, at_least, at_most, in_turns, ratios, stopwatch
from gatekeeper.core.ledger.events import MemoryPut
from gatekeeper.ledger.ledger import Ledger
from gatekeeper.repository import open_repository

DESCRIPTION = "events a second, reading the state at 10,000 and 100,000 events, bytes an event, many readers"
SIZES = (10_000, 100_000)
PROCESSES = 8
READERS = (10, 100, 1000)
EVENTS_PER_SECOND = 100
GROWTH = 1.3
_SECONDS = 10.0
_YARDSTICK_SECONDS = 5.0
_READER_PROCESSES = 10
_READS = 10
_EACH = 3


def run(rounds: int) -> Iterator[Table]:
    """Build two ledgers, measure on copies of them, and yield each table when it is done."""
    with tempfile.TemporaryDirectory(prefix="gatekeeper-ledger-") as directory:
        room = Path(directory)
        sizes = {size: _built(room / f"{size}", size) for size in SIZES}
        small = room / f"{SIZES[0]}"
        yield _appending(small, rounds)
        yield _reading(room, sizes, rounds)
        yield _readers(small, rounds)


def _built(directory: Path, size: int) -> tuple[int, int]:
    """Return how many events it holds, and its size in bytes after ``git gc``."""
    git(directory.parent, "init", "-q", "-b", "main", str(directory))
    events = build(directory, size // EVENTS_A_TURN)
    git(directory, "reflog", "expire", "--expire=now", "--all")
    git(directory, "gc", "-q", "--prune=now")
    return events, sum(file.stat().st_size for file in (directory / ".git" / "objects").rglob("*") if file.is_file())


def _appending(ledger: Path, rounds: int) -> Table:
    one, many = "appended by one process", f"appended by {PROCESSES} processes at once, together"
    yardstick = "git commit-tree and git update-ref, one process"
    rates: dict[str, list[float]] = {one: [], many: [], yardstick: []}
    for _ in range(rounds):
        rates[yardstick].append(_rate(ledger, [Job("git")], _YARDSTICK_SECONDS))
        rates[one].append(_rate(ledger, [Job("append")], _SECONDS))
        rates[many].append(_rate(ledger, [Job("append")] * PROCESSES, _SECONDS))
    bar = at_least(EVENTS_PER_SECOND)
    rows = [Row(name, tuple(found), "/s", None if name == yardstick else bar) for name, found in rates.items()]
    rows.append(Row("one process against git", ratios(rates[one], rates[yardstick])))
    rows.append(Row(f"{PROCESSES} processes against git", ratios(rates[many], rates[yardstick])))
    return Table("Ledger: events a second", rows, [f"each event its own commit, {_SECONDS:.0f} s on end (R-37)"])


def _rate(ledger: Path, jobs: Sequence[Job], seconds: float) -> float:
    with tempfile.TemporaryDirectory(dir=ledger.parent) as directory:
        copy = Path(shutil.copytree(ledger, Path(directory) / "copy"))
        found = _sound(run_together(copy, jobs, seconds))
        expected = sum(outcome.done for outcome in found)
        if jobs[0].what == "append" and _commits(copy) - _commits(ledger) != expected:
            raise RuntimeError("an event was lost, or is in the ledger twice")
        return sum(outcome.rate for outcome in found)


def _commits(ledger: Path) -> int:
    return int(git(ledger, "rev-list", "--count", "refs/gatekeeper/ledger"))


def _sound(found: list[Outcome]) -> list[Outcome]:
    failures = [failure for outcome in found for failure in outcome.failures]
    if failures:
        raise RuntimeError(f"{len(failures)} have failed, the first: {failures[0]}")
    return found


def _reading(room: Path, sizes: dict[int, tuple[int, int]], rounds: int) -> Table:
    actions = {
        f"{size}": lambda size=size: stopwatch(lambda: [read_state(room / f"{size}") for _ in range(_READS)]) / _READS
        for size in SIZES
    }
    in_turns(actions, 1)
    taken = in_turns(actions, rounds * _EACH)
    small, large = SIZES
    rows = [Row(f"{size:,} events", tuple(1000 * each for each in taken[f"{size}"]), "ms") for size in SIZES]
    growth = ratios(taken[f"{large}"], taken[f"{small}"])
    rows.append(Row(f"{large:,} against {small:,}", growth, bar=at_most(GROWTH)))
    rows += [
        Row(f"after git gc, {size:,} events", (stored / events,), "bytes an event")
        for size, (events, stored) in sizes.items()
    ]
    return Table(
        "Ledger: reading the whole state, and its size",
        rows,
        [
            f"{AGENTS} agents, {STANDING} standing findings, claims, values; opened anew each time, in process",
            f"a turn of {EVENTS_A_TURN} events: a poll in one commit, four words of agents in one each",
        ],
    )


def _readers(ledger: Path, rounds: int) -> Table:
    rows: list[Row] = []
    with tempfile.TemporaryDirectory(dir=ledger.parent) as directory:
        copy = Path(shutil.copytree(ledger, Path(directory) / "copy"))
        append(Ledger(open_repository(str(copy))), [MemoryPut(key, "text", "0") for key in PAIR], datetime.now(UTC))
        for readers in READERS:
            jobs = [Job("write pairs"), *[Job("read", readers // _READER_PROCESSES)] * _READER_PROCESSES]
            found = [_sound(run_together(copy, jobs, _SECONDS)) for _ in range(rounds)]
            latencies = [sorted(1000 * t for reader in each[1:] for t in reader.latencies) for each in found]
            rates = tuple(sum(reader.rate for reader in each[1:]) for each in found)
            written = tuple(each[0].rate for each in found)
            rows += [
                Row(f"{readers:,} readers: states read", rates, "/s"),
                Row(f"{readers:,} readers: p50", tuple(map(statistics.median, latencies)), "ms"),
                Row(f"{readers:,} readers: p99", tuple(each[len(each) * 99 // 100] for each in latencies), "ms"),
                Row(f"{readers:,} readers: commits appended meanwhile", written, "/s"),
            ]
    notes = [
        f"{_READER_PROCESSES} processes, the readers as threads in them; one process appends all the time (R-49)",
        "each reads the whole state; none has failed, or seen half a commit",
    ]
    return Table("Ledger: readers of the whole state at once", rows, notes)
