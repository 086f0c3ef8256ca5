from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from gatekeeper.core.names import AgentName, Oid, RefName
from gatekeeper.errors import UnknownRevisionError
from gatekeeper.repository.discovery import find_trunk
from gatekeeper.repository.objects import ObjectStore
from gatekeeper.scanning import ScanRequest
from gatekeeper.scanning.agents import STAGED, Agent, find_agents, focus_of
from tests.kit import RepositoryBuilder
from tests.shell.scans import (
    CLASH,
    LINES,
    agents,
    conflicts,
    fingerprint,
    opened,
    scanned,
    states,
    stores,
    two_agents,
)


@pytest.fixture
def store(repository: RepositoryBuilder) -> Iterator[ObjectStore]:
    yield from stores(repository)


def found(builder: RepositoryBuilder, store: ObjectStore, request: ScanRequest) -> list[Agent]:
    repository = opened(builder)
    return find_agents(repository, store, request, find_trunk(repository, request.trunk))


def subject(builder: RepositoryBuilder, asked: ScanRequest, among: Sequence[Agent] = ()) -> AgentName | None:
    repository = opened(builder)
    return focus_of(repository, asked, among, find_trunk(repository, asked.trunk))


def request(builder: RepositoryBuilder, **options: object) -> ScanRequest:
    return ScanRequest(str(builder.root), **options)  # type: ignore[arg-type] # passed on as they are


def test_agents_are_in_the_order_of_their_names(repository: RepositoryBuilder, store: ObjectStore) -> None:
    two_agents(repository)
    for name in ("z", "B", "a/b"):
        repository.branch(name)
    told = [(agent.name, agent.ref, agent.commit) for agent in found(repository, store, request(repository))]
    assert told == [
        (name, f"refs/heads/{name}", repository.commit_id(name)) for name in ("B", "a/b", "one", "two", "z")
    ]


def test_branches_that_are_already_in_trunk_have_landed(repository: RepositoryBuilder) -> None:
    two_agents(repository)
    for name in ("merged", "squashed", "old", "reverted"):
        repository.branch(name)
    repository.commit("merged", {"m.txt": "1\n"})
    repository.commit("squashed", {"s.txt": "1\n"})
    repository.commit("squashed", {"s.txt": "2\n"})
    repository.commit("reverted", {"r.txt": "1\n"})
    repository.commit("reverted", {"r.txt": None})
    repository.merge("main", "merged")
    repository.squash("squashed", onto="main")
    report = scanned(repository)
    assert {name for name, state in states(report).items() if state == "landed"} == {
        "merged",
        "squashed",
        "old",
        "reverted",
    }
    assert conflicts(report) == {CLASH}


def test_a_branch_that_conflicts_with_trunk_is_still_compared_elsewhere(repository: RepositoryBuilder) -> None:
    two_agents(repository)
    repository.commit("main", {"b.txt": LINES.replace("line 4", "trunk")})
    repository.commit("one", {"b.txt": LINES.replace("line 4", "one")})
    report = scanned(repository)
    assert states(report) == {"one": "conflicts-with-trunk", "two": "mergeable"}
    assert agents(report)["one"].paths == ("b.txt",)
    assert conflicts(report) == {CLASH}


def test_the_agent_in_focus_is_among_the_chosen_ones(repository: RepositoryBuilder, store: ObjectStore) -> None:
    two_agents(repository)
    repository.branch("three", at="two")
    names = [agent.name for agent in found(repository, store, request(repository, branches=("two",), focus="one"))]
    assert names == ["one", "two"]
    with pytest.raises(UnknownRevisionError, match="no branch 'gone'"):
        found(repository, store, request(repository, branches=("two",), focus="gone"))


@pytest.mark.parametrize("focus", ["one", "refs/heads/one", "heads/one"])
def test_a_focus_keeps_what_concerns_it(repository: RepositoryBuilder, store: ObjectStore, focus: str) -> None:
    two_agents(repository)
    for name in ("three", "four"):
        repository.branch(name)
        repository.commit(name, {"b.txt": f"{name}\n"})
    everyone = found(repository, store, request(repository))
    assert subject(repository, request(repository, focus=focus), everyone) == "one"
    assert conflicts(scanned(repository, focus=focus)) == {CLASH}
    assert len(conflicts(scanned(repository))) == 2


def test_without_a_focus_all_count(repository: RepositoryBuilder) -> None:
    two_agents(repository)
    assert subject(repository, request(repository)) is None


