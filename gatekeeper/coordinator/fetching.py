"""Bringing the clone up to date before a look; a remote that is gone is told, and the look goes on without it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gatekeeper.errors import RemoteError
from gatekeeper.repository import Repository
from gatekeeper.repository.remotes import Remote

if TYPE_CHECKING:
    from gatekeeper.coordinator.poll import PollRequest


def fetch(repository: Repository, _request: PollRequest) -> list[str]:
    """Fetch from the repository's remotes what is configured for them, and return what did not work."""
    troubles = []
    for name in repository.remotes():
        try:
            Remote(repository, name).fetch()
        except RemoteError as error:
            troubles.append(error.message + (f": {error.hint}" if error.hint else ""))
    return troubles
