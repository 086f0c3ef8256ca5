"""Polls of repositories to which something has happened: each has an outcome that somebody has thought of."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from gatekeeper.core.ledger.events import FindingClosed, FleetSeen
from gatekeeper.core.ledger.records import AgentRecord
from gatekeeper.errors import ConfigurationError
from tests.cli.run import gatekeeper
from tests.e2e.watched import MAKEFILE, Watch, assert_silent, crate, failed, kinds, rules, said, workspace
from tests.kit import RepositoryBuilder
from tests.shell.workplaces import nobody_s

CLASH = "mk-args-both-edited"


def tasks(args: str) -> str:
    return MAKEFILE.replace('["check"]', f'["check", "{args}"]')


def fleet(watch: Watch, settings: str = "[agents.one]\n[agents.two]\n") -> Watch:
    """Make two declared agents that clash, and look at them once."""
    watch.commit("main", workspace(settings))
    for name in ("one", "two"):
        watch.agent(name, {"Makefile.toml": tasks(f"--{name}")})
    assert CLASH in rules(watch.later(minutes=1).poll())
    return watch.later(minutes=1)


@pytest.fixture
def watch(repository: RepositoryBuilder) -> Watch:
    return Watch(repository)


def test_a_branch_that_is_deleted_closes_its_findings_and_is_told_once(watch: Watch) -> None:
    fleet(watch)
    committed = watch.record("two").committed_at
    watch.builder.git("branch", "-D", "two")
    done = watch.poll()
    (closed,) = said(done.events, FindingClosed)
    assert (closed.because, closed.agents) == ("two is missing", ("one", "two"))
    record = watch.record("two")
    assert (record.state, record.head, record.committed_at) == ("missing", None, committed)
    assert_silent(watch.later(minutes=1).poll())
    assert "no branch" in gatekeeper("status", "-C", str(watch.root)).stdout
    watch.agent("two", {"Makefile.toml": tasks("--two")})
    assert CLASH in rules(watch.later(minutes=1).poll())
    assert watch.record("two").state == "mergeable"


def test_a_branch_that_is_forced_elsewhere_is_what_it_is_now(watch: Watch) -> None:
    fleet(watch)
    watch.builder.branch("two", "main")
    head = watch.commit("two", {"crates/two/src/lib.rs": "//!\n"})
    done = watch.poll()
    assert (rules(done), watch.record("two").head) == (set(), head)
    watch.builder.git("reflog", "expire", "--expire=now", "--all")
    watch.builder.git("gc", "-q", "--prune=now")
    assert_silent(watch.later(minutes=1).poll(cache=False))


def test_a_trunk_that_is_rewritten_is_told_once(new_repository: Callable[[], RepositoryBuilder]) -> None:
    watch = fleet(Watch(new_repository()))
    before = watch.commit("main", {"README.md": "two\n"})
    assert said(watch.poll().events, FleetSeen)[0].rewritten_from is None
    watch.builder.branch("main", f"{before}~1")
    watch.commit("main", {"README.md": "three\n"})
    # Even if nobody has the old commit any more.
    watch.builder.git("reflog", "expire", "--expire=now", "--all")
    watch.builder.git("gc", "-q", "--prune=now")
    shown = gatekeeper("poll", "-C", str(watch.root), "--dry-run").stdout
    assert f"trunk was rewritten: it no longer has {before[:10]}" in shown
    (seen,) = said(watch.later(minutes=1).poll().events, FleetSeen)
    assert seen.rewritten_from == before
    assert_silent(watch.later(minutes=1).poll())
    watch.commit("main", {"README.md": "four\n"})
    assert said(watch.later(minutes=1).poll().events, FleetSeen)[0].rewritten_from is None


def test_a_worktree_whose_directory_is_gone_or_locked_holds_nobody_up(watch: Watch) -> None:
    fleet(watch)
    gone, locked = watch.builder.worktree("one"), watch.builder.worktree("two")
    watch.builder.write(gone, {"crates/two/src/lib.rs": "//!\n"})
    watch.poll()
    shutil.rmtree(gone)
    watch.builder.git("worktree", "lock", "--reason", "on a disk elsewhere", str(locked))
    done = watch.later(minutes=1).poll()
    assert (CLASH in rules(done), done.troubles) == (True, ())
    assert_silent(watch.later(minutes=1).poll())
    shutil.rmtree(locked)
    assert CLASH in rules(watch.later(minutes=1).poll())


def test_an_agent_that_cannot_be_read_neither_opens_nor_closes(watch: Watch) -> None:
    fleet(watch)
    tree = watch.builder.git("rev-parse", "two^{tree}").strip()
    lost = watch.builder.git_dir / "objects" / tree[:2] / tree[2:]
    lost.rename(watch.root.parent / "lost")
    done = watch.poll(cache=False)
    assert CLASH in rules(done)
    assert "finding.closed" not in kinds(done.events)
    (watch.root.parent / "lost").rename(lost)
    back = watch.later(minutes=1).poll(cache=False)
    assert CLASH in rules(back)
    assert "finding.opened" not in kinds(back.events)


def test_a_wrong_configuration_stops_a_poll_before_the_ledger(watch: Watch) -> None:
    fleet(watch)
    tip = watch.tip
    watch.commit("main", {"gatekeeper.toml": "[agents.one]\nprioritty = 1\n"})
    done = gatekeeper("poll", "-C", str(watch.root))
    assert (done.returncode, done.stdout) == (2, "")
    assert "gatekeeper.toml on refs/heads/main:2:" in done.stderr
    assert "did you mean priority" in done.stderr
    assert watch.tip == tip
    for twice in ("[agents.one]\n[agents.one]\n", '[agents.one]\n[agents.two]\nbranch = "one"\n'):
        watch.commit("main", {"gatekeeper.toml": twice})
        with pytest.raises(ConfigurationError):
            watch.poll()
    assert watch.tip == tip
    watch.commit("main", {"gatekeeper.toml": "[agents.one]\n[agents.two]\n"})
    assert kinds(watch.poll().events) == ["fleet.seen"]


def test_a_repository_without_commits_is_told_and_left_alone(repository: RepositoryBuilder) -> None:
    before = nobody_s(repository)
    for command in (("poll",), ("status",), ("agent", "list"), ("agent", "start", "one")):
        done = (
            gatekeeper(*command, "-C", str(repository.root))
            if len(command) == 1
            else gatekeeper(*command, cwd=repository.root)
        )
        assert (done.returncode, done.stdout) == (2, "")
        assert "hint: " in done.stderr
    assert nobody_s(repository) == before


def test_a_bare_repository_is_watched(tmp_path: Path) -> None:
    watch = fleet(Watch(RepositoryBuilder(tmp_path / "bare.git", bare=True)))
    worktree = watch.start("three")
    watch.builder.write(worktree, {"Makefile.toml": tasks("--three")})
    done = watch.later(minutes=1).poll()
    assert {"one", "two", "three"} == {agent for problem in done.standing for agent in problem.agents}
    assert_silent(watch.later(minutes=1).poll(worktree))


def test_a_linked_worktree_and_a_detached_head_see_the_same_ledger(watch: Watch) -> None:
    fleet(watch)
    linked = watch.builder.worktree("one")
    assert_silent(watch.poll(linked))
    assert_silent(watch.poll(linked / "crates" / "two"))
    watch.builder.git("checkout", "-q", "--detach", cwd=linked)
    assert CLASH in rules(watch.later(minutes=1).poll(linked))
    assert_silent(watch.later(minutes=1).poll(linked))
    shown = [gatekeeper("status", cwd=where).stdout for where in (watch.root, linked)]
    assert shown[0] == shown[1]


def test_a_remote_that_is_gone_is_told_and_the_poll_goes_on(watch: Watch, tmp_path: Path) -> None:
    watch.builder.git("remote", "add", "origin", str(tmp_path / "nowhere.git"))
    watch.commit("main", workspace('[ledger]\nremote = "origin"\n'))
    watch.agent("one", {"README.md": "mine\n"})
    done = gatekeeper("poll", "-C", str(watch.root))
    assert done.returncode == 0
    assert "moved" not in done.stdout
    (line,) = done.stderr.splitlines()
    assert line.startswith("gatekeeper: origin cannot be reached: git fetch failed: ")
    assert watch.tip is not None
    again = gatekeeper("poll", "-C", str(watch.root))
    assert (again.returncode, again.stdout) == (0, "")
    # When it is back, it gets what it has missed.
    remote = RepositoryBuilder(tmp_path / "nowhere.git", bare=True)
    assert gatekeeper("poll", "-C", str(watch.root)).stderr == ""
    assert remote.git("rev-parse", "refs/gatekeeper/ledger").strip() == watch.tip


def test_what_a_fetch_brings_is_seen_by_the_same_poll(watch: Watch, tmp_path: Path) -> None:
    fleet(watch)
    remote = RepositoryBuilder(tmp_path / "shared.git", bare=True)
    watch.builder.git("push", "-q", str(remote.root), "main", "one")
    watch.builder.git("remote", "add", "origin", str(remote.root))
    remote.commit("main", {})
    remote.branch("three", "main")
    remote.commit("three", {"Makefile.toml": tasks("--three")})
    done = watch.poll()
    assert "three" in {agent.removeprefix("origin/") for problem in done.standing for agent in problem.agents}
    assert_silent(watch.later(minutes=1).poll(fetch=False))


def test_an_agent_of_another_clone_is_known_by_its_remote_tracking_branch(watch: Watch, tmp_path: Path) -> None:
    fleet(watch)
    remote = RepositoryBuilder(tmp_path / "shared.git", bare=True)
    watch.builder.git("push", "-q", str(remote.root), "main", "one", "two")
    watch.builder.git("remote", "add", "origin", str(remote.root))
    watch.poll()
    watch.builder.git("branch", "-D", "two")
    watch.later(minutes=1).poll()
    assert watch.record("two").state == "mergeable"


#
def test_a_claim_of_an_agent_that_is_gone_does_not_stop_a_poll(watch: Watch) -> None:
    fleet(watch)
    made = gatekeeper("claim", "Makefile.toml#tasks.check", "--as", "two", "--for", "1h", cwd=watch.root)
    assert made.returncode == 0
    watch.builder.git("branch", "-D", "two")
    assert json.loads(gatekeeper("poll", "--format", "json", cwd=watch.root).stdout)["troubles"] == []


def test_removed_agents_leave_the_registry_and_their_findings_close(
    new_repository: Callable[[], RepositoryBuilder],
) -> None:
    watch = Watch(new_repository())
    watch.commit("main", workspace())
    watch.agent("one", {"crates/one/Cargo.toml": crate("one", features="profile = []\nminimal = []\n")})
    worktree = watch.start("two")
    changed = crate("one", features='profile = ["minimal", "x"]\nminimal = []\nx = []\n')
    watch.builder.write(worktree, {"crates/one/Cargo.toml": changed})
    assert rules(watch.later(minutes=1).poll())
    watch.desk().remove("two", archived=True)
    done = watch.later(minutes=1).poll()
    assert (rules(done), failed(done)) == (set(), {})
    assert [record.removed_at is not None for _, record in watch.state.each(AgentRecord)] == [True]
    assert_silent(watch.later(minutes=90).poll())
