"""How time and memory grow with the number of branches, when each branch meets as many others as before."""

from __future__ import annotations

import tempfile
from pathlib import Path

from benchmarks.fleet_generator import Fleet, FleetSpec, generate
from benchmarks.product import Measured, measure_scan
from benchmarks.timing import Row, Table, at_most, ratios

DESCRIPTION = "250, 1,000 and 4,000 generated branches: time per branch, peak memory"
SIZES = (250, 1000, 4000)
TIME_GROWTH = 1.3
MEGABYTES_PER_100 = 10


def run(rounds: int) -> list[Table]:
    """Scan each size in a fresh process, in turns."""
    measured: dict[int, list[Measured]] = {size: [] for size in SIZES}
    with tempfile.TemporaryDirectory(prefix="gatekeeper-growth-") as directory:
        fleets = {size: generate(Path(directory) / f"{size}.git", FleetSpec(branches=size)) for size in SIZES}
        for _ in range(rounds):
            for size, fleet in fleets.items():
                measured[size].append(_scan(fleet))
    smallest, largest = SIZES[0], SIZES[-1]
    per_branch = {size: [1000 * each.seconds / size for each in runs] for size, runs in measured.items()}
    memory = {size: tuple(each.megabytes for each in runs) for size, runs in measured.items()}
    hundreds = (largest - smallest) / 100
    grown = tuple((big - small) / hundreds for small, big in zip(memory[smallest], memory[largest], strict=True))
    rows = [Row(f"time per branch, {size:,} branches", tuple(per_branch[size]), "ms") for size in SIZES]
    growth = ratios(per_branch[largest], per_branch[smallest])
    rows.append(Row(f"time per branch, {largest:,} against {smallest:,}", growth, bar=at_most(TIME_GROWTH)))
    rows += [Row(f"peak memory, {size:,} branches", memory[size], "MB") for size in SIZES]
    rows.append(Row("memory for each 100 more branches", grown, "MB", at_most(MEGABYTES_PER_100)))
    meetings = {size: runs[0].pairs_compared / size for size, runs in measured.items()}
    notes = [
        FleetSpec(branches=largest).describe(),
        "cold, without a cache, in process, start-up apart",
        "pairs compared per branch: " + ", ".join(f"{meetings[size]:.2f} ({size:,})" for size in SIZES),
    ]
    return [Table("Growth at constant overlap", rows, notes)]


def _scan(fleet: Fleet) -> Measured:
    return measure_scan(fleet.repository, fleet.trunk, fleet.branch_list, cache=False)
