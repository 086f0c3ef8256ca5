"""Who merges: git, Gatekeeper, and mergiraf where it is installed."""

from __future__ import annotations

import os
import shutil
import subprocess
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from benchmarks.merge_cases import Case, Version
from gatekeeper.core.merge import UnreadableSideError, Versions, merge_texts
from gatekeeper.core.names import TreePath
from gatekeeper.core.schema import GENERIC, profile_for

GIT = "git merge-file"
ASK = "gatekeeper"
MAX = "gatekeeper, --versions max"
MERGIRAF = "mergiraf"

_MOST_CONFLICTS = 127
_GIVEN_UP = 60.0
_ALONE = {"GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_NOSYSTEM": "1"}


@dataclass(frozen=True)
class Attempt:
    """What came of one merge: the text, None for a conflict; ``why`` says what was decided or left open."""

    merged: Version | None
    milliseconds: float
    why: tuple[str, ...] = ()
    in_process: bool = False


@dataclass(frozen=True)
class Contender:
    """One way to merge."""

    name: str
    merge: Callable[[Case], Attempt]


def contenders(directory: Path) -> list[Contender]:
    """Return all that can be run here; processes take their files from ``directory``."""
    found = [
        Contender(GIT, partial(_as_process, directory, ["git", "merge-file", "-p"], ("ours", "base", "theirs"))),
        Contender(ASK, partial(_in_process, "ask")),
        Contender(MAX, partial(_in_process, "max")),
    ]
    program = shutil.which(MERGIRAF)
    if program is not None:
        order = ("base", "ours", "theirs")
        found.append(Contender(MERGIRAF, partial(_as_process, directory, [program, "merge"], order)))
    return found


def _in_process(versions: Versions, case: Case) -> Attempt:
    profile = profile_for(TreePath(case.path)) or GENERIC
    base = None if case.added_by_both else case.base.text
    start = time.perf_counter()
    try:
        outcome = merge_texts(base, case.ours.text, case.theirs.text, profile, versions)
    except UnreadableSideError as error:
        return Attempt(None, _since(start), (str(error),), in_process=True)
    taken = _since(start)
    if outcome.text is None:
        return Attempt(None, taken, tuple(f"{clash.reason} at {clash}" for clash in outcome.clashes), in_process=True)
    return Attempt(Version(outcome.text), taken, outcome.notes, in_process=True)


def _as_process(directory: Path, command: Sequence[str], order: Sequence[str], case: Case) -> Attempt:
    """Merge with a program that prints the merge, exits 0 if it is clean, and above that if it is not."""
    files = {"base": case.base, "ours": case.ours, "theirs": case.theirs}
    for name, version in files.items():
        (directory / name).mkdir(exist_ok=True)
        (directory / name / case.kind).write_bytes(version.text.encode("utf-8", "surrogatepass"))
    paths = [str(directory / name / case.kind) for name in order]
    start = time.perf_counter()
    done = subprocess.run(
        [*command, *paths], cwd=directory, env=os.environ | _ALONE, capture_output=True, check=False, timeout=_GIVEN_UP
    )
    taken = _since(start)
    if not 0 <= done.returncode <= _MOST_CONFLICTS:
        raise RuntimeError(f"{command[0]} exits {done.returncode} on {case.name}: {done.stderr.decode()[-500:]}")
    return Attempt(Version(done.stdout.decode("utf-8", "surrogatepass")) if done.returncode == 0 else None, taken)


def _since(start: float) -> float:
    return (time.perf_counter() - start) * 1000