def test_what_is_staged_stands_for_the_branch_that_is_checked_out(
    repository: RepositoryBuilder, store: ObjectStore
) -> None:
    two_agents(repository)
    repository.git("checkout", "-q", "one")
    repository.write(repository.root, {"b.txt": "staged\n"})
    repository.stage(repository.root)
    repository.write(repository.root, {"c.txt": "not staged\n"})
    wanted = request(repository, staged=True)
    (one,) = [agent for agent in found(repository, store, wanted) if agent.name == "one"]
    assert one.uncommitted
    (delta,) = store.tree_deltas([(Oid(repository.commit_id("one")), one.commit)])
    assert list(delta) == ["b.txt"]
    assert subject(repository, wanted) == "one"


def test_what_is_staged_on_a_detached_head_has_a_name_of_its_own(
    repository: RepositoryBuilder, store: ObjectStore
) -> None:
    two_agents(repository)
    repository.git("checkout", "-q", "--detach", "main")
    repository.write(repository.root, {"a.txt": LINES.replace("line 4", "staged")})
    repository.stage(repository.root)
    wanted = request(repository, staged=True, worktrees=False)
    assert [agent.name for agent in found(repository, store, wanted)] == [STAGED, "one", "two"]
    assert subject(repository, wanted) == STAGED
    assert conflicts(scanned(repository, staged=True)) == {("a.txt", "(staged)", "one"), ("a.txt", "(staged)", "two")}


def test_a_first_commit_can_be_checked_before_there_is_one(repository: RepositoryBuilder) -> None:
    two_agents(repository)
    repository.git("checkout", "-q", "--orphan", "fresh")
    report = scanned(repository, staged=True)
    assert states(report)["fresh"] == "unrelated-history"


def test_nothing_in_the_repository_changes(repository: RepositoryBuilder) -> None:
    two_agents(repository)
    linked = repository.worktree("one")
    repository.write(linked, {"b.txt": "unstaged\n", "new.txt": "untracked\n"})
    repository.write(repository.root, {"a.txt": "staged\n", "c.txt": "untracked\n", "b.txt": None})
    repository.stage(repository.root, "a.txt")
    os.utime(repository.root / "a.txt", (1, 1))
    before = fingerprint(repository.root, linked)
    for options in ({}, {"staged": True}, {"focus": "one"}, {"worktrees": False}):
        assert scanned(repository, **options).agents
        assert fingerprint(repository.root, linked) == before
    repository.commit("two", {"d.txt": "the fingerprint sees this\n"})
    assert fingerprint(repository.root, linked) != before


def test_a_repository_that_may_only_be_read_is_scanned(repository: RepositoryBuilder) -> None:
    two_agents(repository)
    linked = repository.worktree("one")
    repository.write(linked, {"b.txt": "unstaged\n"})
    directories = [repository.root, *(path for path in repository.root.rglob("*") if path.is_dir())]
    for directory in directories:
        directory.chmod(0o555)
    try:
        assert conflicts(scanned(repository, cache=True)) == {CLASH}
    finally:
        for directory in directories:
            directory.chmod(0o755)


def test_scratch_stores_go_away(repository: RepositoryBuilder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    two_agents(repository)
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    monkeypatch.setattr("tempfile.tempdir", None)
    before = sorted(tmp_path.iterdir())
    scanned(repository)
    with pytest.raises(UnknownRevisionError):
        scanned(repository, focus="gone")
    assert sorted(tmp_path.iterdir()) == before


def test_an_agent_knows_what_it_is() -> None:
    agent = Agent(AgentName("a"), RefName("refs/heads/a"), Oid("0" * 40))
    assert (agent.worktree, agent.uncommitted, agent.problem) == (None, False, None)


@pytest.mark.parametrize("both", [False, True])
def test_no_work_is_lost_where_a_branch_is_checked_out_twice(repository: RepositoryBuilder, *, both: bool) -> None:
    two_agents(repository)
    first = repository.worktree("one")
    second = repository.root.parent / "second"
    subprocess.run(["git", "worktree", "add", "-q", "--force", str(second), "one"], cwd=repository.root, check=True)
    repository.write(first, {"b.txt": LINES.replace("line 4", "first")})
    repository.commit("two", {"b.txt": LINES.replace("line 4", "two")})
    if both:
        repository.write(second, {"b.txt": LINES.replace("line 4", "second")})
    report = scanned(repository)
    assert agents(report)["one"].worktree == str(first)
    assert ("b.txt", "one", "two") in conflicts(report)
    assert (("b.txt", "two", "worktree:second") in conflicts(report)) == both
