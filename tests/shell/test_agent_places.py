"""Where an agent's workplace goes, and what may not be in the way (R-30)."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from gatekeeper import agents
from gatekeeper.errors import BadInputError, UsageError
from tests.kit import RepositoryBuilder
from tests.shell.scans import fingerprint, opened
from tests.shell.workplaces import (
    FILES,
    TRUNK,
    planned,
    references,
    started,
    trunk,
)


@pytest.fixture
def fleet(repository: RepositoryBuilder) -> RepositoryBuilder:
    repository.commit("main", FILES)
    return repository


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
    with pytest.raises(BadInputError, match=r"(Not a directory|File exists)$"):
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
