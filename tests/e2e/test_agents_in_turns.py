"""What is said of an agent twice is recorded once, and two who begin something with it wait for each other (R-27)."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from gatekeeper import agents
from gatekeeper.agents.disk import held
from gatekeeper.core.ledger.events import AgentRemovalIntended
from gatekeeper.core.names import AgentName, RefName
from gatekeeper.core.workplace import Workplace
from gatekeeper.ledger import Ledger
from gatekeeper.ledger.ledger import new_event
from gatekeeper.repository import open_repository
from tests.torture.program import Ended
from tests.torture.world import World, made


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    world = made(tmp_path)
    yield world
    assert world.run("log", "--verify").code == 0


def types(world: World) -> Counter[str]:
    return Counter(event["type"] for event in world.events())


def at_once(world: World, *commands: tuple[str, ...]) -> list[Ended]:
    ended: list[Ended] = []
    threads = [
        threading.Thread(target=lambda command=command: ended.append(world.run(*command))) for command in commands
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return ended


def test_of_two_starts_one_is_refused(world: World) -> None:
    ended = at_once(world, ("agent", "start", "one"), ("agent", "start", "one"))
    assert sorted(str(each.code) for each in ended) == ["0", "2"]
    assert types(world)["agent.started"] == types(world)["agent.start-intended"] == 1


def test_a_removal_waits_for_the_start(world: World) -> None:
    # Killed between intent and outcome, with another at it: the record would say removed, and the worktree stand.
    world.must("agent", "start", "one")
    with held(world.repository / ".git/gatekeeper/desk-one.lock"):
        assert world.run("agent", "remove", "one", kill_at=1.0).code is None
    assert types(world)["agent.removal-intended"] == 0
    world.must("agent", "remove", "one")
    assert not world.worktree("one").exists()


def test_who_finishes_again_with_the_same_says_nothing_new(world: World) -> None:
    world.must("agent", "start", "one")
    world.commit("one", "serde=1.0.2")
    for _ in range(2):
        world.must("agent", "finish", "one", "--output", "report.md")
    assert types(world)["agent.finished"] == types(world)["work.logged"] == 1
    world.must("agent", "finish", "one", "--output", "another.md")
    assert types(world)["agent.finished"] == 2
    world.commit("one", "serde=1.0.3")
    # A look in between knows the new commit, and the agent has not spoken of it.
    world.must("poll", codes=(0, 1))
    world.must("agent", "finish", "one", "--output", "report.md")
    assert types(world)["agent.finished"] == 3


def test_work_that_came_after_the_archive_of_a_killed_removal_is_archived_too(world: World) -> None:
    world.must("agent", "start", "one")
    assert world.leave_uncommitted("one", "first")
    done = world.git("rev-parse", "refs/heads/one").strip()
    # As far as a killed removal had come: kept, the intent recorded, nothing deleted.
    _intend_removal(world)
    assert world.leave_uncommitted("one", "second")
    assert world.run("agent", "remove", "one").code == 1
    world.must("agent", "remove", "one", "--archive")
    kept = [
        world.git("ls-tree", "-r", "--name-only", ref)
        for ref in world.git("for-each-ref", "--format=%(refname)", "refs/gatekeeper/archive/agents").split()
    ]
    assert any("note-first.txt" in names and "note-second.txt" in names for names in kept)
    assert done not in world.git("for-each-ref", "--format=%(objectname)", "refs/heads/one")


def _intend_removal(world: World) -> None:
    repository, name = open_repository(str(world.repository)), AgentName("one")
    where = world.worktree("one")
    place = Workplace(name, RefName("refs/heads/one"), str(where), str(where.parent / ".target/one"))
    kept = agents.archive(repository, place, name)
    head = repository.commit_of(RefName("refs/heads/one"))
    now = datetime.now(UTC)
    event = new_event(AgentRemovalIntended(name, kept.ref, head), at=now, by="one")
    Ledger(repository).append(lambda _: [event], subject="agent one: to be removed", at=now)
