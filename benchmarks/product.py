"""How the benchmarks reach Gatekeeper, and the small processes in which it is measured."""

from __future__ import annotations

import argparse
import json
import os
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmarks.fleet_generator import FleetSpec, generate
from gatekeeper.scanning import ScanRequest, scan

FINDINGS_STAND = 1


@dataclass(frozen=True)
class Measured:
    """What one scan in a fresh process cost; ``seconds`` leaves its start-up and imports out."""

    seconds: float
    megabytes: float
    findings: int
    pairs_compared: int


def command(*arguments: str) -> list[str]:
    """Return the command line as it is installed."""
    installed = shutil.which("gatekeeper", path=str(Path(sys.executable).parent))
    return [installed or sys.executable, *([] if installed else ["-m", "gatekeeper"]), *arguments]


def scan_command(repository: Path, trunk: str, branches: Path) -> list[str]:
    """Return the scan of a whole fleet without a cache, as a person would run it."""
    chosen = ["--trunk", trunk, "--branches-from", str(branches), "--format", "json", "--no-cache"]
    return command("scan", "-C", str(repository), *chosen)


def forget(repository: Path) -> None:
    """Delete the cache of a bare repository."""
    shutil.rmtree(repository / "gatekeeper", ignore_errors=True)


def measure_scan(
    repository: Path, trunk: str, branches: Path, *, cache: bool = True, first_alone: bool = False
) -> Measured:
    """Scan in a fresh process that has loaded its modules.

    ``first_alone`` lets it scan each branch alone before, so that every document has been read but nothing compared.
    """
    arguments = [str(repository), trunk, str(branches), *(["--no-cache"] if not cache else [])]
    arguments += ["--first-alone"] if first_alone else []
    python = [sys.executable, "-m", "benchmarks.product", *arguments]
    here = {"PYTHONPATH": os.pathsep.join(part for part in sys.path if part)}
    result = subprocess.run(python, env=os.environ | here, stdout=subprocess.PIPE, text=True, check=True)
    return Measured(**json.loads(result.stdout))


def _scan(repository: str, trunk: str, names: Sequence[str], *, cache: bool) -> Measured:
    request = ScanRequest(repository, trunk, (), tuple(names), worktrees=False, cache=cache)
    start = time.perf_counter()
    report = scan(request)
    seconds = time.perf_counter() - start
    # Scanned by a thread pool or by git processes, the memory of the largest child counts too.
    peak = max(resource.getrusage(who).ru_maxrss for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    divisor = 1 << 20 if sys.platform == "darwin" else 1 << 10
    return Measured(seconds, peak / divisor, len(report.findings), report.stats.pairs_compared)


def _load_everything() -> None:
    """Scan two branches, so that modules, rules and libraries are loaded before the clock starts."""
    with tempfile.TemporaryDirectory() as directory:
        fleet = generate(Path(directory) / "warm-up.git", FleetSpec(branches=2, files=40, trunk_commits=1))
        _scan(str(fleet.repository), fleet.trunk, fleet.branches, cache=True)


def _main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("repository")
    parser.add_argument("trunk")
    parser.add_argument("branches", type=Path)
    parser.add_argument("--no-cache", dest="cache", action="store_false")
    parser.add_argument("--first-alone", action="store_true")
    arguments = parser.parse_args()
    names = arguments.branches.read_text(encoding="utf-8").splitlines()
    _load_everything()
    for name in names if arguments.first_alone else ():
        _scan(arguments.repository, arguments.trunk, [name], cache=arguments.cache)
    measured = _scan(arguments.repository, arguments.trunk, names, cache=arguments.cache)
    print(json.dumps(measured.__dict__))


if __name__ == "__main__":
    _main()
