"""Which trunk counts where several clones have one."""

from __future__ import annotations

from gatekeeper.cache import Cache
from gatekeeper.core.branch_names import HEADS, REMOTES
from gatekeeper.repository import Repository
from gatekeeper.trunk import read_trunk, trunk_and_settings


def newest_trunk(repository: Repository, *, read_only: bool = False) -> str | None:
    """Return the remote's trunk where the ledger is shared with that remote and the local one is behind; else None.

    Nothing here moves a branch. A clone that is behind would judge by old settings, and see old conflicts. With
    ``read_only``, what was read of the settings is not kept in the cache.
    """
    if not repository.remotes():
        # Without a remote there is nothing to be behind of, and the settings need not be read for it.
        return None
    trunk, settings = trunk_and_settings(repository, Cache(None)) if read_only else read_trunk(repository)
    if settings.ledger.remote is None or not trunk.ref.startswith(HEADS):
        return None
    tracking = f"{REMOTES}{settings.ledger.remote}/{trunk.ref.removeprefix(HEADS)}"
    newer = repository.commit_of(tracking)
    if newer is None or newer == trunk.commit or not repository.database().is_ancestor(trunk.commit, newer):
        return None
    return tracking
