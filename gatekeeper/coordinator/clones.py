"""Which clone this is: a name drawn once, so that the ledger knows who has seen what."""

from __future__ import annotations

import secrets
from pathlib import Path

from gatekeeper.repository import Repository

_FILE = Path("gatekeeper", "clone")
_BYTES = 8


def clone_id(repository: Repository, *, read_only: bool = False) -> str:
    """Return the clone's name, which all of its worktrees share; empty where it can be neither read nor kept."""
    path = repository.common_directory / _FILE
    try:
        if read_only:
            return path.read_text().strip()
        path.parent.mkdir(exist_ok=True)
        try:
            with path.open("x") as file:
                file.write(f"{secrets.token_hex(_BYTES)}\n")
        except FileExistsError:
            pass
        return path.read_text().strip()
    except OSError:
        return ""
