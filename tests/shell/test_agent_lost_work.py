"""Work in odd places that a removal could lose (R-30)."""

from __future__ import annotations

import os
import shlex
import shutil
from pathlib import Path

import pytest

from gatekeeper.core.workplace import ObstacleKind
from gatekeeper.errors import GitCommandError
from tests.kit import RepositoryBuilder
from tests.shell.scans import fingerprint
from tests.shell.workplaces import (
    FILES,
    archived,
    commit_in,
    git,
    obstacles,
    planned,
    references,
    removed,
    started_in,
)


@pytest.fixture
def fleet(repository: RepositoryBuilder) -> RepositoryBuilder:
    repository.commit("main", {**FILES, ".gitignore": "*.log\n/out/\n"})
    return repository


@pytest.mark.parametrize("how", ["detached", "switched"])
def test_work_on_another_branch_counts(fleet: RepositoryBuilder, how: str) -> None:
    workplace, worktree = started_in(fleet)
    on_branch = commit_in(worktree, "own.txt", "1\n")
    git(worktree, "checkout", "-q", *(["--detach"] if how == "detached" else ["-b", "aside"]), "main")
    there = commit_in(worktree, "there.txt", "1\n")
    (worktree / "a.txt").write_text("uncommitted\n")
    found = obstacles(fleet, workplace)
    assert found["unmerged"].count == 2
    kept = archived(fleet, workplace)
    parents = fleet.git("show", "-s", "--format=%P", kept.ref).split()
    assert parents == [there, on_branch]
    assert fleet.git("show", f"{kept.ref}:a.txt") == "uncommitted\n"
    assert removed(fleet, workplace, kept).obstacles == ()
    assert ("refs/heads/aside" in references(fleet)) == (how == "switched")


def test_a_locked_worktree(fleet: RepositoryBuilder) -> None:
    workplace, worktree = started_in(fleet)
    fleet.git("worktree", "lock", "--reason", "on a stick", str(worktree))
    assert obstacles(fleet, workplace)["locked"].message == "the worktree is locked: on a stick"
    assert removed(fleet, workplace).obstacles
    shutil.rmtree(worktree)
    assert removed(fleet, workplace).obstacles
    fleet.git("worktree", "unlock", str(worktree))
    assert removed(fleet, workplace).obstacles == ()


@pytest.mark.parametrize("what", ["merge", "rebase", "cherry-pick", "bisect"])
def test_something_in_progress(fleet: RepositoryBuilder, what: str) -> None:
    workplace, worktree = started_in(fleet)
    commit_in(worktree, "a.txt", "mine\n")
    fleet.commit("main", {"a.txt": "theirs\n"})
    if what == "bisect":
        git(worktree, "bisect", "start", "HEAD", "HEAD^")
    else:
        with pytest.raises(Exception, match="exit status 1"):
            git(worktree, what, "main")
    found = obstacles(fleet, workplace)
    assert "is in progress" in found["in-progress"].message
    kept = archived(fleet, workplace)
    assert [each.kind for each in removed(fleet, workplace, kept).obstacles] == [ObstacleKind.IN_PROGRESS]
    assert worktree.exists()


def test_work_in_submodules(fleet: RepositoryBuilder, tmp_path: Path) -> None:
    inner = RepositoryBuilder(tmp_path / "inner")
    inner.commit("main", {"x": "1\n"})
    fleet.git("submodule", "add", "-q", str(inner.root), "sub")
    fleet.git("commit", "-q", "-m", "sub")
    workplace, worktree = started_in(fleet)
    git(worktree, "submodule", "update", "-q", "--init")
    assert obstacles(fleet, workplace) == {}
    (worktree / "sub/x").write_text("2\n")
    assert set(obstacles(fleet, workplace)) == {"submodule"}
    git(worktree / "sub", "commit", "-q", "-a", "-m", "inside")
    assert set(obstacles(fleet, workplace)) == {"submodule", "uncommitted"}
    git(worktree / "sub", "checkout", "-q", "origin/main")
    # The commit is only in the reflog there by now.
    assert obstacles(fleet, workplace) == {}
    git(worktree / "sub", "branch", "kept", "HEAD@{1}")
    assert set(obstacles(fleet, workplace)) == {"submodule"}
    kept = archived(fleet, workplace)
    assert [each.kind for each in removed(fleet, workplace, kept).obstacles] == [ObstacleKind.SUBMODULE]
    git(worktree / "sub", "branch", "-D", "kept")
    assert removed(fleet, workplace).obstacles == ()


@pytest.mark.parametrize("place", ["nested", "out/nested"])
@pytest.mark.parametrize("what", ["repository", "worktree"])
def test_repositories_of_their_own_inside(fleet: RepositoryBuilder, place: str, what: str) -> None:
    workplace, worktree = started_in(fleet)
    inner = worktree / place
    if what == "repository":
        builder = RepositoryBuilder(inner)
        builder.commit("main", {"x": "1\n"})
    else:
        fleet.git("worktree", "add", "-q", "-b", "sub-agent", str(inner))
    found = obstacles(fleet, workplace)
    assert found["nested"].names == ((f"{place}/",) if place == "nested" and what == "repository" else (place,))
    kept = archived(fleet, workplace)
    assert {each.kind for each in removed(fleet, workplace, kept).obstacles} == {ObstacleKind.NESTED}
    assert (inner / ".git").exists()


