"""Every test runs in the same small world: own home, fixed identity and clock for git, no network."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from itertools import count
from pathlib import Path

import pygit2
import pytest
from hypothesis import HealthCheck, settings

from tests.kit import RepositoryBuilder
from tests.kit.environment import EPOCH, hermetic_environment
from tests.kit.network import close_network

_COMMON = settings(deadline=None, print_blob=True, suppress_health_check=[HealthCheck.too_slow])
settings.register_profile("default", _COMMON, derandomize=True, database=None, max_examples=50)
settings.register_profile("explore", _COMMON, max_examples=1000)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "default"))


@pytest.fixture(scope="session", autouse=True)
def hermetic_session(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Cut the tests off from the user's settings, the machine's and the network."""
    home = tmp_path_factory.mktemp("session-home")
    wanted = hermetic_environment(home)
    with pytest.MonkeyPatch.context() as patch:
        for name in set(os.environ) - set(wanted):
            patch.delenv(name)
        for name, value in wanted.items():
            patch.setenv(name, value)
        close_network(patch)
        _close_libgit2_configuration(home)
        time.tzset()
        yield
    time.tzset()


@pytest.fixture(autouse=True)
def fresh_home(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Give every test an empty home directory."""
    home = tmp_path_factory.mktemp("home")
    for name, value in hermetic_environment(home).items():
        if name == "HOME" or name.startswith("XDG_"):
            monkeypatch.setenv(name, value)
    return home


@pytest.fixture
def repository(tmp_path: Path) -> RepositoryBuilder:
    """Return a new, empty repository."""
    return RepositoryBuilder(tmp_path / "repository")


@pytest.fixture(scope="session")
def new_repository(tmp_path_factory: pytest.TempPathFactory) -> Callable[[], RepositoryBuilder]:
    """Return a function that makes bare repositories, one for each example of a property test."""
    parent = tmp_path_factory.mktemp("repositories")
    numbers = count()
    return lambda: RepositoryBuilder(parent / f"r{next(numbers)}", bare=True)


@pytest.fixture
def now() -> datetime:
    """Return the moment at which every test takes place."""
    return datetime.fromtimestamp(EPOCH, tz=UTC)


def _close_libgit2_configuration(empty: Path) -> None:
    levels = (
        pygit2.enums.ConfigLevel.SYSTEM,
        pygit2.enums.ConfigLevel.XDG,
        pygit2.enums.ConfigLevel.GLOBAL,
    )
    for level in levels:
        pygit2.settings.search_path[level] = str(empty)
