"""Two clones that see different states of the same branches share one ledger, and do not contradict each other."""

from __future__ import annotations

import subprocess
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from gatekeeper.coordinator.poll import Polled, PollRequest, poll
from gatekeeper.core.ledger import events as happened
from gatekeeper.core.ledger.records import AgentRecord, FindingRecord
from gatekeeper.ledger.ledger import Ledger
from gatekeeper.repository import open_repository
from tests.kit import RepositoryBuilder

MANIFEST = (
    '[package]\nname = "one"\nversion = "0.1.0"\nedition = "2021"\n\n[features]\nfull = ["a"]\na = []\nb = []\nc = []\n'
)
CONFIG = '[agents.ann]\n[agents.bob]\n[ledger]\nremote = "origin"\n'
NOW = datetime(2026, 1, 1, 1, tzinfo=UTC)


class Clones:
    """A shared repository, and two clones: ``ann`` works in the first, ``bob`` in the second."""

    def __init__(self, place: Path) -> None:
        self.shared = RepositoryBuilder(place / "shared.git", bare=True)
        self.shared.commit("main", {"Cargo.toml": MANIFEST, "gatekeeper.toml": CONFIG, "src/lib.rs": ""})
        for name in ("ann", "bob"):
            self.shared.branch(name)
        self.first, self.second = (self._clone(place / name, name) for name in ("ann", "bob"))
        self._clock = NOW

    def _clone(self, path: Path, branch: str) -> Path:
        self.shared.git("clone", "-q", "-b", branch, str(self.shared.root), str(path))
        return path

    def edit(self, clone: Path, feature: str) -> None:
        """Let a clone's worktree ask for one more feature."""
        (clone / "Cargo.toml").write_text(MANIFEST.replace('full = ["a"]', f'full = ["a", "{feature}"]'))

    def commit(self, clone: Path) -> None:
        """Commit what the clone's worktree holds."""
        git(clone, "commit", "-q", "-a", "-m", "change")

    def push(self, clone: Path, branch: str) -> None:
        """Let the shared repository have a branch."""
        git(clone, "push", "-q", "origin", branch)

    def poll(self, clone: Path) -> Polled:
        """Poll a minute later than the last time."""
        self._clock += timedelta(minutes=1)
        done = poll(PollRequest(str(clone)), clock=lambda: self._clock)
        assert done.troubles == ()
        return done

    def settle(self) -> None:
        """Poll in both until both know what the other one sees."""
        for clone in (self.first, self.second, self.first):
            self.poll(clone)


def git(where: Path, *arguments: str) -> str:
    return subprocess.run(["git", *arguments], cwd=where, capture_output=True, text=True, check=True).stdout.strip()


def standing(clone: Path) -> list[str]:
    return [record.problem.rule for _, record in Ledger(open_repository(str(clone))).state().each(FindingRecord)]


def opened(done: Polled) -> list[str]:
    payloads = (event.payload for event in done.events)
    return [said.problem.rule for said in payloads if isinstance(said, happened.FindingOpened)]


@pytest.fixture
def clones(tmp_path: Path) -> Clones:
    return Clones(tmp_path)


def test_work_that_only_one_clone_has_is_not_taken_back_by_the_other(clones: Clones) -> None:
    # what one clone sees in uncommitted or unpushed work raises one alarm, not one a poll.
    clones.edit(clones.second, "b")
    clones.commit(clones.second)
    clones.push(clones.second, "bob")
    clones.edit(clones.first, "c")
    assert opened(clones.poll(clones.first)) == ["feature-array-both-edited"]
    for clone in (clones.second, clones.first, clones.second):
        clones.poll(clone)
        assert standing(clone) == ["feature-array-both-edited"]
    assert [clones.poll(clone).events for clone in (clones.first, clones.second)] == [(), ()]
    clones.commit(clones.first)
    clones.settle()
    assert standing(clones.second) == ["feature-array-both-edited"]
    clones.push(clones.first, "ann")
    clones.settle()
    assert [clones.poll(clone).events for clone in (clones.first, clones.second)] == [(), ()]


