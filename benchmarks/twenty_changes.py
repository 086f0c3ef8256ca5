"""Twenty changes at once, and five hundred: conflict detection when every document has been read before."""

from __future__ import annotations

import tempfile
from dataclasses import replace
from pathlib import Path

from benchmarks.fleet_generator import Fleet, FleetSpec, generate
from benchmarks.product import Measured, forget, measure_scan
from benchmarks.timing import Row, Table, at_most

DESCRIPTION = "20 changes and 500 proposals, documents already read"
MILLISECONDS = 200
SPEC = FleetSpec(branches=20, files=1000, team=20, shared_files=8, root_editors=4, trunk_commits=5)
"""All twenty work in one crate: the worst that twenty changes can do to each other."""


def run(rounds: int) -> list[Table]:
    """Detect conflicts among 20 changes, then among 500."""
    proposals = replace(SPEC, branches=500, team=20)
    with tempfile.TemporaryDirectory(prefix="gatekeeper-twenty-") as directory:
        twenty = generate(Path(directory) / "twenty.git", SPEC)
        many = generate(Path(directory) / "many.git", proposals)
        few = [_detect(twenty) for _ in range(rounds)]
        lots = [_detect(many) for _ in range(max(1, rounds // 2))]
    return [
        Table(
            "Conflict detection, in process, documents already read",
            [
                Row("20 changes", _milliseconds(few), "ms", at_most(MILLISECONDS), _found(few)),
                Row("500 proposals", _milliseconds(lots), "ms", remark=_found(lots)),
            ],
            [
                f"20 changes: {SPEC.describe()}",
                f"500 proposals: {proposals.describe()}",
                "before the clock starts, the same process scans each branch alone: all is read, nothing is compared",
            ],
        )
    ]


def _detect(fleet: Fleet) -> Measured:
    forget(fleet.repository)
    return measure_scan(fleet.repository, fleet.trunk, fleet.branch_list, first_alone=True)


def _milliseconds(runs: list[Measured]) -> tuple[float, ...]:
    return tuple(1000 * each.seconds for each in runs)


def _found(runs: list[Measured]) -> str:
    return f"{runs[0].findings:,} findings, {runs[0].pairs_compared:,} pairs compared"
