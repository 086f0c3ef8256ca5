"""Directories for a while: gone with whoever made them, or with the next sweep if that one was killed.

The maker holds a lock on a file inside as long as it lives; the kernel lets go of it. A directory gets the name by
which a sweep knows it only once the lock is held, so that no sweep takes one for dead that has just been made.
"""

from __future__ import annotations

import fcntl
import os
import shutil
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

_NEW = "gatekeeper-new-"
_PREFIX = "gatekeeper-scratch-"
_LOCK = "gatekeeper.lock"
_SURELY_DEAD = 600.0
"""Seconds after which a directory is not just being made any more."""

_MEMORY = "/dev/shm"  # noqa: S108 -- mkdtemp makes a private directory in it
_LEAST_MEMORY = 1 << 30


class ScratchDirectory:
    """A private directory; ``close`` removes it."""

    def __init__(self, parent: str | None = None) -> None:
        made = Path(tempfile.mkdtemp(prefix=_NEW, dir=parent))
        self._lock: int | None = os.open(made / _LOCK, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        # Where nothing can be locked, no sweep gets the lock either.
        with suppress(OSError):
            fcntl.flock(self._lock, fcntl.LOCK_EX)
        self.path = made.rename(made.with_name(_PREFIX + made.name.removeprefix(_NEW)))

    def close(self) -> None:
        """Remove it with all that is in it."""
        _remove(self.path)
        if self._lock is not None:
            os.close(self._lock)
            self._lock = None


@contextmanager
def scratch_directory() -> Iterator[Path]:
    """Give a directory for as long as the body runs."""
    scratch = ScratchDirectory()
    try:
        yield scratch.path
    finally:
        scratch.close()


def memory_directory() -> str | None:
    """Return a directory in memory when there is one with room: a scan makes thousands of small files and drops them.

    A ``TMPDIR`` that the user has set wins.
    """
    if os.environ.get("TMPDIR") or not os.access(_MEMORY, os.W_OK | os.X_OK):
        return None
    space = os.statvfs(_MEMORY)
    return _MEMORY if space.f_bavail * space.f_frsize >= _LEAST_MEMORY else None


def sweep(*parents: str) -> int:
    """Remove what killed processes of this user have left behind, and return how many directories that were.

    Args:
        parents: where to look; by default in memory and in the directory for temporary files.
    """
    swept = 0
    for parent in sorted({*(parents or (_MEMORY, tempfile.gettempdir()))}):
        with suppress(OSError), os.scandir(parent) as entries:
            ours = [Path(entry.path) for entry in entries if entry.name.startswith((_PREFIX, _NEW)) and _is_ours(entry)]
            swept += sum(_swept(directory) for directory in ours)
    return swept


def _is_ours(entry: os.DirEntry[str]) -> bool:
    with suppress(OSError):
        return entry.is_dir(follow_symlinks=False) and entry.stat(follow_symlinks=False).st_uid == os.geteuid()
    return False


def _swept(directory: Path) -> bool:
    try:
        if directory.name.startswith(_NEW):
            return _is_left_half_made(directory)
        lock = os.open(directory / _LOCK, os.O_RDWR | os.O_CLOEXEC | os.O_NOFOLLOW)
    except OSError:
        # Without its lock it is being removed, and empty, or somebody else's.
        with suppress(OSError):
            directory.rmdir()
        return False
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    else:
        _remove(directory)
        return True
    finally:
        os.close(lock)


def _is_left_half_made(directory: Path) -> bool:
    """Remove a directory whose maker died before it had its name; there is the lock in it at most."""
    if time.time() - directory.stat().st_mtime < _SURELY_DEAD:
        return False
    (directory / _LOCK).unlink(missing_ok=True)
    directory.rmdir()
    return True


def _remove(directory: Path) -> None:
    """Remove a directory with all that is in it. The lock goes last: who is killed on the way leaves it to a sweep."""
    with suppress(OSError):
        for inner in directory.iterdir():
            if inner.is_dir() and not inner.is_symlink():
                shutil.rmtree(inner, ignore_errors=True)
            elif inner.name != _LOCK:
                inner.unlink()
    shutil.rmtree(directory, ignore_errors=True)
