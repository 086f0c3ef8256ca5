"""What a command costs before it does anything: against an empty Python, and against its own libraries."""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

from benchmarks.fleet_generator import FleetSpec, generate
from benchmarks.product import FINDINGS_STAND, command
from benchmarks.timing import Row, Table, at_most, in_turns, ratios, time_process

DESCRIPTION = "--version, --help, check --staged with 100 agents"
VERSION = 5
CHECK = 3
SPEC = FleetSpec(branches=100, files=2000)
_EACH = 3
"""Starts are short, so that a round of them is three times the rounds of longer benchmarks."""


def run(rounds: int) -> list[Table]:
    """Time whole processes in turns."""
    python = [sys.executable, "-c"]
    with tempfile.TemporaryDirectory(prefix="gatekeeper-startup-") as directory:
        fleet = generate(Path(directory) / "fleet", SPEC, checkout=True)
        _stage_a_change(fleet.repository)
        commands = {
            "python -c pass": [*python, "pass"],
            'python -c "import pygit2, click, rtoml"': [*python, "import pygit2, click, rtoml"],
            "gatekeeper --version": command("--version"),
            "gatekeeper --help": command("--help"),
            "gatekeeper check --staged": command("check", "--staged"),
        }
        actions = {
            name: lambda line=line: time_process(line, cwd=fleet.repository, accept=(0, FINDINGS_STAND))
            for name, line in commands.items()
        }
        in_turns(actions, 1)  # compiled modules, the file system's cache, and Gatekeeper's own
        taken = in_turns(actions, rounds * _EACH)
    empty, libraries = taken["python -c pass"], taken['python -c "import pygit2, click, rtoml"']
    rows = [Row(name, tuple(1000 * each for each in times), "ms") for name, times in taken.items()]
    rows += [
        Row("--version against an empty Python", ratios(taken["gatekeeper --version"], empty), bar=at_most(VERSION)),
        Row("--help against an empty Python", ratios(taken["gatekeeper --help"], empty)),
        Row("check against its libraries", ratios(taken["gatekeeper check --staged"], libraries), bar=at_most(CHECK)),
    ]
    return [Table("Start-up, whole processes, warm", rows, [f"repository: {SPEC.describe()}, one manifest staged"])]


def _stage_a_change(repository: Path) -> None:
    manifest = repository / "crates" / "part-0000" / "Cargo.toml"
    text = manifest.read_text(encoding="utf-8")
    manifest.write_text(text.replace("[features]\n", '[features]\nstaged = ["trace"]\n', 1), encoding="utf-8")
    time_process(["git", "-C", str(repository), "add", "--all"])
