"""One ledger for two clones, in hard times: a remote that is gone, edited, closed, or archived meanwhile (R-27)."""

from __future__ import annotations

import sys
from collections import Counter
from pathlib import Path

import pytest

from tests.torture.clones import disagreements
from tests.torture.world import World, another_clone, made

Pair = tuple[World, World]
_SILENT = """
import subprocess, sys
done = subprocess.Popen(["git", "receive-pack", sys.argv[1]], stdout=subprocess.PIPE)
while (length := done.stdout.read(4)) != b"0000":
    sys.stdout.buffer.write(length + done.stdout.read(int(length, 16) - 4))
sys.stdout.buffer.write(length)
sys.stdout.buffer.flush()
done.stdout.read()
done.wait()
"""
"""Takes what is pushed, and breaks down before it says so."""

LEDGER = "refs/gatekeeper/ledger"


@pytest.fixture
def pair(tmp_path: Path) -> Pair:
    one = made(tmp_path, remote=True)
    return one, another_clone(one, "s")


def put(world: World, token: str) -> None:
    world.must("memory", "put", f"torture/{token}", "--text", stdin=token)


def told(world: World) -> Counter[str]:
    """Return how often each value stands in the ledger."""
    return Counter(event["data"]["text"] for event in world.events() if event["type"] == "memory.put")


def references(world: World) -> str:
    return world.git("for-each-ref")


def both_synced(pair: Pair) -> None:
    for world in (*pair, pair[0]):
        world.must("sync")


def test_clones_that_part_while_the_remote_is_gone_have_everything_once_in_the_end(pair: Pair, tmp_path: Path) -> None:
    for world in pair:
        world.must("poll", codes=(0, 1))
    (tmp_path / "remote.git").rename(tmp_path / "away.git")
    for world, name in zip(pair, ("one", "other"), strict=True):
        put(world, f"{name}-alone")
        polled = world.must("poll", codes=(0, 1))
        assert "origin" in polled.err
        put(world, f"{name}-again")
    (tmp_path / "away.git").rename(tmp_path / "remote.git")
    for world in (*pair, pair[0]):
        assert world.must("poll", codes=(0, 1)).err == ""
    both_synced(pair)
    assert disagreements(*pair) == []
    assert told(pair[1]) == dict.fromkeys(("one-alone", "one-again", "other-alone", "other-again"), 1)


def test_a_remote_whose_ledger_was_edited_is_refused_and_nothing_moves(pair: Pair) -> None:
    one, other = pair
    put(one, "x")
    both_synced(pair)
    put(one, "y")
    one.must("sync")
    # Somebody makes the state say something that no event says.
    tip = one.git("rev-parse", LEDGER).strip()
    tree = one.git("rev-parse", f"{tip}~1^{{tree}}").strip()
    message = one.git("log", "-1", "--format=%B", tip)
    forged = one.git("commit-tree", tree, "-p", f"{tip}~1", "-m", message).strip()
    one.git("push", "-q", "-f", "origin", f"{forged}:{LEDGER}")
    before = one.git("rev-parse", LEDGER), other.git("rev-parse", LEDGER), references(other)
    for world in pair:
        put_refused = world.run("sync")
        assert put_refused.code == 3, str(put_refused)
        assert "edited by hand" in put_refused.err
    assert other.run("poll").code == 3
    assert (one.git("rev-parse", LEDGER), other.git("rev-parse", LEDGER)) == before[:2]
    kept = [line for line in references(other).splitlines() if "refs/gatekeeper/remotes/" not in line]
    assert kept == [line for line in before[2].splitlines() if "refs/gatekeeper/remotes/" not in line]
    assert other.git("ls-remote", "origin", LEDGER).split()[0] == forged


def test_a_remote_that_takes_nothing_is_told_and_the_poll_goes_on_here(pair: Pair, tmp_path: Path) -> None:
    one, other = pair
    hook = tmp_path / "remote.git/hooks/pre-receive"
    hook.parent.mkdir(exist_ok=True)
    hook.write_text("#!/bin/sh\necho closed for the weekend >&2\nexit 1\n")
    hook.chmod(0o755)
    polled = one.must("poll", codes=(0, 1))
    assert "does not take what is pushed" in polled.err
    assert one.run("sync").code == 2
    assert one.events()[0]["type"] == "ledger.started"
    count = len(one.events())
    one.must("poll", codes=(0, 1))
    assert len(one.events()) == count
    hook.unlink()
    both_synced(pair)
    assert disagreements(*pair) == []
    assert len(other.events()) == count


def test_a_remote_in_which_a_dead_process_left_a_lock_is_told(pair: Pair, tmp_path: Path) -> None:
    one, _ = pair
    lock = tmp_path / f"remote.git/{LEDGER}.lock"
    lock.parent.mkdir(parents=True)
    lock.touch()
    assert "origin does not let its ledger move" in one.must("poll", codes=(0, 1)).err
    # Another machine's locks are not ours to take away.
    assert lock.exists()
    assert one.run("sync").code == 2
    lock.unlink()
    both_synced(pair)
    assert disagreements(*pair) == []


def test_a_push_that_arrived_though_it_seemed_to_fail_is_recorded_once(pair: Pair, tmp_path: Path) -> None:
    one, other = pair
    silent = tmp_path / "silent.py"
    silent.write_text(_SILENT)
    one.git("config", "remote.origin.receivepack", f"{sys.executable} {silent}")
    polled = one.must("poll", codes=(0, 1))
    assert "does not take what is pushed" in polled.err
    assert other.git("ls-remote", "origin", LEDGER).split()[0] == one.git("rev-parse", LEDGER).strip()
    one.git("config", "--unset", "remote.origin.receivepack")
    both_synced(pair)
    assert disagreements(*pair) == []


def test_a_clone_appends_to_a_history_that_the_other_one_archives(pair: Pair) -> None:
    one, other = pair
    put(one, "first")
    both_synced(pair)
    one.must("archive")
    put(one, "after")
    put(other, "meanwhile")
    both_synced(pair)
    assert disagreements(*pair) == []
    assert told(other) == {"first": 1, "after": 1, "meanwhile": 1}
    # The other way round: what was appended is at the remote before the archive is.
    put(other, "faster")
    other.must("sync")
    one.must("archive")
    put(one, "slower")
    both_synced(pair)
    assert disagreements(*pair) == []
    assert told(one) == {"first": 1, "after": 1, "meanwhile": 1, "faster": 1, "slower": 1}
