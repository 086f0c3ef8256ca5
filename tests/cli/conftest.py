"""What several tests of commands start from."""

from __future__ import annotations

from pathlib import Path

import pytest

from gatekeeper.cli.main import run
from tests.cli.phases import Plan
from tests.cli.waivers import World
from tests.kit import RepositoryBuilder
from tests.kit.schedulers import Scheduler, crontab, first_on_path, systemctl


@pytest.fixture
def no_systemd(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Scheduler:
    """Put a systemctl on PATH that reaches nothing."""
    first_on_path(monkeypatch, tmp_path / "machine")
    return systemctl(tmp_path / "machine", running=False)


@pytest.fixture
def table(tmp_path: Path) -> Scheduler:
    return crontab(tmp_path / "machine")


@pytest.fixture
def manager(no_systemd: Scheduler) -> Scheduler:
    (no_systemd.room / "running").touch()
    return no_systemd


@pytest.fixture
def units(fresh_home: Path) -> Path:
    return fresh_home / ".config" / "systemd" / "user"


@pytest.fixture
def world(repository: RepositoryBuilder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> World:
    made = World(repository, tmp_path / "keys")
    monkeypatch.chdir(repository.root)
    assert run(["poll"]) == 1
    return made


@pytest.fixture
def plan(
    repository: RepositoryBuilder,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> Plan:
    """Return a plan of two phases, in whose repository commands are given."""
    made = Plan(repository, tmp_path / "keys", capsys)
    monkeypatch.chdir(repository.root)
    return made
