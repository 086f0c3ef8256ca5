"""Real fleets: one scan against every pair through ``git merge-tree --stdin``; and what the cache saves.

Reads the shared corpus beside the project, which is not part of it.
"""

from __future__ import annotations

import json
import os
import subprocess
import tempfile
from dataclasses import dataclass
from itertools import cycle
from pathlib import Path

from benchmarks.every_pair import EveryPair
from benchmarks.product import FINDINGS_STAND, forget, measure_scan, scan_command
from benchmarks.timing import Row, Table, at_least, in_turns, ratios, time_process

DESCRIPTION = "the shared fleets `dawn` and `today`: against every pair through git, and with a cache"
CORPUS = Path(__file__).resolve().parent.parent.parent / "shared" / "corpus"
SPEEDUP = {"dawn": 8, "today": 25}
UNCHANGED = 10
ONE_MOVED = 5
_IDENTITY = {
    f"GIT_{role}_{part}": value
    for role in ("AUTHOR", "COMMITTER")
    for part, value in (("NAME", "fleets"), ("EMAIL", "fleets@gatekeeper.invalid"), ("DATE", "1767225600 +0000"))
}


@dataclass(frozen=True)
class SharedFleet:
    """One point of the shared repository's history, in a clone that may be written to."""

    repository: Path
    trunk: str
    agents: tuple[str, ...]
    branch_list: Path


def run(rounds: int) -> list[Table]:
    """Measure both fleets."""
    bundle, index = CORPUS / "fleet-ggen.bundle", CORPUS / "fleets.json"
    if not (bundle.exists() and index.exists()):
        return [Table("Shared fleets", skipped="the shared corpus (../shared/corpus) is not beside the project.")]
    points = json.loads(index.read_text(encoding="utf-8"))
    with tempfile.TemporaryDirectory(prefix="gatekeeper-fleets-") as directory:
        repository = Path(directory) / "fleet.git"
        subprocess.run(["git", "clone", "-q", "--mirror", str(bundle), str(repository)], check=True)
        tables = []
        for name, bar in SPEEDUP.items():
            branch_list = Path(directory) / f"{name}.branches"
            agents = tuple(points[name]["agents"])
            branch_list.write_text("".join(f"{agent}\n" for agent in agents), encoding="utf-8")
            fleet = SharedFleet(repository, points[name]["trunk"], agents, branch_list)
            tables.append(_against_every_pair(name, fleet, bar, rounds))
            tables.append(_with_cache(name, fleet, rounds))
        return tables


def _against_every_pair(name: str, fleet: SharedFleet, bar: float, rounds: int) -> Table:
    peer = EveryPair.sample(fleet.repository, fleet.trunk, fleet.agents)
    command = scan_command(fleet.repository, fleet.trunk, fleet.branch_list)
    taken = in_turns(
        {
            "scan": lambda: time_process(command, accept=(0, FINDINGS_STAND)),
            "pairs": peer.seconds_for_all,
        },
        rounds,
    )
    return Table(
        f"Fleet `{name}`: {len(fleet.agents)} agents, {peer.possible:,} pairs",
        [
            Row("cold scan, whole process", tuple(taken["scan"]), "s"),
            Row("every pair through git merge-tree", tuple(taken["pairs"]), "s"),
            Row("scan is faster by", ratios(taken["pairs"], taken["scan"]), bar=at_least(bar)),
        ],
        [f"every pair: {len(peer.pairs)} sampled pairs in one git process, times the number of pairs"],
    )


def _with_cache(name: str, fleet: SharedFleet, rounds: int) -> Table:
    cold, unchanged, moved = [], [], []
    compared: list[int] = []
    agents = cycle(fleet.agents[:: max(1, len(fleet.agents) // max(1, rounds))])
    for number, agent in zip(range(rounds), agents, strict=False):
        forget(fleet.repository)
        cold.append(measure_scan(fleet.repository, fleet.trunk, fleet.branch_list).seconds)
        unchanged.append(measure_scan(fleet.repository, fleet.trunk, fleet.branch_list).seconds)
        before = add_commit(fleet.repository, agent, number)
        measured = measure_scan(fleet.repository, fleet.trunk, fleet.branch_list)
        moved.append(measured.seconds)
        compared.append(measured.pairs_compared)
        _git(fleet.repository, "update-ref", agent, before)
    forget(fleet.repository)
    return Table(
        f"Fleet `{name}`: with a cache, in process, start-up apart",
        [
            Row("cold", tuple(cold), "s"),
            Row("unchanged", tuple(unchanged), "s"),
            Row("one branch moved", tuple(moved), "s"),
            Row("unchanged is faster than cold by", ratios(cold, unchanged), bar=at_least(UNCHANGED)),
            Row("one branch moved is faster by", ratios(cold, moved), bar=at_least(ONE_MOVED)),
        ],
        [
            "each scan runs in a fresh process that has loaded its modules; only the cache on disk carries over",
            f"pairs compared after a branch moved: {min(compared):,} to {max(compared):,}",
        ],
    )


def add_commit(repository: Path, ref: str, number: int) -> str:
    """Put a commit that changes one manifest on a branch of a bare repository; return the commit it had before."""
    before = _git(repository, "rev-parse", ref).strip()
    manifests = [
        path for path in _git(repository, "ls-tree", "-r", "--name-only", ref).splitlines() if _is_manifest(path)
    ]
    path = manifests[number % len(manifests)]
    addition = f'\n[tasks.moved-{number}]\ncommand = "true"\n'
    if path.endswith("Cargo.toml"):
        addition = f"\n[package.metadata.moved-{number}]\nround = {number}\n"
    text = _git(repository, "cat-file", "blob", f"{ref}:{path}") + addition
    blob = _git(repository, "hash-object", "-w", "--stdin", stdin=text).strip()
    scratch = {"GIT_INDEX_FILE": str(repository / "moved.index")}
    _git(repository, "read-tree", ref, env=scratch)
    _git(repository, "update-index", "--cacheinfo", f"100644,{blob},{path}", env=scratch)
    tree = _git(repository, "write-tree", env=scratch).strip()
    commit = _git(repository, "commit-tree", tree, "-p", before, "-m", "moved").strip()
    _git(repository, "update-ref", ref, commit, before)
    return before


def _is_manifest(path: str) -> bool:
    return path.rpartition("/")[2] in {"Cargo.toml", "Makefile.toml"}


def _git(repository: Path, *arguments: str, stdin: str = "", env: dict[str, str] | None = None) -> str:
    return subprocess.run(
        ["git", "-C", str(repository), *arguments],
        input=stdin,
        env=os.environ | _IDENTITY | (env or {}),
        capture_output=True,
        encoding="utf-8",
        errors="surrogateescape",
        check=True,
    ).stdout
