"""A thousand branches over ten thousand files: one scan against every pair through ``git merge-tree --stdin``."""

from __future__ import annotations

import tempfile
from pathlib import Path

from benchmarks.every_pair import EveryPair
from benchmarks.fleet_generator import FleetSpec, generate
from benchmarks.product import FINDINGS_STAND, scan_command
from benchmarks.timing import Row, Table, at_least, in_turns, ratios, time_process

DESCRIPTION = "1,000 generated branches over 10,000 files, against every pair through git"
SPEC = FleetSpec(branches=1000, files=10_000)
SPEEDUP = 80


def run(rounds: int) -> list[Table]:
    """Measure one generated fleet."""
    with tempfile.TemporaryDirectory(prefix="gatekeeper-fleet-") as directory:
        fleet = generate(Path(directory) / "fleet.git", SPEC)
        peer = EveryPair.sample(fleet.repository, fleet.trunk, fleet.branches)
        command = scan_command(fleet.repository, fleet.trunk, fleet.branch_list)
        taken = in_turns(
            {
                "scan": lambda: time_process(command, accept=(0, FINDINGS_STAND)),
                "pairs": peer.seconds_for_all,
            },
            rounds,
        )
    return [
        Table(
            f"Generated fleet: {SPEC.branches:,} branches, {peer.possible:,} pairs",
            [
                Row("cold scan, whole process", tuple(taken["scan"]), "s"),
                Row("every pair through git merge-tree", tuple(taken["pairs"]), "s"),
                Row(
                    "scan is faster by",
                    ratios(taken["pairs"], taken["scan"]),
                    bar=at_least(SPEEDUP),
                    remark="aim: 200x",
                ),
            ],
            [
                SPEC.describe(),
                f"every pair: {len(peer.pairs)} sampled pairs in one git process, times the number of pairs",
            ],
        )
    ]
