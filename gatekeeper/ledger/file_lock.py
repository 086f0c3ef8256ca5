"""A lock by a file: of whoever holds it, until they let go or die."""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import json
import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Owner:
    """Who holds a lock, since when."""

    pid: int
    host: str
    since: datetime


@contextmanager
def held(path: Path) -> Iterator[None]:
    """Wait for the lock, and hold it."""
    descriptor = _open(path)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        # The file stays: a lock on a file that somebody has removed is no lock.
        os.close(descriptor)


@contextmanager
def held_at_once(path: Path, *, now: datetime) -> Iterator[Owner | None]:
    """Hold the lock if nobody does, and write into it who holds it; yield None then, else who does."""
    descriptor = _open(path)
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            yield _owner(path) or Owner(0, "", now)
            return
        said = {"pid": os.getpid(), "host": socket.gethostname(), "since": now.isoformat()}
        os.ftruncate(descriptor, 0)
        os.pwrite(descriptor, json.dumps(said).encode() + b"\n", 0)
        yield None
        with contextlib.suppress(OSError):
            os.ftruncate(descriptor, 0)
    finally:
        os.close(descriptor)


class Turns:
    """Keys of which each is held by one process at a time; of who dies, they are free at once."""

    def __init__(self, path: Path) -> None:
        """Use the file at ``path``: one at a time in a process, since letting go of one lets go of all."""
        self._descriptor = _open(path)

    def take(self, key: str) -> bool:
        """Hold a key until ``close``, and return True; False, without waiting, where another process holds it."""
        # A byte for each key, far behind the end of the file: nothing is ever written, and no file is left for each.
        offset = int.from_bytes(hashlib.sha256(key.encode()).digest()[:7], "big")
        try:
            fcntl.lockf(self._descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB, 1, offset)
        except (BlockingIOError, PermissionError):
            return False
        return True

    def close(self) -> None:
        """Let go of all."""
        os.close(self._descriptor)


def _open(path: Path) -> int:
    path.parent.mkdir(parents=True, exist_ok=True)
    return os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o666)


def _owner(path: Path) -> Owner | None:
    try:
        said = json.loads(path.read_bytes())
        return Owner(int(said["pid"]), str(said["host"]), datetime.fromisoformat(said["since"]))
    except (OSError, ValueError, KeyError, TypeError):
        return None
