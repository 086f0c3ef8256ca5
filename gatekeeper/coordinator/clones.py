"""Which clone this is: a name drawn once, so that the ledger knows who has seen what."""

from __future__ import annotations

import os
import secrets
from contextlib import suppress
from pathlib import Path

from gatekeeper.repository import Repository

_FILE = "gatekeeper.clone"
"""In the git directory, and not in ``gatekeeper`` there: that can be deleted at any time, and this name has to stay."""

_BYTES = 8


def clone_id(repository: Repository, *, read_only: bool = False) -> str:
    """Return the clone's name, which all of its worktrees share; empty where it can be neither read nor kept."""
    path = repository.common_directory / _FILE
    try:
        if not read_only and not (path.exists() and path.read_text().strip()):
            _draw(path)
        return path.read_text().strip()
    except OSError:
        return ""


def _draw(path: Path) -> None:
    """Put a name in place, whole or not at all; whoever was first at it has named the clone."""
    drawn = path.with_name(f"{path.name}.{secrets.token_hex(_BYTES)}")
    try:
        drawn.write_text(f"{secrets.token_hex(_BYTES)}\n")
        # Not every file system has links.
        with suppress(OSError):
            os.link(drawn, path)
        if not (path.exists() and path.read_text().strip()):
            drawn.replace(path)
    finally:
        drawn.unlink(missing_ok=True)
