"""R-25: the work log of a branch, against what git itself counts."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given, settings

from gatekeeper.core.names import AgentName, Oid, RefName
from gatekeeper.core.roster import AgentSpec, Roster
from gatekeeper.core.watch.work_log import Work, WorkLog
from gatekeeper.errors import BadInputError, UnknownRevisionError
from gatekeeper.repository import open_repository
from gatekeeper.repository.discovery import Trunk
from gatekeeper.scanning.work_log import (
    Worker,
    branch_of_declared,
    find_worker,
    gather_work_log,
    uncommitted_work,
)
from tests.kit import Executable, RepositoryBuilder, Submodule, Symlink
from tests.kit.environment import EPOCH
from tests.kit.histories import History, build_or_reject, histories
from tests.shell.scans import fingerprint

MANIFEST = '[package]\nname = "a"\n\n[features]\ndefault = []\n'


def log_of(repository: RepositoryBuilder, branch: str, trunk: str = "main", *, uncommitted: bool = False) -> WorkLog:
    opened = open_repository(str(repository.root))
    ref = RefName(f"refs/heads/{branch}")
    worker = Worker(AgentName(branch), ref, Oid(repository.commit_id(branch)))
    with closing(opened.object_store()) as store:
        besides = uncommitted_work(opened, store, ref) if uncommitted else None
        return gather_work_log(store, Oid(repository.commit_id(trunk)), worker, uncommitted=besides)


def counted(work: Work) -> set[tuple[str, ...]]:
    return {(_count(file.added), _count(file.removed), str(file.path)) for file in work.files}


def _count(number: int | None) -> str:
    return "-" if number is None else str(number)


def numstat(repository: RepositoryBuilder, *range_: str, cwd: Path | None = None) -> set[tuple[str, ...]]:
    """Return what git counts: lines added and removed, and the path (of a rename, the new one)."""
    fields = repository.git("diff", "--numstat", "-M", "-z", *range_, cwd=cwd).split("\0")
    found: set[tuple[str, ...]] = set()
    while len(fields) > 1:
        added, removed, path = fields.pop(0).split("\t")
        if not path:
            _, path = fields.pop(0), fields.pop(0)
        found.add((added, removed, path))
    return found


@settings(max_examples=25)
@given(history=histories(agents=(2, 3)))
def test_lines_and_commits_are_those_that_git_counts(
    new_repository: Callable[[], RepositoryBuilder], history: History
) -> None:
    repository = new_repository()
    agents = build_or_reject(history, repository)
    for ref, tip in agents.items():
        log = log_of(repository, ref.removeprefix("refs/heads/"))
        commits = repository.git("rev-list", tip, "^main").split()
        assert {commit.oid for commit in log.commits} == set(commits)
        bases = repository.git("merge-base", "--all", "main", tip).split()
        assert log.subject.base in bases
        if len(bases) == 1:
            assert counted(log.committed) == numstat(repository, bases[0], tip)


@pytest.fixture
def agent(repository: RepositoryBuilder) -> RepositoryBuilder:
    repository.commit("main", {"Cargo.toml": MANIFEST, "a.rs": "one\ntwo\n", "logo.png": b"\0old"})
    repository.branch("agent")
    return repository


def test_what_there_is_to_tell(agent: RepositoryBuilder) -> None:
    base = agent.commit_id("main")
    agent.commit("agent", {"Cargo.toml": MANIFEST + "fast = []\n"}, message="Add fast\n\nBecause.", author="Ann Other")
    agent.commit("agent", {"a.rs": "one\n2\n3\n", "logo.png": b"\0new"}, message="Edit")
    log = log_of(agent, "agent")
    assert (log.subject.base, log.subject.head) == (base, agent.commit_id("agent"))
    assert (log.commits[0].author, log.commits[0].subject) == ("Ann Other", "Add fast")
    assert log.started_at == datetime.fromtimestamp(EPOCH + 60, UTC)
    assert log.duration is not None
    assert log.duration.total_seconds() == 60
    assert counted(log.committed) == {("1", "0", "Cargo.toml"), ("2", "1", "a.rs"), ("-", "-", "logo.png")}
    (manifest,) = log.committed.manifests
    assert manifest.summary.features_added == ("fast",)


def test_what_was_merged_from_trunk_is_not_the_agents_work(agent: RepositoryBuilder) -> None:
    agent.commit("agent", {"a.rs": "one\n"})
    agent.commit("main", {"b.rs": "trunk's\n", "Cargo.toml": MANIFEST + "slow = []\n"})
    agent.merge("agent", "main")
    log = log_of(agent, "agent")
    assert counted(log.committed) == {("0", "1", "a.rs")}
    assert [commit.is_merge for commit in log.commits] == [False, True]
    assert log.started_at == log.ended_at


def test_histories_that_cross_count_from_what_both_have(agent: RepositoryBuilder) -> None:
    agent.commit("agent", {"a.rs": "one\n"})
    agent.commit("main", {"b.rs": "trunk's\n"})
    ours, theirs = agent.commit_id("agent"), agent.commit_id("main")
    agent.merge("agent", theirs)
    agent.merge("main", ours)
    agent.commit("agent", {"c.rs": "new\n"})
    assert counted(log_of(agent, "agent").committed) == {("1", "0", "c.rs")}


def test_renamed_deleted_and_unreadable_manifests(agent: RepositoryBuilder) -> None:
    agent.rename("agent", "Cargo.toml", "core/Cargo.toml", also={"Makefile.toml": "a = [\n", "new.toml": Symlink("x")})
    work = log_of(agent, "agent").committed
    told = {str(one.path): (one.status, one.renamed_from, one.problem) for one in work.manifests}
    assert told["core/Cargo.toml"] == ("renamed", "Cargo.toml", None)
    assert told["Makefile.toml"] == ("added", None, "after: line 1, column 6: unclosed array, expected `]`")
    assert told["new.toml"] == ("added", None, "it is a symbolic link")
    agent.commit("agent", {"core/Cargo.toml": None, "sub.toml": Submodule(agent.commit_id("main"))})
    work = log_of(agent, "agent").committed
    told = {str(one.path): (one.status, one.renamed_from, one.problem) for one in work.manifests}
    assert told["Cargo.toml"] == ("removed", None, None)
    assert told["sub.toml"] == ("added", None, "it is a submodule")


def test_a_mode_that_changes_is_told_without_lines(agent: RepositoryBuilder) -> None:
    agent.commit("agent", {"a.rs": Executable("one\ntwo\n")})
    assert counted(log_of(agent, "agent").committed) == {("0", "0", "a.rs")}


def test_names_that_are_hard_to_read(agent: RepositoryBuilder) -> None:
    odd = "d\n/\t\udcff \u00e4.toml"
    agent.commit("agent", {odd: "x = 1\n"}, message="\u00e4\x1b", author="A\x1b\u00e9")
    log = log_of(agent, "agent")
    assert counted(log.committed) == {("1", "0", odd)}
    assert (log.commits[0].author, log.commits[0].subject) == ("A\x1b\u00e9", "\u00e4\x1b")


def test_uncommitted_work_stands_apart_and_nothing_is_written(agent: RepositoryBuilder) -> None:
    agent.commit("agent", {"a.rs": "one\n"})
    place = agent.worktree("agent")
    before = fingerprint(agent.root, place)
    clean = log_of(agent, "agent", uncommitted=True)
    assert clean.uncommitted == Work()
    assert fingerprint(agent.root, place) == before
    agent.write(place, {"a.rs": "1\n2\n", "new.rs": "new\n"})
    log = log_of(agent, "agent", uncommitted=True)
    assert log.uncommitted is not None
    assert counted(log.uncommitted) == {("2", "1", "a.rs"), ("1", "0", "new.rs")}
    assert counted(log.committed) == {("0", "1", "a.rs")}
    assert log_of(agent, "main", uncommitted=True).commits == ()


def test_a_branch_without_a_worktree_has_no_uncommitted_work(agent: RepositoryBuilder) -> None:
    assert log_of(agent, "agent", uncommitted=True).uncommitted is None


def test_a_history_of_its_own_cannot_be_told(agent: RepositoryBuilder) -> None:
    agent.commit("apart", {"a": "1\n"}, root=True)
    with pytest.raises(BadInputError, match="apart shares no history with trunk"):
        log_of(agent, "apart")


def test_agents_are_found_by_name_and_by_branch(agent: RepositoryBuilder) -> None:
    opened = open_repository(str(agent.root))
    trunk = Trunk(RefName("refs/heads/main"), Oid(agent.commit_id("main")))
    specs = [AgentSpec(AgentName("tester"), RefName("agent")), AgentSpec(AgentName("late"), RefName("later"))]
    roster = Roster({spec.name: spec for spec in specs})

    def found(name: str) -> Worker:
        return find_worker(opened, trunk, roster, name, branch_of_declared(roster))

    assert found("tester") == found("agent") == found("refs/heads/agent")
    assert found("tester").agent == "tester"
    agent.git("update-ref", "refs/remotes/origin/later", "refs/heads/agent")
    assert found("late").ref == "refs/remotes/origin/later"
    agent.git("update-ref", "-d", "refs/remotes/origin/later")
    for name, said in (("nobody", "no agent and no branch 'nobody'"), ("late", "has no branch later yet")):
        with pytest.raises(UnknownRevisionError, match=said):
            found(name)
    with pytest.raises(BadInputError, match="main is trunk itself"):
        found("main")
