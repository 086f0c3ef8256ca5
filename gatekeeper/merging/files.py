"""Files that are read whole and replaced whole."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

from gatekeeper.errors import BadInputError


def read(path: Path) -> bytes:
    """Return the content of the file; raises BadInputError where that cannot be had."""
    try:
        return path.read_bytes()
    except OSError as error:
        raise BadInputError(f"cannot read {path}: {error.strerror}") from error


def replace(path: Path, content: bytes) -> None:
    """Put ``content`` in place of the file, which is the old one or the new one at any time; raises BadInputError.

    A link is followed, and the mode stays.
    """
    target = path.resolve()
    scratch = None
    try:
        mode = target.stat().st_mode if target.exists() else None
        if mode is not None and not os.access(target, os.W_OK):
            raise BadInputError(f"cannot write {path}: it is read-only")
        handle, scratch = tempfile.mkstemp(prefix=f".{target.name}.", dir=target.parent)
        with os.fdopen(handle, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        finished = Path(scratch)
        finished.chmod(0o644 if mode is None else mode & 0o7777)
        finished.replace(target)
    except OSError as error:
        if scratch is not None:
            Path(scratch).unlink(missing_ok=True)
        raise BadInputError(f"cannot write {path}: {error.strerror}") from error
