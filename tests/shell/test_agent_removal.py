"""R-30: what was made for an agent goes again, and nobody's work goes with it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from gatekeeper import agents
from gatekeeper.core.workplace import ArchiveRef, ObstacleKind
from gatekeeper.errors import BadInputError
from tests.kit import RepositoryBuilder
from tests.shell.scans import fingerprint, opened
from tests.shell.workplaces import (
    FILES,
    adopted,
    archived,
    commit_in,
    git,
    nobody_s,
    obstacles,
    planned,
    references,
    removed,
    removed_at,
    started,
    started_in,
    trunk,
)


@pytest.fixture
def fleet(repository: RepositoryBuilder) -> RepositoryBuilder:
    repository.commit("main", {**FILES, ".gitignore": "*.log\n/out/\n"})
    return repository


def test_what_was_made_goes(fleet: RepositoryBuilder, tmp_path: Path) -> None:
    before = nobody_s(fleet)
    workplace, worktree = started_in(fleet)
    (tmp_path / "repository.agents/.target/one/debug").mkdir(parents=True)
    (worktree / "noise.log").write_text("1\n")
    (worktree / "out").mkdir()
    (worktree / "out/secret").write_text("2\n")
    assert obstacles(fleet, workplace) == {}
    done = removed(fleet, workplace)
    assert (done.obstacles, done.branch_was, done.ignored_files) == ((), trunk(fleet), 2)
    assert done.notes == ("2 files went that git ignores",)
    assert nobody_s(fleet) == before
    assert sorted(path.name for path in tmp_path.iterdir()) == ["repository"]
    assert not (fleet.git_dir / "worktrees").exists()
    assert removed(fleet, workplace).notes == ()
    # And all over again.
    assert started(fleet).branch_made


def edited(worktree: Path) -> None:
    (worktree / "a.txt").write_text("mine\n")


def staged(worktree: Path) -> None:
    edited(worktree)
    git(worktree, "add", "a.txt")


def untracked(worktree: Path) -> None:
    (worktree / "deep").mkdir()
    (worktree / "deep/new \udce9\n".encode("utf-8", "surrogateescape").decode("utf-8", "surrogateescape")).touch()


def deleted(worktree: Path) -> None:
    (worktree / "a.txt").unlink()


def hidden(worktree: Path) -> None:
    git(worktree, "update-index", "--assume-unchanged", "a.txt")
    edited(worktree)


def skipped(worktree: Path) -> None:
    git(worktree, "update-index", "--skip-worktree", "a.txt")
    edited(worktree)


UNSAVED = [edited, staged, untracked, deleted, hidden, skipped]


@pytest.mark.parametrize("work", UNSAVED)
def test_uncommitted_work_stays_unless_it_is_archived(
    fleet: RepositoryBuilder, work: Callable[[Path], None], tmp_path: Path
) -> None:
    workplace, worktree = started_in(fleet)
    work(worktree)
    before = fingerprint(tmp_path, without=[fleet.git_dir / "gatekeeper"])
    found = obstacles(fleet, workplace)
    assert {kind: each.count for kind, each in found.items()} == {"uncommitted": 1}
    assert [each.kind.value for each in removed(fleet, workplace).obstacles] == ["uncommitted"]
    assert fingerprint(tmp_path, without=[fleet.git_dir / "gatekeeper"]) == before
    files = fingerprint(worktree)
    index = (fleet.git_dir / "worktrees/one/index").read_bytes()
    kept = archived(fleet, workplace)
    assert kept.ref == "refs/gatekeeper/archive/agents/one/1"
    assert archived(fleet, workplace) == kept
    assert (fingerprint(worktree), (fleet.git_dir / "worktrees/one/index").read_bytes()) == (files, index)
    assert fleet.git("rev-parse", f"{kept.commit}^").strip() == trunk(fleet)
    assert removed(fleet, workplace, kept).obstacles == ()
    assert not worktree.exists()
    fleet.git("worktree", "add", "-q", "--detach", str(tmp_path / "back"), kept.ref)
    (path,) = fleet.git("diff", "--name-only", "-z", "main", kept.ref).rstrip("\0").split("\0")
    back = tmp_path / "back" / path
    assert back.exists() == (work is not deleted)
    assert work in {deleted, untracked} or back.read_text() == "mine\n"


def test_unmerged_commits_stay_unless_they_are_archived(fleet: RepositoryBuilder) -> None:
    workplace, worktree = started_in(fleet)
    tip = commit_in(worktree, "new.txt", "1\n", "the work")
    found = obstacles(fleet, workplace)
    assert found["unmerged"].count == 1
    assert found["unmerged"].names[0].endswith(" the work")
    assert removed(fleet, workplace).obstacles == (found["unmerged"],)
    kept = archived(fleet, workplace)
    assert kept.commit == tip
    done = removed(fleet, workplace, kept)
    assert (done.obstacles, done.branch_was) == ((), tip)
    assert references(fleet) == {"refs/heads/main": trunk(fleet), kept.ref: tip}


def test_an_archive_has_to_hold_what_is_there_now(fleet: RepositoryBuilder) -> None:
    workplace, worktree = started_in(fleet)
    commit_in(worktree, "new.txt", "1\n")
    kept = archived(fleet, workplace)
    for change in (
        lambda: (worktree / "a.txt").write_text("later\n"),
        lambda: commit_in(worktree, "a.txt", "later\n"),
    ):
        change()
        assert [each.kind for each in removed(fleet, workplace, kept).obstacles] == [ObstacleKind.NOT_ARCHIVED]
    second = archived(fleet, workplace)
    assert second.ref == "refs/gatekeeper/archive/agents/one/2"
    wrong = ArchiveRef(kept.ref, second.commit)
    assert [each.kind for each in removed(fleet, workplace, wrong).obstacles] == [ObstacleKind.NOT_ARCHIVED]
    assert removed(fleet, workplace, second).obstacles == ()


def test_archives_of_names_below_each_other(fleet: RepositoryBuilder) -> None:
    for name in ("a", "b/1"):
        workplace, worktree = started_in(fleet, name)
        commit_in(worktree, f"{name[0]}.txt", "1\n")
        archived(fleet, workplace)
    workplace = planned(fleet, "b", "other")
    agents.create(opened(fleet), workplace, trunk(fleet))
    assert archived(fleet, workplace).ref == "refs/gatekeeper/archive/agents/b/1"
    assert "refs/gatekeeper/archive/agents/b%2F1/1" in references(fleet)


def test_work_that_came_in_as_another_commit_has_landed(fleet: RepositoryBuilder) -> None:
    workplace, worktree = started_in(fleet)
    tip = commit_in(worktree, "new.txt", "1\n")
    commit_in(worktree, "a.txt", "2\n")
    fleet.squash("one", "main")
    assert obstacles(fleet, workplace) == {}
    # but not the half of it.
    fleet.git("update-ref", "refs/heads/main", "main^")
    fleet.git("update-ref", "refs/heads/main", tip)
    assert set(obstacles(fleet, workplace)) == {"unmerged"}


def test_an_adopted_agent_keeps_all(fleet: RepositoryBuilder, tmp_path: Path) -> None:
    fleet.branch("theirs")
    where = fleet.worktree("theirs")
    commit_in(where, "new.txt", "1\n")
    edited(where)
    before = fingerprint(tmp_path)
    workplace = adopted(fleet, "theirs")
    assert set(obstacles(fleet, workplace)) == {"foreign", "uncommitted", "unmerged"}
    assert removed(fleet, workplace).notes == ("the agent was adopted: its branch and its worktree stay",)
    assert fingerprint(tmp_path) == before
    kept = archived(fleet, workplace)
    assert fleet.git("show", f"{kept.ref}:a.txt") == "mine\n"
    edited(fleet.root)
    assert set(obstacles(fleet, adopted(fleet, "main"))) == {"foreign", "uncommitted"}
    fleet.branch("bare-branch")
    fleet.commit("bare-branch", {"x": "1\n"})
    assert set(obstacles(fleet, adopted(fleet, "bare-branch"))) == {"unmerged"}


def test_a_branch_that_was_there_before_stays(fleet: RepositoryBuilder) -> None:
    fleet.branch("one")
    workplace = started(fleet, existing=True).workplace
    done = removed(fleet, workplace)
    assert done.notes == ("the branch one stays: it was there before the agent",)
    assert done.branch_was is None
    assert "refs/heads/one" in references(fleet)


def test_a_branch_that_is_checked_out_elsewhere_stays(fleet: RepositoryBuilder) -> None:
    workplace, _ = started_in(fleet)
    fleet.git("checkout", "-q", "--ignore-other-worktrees", "one")
    done = removed(fleet, workplace)
    assert done.notes == (f"the branch one stays: it is checked out in {fleet.root}",)
    assert fleet.git("rev-parse", "HEAD").strip() == trunk(fleet)


def test_a_branch_that_was_moved_or_deleted_meanwhile(fleet: RepositoryBuilder) -> None:
    workplace, worktree = started_in(fleet)
    fleet.branch("other")
    pushed = fleet.commit("other", {"x": "1\n"})
    fleet.git("update-ref", "refs/heads/one", pushed)
    assert set(obstacles(fleet, workplace)) == {"uncommitted", "unmerged"}
    fleet.git("update-ref", "-d", "refs/heads/one")
    # All is staged then as new: the branch is unborn.
    assert set(obstacles(fleet, workplace)) == {"uncommitted"}
    kept = archived(fleet, workplace)
    assert fleet.git("show", "-s", "--format=%P", kept.ref).strip() == ""
    assert removed(fleet, workplace, kept).obstacles == ()
    assert not worktree.exists()


def test_nothing_to_archive(fleet: RepositoryBuilder) -> None:
    workplace = planned(fleet, "one")
    with pytest.raises(BadInputError, match="nothing of one to archive"):
        archived(fleet, workplace)


def test_from_within_the_worktree_that_goes(fleet: RepositoryBuilder, tmp_path: Path) -> None:
    workplace, worktree = started_in(fleet)
    done = removed_at(worktree / "src", workplace, trunk(fleet))
    assert done.obstacles == ()
    assert not (tmp_path / "repository.agents").exists()


def test_a_start_that_nobody_has_used_is_abandoned(fleet: RepositoryBuilder, tmp_path: Path) -> None:
    before = nobody_s(fleet)
    workplace, worktree = started_in(fleet)
    edited(worktree)
    assert not agents.abandon(opened(fleet), workplace)
    git(worktree, "checkout", "-q", "a.txt")
    commit_in(worktree, "new.txt", "1\n")
    assert not agents.abandon(opened(fleet), workplace)
    git(worktree, "reset", "-q", "--hard", "main")
    assert agents.abandon(opened(fleet), workplace)
    assert agents.abandon(opened(fleet), workplace)
    assert nobody_s(fleet) == before
    assert not (tmp_path / "repository.agents").exists()
