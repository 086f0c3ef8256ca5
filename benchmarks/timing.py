"""Paired measurements and the tables that they become.

A figure here is a ratio of two things that were measured in turns, round by round: what the machine does besides
slows both. A round's ratio is taken within the round; the figure is the median over the rounds.
"""

from __future__ import annotations

import enum
import os
import platform
import statistics
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path

Seconds = float


class Verdict(enum.Enum):
    """What a figure says about its bar."""

    HOLDS = "holds"
    FAILS = "does not hold"
    TOO_WIDE = "spread too wide to tell"
    NONE = ""


@dataclass(frozen=True)
class Bar:
    """What a figure must reach, or must not exceed."""

    limit: float
    at_least: bool

    def allows(self, figure: float) -> bool:
        """Say whether one figure is on the right side."""
        return figure >= self.limit if self.at_least else figure <= self.limit

    def judge(self, figures: Sequence[float]) -> Verdict:
        """Judge repeated figures: the middle half of them has to agree."""
        allowed = {self.allows(figure) for figure in middle_half(figures)}
        if len(allowed) > 1:
            return Verdict.TOO_WIDE
        return Verdict.HOLDS if allowed.pop() else Verdict.FAILS


def at_least(limit: float) -> Bar:
    """Return a bar that figures have to reach."""
    return Bar(limit, at_least=True)


def at_most(limit: float) -> Bar:
    """Return a bar that figures must not exceed."""
    return Bar(limit, at_least=False)


@dataclass(frozen=True)
class Row:
    """One line of a table: repeated figures, and the bar that they are held against."""

    name: str
    figures: tuple[float, ...]
    unit: str = "x"
    bar: Bar | None = None
    remark: str = ""

    @property
    def figure(self) -> float:
        """The median."""
        return statistics.median(self.figures)

    @property
    def verdict(self) -> Verdict:
        """What the figures say about the bar."""
        return self.bar.judge(self.figures) if self.bar else Verdict.NONE


@dataclass
class Table:
    """What one benchmark found, or the sentence that says why it could not run."""

    title: str
    rows: list[Row] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    skipped: str | None = None

    @property
    def holds(self) -> bool:
        """Whether no bar is missed."""
        return all(row.verdict is not Verdict.FAILS for row in self.rows)

    def markdown(self) -> str:
        """Return the table as people read it."""
        if self.skipped:
            return f"### {self.title}\n\nSkipped: {self.skipped}\n"
        cells = [("", "figure", "middle half", "bar", "verdict", "remark"), *(_cells(row) for row in self.rows)]
        columns = [column for column in zip(*cells, strict=True) if any(column[1:])]
        widths = [max(map(len, column)) for column in columns]
        lines = [
            "| " + " | ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)) + " |"
            for line in zip(*columns, strict=True)
        ]
        lines.insert(1, "|" + "|".join("-" * (width + 2) for width in widths) + "|")
        notes = [f"- {note}" for note in self.notes]
        return "\n".join([f"### {self.title}", "", *lines, *([""] if notes else []), *notes, ""])

    def as_json(self) -> dict[str, object]:
        """Return the table as programs read it."""
        rows = [asdict(row) | {"figure": row.figure, "verdict": row.verdict.value} for row in self.rows]
        return {"title": self.title, "rows": rows, "notes": self.notes, "skipped": self.skipped}


def _cells(row: Row) -> tuple[str, ...]:
    low, high = middle_half(row.figures)
    spread = f"{shown(low)} to {shown(high)} (n={len(row.figures)})" if len(row.figures) > 1 else "n=1"
    bar = "" if row.bar is None else f"{'>=' if row.bar.at_least else '<='} {shown(row.bar.limit)}{_unit(row.unit)}"
    return row.name, shown(row.figure) + _unit(row.unit), spread, bar, row.verdict.value, row.remark


def _unit(unit: str) -> str:
    return unit if unit == "x" else f" {unit}"


def shown(figure: float) -> str:
    """Return a figure with three significant digits, and never as 1e+03."""
    return f"{figure:,.0f}" if abs(figure) >= 100 else f"{figure:.3g}"  # noqa: PLR2004 - three digits


def middle_half(figures: Sequence[float]) -> tuple[float, float]:
    """Return the lower and the upper quartile."""
    if len(figures) == 1:
        return figures[0], figures[0]
    low, _, high = statistics.quantiles(figures, n=4, method="inclusive")
    return low, high


def in_turns(actions: Mapping[str, Callable[[], Seconds]], rounds: int) -> dict[str, list[Seconds]]:
    """Run every action once a round, in alternating order, and return the times that they report."""
    taken: dict[str, list[Seconds]] = {name: [] for name in actions}
    for number in range(rounds):
        names = list(actions)[:: 1 if number % 2 == 0 else -1]
        for name in names:
            taken[name].append(actions[name]())
    return taken


def ratios(numerator: Sequence[float], denominator: Sequence[float]) -> tuple[float, ...]:
    """Return the ratio of each round."""
    return tuple(above / below for above, below in zip(numerator, denominator, strict=True))


def stopwatch(action: Callable[[], object]) -> Seconds:
    """Return how long an action takes on the wall."""
    start = time.perf_counter()
    action()
    return time.perf_counter() - start


def processor_time(action: Callable[[], object]) -> Seconds:
    """Return for how long an action that only computes keeps a processor busy, whatever else the machine does."""
    start = time.process_time()
    action()
    return time.process_time() - start


def time_process(
    command: Sequence[str],
    *,
    cwd: Path | None = None,
    env: Mapping[str, str] | None = None,
    accept: tuple[int, ...] = (0,),
) -> Seconds:
    """Return how long a whole process takes; what it prints is thrown away."""
    start = time.perf_counter()
    result = subprocess.run(
        command,
        cwd=cwd,
        env=env,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        stdin=subprocess.DEVNULL,
        check=False,
    )
    taken = time.perf_counter() - start
    if result.returncode not in accept:
        raise RuntimeError(f"{command[:4]} exits {result.returncode}: {result.stderr.decode(errors='replace')[-2000:]}")
    return taken


def machine() -> str:
    """Return one line about what the figures were measured with."""
    git = subprocess.run(["git", "--version"], capture_output=True, text=True, check=True).stdout.strip()
    python = f"Python {platform.python_version()}"
    return f"{_processor()}, {os.cpu_count()} processors, {platform.system()} {platform.release()}, {python}, {git}"


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        lines = []
    models = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return models[0] if models else platform.machine()
