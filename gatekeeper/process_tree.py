"""Ends a program with all that it has started, wherever that has gone.

A process group is not enough: whoever calls setsid(2) leaves it, and whoever is orphaned leaves the tree of parents.
What stays is the environment with which it was started, so that holds a mark. Only a process that has cleared its
environment, left the group and lost its parent is out of reach; against that, only a sandbox helps.
"""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

MARK = "GATEKEEPER_STARTED"
"""The variable whose value tells one start from all others."""

_PROC = Path("/proc")
_ROUNDS = 200
_PAUSE = 0.005


@dataclass(frozen=True, slots=True)
class _Process:
    pid: int
    parent: int
    group: int
    session: int
    ended: bool


def end_all(leader: int, mark: str) -> None:
    """Kill the session of ``leader``, its descendants, and what carries ``mark``; returns when none is left.

    One that the kernel does not let go of, for it waits for a disk, is waited for no longer than a second.
    """
    if not (_PROC / "self" / "stat").exists():
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(leader, signal.SIGKILL)
        return
    doomed = {leader}
    for _ in range(_ROUNDS):
        # What is started while others are killed turns up in the next round; who has lost the parent is remembered.
        running = _members(doomed, leader, f"{MARK}={mark}".encode())
        if not running:
            return
        for pid in running:
            with suppress(ProcessLookupError, PermissionError):
                os.kill(pid, signal.SIGKILL)
        doomed |= running
        time.sleep(_PAUSE)


def _members(doomed: set[int], leader: int, mark: bytes) -> set[int]:
    running = [process for process in _processes() if process.pid != os.getpid()]
    known = doomed | {
        process.pid for process in running if leader in {process.group, process.session} or _carries(process.pid, mark)
    }
    while more := {process.pid for process in running if process.parent in known} - known:
        known |= more
    return {process.pid for process in running if process.pid in known and not process.ended}


def _processes() -> Iterator[_Process]:
    for entry in os.listdir(_PROC):  # noqa: PTH208 - a Path for each process of the machine costs more than all else
        if entry.isdigit():
            with suppress(OSError, ValueError):
                # The program's name is in brackets, and may hold brackets and spaces itself.
                fields = (_PROC / entry / "stat").read_bytes().rpartition(b")")[2].split()
                yield _Process(int(entry), int(fields[1]), int(fields[2]), int(fields[3]), fields[0] in {b"Z", b"X"})


def _carries(pid: int, mark: bytes) -> bool:
    try:
        return mark in (_PROC / str(pid) / "environ").read_bytes().split(b"\0")
    except OSError:
        return False
