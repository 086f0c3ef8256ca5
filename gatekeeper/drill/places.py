"""Where the scratch clone lies, and that nothing of it stays."""

from __future__ import annotations

import secrets
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from gatekeeper.errors import UsageError
from gatekeeper.scratch import memory_directory


@contextmanager
def scratch_directory(keep: Path | None) -> Iterator[Path]:
    """Yield an empty directory, which is removed afterwards whatever happens; one that is to be kept stays.

    Raises UsageError where the one to keep is there already and holds something.
    """
    if keep is not None:
        yield _made(keep)
        return
    # Its name is known before it is there, so that an interrupt at no moment leaves it behind.
    path = Path(memory_directory() or tempfile.gettempdir()).absolute() / f"gatekeeper-drill-{secrets.token_hex(8)}"
    try:
        path.mkdir(mode=0o700)
        yield path
    finally:
        try:
            shutil.rmtree(path, ignore_errors=True)
        except KeyboardInterrupt:
            shutil.rmtree(path, ignore_errors=True)
            raise


def _made(keep: Path) -> Path:
    path = keep.absolute()
    try:
        path.mkdir(parents=True, exist_ok=True)
    except FileExistsError as error:
        raise UsageError(f"{keep} is no directory", "name one that is not there yet") from error
    if any(path.iterdir()):
        raise UsageError(f"{keep} is not empty", "name a directory that is not there yet")
    return path