def test_both_clones_name_an_agent_alike(clones: Clones) -> None:
    for clone, branch, feature in ((clones.first, "ann", "b"), (clones.second, "bob", "c")):
        clones.edit(clone, feature)
        clones.commit(clone)
        clones.push(clone, branch)
    assert opened(clones.poll(clones.first)) == ["feature-array-both-edited"]
    assert opened(clones.poll(clones.second)) == []
    (record,) = [record for _, record in Ledger(open_repository(str(clones.first))).state().each(FindingRecord)]
    assert record.problem.agents == ("ann", "bob")


def test_whoever_opened_a_finding_closes_it(clones: Clones) -> None:
    clones.edit(clones.second, "b")
    clones.commit(clones.second)
    clones.push(clones.second, "bob")
    clones.edit(clones.first, "c")
    clones.settle()
    git(clones.first, "checkout", "-q", "--", "Cargo.toml")
    clones.poll(clones.first)
    assert standing(clones.first) == []
    clones.settle()
    assert standing(clones.second) == []


def test_an_older_state_of_a_branch_is_not_recorded_over_a_newer_one(clones: Clones) -> None:
    clones.edit(clones.first, "b")
    clones.commit(clones.first)
    clones.settle()
    record = Ledger(open_repository(str(clones.second))).state().get(AgentRecord, "ann")
    assert record is not None
    assert record.head == git(clones.first, "rev-parse", "ann")
    assert clones.poll(clones.second).events == ()


def test_a_fix_that_is_not_pushed_yet_is_not_taken_back(clones: Clones) -> None:
    for clone, branch, feature in ((clones.first, "ann", "b"), (clones.second, "bob", "c")):
        clones.edit(clone, feature)
        clones.commit(clone)
        clones.push(clone, branch)
    clones.settle()
    assert standing(clones.first) == ["feature-array-both-edited"]
    (clones.first / "Cargo.toml").write_text(MANIFEST)
    clones.commit(clones.first)
    assert [type(event.payload).__name__ for event in clones.poll(clones.first).events].count("FindingClosed") == 1
    for clone in (clones.second, clones.first, clones.second):
        assert opened(clones.poll(clone)) == []
        assert standing(clone) == []
    # What comes after it is news again, whoever sees it.
    clones.edit(clones.first, "b")
    clones.commit(clones.first)
    assert opened(clones.poll(clones.first)) == ["feature-array-both-edited"]


def test_a_trunk_that_is_behind_is_neither_recorded_nor_judged_by(clones: Clones) -> None:
    git(clones.second, "branch", "-q", "main", "origin/main")
    config = CONFIG.replace("[agents.ann]", 'trunk = "main"\n[agents.ann]', 1)
    clones.shared.commit("main", {"gatekeeper.toml": config})
    git(clones.first, "fetch", "-q")
    git(clones.first, "branch", "-q", "main", "origin/main")
    clones.settle()
    assert [clones.poll(clone).events for clone in (clones.second, clones.first, clones.second)] == [(), (), ()]


def test_a_branch_that_the_remote_no_longer_has_is_not_looked_at(clones: Clones) -> None:
    for clone, branch, feature in ((clones.first, "ann", "b"), (clones.second, "bob", "c")):
        clones.edit(clone, feature)
        clones.commit(clone)
        clones.push(clone, branch)
    clones.settle()
    clones.shared.git("update-ref", "-d", "refs/heads/ann")
    git(clones.first, "checkout", "-q", "--detach", "origin/main")
    git(clones.first, "branch", "-q", "-D", "ann")
    clones.settle()
    assert standing(clones.first) == []
    assert [clones.poll(clone).events for clone in (clones.first, clones.second)] == [(), ()]
    assert git(clones.second, "rev-parse", "--verify", "-q", "origin/ann"), "it may be the last that names that work"