def test_a_directory_deleted_by_hand(fleet: RepositoryBuilder) -> None:
    workplace, worktree = started_in(fleet)
    commit_in(worktree, "new.txt", "1\n")
    git(worktree, "checkout", "-q", "--detach")
    detached = commit_in(worktree, "b.txt", "1\n")
    shutil.rmtree(worktree)
    found = obstacles(fleet, workplace)
    assert {kind: each.count for kind, each in found.items()} == {"unmerged": 2}
    kept = archived(fleet, workplace)
    assert kept.commit == detached
    assert removed(fleet, workplace, kept).obstacles == ()
    assert set(references(fleet)) == {"refs/heads/main", kept.ref}


def test_what_git_has_forgotten_stays(fleet: RepositoryBuilder, tmp_path: Path) -> None:
    workplace, worktree = started_in(fleet)
    (tmp_path / "repository.agents/.target/one/debug").mkdir()
    shutil.rmtree(worktree)
    fleet.git("worktree", "prune")
    done = removed(fleet, workplace)
    assert [note.partition(" stays")[0] for note in done.notes] == [workplace.target_dir, "the branch one"]
    assert "refs/heads/one" in references(fleet)


def test_somebody_else_s_in_the_place(fleet: RepositoryBuilder, tmp_path: Path) -> None:
    workplace = planned(fleet, "one")
    fleet.git("worktree", "add", "-q", "-b", "one", str(tmp_path / "repository.agents/one"))
    before = fingerprint(tmp_path)
    assert set(obstacles(fleet, workplace)) == {"foreign"}
    assert len(removed(fleet, workplace).notes) == 2
    assert {path: what for path, what in fingerprint(tmp_path).items() if "gatekeeper" not in path} == before


def test_a_worktree_that_was_moved(fleet: RepositoryBuilder, tmp_path: Path) -> None:
    workplace, worktree = started_in(fleet)
    fleet.git("worktree", "move", str(worktree), str(tmp_path / "elsewhere"))
    assert "has moved the worktree to" in obstacles(fleet, workplace)["foreign"].message
    assert removed(fleet, workplace).obstacles
    assert (tmp_path / "elsewhere/a.txt").exists()


@pytest.mark.parametrize("inside", ["worktree", "target", "targets"])
def test_links_are_not_followed(fleet: RepositoryBuilder, tmp_path: Path, inside: str) -> None:
    workplace, worktree = started_in(fleet)
    out = tmp_path / "out"
    out.mkdir()
    (out / "theirs").write_text("1\n")
    target = Path(workplace.target_dir or "")
    if inside == "worktree":
        (worktree / "out").symlink_to(out)
        (worktree / ".gatekeeper/more.log").symlink_to(out / "theirs")
    elif inside == "target":
        target.rmdir()
        target.symlink_to(out)
    else:
        target.rmdir()
        target.parent.rmdir()
        (out / "one").mkdir()
        (out / "one/theirs").write_text("1\n")
        target.parent.symlink_to(out)
    before = fingerprint(out)
    if inside == "worktree":
        assert set(obstacles(fleet, workplace)) == {"uncommitted"}
        assert removed(fleet, workplace, archived(fleet, workplace)).obstacles == ()
    else:
        done = removed(fleet, workplace)
        assert done.obstacles == ()
        assert inside == "targets" or "was a link" in done.notes[0]
    assert fingerprint(out) == before
    assert not worktree.exists()


def test_read_only_directories_go_too(fleet: RepositoryBuilder) -> None:
    workplace, worktree = started_in(fleet)
    cache = worktree / "out/cache"
    cache.mkdir(parents=True)
    (cache / "x").write_text("1\n")
    cache.chmod(0o555)
    assert removed(fleet, workplace).obstacles == ()
    assert not worktree.exists()


def test_a_file_that_cannot_be_read_is_not_archived(fleet: RepositoryBuilder) -> None:
    workplace, worktree = started_in(fleet)
    (worktree / "big.bin").write_text("x\n")
    (worktree / ".gitattributes").write_text("*.bin filter=broken\n")
    fleet.git("config", "filter.broken.clean", "false")
    fleet.git("config", "filter.broken.required", "true")
    with pytest.raises(Exception, match="git add failed"):
        archived(fleet, workplace)
    assert "refs/gatekeeper/archive/agents/one/1" not in references(fleet)


@pytest.mark.parametrize(
    "late", ["echo late > late.txt", "git -c user.name=x -c user.email=x commit -q --allow-empty -m late", "exit 1"]
)
def test_work_that_comes_in_while_it_goes(
    fleet: RepositoryBuilder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, late: str
) -> None:
    workplace, worktree = started_in(fleet)
    tools = tmp_path / "tools"
    tools.mkdir()
    # an agent's shell that stands in the directory does not notice that it has another path now.
    path = f"PATH={shlex.quote(os.environ['PATH'])}; export PATH"
    condition = (
        f'case "$PWD $1" in */.removing/one\\ status) [ -e {tools}/done ] || {{ touch {tools}/done; {late}; }};; esac'
    )
    (tools / "git").write_text(f'#!/bin/sh\n{path}\n{condition}\nexec git "$@"\n')
    (tools / "git").chmod(0o755)
    with monkeypatch.context() as patch:
        patch.setenv("PATH", f"{tools}:{os.environ['PATH']}")
        if late == "exit 1":
            with pytest.raises(GitCommandError):
                removed(fleet, workplace)
        else:
            (found,) = removed(fleet, workplace).obstacles
            assert found.kind.can_be_archived
    assert (worktree / "a.txt").exists()
    assert (worktree / "late.txt").exists() == ("late.txt" in late)
    assert sorted(path.name for path in worktree.parent.iterdir()) == [".target", "one"]
    assert fleet.git("worktree", "list", "--porcelain").count("locked") == 0
    if late == "exit 1":
        assert removed(fleet, workplace).obstacles == ()
