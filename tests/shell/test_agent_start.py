"""R-30, R-04: a branch, a worktree, a target directory and an environment with one call."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from gatekeeper import agents
from gatekeeper.core.names import Oid
from gatekeeper.errors import BadInputError, GatekeeperError, GitCommandError, UnknownRevisionError, UsageError
from gatekeeper.repository import open_repository
from gatekeeper.repository.worktrees import list_worktrees
from tests.kit import RepositoryBuilder
from tests.shell.scans import fingerprint, opened
from tests.shell.workplaces import (
    FILES,
    TRUNK,
    commit_in,
    git,
    nobody_s,
    planned,
    started,
    started_in,
    trunk,
)


@pytest.fixture
def fleet(repository: RepositoryBuilder) -> RepositoryBuilder:
    repository.commit("main", FILES)
    return repository


def test_all_of_a_workplace_is_made(fleet: RepositoryBuilder, tmp_path: Path) -> None:
    before = nobody_s(fleet)
    created = started(fleet)
    base = tmp_path / "repository.agents"
    assert created.workplace == agents.plan(
        opened(fleet), "../{repository}.agents", "one", "refs/heads/one", trunk=TRUNK
    )
    assert (created.workplace.worktree, created.workplace.target_dir) == (f"{base}/one", f"{base}/.target/one")
    assert (created.commit, created.branch_made, created.notes) == (trunk(fleet), True, ())
    worktree = base / "one"
    assert git(worktree, "symbolic-ref", "HEAD") == "refs/heads/one"
    assert git(worktree, "status", "--porcelain", "--branch") == "## one"
    git(worktree, "add", "-A")
    assert git(worktree, "status", "--porcelain") == ""
    assert (worktree / "src/lib.rs").read_text() == "//\n"
    assert sorted(path.name for path in base.iterdir()) == [".target", "one"]
    assert [tree.path for tree in list_worktrees(opened(fleet))] == [str(fleet.root), str(worktree)]
    assert {path: what for path, what in nobody_s(fleet).items() if "refs/heads/one" not in path} == before
    assert "branch" not in fleet.git("config", "--list", "--local")


def test_a_bare_repository(tmp_path: Path) -> None:
    bare = RepositoryBuilder(tmp_path / "project.git", bare=True)
    bare.commit("main", FILES)
    workplace, worktree = started_in(bare)
    assert worktree == tmp_path / "project.agents/one"
    # and from inside it, the next one goes to the same place.
    inside = open_repository(str(worktree))
    second = agents.plan(inside, "../{repository}.agents", "two", "two", trunk=TRUNK)
    assert second.worktree == str(tmp_path / "project.agents/two")
    agents.create(inside, second, trunk(bare))
    assert git(Path(second.worktree), "status", "--porcelain") == ""
    assert agents.remove(inside, workplace, trunk=trunk(bare)).obstacles == ()
    assert not worktree.exists()


def test_from_within_another_agent_s_worktree(fleet: RepositoryBuilder, tmp_path: Path) -> None:
    _, worktree = started_in(fleet)
    before = fingerprint(worktree)
    inside = open_repository(str(worktree / "src"))
    second = agents.plan(inside, "../{repository}.agents", "two", "two", trunk=TRUNK)
    agents.create(inside, second, trunk(fleet))
    assert second.worktree == str(tmp_path / "repository.agents/two")
    assert fingerprint(worktree) == before


def test_doing_it_again_changes_nothing(fleet: RepositoryBuilder) -> None:
    created = started(fleet)
    worktree = Path(created.workplace.worktree or "")
    commit = commit_in(worktree, "new.txt", "1\n")
    (worktree / "a.txt").write_text("edited\n")
    (worktree / ".gatekeeper/env").write_text("mine\n")
    before = fingerprint(fleet.root, worktree)
    again = agents.create(opened(fleet), planned(fleet, "one"), trunk(fleet))
    assert (again.commit, again.branch_made) == (commit, True)
    assert fingerprint(fleet.root, worktree) == before


def test_a_branch_that_is_there_has_to_be_meant(fleet: RepositoryBuilder, tmp_path: Path) -> None:
    fleet.branch("one")
    tip = fleet.commit("one", {"b.txt": "b\n"})
    with pytest.raises(UsageError, match="there is a branch one already") as there:
        started(fleet)
    assert there.value.hint == "work on it with --existing, or name another with --branch NAME"
    with pytest.raises(UnknownRevisionError, match="not at"):
        agents.create(opened(fleet), planned(fleet, "one"), trunk(fleet), existing=True)
    with pytest.raises(UsageError, match="there is no branch two") as missing:
        agents.create(opened(fleet), planned(fleet, "two"), trunk(fleet), existing=True)
    assert "--existing" in (missing.value.hint or "")
    assert not (tmp_path / "repository.agents").exists()
    created = started(fleet, existing=True)
    assert (created.commit, created.branch_made) == (tip, False)


def test_a_branch_that_is_checked_out_elsewhere(fleet: RepositoryBuilder, tmp_path: Path) -> None:
    fleet.branch("one")
    elsewhere = fleet.worktree("one", tmp_path / "elsewhere")
    with pytest.raises(BadInputError, match="checked out in"):
        started(fleet, existing=True)
    commit_in(elsewhere, "a.txt", "x\n")
    git(elsewhere, "checkout", "-q", "--detach")
    commit_in(elsewhere, "a.txt", "y\n")
    (fleet.git_dir / "worktrees/elsewhere/rebase-merge").mkdir()
    (fleet.git_dir / "worktrees/elsewhere/rebase-merge/head-name").write_text("refs/heads/one\n")
    with pytest.raises(BadInputError, match="checked out in"):
        started(fleet, existing=True)


def test_hooks_and_aliases_of_the_user_have_no_say(fleet: RepositoryBuilder, tmp_path: Path) -> None:
    hooks = fleet.git_dir / "hooks"
    hooks.mkdir(exist_ok=True)
    trace = tmp_path / "ran"
    for name in ("post-checkout", "reference-transaction", "post-index-change", "pre-commit", "post-commit"):
        (hooks / name).write_text(f"#!/bin/sh\necho {name} >> '{trace}'\nexit 1\n")
        (hooks / name).chmod(0o755)
    for key, value in {
        "alias.worktree": "!false",
        "alias.update-ref": "!false",
        "worktree.guessRemote": "true",
        "submodule.recurse": "true",
        "status.showUntrackedFiles": "no",
        "log.showSignature": "true",
        "core.logAllRefUpdates": "always",
    }.items():
        fleet.git("config", key, value)
    config = (fleet.git_dir / "config").read_bytes()
    workplace, worktree = started_in(fleet)
    (worktree / "new.txt").write_text("1\n")
    archive = agents.archive(opened(fleet), workplace, workplace.name)
    done = agents.remove(opened(fleet), workplace, trunk=trunk(fleet), archived=archive)
    assert done.obstacles == ()
    assert not trace.exists()
    assert (fleet.git_dir / "config").read_bytes() == config


def test_worktrees_with_a_configuration_of_their_own(fleet: RepositoryBuilder) -> None:
    fleet.git("config", "extensions.worktreeConfig", "true")
    fleet.git("sparse-checkout", "set", "--no-cone", "/*", "!/src/")
    _, worktree = started_in(fleet)
    assert git(worktree, "status", "--porcelain") == ""
    fleet.git("config", "--unset", "extensions.worktreeConfig")
    started(fleet, "two")
    assert "worktreeconfig" not in fleet.git("config", "--list", "--local").casefold()


def test_a_worktree_that_is_not_whole_is_no_agent(fleet: RepositoryBuilder) -> None:
    workplace, worktree = started_in(fleet)
    (fleet.git_dir / "worktrees/one/locked").write_text("gatekeeper: the workplace of one")
    (fleet.git_dir / "worktrees/one/index").unlink()
    assert [tree.path for tree in list_worktrees(opened(fleet))] == [str(fleet.root)]
    del workplace, worktree


def test_a_directory_deleted_by_hand_is_made_again(fleet: RepositoryBuilder, tmp_path: Path) -> None:
    workplace, worktree = started_in(fleet)
    tip = commit_in(worktree, "new.txt", "1\n")
    worktree.rename(tmp_path / "gone")
    again = agents.create(opened(fleet), workplace, trunk(fleet))
    assert again.commit == tip
    assert (worktree / "new.txt").read_text() == "1\n"
    assert git(worktree, "status", "--porcelain", "--branch") == "## one"


def test_what_was_staged_in_a_directory_deleted_by_hand(fleet: RepositoryBuilder, tmp_path: Path) -> None:
    workplace, worktree = started_in(fleet)
    (worktree / "new.txt").write_text("1\n")
    git(worktree, "add", "new.txt")
    worktree.rename(tmp_path / "gone")
    with pytest.raises(BadInputError, match=r"new\.txt was staged in it"):
        agents.create(opened(fleet), workplace, trunk(fleet))
    archive = agents.archive(opened(fleet), workplace, workplace.name)
    assert fleet.git("show", f"{archive.commit}:new.txt") == "1\n"


def test_a_branch_deleted_meanwhile(fleet: RepositoryBuilder) -> None:
    workplace, _ = started_in(fleet)
    fleet.git("update-ref", "-d", "refs/heads/one")
    with pytest.raises(BadInputError, match="the branch one is gone"):
        agents.create(opened(fleet), workplace, trunk(fleet))


def test_a_marker_of_another_version(fleet: RepositoryBuilder) -> None:
    workplace, _ = started_in(fleet)
    marker = fleet.git_dir / "worktrees/one/gatekeeper.json"
    said = json.loads(marker.read_text())
    marker.write_text(json.dumps(said | {"schema": "gatekeeper.workplace/9"}))
    with pytest.raises(BadInputError, match="another version"):
        agents.create(opened(fleet), workplace, trunk(fleet))
    for broken in ("{", "[]", "{}", json.dumps(said | {"stage": "x"}), json.dumps(said | {"more": 1})):
        marker.write_text(broken)
        with pytest.raises(BadInputError, match="is damaged"):
            agents.create(opened(fleet), workplace, trunk(fleet))


def test_submodules_are_said_to_be_empty(fleet: RepositoryBuilder, tmp_path: Path) -> None:
    inner = RepositoryBuilder(tmp_path / "inner")
    inner.commit("main", {"x": "1\n"})
    fleet.git("submodule", "add", "-q", str(inner.root), "sub")
    fleet.git("commit", "-q", "-m", "sub")
    created = started(fleet)
    assert created.notes == ("its submodules are empty: git submodule update --init",)
    assert git(Path(created.workplace.worktree or ""), "status", "--porcelain") == ""


def test_shallow_and_partial_clones(fleet: RepositoryBuilder, tmp_path: Path) -> None:
    fleet.commit("main", {"a.txt": "2\n"})
    fleet.git("config", "uploadpack.allowFilter", "true")
    for options in (("--depth=1",), ("--filter=blob:none", "--no-checkout")):
        clone = tmp_path / f"clone{options[0].strip('-=1:')[:4]}"
        git(tmp_path, "clone", "-q", *options, f"file://{fleet.root}", str(clone))
        inside = open_repository(str(clone))
        workplace = agents.plan(inside, "../{repository}.agents", "one", "one", trunk=TRUNK)
        at = Oid(git(clone, "rev-parse", "HEAD"))
        agents.create(inside, workplace, at)
        worktree = Path(workplace.worktree or "")
        assert git(worktree, "status", "--porcelain") == ""
        tip = commit_in(worktree, "new.txt", "1\n")
        found = agents.obstacles(inside, workplace, at)
        assert [each.kind.value for each in found] == ["unmerged"]
        assert agents.remove(inside, workplace, trunk=tip).obstacles == ()


def test_objects_that_are_missing(fleet: RepositoryBuilder) -> None:
    blob = fleet.git("rev-parse", "main:a.txt").strip()
    path = fleet.git_dir / "objects" / blob[:2] / blob[2:]
    kept = path.read_bytes()
    path.unlink()
    workplace = planned(fleet, "one")
    with pytest.raises(GitCommandError):
        agents.create(opened(fleet), workplace, trunk(fleet))
    path.write_bytes(kept)
    assert agents.create(opened(fleet), workplace, trunk(fleet)).branch_made
    assert isinstance(GitCommandError("x"), GatekeeperError)
