"""What stands on trunk decides: which branch it is, and what its ``gatekeeper.toml`` says."""

from __future__ import annotations

from gatekeeper.cache import Cache
from gatekeeper.config import CONFIG_PATH, Settings, load_settings_cached
from gatekeeper.repository import Repository
from gatekeeper.repository.discovery import Trunk, find_trunk


def trunk_and_settings(repository: Repository, cache: Cache, revision: str | None = None) -> tuple[Trunk, Settings]:
    """Return trunk and the settings that stand there; raises BadInputError and ConfigurationError.

    Without a ``revision``, settings may name another trunk than discovery finds; then that one's settings count.
    """
    trunk = find_trunk(repository, revision)
    settings = settings_at(repository, cache, trunk)
    if revision is None and settings.trunk is not None:
        trunk = find_trunk(repository, settings.trunk)
        settings = settings_at(repository, cache, trunk)
    return trunk, settings


def settings_at(repository: Repository, cache: Cache, trunk: Trunk) -> Settings:
    """Return the settings as they stand at a commit of trunk; raises ConfigurationError."""
    return load_settings_cached(
        repository.blob_id(trunk.commit, CONFIG_PATH),
        lambda: repository.blob(trunk.commit, CONFIG_PATH),
        answers=cache,
        where=f"{CONFIG_PATH} on {trunk.ref}",
    )


def read_trunk(repository: Repository, revision: str | None = None) -> tuple[Trunk, Settings]:
    """Return trunk and its settings, for who does not scan; raises BadInputError and ConfigurationError."""
    cache = Cache(repository.common_directory)
    try:
        return trunk_and_settings(repository, cache, revision)
    finally:
        cache.close()
