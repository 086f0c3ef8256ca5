"""Trunk, and the settings that stand on it."""

from __future__ import annotations

from gatekeeper.config import CONFIG_PATH, Settings, load_settings
from gatekeeper.repository import Repository
from gatekeeper.repository.discovery import Trunk, find_trunk


def trunk_and_settings(repository: Repository, revision: str | None) -> tuple[Trunk, Settings]:
    """Return trunk and its settings; raises GatekeeperError.

    Settings are read from trunk, and may name another trunk than discovery finds; then that one's settings count.
    ``revision`` is the one that was asked for, which wins.
    """
    trunk = find_trunk(repository, revision)
    settings = _settings(repository, trunk)
    if revision is None and settings.trunk is not None:
        trunk = find_trunk(repository, settings.trunk)
        settings = _settings(repository, trunk)
    return trunk, settings


def _settings(repository: Repository, trunk: Trunk) -> Settings:
    return load_settings(repository.blob(trunk.commit, CONFIG_PATH), where=f"{CONFIG_PATH} on {trunk.ref}")
