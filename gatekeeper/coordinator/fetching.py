"""Bringing the clone up to date before a look; a remote that is gone is told, and the look goes on without it."""

from __future__ import annotations

from dataclasses import dataclass, field

from gatekeeper.core.names import RefName
from gatekeeper.errors import RemoteError
from gatekeeper.repository import Repository
from gatekeeper.repository.remotes import Remote

_HEADS = "refs/heads/"


@dataclass(slots=True)
class Fetched:
    """``troubles``: what did not work, by remote; ``gone``: remote-tracking branches of what is no longer there.

    They are left out of the look and not deleted: they may be the last that names somebody's commits.
    """

    troubles: dict[str, str] = field(default_factory=dict)
    gone: set[RefName] = field(default_factory=set)


def fetch(repository: Repository) -> Fetched:
    """Fetch from the repository's remotes what is configured for them."""
    found = Fetched()
    tracking = [reference.name for reference in repository.references() if reference.name.startswith("refs/remotes/")]
    for name in repository.remotes():
        remote = Remote(repository, name)
        try:
            remote.fetch()
            known = [ref for ref in tracking if ref.startswith(f"refs/remotes/{name}/")]
            there = remote.listed(f"{_HEADS}*") if known else {}
        except RemoteError as error:
            found.troubles[name] = error.message + (f": {error.hint}" if error.hint else "")
        else:
            short = len(f"refs/remotes/{name}/")
            found.gone.update(ref for ref in known if RefName(_HEADS + ref[short:]) not in there)
    return found
