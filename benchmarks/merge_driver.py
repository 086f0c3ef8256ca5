"""What git waits for where both sides have changed a manifest: the installed driver as a process."""

from __future__ import annotations

import re
import shlex
import subprocess
import sys
import tempfile
from functools import partial
from pathlib import Path

from benchmarks.timing import Row, Seconds, Table, at_most, in_turns, time_process
from gatekeeper.merging.wrapper import driver_command, this_program

DESCRIPTION = "the merge driver as git runs it, against its start"
STARTS = 2
ENGINE = 0.025
"""What the engine may take for a merge, in seconds; it is no part of the start."""
_EACH = 5
"""Starts are short, so that a round of them is five times the rounds of longer benchmarks."""
_DEPENDENCIES = 40

_BASE = "\n".join(
    [
        "[package]",
        'name = "buoy"',
        'version = "0.1.0"',
        'edition = "2021"',
        "",
        "[features]",
        'default = ["std"]',
        "std = []",
        "",
        "[dependencies]",
        *(f'part-{number:02} = {{ version = "1.{number}", features = ["std"] }}' for number in range(_DEPENDENCIES)),
        "",
    ]
)
_OURS = _BASE.replace("std = []\n", "std = []\ntrace = []\n") + '# for the chain\nchain = "1"\n'
_THEIRS = _BASE.replace("std = []\n", "std = []\nserde = []\n") + 'tide = "2"\n'
_CLASH = _OURS.replace('version = "1.7"', 'version = "2.7"'), _THEIRS.replace('version = "1.7"', 'version = "3.7"')


def run(rounds: int) -> list[Table]:
    """Time whole processes in turns."""
    with tempfile.TemporaryDirectory(prefix="gatekeeper-driver-") as directory:
        place = Path(directory)
        subprocess.run(["git", "init", "-q"], cwd=place, check=True)
        click = [sys.executable, "-c", "import click"]
        actions = {
            'python -c "import click"': partial(time_process, click, cwd=place),
            "the driver: lines conflict, keys merge": partial(_driven, place, this_program(), (_OURS, _THEIRS), 0),
            "the driver: keys clash": partial(_driven, place, this_program(), _CLASH, 1),
            "git merge-file, gatekeeper is missing": partial(_driven, place, ("/nowhere",), (_OURS, _THEIRS), 1),
        }
        in_turns(actions, 1)  # compiled modules, and the file system's cache
        taken = in_turns(actions, rounds * _EACH)
    starts, merges = taken['python -c "import click"'], taken["the driver: lines conflict, keys merge"]
    less = tuple((whole - ENGINE) / start for whole, start in zip(merges, starts, strict=True))
    rows = [Row(name, tuple(1000 * each for each in times), "ms") for name, times in taken.items()]
    rows.append(Row(f"the driver less {1000 * ENGINE:.0f} ms, against click", less, bar=at_most(STARTS)))
    note = f"a manifest of {len(_BASE.splitlines())} lines; both sides add a feature and a dependency at one place"
    return [Table("The merge driver, whole process, warm", rows, [note])]


def _driven(place: Path, program: tuple[str, ...], sides: tuple[str, str], code: int) -> Seconds:
    """Run what git's configuration holds, the way git does."""
    for name, text in zip(("base", "ours", "theirs"), (_BASE, *sides), strict=True):
        (place / name).write_text(text, encoding="utf-8")
    values = {
        "O": "base",
        "A": "ours",
        "B": "theirs",
        "L": "7",
        "P": "Cargo.toml",
        "S": "base",
        "X": "HEAD",
        "Y": "topic",
    }
    command = driver_command(program, "ask")
    line = re.sub("%(.)", lambda found: shlex.quote(values[found[1]]) if found[1] in values else "%", command)
    return time_process(["sh", "-c", line], cwd=place, accept=(code,))
