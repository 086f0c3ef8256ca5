"""Files that are read whole and replaced whole."""

from __future__ import annotations

import os
import stat
from pathlib import Path

from gatekeeper.errors import BadInputError

_STREAMS = (1, 2)


def read(path: Path) -> bytes:
    """Return the content of the file; raises BadInputError where that cannot be had."""
    try:
        return path.read_bytes()
    except OSError as error:
        raise BadInputError(f"cannot read {path}: {error.strerror}") from error


def replace(path: Path, content: bytes) -> None:
    """Put ``content`` in place of the file, which is the old one or the new one at any time; raises BadInputError.

    A link is followed, and the mode stays. What is no file, such as a pipe, is written into.
    """
    try:
        before = path.stat() if path.exists() else None
        stream = _stream(before)
        if stream is not None:
            _write(os.dup(stream), content)
        elif before is None or stat.S_ISREG(before.st_mode):
            _replace(path.resolve(), content, None if before is None else stat.S_IMODE(before.st_mode))
        else:
            _write(os.open(path, os.O_WRONLY), content)
    except OSError as error:
        raise BadInputError(f"cannot write {path}: {error.strerror}") from error


def _stream(status: os.stat_result | None) -> int | None:
    """Return standard output or standard error, if that is what /dev/stdout and the like stand for.

    Where these lead to a file, its other content would be lost if it were opened once more.
    """
    for number in _STREAMS if status is not None else ():
        try:
            if status is not None and os.path.samestat(status, os.fstat(number)):
                return number
        except OSError:
            continue
    return None


def _replace(target: Path, content: bytes, mode: int | None) -> None:
    if mode is not None and not os.access(target, os.W_OK):
        raise BadInputError(f"cannot write {target}: it is read-only")
    # The name is short, so that a target with the longest of names can have one beside it.
    scratch = target.parent / f".gatekeeper-{os.urandom(6).hex()}"
    try:
        # Not by tempfile: a new file gets its mode from the umask.
        handle = os.open(scratch, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o666)
        if mode is not None:
            os.fchmod(handle, mode)
        _write(handle, content, sync=True)
        scratch.replace(target)
    except BaseException:
        scratch.unlink(missing_ok=True)
        raise


def _write(handle: int, content: bytes, *, sync: bool = False) -> None:
    with os.fdopen(handle, "wb") as file:
        file.write(content)
        if sync:
            file.flush()
            os.fsync(file.fileno())
