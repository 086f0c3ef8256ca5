"""Bringing the clone up to date before a look; a remote that is gone is told, and the look goes on without it."""

from __future__ import annotations

from gatekeeper.errors import RemoteError
from gatekeeper.repository import Repository
from gatekeeper.repository.remotes import Remote


def fetch(repository: Repository) -> dict[str, str]:
    """Fetch from the repository's remotes what is configured for them; return what did not work, by remote."""
    troubles = {}
    for name in repository.remotes():
        try:
            Remote(repository, name).fetch()
        except RemoteError as error:
            troubles[name] = error.message + (f": {error.hint}" if error.hint else "")
    return troubles
