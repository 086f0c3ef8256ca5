"""``install schedule`` as a user runs it, and what cron and systemd read of what it writes."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

from tests.cli.run import gatekeeper
from tests.kit.schedulers import Scheduler


def install(where: Path, *options: str) -> subprocess.CompletedProcess[str]:
    return gatekeeper("install", "schedule", "-C", str(where), *options, cwd=where)


def own(table: Scheduler) -> list[str]:
    lines = os.fsdecode(table.table or b"").split("\n")
    return [line for line in lines if " # gatekeeper " in line]


def as_cron_runs(command: str, form: str = "%s ") -> str:
    """Return what the words of a command are after cron's reading and the shell's."""
    assert "\n" not in command
    unescaped = command.replace("\\%", "%")
    assert "%" not in command.replace("\\%", "")
    assert "\\\\" not in command
    both = [
        subprocess.run(["sh", "-c", f"printf {form}{text}"], capture_output=True, check=True).stdout
        for text in (unescaped, command)
    ]
    assert both[0] == both[1], "a cron that knows no percent signs reads it otherwise"
    return os.fsdecode(both[0])


def verify_units(units: Path) -> None:
    """Let systemd read the units, if it is there."""
    program = shutil.which("systemd-analyze")
    if program is None:
        return
    done = subprocess.run(
        [program, "verify", "--man=no", "--recursive-errors=no", *map(str, units.glob("gatekeeper-*"))],
        capture_output=True,
        text=True,
        check=False,
    )
    complaints = [line for line in done.stderr.splitlines() if "gatekeeper-" in line]
    assert complaints == []
