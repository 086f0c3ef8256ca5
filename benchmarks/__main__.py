"""``python -m benchmarks [NAME...] [--rounds N] [--json FILE]``: measure, and print the tables."""

from __future__ import annotations

import argparse
import importlib
import json
import os
import sys
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Protocol, cast

from benchmarks.timing import Table, machine

NAMES = (
    *("fleets", "generated_fleet", "growth", "twenty_changes", "startup", "merge_driver"),
    *("ledger", "poll_unchanged", "agent_start", "integrate", "decide"),
)
MORE = ("precision", "merges")
"""Only run when they are named: they measure something else than time."""
ALONE = "merges"
"""Has options of its own, and is run by itself when it is named first."""
ROUNDS = 5


class Benchmark(Protocol):
    """What a benchmark's module offers."""

    DESCRIPTION: str
    run: Callable[[int], Iterable[Table]]


def main() -> int:
    """Run the chosen benchmarks; exit 1 when a bar does not hold."""
    if sys.argv[1:2] == [ALONE]:
        return int(importlib.import_module(f"benchmarks.{ALONE}").main(sys.argv[2:]))
    # What is installed has its modules compiled.
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
    arguments = _parser().parse_args()
    print(f"{machine()}\n", flush=True)
    tables: list[Table] = []
    for name in arguments.names or NAMES:
        benchmark = cast("Benchmark", importlib.import_module(f"benchmarks.{name}"))
        print(f"## {name}: {benchmark.DESCRIPTION}\n", flush=True)
        for table in benchmark.run(arguments.rounds):
            print(table.markdown(), flush=True)
            tables.append(table)
    if arguments.json:
        report = {"machine": machine(), "tables": [table.as_json() for table in tables]}
        arguments.json.write_text(json.dumps(report, indent=2) + "\n", encoding="utf-8")
    return 0 if all(table.holds for table in tables) else 1


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument(
        "names", nargs="*", metavar="NAME", help=f"which to run ({', '.join(NAMES)}); {', '.join(MORE)}"
    )
    parser.add_argument("--rounds", type=_positive, default=ROUNDS, metavar="N", help=f"measure in N turns ({ROUNDS})")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the figures there as well")
    return parser


def _positive(text: str) -> int:
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError("at least one round")
    return number


if __name__ == "__main__":
    sys.exit(main())
