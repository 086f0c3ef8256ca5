"""Locks of references that git has left behind: ``kill -9`` ends a git that holds one, and nobody takes it away.

Git holds such a lock for a moment. One that is much older was left by a process that has died; as long as it stands,
every git that comes upon it fails.
"""

from __future__ import annotations

import fcntl
import os
import re
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final

REFERENCE_SECONDS: Final = 3.0
_PACKED_SECONDS: Final = 10.0
"""Whoever packs references holds the lock of all of them while it writes a file, which may be a large one."""

_OF_OTHERS_SECONDS: Final = 600.0
"""For what other programs lock as well: git holds the locks of a whole fetch at once, and hooks run meanwhile."""

_PAUSE: Final = 0.05
_TAKEN = re.compile(r"(?:Unable to create '|unable to create file )([^'\n]+?\.(?:lock|new))'?: File exists")
_PACKED = ("packed-refs.lock", "packed-refs.new")
_OWN = ("refs/gatekeeper/", "refs/heads/")


def cleared(complaint: str, common: Path) -> bool:
    """Wait for the lock that git complains of, and return whether it has gone, so that git can be called again.

    One whose holder must be dead is taken away. Only locks of references count; an index is the user's.
    """
    found = _TAKEN.search(complaint)
    lock = None if found is None else _below(Path(found[1]), common)
    seconds = None if lock is None else _dead_after(lock.relative_to(common).as_posix())
    if lock is None or seconds is None:
        return False
    if seconds > _PACKED_SECONDS:
        return take_away(lock, common, older_than=seconds)
    deadline = time.monotonic() + seconds + 1.0
    while time.monotonic() < deadline:
        if not os.path.lexists(lock) or take_away(lock, common, older_than=seconds):
            return True
        time.sleep(_PAUSE)
    return False


def take_away(lock: Path, common: Path, *, older_than: float) -> bool:
    """Delete a lock that is so many seconds old, and return whether it was."""
    with _alone(common):
        try:
            # A clock that was set back makes a lock look young for ever; its process is as dead.
            if abs(time.time() - lock.stat().st_mtime) < older_than:
                return False
            lock.unlink()
        except OSError:
            return False
    return True


@contextmanager
def _alone(common: Path) -> Iterator[None]:
    """Keep two of us from taking a lock for dead at once: the second would delete the next, living one."""
    room = common / "gatekeeper"
    handle: int | None = None
    with suppress(OSError):
        room.mkdir(exist_ok=True)
        handle = os.open(room / "stale.lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o666)
        fcntl.flock(handle, fcntl.LOCK_EX)
    try:
        yield
    finally:
        if handle is not None:
            os.close(handle)


def _below(lock: Path, common: Path) -> Path | None:
    """Return the lock as a path below the common directory, None where it lies elsewhere (in a remote, say)."""
    with suppress(OSError, ValueError):
        return common / (common / lock).resolve().relative_to(common.resolve())
    return None


def _dead_after(name: str) -> float | None:
    if name in _PACKED:
        return _PACKED_SECONDS
    if name.startswith(_OWN):
        return REFERENCE_SECONDS
    return _OF_OTHERS_SECONDS if name.startswith("refs/") or name == "shallow.lock" else None
