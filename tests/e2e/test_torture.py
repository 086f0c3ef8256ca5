"""A short torture of each kind; ``make torture`` goes on for longer (R-27, R-29, R-30)."""

from __future__ import annotations

from pathlib import Path

from tests.kit.ssh import needs_openssh
from tests.torture.clones import meet
from tests.torture.crowd import crowd
from tests.torture.killing import kill
from tests.torture.settling import settled
from tests.torture.world import Bystanders, made

pytestmark = needs_openssh
_PATIENCE = 600.0


def test_eight_processes_at_once(tmp_path: Path) -> None:
    world = made(tmp_path)
    bystanders = Bystanders.of(world)
    tally = crowd(world, seed=5, operations=20, seconds=_PATIENCE)
    assert settled(world, bystanders, tally, told_once=True) == []


def test_runs_that_are_killed_and_run_again(tmp_path: Path) -> None:
    world = made(tmp_path, remote=True)
    bystanders = Bystanders.of(world)
    tally = kill(world, seed=5, kills=5, seconds=_PATIENCE, killers=1)
    assert settled(world, bystanders, tally, told_once=False) == []


def test_two_clones_poll_at_once(tmp_path: Path) -> None:
    met, broken = meet(tmp_path, seed=5, times=3, seconds=_PATIENCE)
    assert (met, broken) == (3, [])
