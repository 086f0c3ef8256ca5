"""``kill -9`` anywhere leaves a state that the next call completes or takes back (DESIGN 5, invariants 3 and 4)."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from gatekeeper import agents
from gatekeeper.core.names import Oid
from tests.kit import RepositoryBuilder
from tests.shell.killing_agents import MANY, Copies, Killer, end_state, killed_everywhere, killers, with_another_agent
from tests.shell.scans import opened, scanned
from tests.shell.workplaces import commit_in, git, planned, references, started_in, trunk


@pytest.fixture(scope="module")
def killer() -> Iterator[Killer]:
    yield from killers()


@pytest.fixture
def fleet(tmp_path: Path) -> RepositoryBuilder:
    return with_another_agent(tmp_path)


def test_a_start_that_is_killed_is_completed(killer: Killer, fleet: RepositoryBuilder) -> None:
    def nobody_sees_half_of_it() -> None:
        report = scanned(fleet)
        assert [str(status.name) for status in report.agents] in (["other"], ["one", "other"])
        assert not report.findings

    assert killed_everywhere(killer, fleet, "create", nobody_sees_half_of_it) > 20


def test_a_start_on_an_existing_branch_that_is_killed_is_completed(killer: Killer, fleet: RepositoryBuilder) -> None:
    fleet.branch("one")
    assert killed_everywhere(killer, fleet, "existing") > 20


def test_a_start_that_is_killed_is_taken_back(killer: Killer, fleet: RepositoryBuilder) -> None:
    before = end_state(fleet)
    copies = Copies(fleet)
    for number in range(1, MANY):
        copies.put_back()
        done = killer.runs("create", fleet, trunk(fleet), number)
        killer.runs("abandon", fleet, trunk(fleet), 1 + number // 2)
        assert killer.runs("abandon", fleet, trunk(fleet)), number
        assert end_state(fleet) == before, number
        if done:
            return
    raise AssertionError


def test_a_removal_that_is_killed_is_completed(killer: Killer, fleet: RepositoryBuilder) -> None:
    _, worktree = started_in(fleet)
    (worktree / "noise.log").write_text("1\n")
    (worktree.parent / ".target/one/debug").mkdir()
    assert killed_everywhere(killer, fleet, "remove") > 20


def test_a_removal_of_archived_work_that_is_killed_is_completed(killer: Killer, fleet: RepositoryBuilder) -> None:
    _, worktree = started_in(fleet)
    commit_in(worktree, "new.txt", "1\n")
    (worktree / "a.txt").write_text("uncommitted\n")
    assert killer.runs("archive", fleet, trunk(fleet))
    assert killed_everywhere(killer, fleet, "remove archived") > 20


def test_an_archive_that_is_killed_is_made_once(killer: Killer, fleet: RepositoryBuilder) -> None:
    _, worktree = started_in(fleet)
    (worktree / "a.txt").write_text("uncommitted\n")
    for number in range(1, MANY):
        if killer.runs("archive", fleet, trunk(fleet), number):
            break
    assert [ref for ref in references(fleet) if "archive" in ref] == ["refs/gatekeeper/archive/agents/one/1"]


def test_a_start_that_is_killed_and_begins_at_a_newer_trunk(killer: Killer, fleet: RepositoryBuilder) -> None:
    copies = Copies(fleet)
    worktree = fleet.root.parent / "repository.agents/one"
    for number in range(1, MANY):
        copies.put_back()
        older = trunk(fleet)
        done = killer.runs("create", fleet, older, number)
        is_in_place = worktree.exists()
        newer = Oid(fleet.git("commit-tree", "-p", "main", "-m", "newer", "main^{tree}").strip())
        fleet.git("update-ref", "refs/heads/main", newer)
        assert killer.runs("create", fleet, newer)
        # One that is in its place may have been worked in.
        assert references(fleet)["refs/heads/one"] == (older if is_in_place else newer)
        assert git(worktree, "status", "--porcelain", "-b") == "## one"
        if done:
            return
    raise AssertionError


def test_a_directory_made_again_that_is_killed(killer: Killer, fleet: RepositoryBuilder) -> None:
    _, worktree = started_in(fleet)
    tip = commit_in(worktree, "new.txt", "1\n")
    shutil.rmtree(worktree)
    copies = Copies(fleet)
    for number in range(1, MANY):
        copies.put_back()
        done = killer.runs("create", fleet, trunk(fleet), number)
        # Neither a removal nor an abandoned start may take what was on the branch.
        if number % 2:
            assert not agents.abandon(opened(fleet), planned(fleet, "one"))
            assert agents.remove(opened(fleet), planned(fleet, "one"), trunk=trunk(fleet)).obstacles
        assert references(fleet)["refs/heads/one"] == tip
        assert killer.runs("create", fleet, trunk(fleet))
        assert git(worktree, "rev-parse", "HEAD") == tip
        assert git(worktree, "status", "--porcelain", "-b") == "## one"
        if done:
            return
    raise AssertionError
