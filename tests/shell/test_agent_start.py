"""R-30, R-04: a branch, a worktree, a target directory and an environment with one call."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path

import pytest
import rtoml

from gatekeeper import agents
from gatekeeper.core.names import Oid
from gatekeeper.errors import BadInputError, GatekeeperError, GitCommandError, UnknownRevisionError, UsageError
from gatekeeper.repository import open_repository
from gatekeeper.repository.worktrees import list_worktrees
from tests.kit import RepositoryBuilder, Symlink
from tests.shell.scans import fingerprint, opened, scanned, states
from tests.shell.workplaces import (
    FILES,
    TRUNK,
    adopted,
    commit_in,
    git,
    nobody_s,
    planned,
    references,
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


def test_the_environment_names_the_target_directory(fleet: RepositoryBuilder) -> None:
    workplace, worktree = started_in(fleet)
    shown = subprocess.run(
        ["sh", "-c", '. .gatekeeper/env; printf "%s\n" "$CARGO_TARGET_DIR" "$GATEKEEPER_AGENT"'],
        cwd=worktree,
        check=True,
        capture_output=True,
        text=True,
    )
    assert shown.stdout.splitlines() == [workplace.target_dir, "one"]
    assert rtoml.load(worktree / ".cargo/config.toml") == {"build": {"target-dir": workplace.target_dir}}


@pytest.mark.parametrize("name", ["ünïcode", "a/b/c", "it's $HOME", "x;y", 'quo"te', "l" * 230, "@", "ａ"])
def test_awkward_names(fleet: RepositoryBuilder, tmp_path: Path, name: str) -> None:
    if " " in name:
        with pytest.raises(UsageError, match="cannot be the name of a branch"):
            planned(fleet, name)
        name = name.replace(" ", "_")
    workplace, worktree = started_in(fleet, name)
    base = tmp_path / "repository.agents"
    assert worktree.parent == base
    assert Path(workplace.target_dir or "").parent == base / ".target"
    shown = subprocess.run(
        ["sh", "-c", '. .gatekeeper/env; printf "%s\n" "$CARGO_TARGET_DIR" "$GATEKEEPER_AGENT"'],
        cwd=worktree,
        check=True,
        capture_output=True,
    )
    assert shown.stdout.decode().splitlines() == [workplace.target_dir, name]
    assert rtoml.load(worktree / ".cargo/config.toml")["build"]["target-dir"] == workplace.target_dir
    assert git(worktree, "status", "--porcelain") == ""


@pytest.mark.parametrize(
    "name", ["", "-x", "--help", "..", "a..b", ".hidden", "a/.b", "x.lock", "a\nb", "a\0b", "HEAD", "a//b", "/a", "x/"]
)
def test_names_that_cannot_be_branches(fleet: RepositoryBuilder, name: str) -> None:
    before = fingerprint(fleet.root.parent)
    with pytest.raises(UsageError, match="cannot be the name of a branch"):
        agents.plan(opened(fleet), "../x", name, "fine", trunk=TRUNK)
    with pytest.raises(UsageError, match="cannot be the name of a branch"):
        agents.plan(opened(fleet), "../x", "fine", name, trunk=TRUNK)
    assert fingerprint(fleet.root.parent) == before


def test_trunk_is_nobody_s_branch(fleet: RepositoryBuilder) -> None:
    for branch in ("main", "refs/heads/main"):
        with pytest.raises(UsageError, match="is trunk"):
            planned(fleet, "one", branch)
    with pytest.raises(UsageError, match="is trunk"):
        agents.plan(opened(fleet), "../x", "one", "dev/main", trunk=type(TRUNK)("refs/remotes/origin/dev/main"))


@pytest.mark.parametrize(
    ("setting", "says"),
    [
        ("../{repo}.agents", "unknown placeholder"),
        ("../{", "is no directory"),
        ("", "is no directory"),
        (".", "is a worktree itself"),
        ("agents", "inside the worktree"),
        (".git/agents", "inside the git directory"),
    ],
)
def test_directories_that_will_not_do(fleet: RepositoryBuilder, setting: str, says: str) -> None:
    with pytest.raises(UsageError, match=says):
        planned(fleet, "one", setting=setting)


def test_an_ignored_directory_inside_the_worktree_will_do(fleet: RepositoryBuilder) -> None:
    fleet.commit("main", {".gitignore": "/agents/\n"})
    workplace = planned(fleet, "one", setting="agents")
    agents.create(opened(fleet), workplace, trunk(fleet))
    assert fleet.git("status", "--porcelain") == ""
    assert workplace.worktree == str(fleet.root / "agents/one")


def test_an_absolute_directory_and_one_behind_a_link(fleet: RepositoryBuilder, tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    (tmp_path / "link").symlink_to("real")
    workplace = planned(fleet, "one", setting=str(tmp_path / "link" / "{repository}"))
    assert workplace.worktree == str(tmp_path / "real/repository/one")


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
    with pytest.raises(UsageError, match="there is a branch one already"):
        started(fleet)
    with pytest.raises(UnknownRevisionError, match="not at"):
        agents.create(opened(fleet), planned(fleet, "one"), trunk(fleet), existing=True)
    with pytest.raises(UsageError, match="there is no branch two"):
        agents.create(opened(fleet), planned(fleet, "two"), trunk(fleet), existing=True)
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


def test_no_branch_beside_one_below_it(fleet: RepositoryBuilder) -> None:
    fleet.branch("team/one")
    for name in ("team", "team/one/deeper"):
        with pytest.raises(UsageError, match="cannot have"):
            planned(fleet, name)


@pytest.mark.parametrize("what", ["file", "directory", "link", "worktree", "empty"])
def test_a_place_that_is_taken(fleet: RepositoryBuilder, tmp_path: Path, what: str) -> None:
    place = tmp_path / "repository.agents/one"
    place.parent.mkdir()
    if what == "worktree":
        fleet.git("worktree", "add", "-q", "-b", "other", str(place))
    elif what == "file":
        place.write_text("mine\n")
    elif what == "link":
        place.symlink_to(fleet.root)
    else:
        place.mkdir()
        if what == "directory":
            (place / "mine").write_text("mine\n")
    before = fingerprint(tmp_path)
    with pytest.raises(BadInputError, match="there already, and gatekeeper did not make it"):
        planned(fleet, "one")
    assert fingerprint(tmp_path) == before


def test_a_target_directory_that_is_taken(fleet: RepositoryBuilder, tmp_path: Path) -> None:
    target = tmp_path / "repository.agents/.target/one"
    target.mkdir(parents=True)
    started(fleet)
    (tmp_path / "repository.agents/.target/two/debug").mkdir(parents=True)
    with pytest.raises(BadInputError, match="not from this agent"):
        planned(fleet, "two")


def test_a_place_that_git_remembers(fleet: RepositoryBuilder, tmp_path: Path) -> None:
    place = tmp_path / "repository.agents/one"
    fleet.git("worktree", "add", "-q", "-b", "other", str(place))
    place.rename(tmp_path / "moved")
    with pytest.raises(BadInputError, match="git knows of another worktree"):
        planned(fleet, "one")


def test_directories_that_cannot_be_made(fleet: RepositoryBuilder, tmp_path: Path) -> None:
    (tmp_path / "repository.agents").write_text("a file\n")
    workplace = planned(fleet, "one")
    with pytest.raises(BadInputError, match="repository.agents"):
        agents.create(opened(fleet), workplace, trunk(fleet))
    assert set(references(fleet)) == {"refs/heads/main"}
    (tmp_path / "repository.agents").unlink()
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "repository.agents").mkdir()
    (tmp_path / "repository.agents/.target").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(BadInputError, match="is not a directory"):
        agents.create(opened(fleet), planned(fleet, "one"), trunk(fleet))
    (tmp_path / "repository.agents/.target").unlink()
    # Whatever the failure was, the same call goes on from there.
    assert started(fleet).branch_made
    assert list((tmp_path / "elsewhere").iterdir()) == []


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write anywhere")
def test_a_read_only_directory(fleet: RepositoryBuilder, tmp_path: Path) -> None:
    (tmp_path / "repository.agents").mkdir(mode=0o555)
    with pytest.raises(BadInputError, match="Permission denied"):
        started(fleet)
    (tmp_path / "repository.agents").chmod(0o755)
    assert started(fleet).branch_made


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


def test_a_tracked_configuration_of_cargo_stays_as_it_is(fleet: RepositoryBuilder) -> None:
    fleet.commit("main", {".cargo/config.toml": '[build]\ntarget-dir = "/srv/target"\n'})
    created = started(fleet)
    (note,) = created.notes
    assert note.startswith("the branch tracks .cargo/config.toml, so .cargo/config.toml is not written: ")
    worktree = Path(created.workplace.worktree or "")
    assert "/srv/target" in (worktree / ".cargo/config.toml").read_text()
    assert not (worktree / ".cargo/.gitignore").exists()
    assert git(worktree, "status", "--porcelain", "--ignored").splitlines() == ["!! .gatekeeper/"]


@pytest.mark.parametrize("tracked", [".cargo", ".cargo/config", ".cargo/.gitignore", ".cargo/config.toml/x"])
def test_nothing_is_written_where_the_branch_has_something(fleet: RepositoryBuilder, tracked: str) -> None:
    fleet.commit("main", {tracked: Symlink("src") if tracked == ".cargo" else "x\n"})
    created = started(fleet)
    assert len(created.notes) == 1
    worktree = Path(created.workplace.worktree or "")
    assert git(worktree, "status", "--porcelain") == ""
    assert not (worktree / "src/config.toml").exists()
    assert started(fleet) == created


def test_a_link_in_place_of_the_environment(fleet: RepositoryBuilder, tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    fleet.commit("main", {".gatekeeper": Symlink(str(tmp_path / "out"))})
    created = started(fleet)
    assert "CARGO_TARGET_DIR=" in created.notes[0]
    assert list((tmp_path / "out").iterdir()) == []


SHARED = '[build]\ntarget-dir = "/srv/target"\n'
RULE = "target-dir-shared-by-two-agents"


@pytest.mark.parametrize(
    ("files", "findings"),
    [
        ({}, 0),
        # In every shell that has read the environment file: the note of ``create`` says so.
        ({".cargo/config.toml": SHARED}, 0),
        # Cargo-make overrules the environment: it is told as a fault of trunk itself.
        ({"Makefile.toml": '[env]\nCARGO_TARGET_DIR = "/srv/target"\n'}, 1),
    ],
    ids=["nothing", "cargo", "cargo-make"],
)
def test_a_scan_sees_own_target_directories(fleet: RepositoryBuilder, files: dict[str, str], findings: int) -> None:
    fleet.commit("main", files)
    for name in ("one", "two", "three"):
        _, worktree = started_in(fleet, name)
        commit_in(worktree, f"{name}.txt", "1\n")
    report = scanned(fleet)
    assert states(report) == dict.fromkeys(("one", "two", "three"), "mergeable")
    assert [finding for finding in report.findings if finding.rule == RULE] == []
    assert len([fault for fault in report.standing if fault.rule == RULE]) == findings


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


def test_paths_that_were_not_planned(fleet: RepositoryBuilder, tmp_path: Path) -> None:
    workplace = planned(fleet, "one")
    for worktree, target in (
        (str(fleet.root), workplace.target_dir),
        (workplace.worktree, str(tmp_path)),
        (None, None),
        ("one", ".target/one"),
    ):
        other = type(workplace)(workplace.name, workplace.branch, worktree, target)
        with pytest.raises(UsageError, match="planned"):
            agents.create(opened(fleet), other, trunk(fleet))


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


def test_an_existing_branch_is_adopted_as_it_is(fleet: RepositoryBuilder, tmp_path: Path) -> None:
    fleet.branch("feature/x")
    fleet.branch("alone")
    place = fleet.worktree("feature/x", fleet.root / ".claude/worktrees/x")
    before = fingerprint(tmp_path)
    found = adopted(fleet, "feature/x")
    assert (found.name, found.branch, found.worktree, found.target_dir) == (
        "feature/x",
        "refs/heads/feature/x",
        str(place),
        None,
    )
    assert adopted(fleet, "refs/heads/alone").worktree is None
    assert adopted(fleet, "main").worktree == str(fleet.root)
    assert fingerprint(tmp_path) == before


def test_an_own_worktree_is_known_again(fleet: RepositoryBuilder) -> None:
    workplace, _ = started_in(fleet)
    assert adopted(fleet, "one") == workplace


def test_a_branch_that_is_not_there(fleet: RepositoryBuilder) -> None:
    fleet.branch("feature-login")
    with pytest.raises(UnknownRevisionError) as raised:
        adopted(fleet, "feature-logon")
    assert raised.value.hint == "did you mean feature-login?"
    fleet.git("update-ref", "refs/remotes/origin/far/away", "main")
    with pytest.raises(UnknownRevisionError) as raised:
        adopted(fleet, "far/away")
    assert raised.value.hint == "a remote has it: git branch far/away origin/far/away"


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
