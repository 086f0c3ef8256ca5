"""What a poll makes of findings: opened once, closed when they are gone, expected ones told and no alarm."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from gatekeeper.core.ledger.events import FindingChanged, FindingClosed, FindingOpened, NoticeDelivered
from gatekeeper.core.ledger.records import AgentRecord
from tests.cli.run import gatekeeper
from tests.e2e.watched import MAKEFILE, Watch, assert_silent, crate, kinds, rules, said, standing, workspace
from tests.kit import RepositoryBuilder

AUDIT = MAKEFILE.replace('["check"]', '["check", "--all"]')
LOCKED = MAKEFILE.replace('["check"]', '["check", "--locked"]')
CLASH = "mk-args-both-edited"
FEATURES = "feature-array-both-edited"
BECAUSE = 'path = "Makefile.toml", reason = "both rework the build"'
WORSE = f'[policy.severity.rules]\n{CLASH} = "major"\n'
TELL = '[[notifications]]\ncommand = ["sh", "-c", "cat >> told; echo >> told"]\nleast = "note"\n'


def profile(*features: str) -> str:
    listed = ", ".join(f'"{name}"' for name in features)
    others = "".join(f"{name} = []\n" for name in features if name != "minimal")
    return crate("one", features=f"profile = [{listed}]\nminimal = []\n{others}")


@pytest.fixture
def watch(repository: RepositoryBuilder) -> Watch:
    return Watch(repository)


@pytest.fixture
def told(watch: Watch) -> Callable[[], int]:
    """Return how often anybody was told."""

    def count() -> int:
        file = watch.root / "told"
        return file.read_text().count('"gatekeeper.notice/1"') if file.exists() else 0

    return count


#
def test_uncommitted_work_opens_a_finding_that_stays_the_same_when_it_is_committed(watch: Watch) -> None:
    watch.commit("main", workspace())
    watch.agent("one", {"Makefile.toml": AUDIT})
    watch.builder.branch("two")
    worktree = watch.builder.worktree("two")
    assert CLASH not in rules(watch.later(minutes=1).poll())
    watch.builder.write(worktree, {"Makefile.toml": LOCKED})
    opened = watch.later(minutes=1).poll()
    finding = standing(opened, CLASH)
    assert finding.agents == ("one", "two")
    assert [event.problem.id for event in said(opened.events, FindingOpened)] == [finding.id]
    watch.commit_in(worktree)
    committed = watch.later(minutes=1).poll()
    assert standing(committed, CLASH).id == finding.id
    assert not {"finding.opened", "finding.closed"}.intersection(kinds(committed.events))
    watch.commit("two", {"Makefile.toml": MAKEFILE})
    reverted = watch.later(minutes=1).poll()
    (gone,) = said(reverted.events, FindingClosed)
    assert (gone.finding, gone.agents) == (finding.id, ("one", "two"))
    assert CLASH not in rules(reverted)
    watch.builder.write(worktree, {"Makefile.toml": LOCKED})
    assert standing(watch.later(minutes=1).poll(), CLASH).id == finding.id
    assert CLASH not in rules(watch.later(minutes=1).poll(worktrees=False))


#
@pytest.mark.parametrize(
    "settings",
    [
        f'[agents.build-config]\n[agents.incremental]\nconflicts_with = [{{ agent = "build-config", {BECAUSE} }}]\n',
        f'[[policy.expected]]\nagents = ["build-*", "incremental"]\n{BECAUSE.replace(", ", chr(10))}\n',
    ],
)
def test_declared_expectations_are_told_and_alarm_nobody(watch: Watch, told: Callable[[], int], settings: str) -> None:
    # Of the question that it puts to the architect, and of who is paused, those hear who ask for it.
    alarms = 'on = ["finding-opened", "finding-closed", "checkpoint-failed"]\n'
    watch.commit("main", workspace(f"{WORSE}{TELL}{alarms}{settings}"))
    watch.agent("build-config", {"Makefile.toml": AUDIT})
    watch.agent("incremental", {"Makefile.toml": LOCKED})
    done = watch.later(minutes=1).poll()
    assert standing(done, CLASH).expected_because == "both rework the build"
    assert (done.blocking, told(), done.outcomes) == (0, 0, ())
    assert all(check.holds for check in done.checks)
    shown = gatekeeper("status", "-C", str(watch.root))
    assert "· expected" in shown.stdout
    assert gatekeeper("poll", "-C", str(watch.root), "--dry-run").returncode == 0
    # No longer declared: now somebody has to hear of it, and again the finding is the same one.
    watch.commit("main", {"gatekeeper.toml": f"{WORSE}{TELL}"})
    surprise = watch.later(minutes=1).poll()
    (changed,) = said(surprise.events, FindingChanged)
    assert (changed.problem.id, changed.problem.expected_because) == (standing(done, CLASH).id, None)
    assert (surprise.blocking, told()) == (1, 1)
    assert gatekeeper("poll", "-C", str(watch.root), "--dry-run").returncode == 1


#
def test_a_finding_is_alarmed_once_and_closes_itself(watch: Watch, told: Callable[[], int]) -> None:
    watch.commit("main", workspace(TELL + "[agents.one]\n[agents.two]\n"))
    watch.agent("one", {"crates/one/Cargo.toml": profile("minimal", "debug-fast")})
    watch.agent("two", {"crates/one/Cargo.toml": profile("minimal", "headless")})
    first = watch.later(minutes=1).poll()
    finding = standing(first, FEATURES)
    assert (finding.severity, told(), first.blocking) == ("major", 1, 1)
    assert_silent(watch.later(minutes=30).poll(cache=False))
    # Trunk moves, the agents go on editing, there and elsewhere: the same finding, no word.
    watch.commit("main", {"README.md": "two\n"})
    watch.commit("one", {"crates/one/Cargo.toml": profile("minimal", "debug-faster"), "src.txt": "1\n"})
    moved = watch.later(minutes=1).poll()
    assert (kinds(moved.events), moved.outcomes) == (["fleet.seen", "case.changed"], ())
    assert (standing(moved, FEATURES).id, told()) == (finding.id, 1)
    assert_silent(watch.later(minutes=1).poll())
    watch.commit("two", {"crates/one/Cargo.toml": profile("minimal")})
    settled = watch.later(minutes=1).poll()
    assert [event.finding for event in said(settled.events, FindingClosed)] == [finding.id]
    assert (FEATURES in rules(settled), settled.blocking, told()) == (False, 0, 2)
    assert watch.closed()[FEATURES] == "two is landed"
    watch.commit("two", {"crates/one/Cargo.toml": profile("minimal", "headless")})
    again = watch.later(minutes=1).poll()
    assert [event.problem.id for event in said(again.events, FindingOpened)] == [finding.id]
    assert (told(), FEATURES in watch.closed()) == (3, False)


#
def test_agents_that_change_sides_at_a_place_alarm_nobody_again(watch: Watch, told: Callable[[], int]) -> None:
    watch.commit("main", workspace(TELL))
    for name, text in (("one", AUDIT), ("two", LOCKED), ("three", LOCKED)):
        watch.agent(name, {"Makefile.toml": text})
    before = watch.later(minutes=1).poll()
    assert told() == 1
    watch.commit("three", {"Makefile.toml": AUDIT})
    after = watch.later(minutes=1).poll()
    assert {problem.agents for problem in before.standing} == {problem.agents for problem in after.standing}
    watch.commit("three", {"Makefile.toml": MAKEFILE.replace('["check"]', '["check", "--quiet"]')})
    apart = watch.later(minutes=1).poll()
    assert "finding.opened" in kinds(apart.events)
    assert (apart.outcomes, told()) == ((), 1)
    # Somebody new has to hear of it, once.
    watch.agent("four", {"Makefile.toml": AUDIT})
    joined = watch.later(minutes=1).poll()
    assert (len(said(joined.outcomes, NoticeDelivered)), told()) == (1, 2)
    assert_silent(watch.later(minutes=1).poll())


#
def test_an_edit_outside_of_the_declared_scope_is_a_finding(watch: Watch) -> None:
    watch.commit("main", workspace('[agents.one]\nscope = ["Makefile.toml#tasks.**", "crates/one/**"]\n'))
    watch.agent("one", {"Makefile.toml": AUDIT, "crates/one/src/lib.rs": "//!\n"})
    assert not watch.later(minutes=1).poll().standing
    watch.commit("one", {"Makefile.toml": AUDIT.replace('"fast"', '"slow"'), "crates/two/src/lib.rs": "//!\n"})
    done = watch.later(minutes=1).poll()
    found = [problem for problem in done.standing if "scope" in problem.rule]
    assert {(problem.path, problem.key) for problem in found} == {
        ("Makefile.toml", ""),
        ("crates/two/src/lib.rs", ""),
    }
    assert all(problem.agents == ("one",) for problem in found)
    assert all("env.MODE" in problem.message for problem in found if problem.path == "Makefile.toml")
    watch.commit("one", {"Makefile.toml": AUDIT, "crates/two/src/lib.rs": "//\n"})
    assert not watch.later(minutes=1).poll().standing


def test_a_stray_branch_is_in_findings_and_not_in_the_registry(watch: Watch) -> None:
    watch.commit("main", workspace("[agents.one]\n"))
    watch.agent("one", {"Makefile.toml": AUDIT})
    watch.agent("stray/é\u202e", {"Makefile.toml": LOCKED})
    done = watch.later(minutes=1).poll()
    assert standing(done, CLASH).agents == ("one", "stray/é\u202e")
    assert [name for name, _ in watch.state.each(AgentRecord)] == ["one"]
    listed = gatekeeper("agent", "list", "-C", str(watch.root)).stdout
    assert "stray" not in listed
    for command in ("status", "log", "poll"):
        assert "\u202e" not in gatekeeper(command, "-C", str(watch.root)).stdout


def test_two_hundred_branches_are_watched(new_repository: Callable[[], RepositoryBuilder]) -> None:
    watch = Watch(new_repository())
    names = [f"agent-{number:03}" for number in range(200)]
    declared = "".join(f"[agents.{name}]\n" for name in names)
    watch.commit("main", workspace(declared))
    for number, name in enumerate(names):
        args = f'["check", "-p", "crate-{number % 4}"]'
        watch.agent(name, {"Makefile.toml": MAKEFILE.replace('["check"]', args)})
    done = watch.later(minutes=1).poll()
    assert len({agent for problem in done.standing for agent in problem.agents}) == 200
    assert len(list(watch.state.each(AgentRecord))) == 200
    assert_silent(watch.later(minutes=1).poll())
    #
    assert len(watch.messages()) == 2


#
def test_expected_and_waived_findings_say_so_where_a_poll_shows_them(watch: Watch, tmp_path: Path) -> None:
    row = '[[policy.expected]]\npath = "Makefile.toml"\nreason = "both rework the build"\n'
    watch.commit("main", workspace(row))
    watch.agent("one", {"Makefile.toml": AUDIT})
    watch.agent("two", {"Makefile.toml": LOCKED})
    shown = gatekeeper("poll", "-C", str(watch.root), "--dry-run", cwd=tmp_path)
    assert shown.returncode == 0
    assert "· expected" in shown.stdout
