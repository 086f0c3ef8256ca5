"""The checkpoint of a poll: each of its six questions fails, names whom it concerns, and holds again."""

from __future__ import annotations

from datetime import timedelta

import pytest

from gatekeeper.core.ledger.events import CheckpointMade
from tests.e2e.watched import MAKEFILE, Watch, assert_silent, crate, failed, rules, said, standing, workspace
from tests.kit import File, RepositoryBuilder

MEMBERS = '[workspace]\nmembers = ["crates/one", "crates/two"]\nresolver = "2"\n'
TARGET = "[tasks.build]\nenv = { CARGO_TARGET_DIR = '/var/tmp/fast' }\ncommand = 'cargo'\nargs = ['build']\n"
HOUR = "every agent has committed in time"
BLOCKED = "no agent is blocked for too long"


def features(*wanted: str) -> str:
    listed = ", ".join(f'"{name}"' for name in wanted)
    return crate("one", features=f"profile = [{listed}]\nminimal = []\n" + "".join(f"{n} = []\n" for n in wanted[1:]))


@pytest.fixture
def watch(repository: RepositoryBuilder) -> Watch:
    return Watch(repository)


#
@pytest.mark.parametrize(
    ("question", "one", "two", "settled"),
    [
        (
            "no conflicting change of a Makefile.toml",
            {"Makefile.toml": MAKEFILE.replace("fast", "slow")},
            {"Makefile.toml": MAKEFILE.replace("fast", "steady")},
            {"Makefile.toml": MAKEFILE.replace("fast", "slow")},
        ),
        (
            "no incompatible definition of a feature",
            {"crates/one/Cargo.toml": features("minimal", "debug-fast")},
            {"crates/one/Cargo.toml": features("minimal", "headless")},
            {"crates/one/Cargo.toml": features("minimal", "debug-fast")},
        ),
        (
            "no breaking reorganisation of crates",
            {"Cargo.toml": MEMBERS.replace(', "crates/two"', ""), "crates/two": None},
            {"crates/one/Cargo.toml": crate("one", dependencies='two = { path = "../two" }\n')},
            {"crates/one/Cargo.toml": crate("one")},
        ),
        (
            "every agent builds into a directory of its own",
            {"Makefile.toml": MAKEFILE + TARGET},
            {"Makefile.toml": MAKEFILE + TARGET.replace("tasks.build", "tasks.release")},
            {"Makefile.toml": MAKEFILE + TARGET.replace("tasks.build", "tasks.release").replace("fast", "other")},
        ),
    ],
    ids=["makefile", "features", "crates", "target directories"],
)
def test_a_question_fails_with_names_and_holds_again(
    watch: Watch,
    question: str,
    one: dict[str, File | None],
    two: dict[str, File | None],
    settled: dict[str, File | None],
) -> None:
    watch.commit("main", workspace())
    first = watch.poll()
    assert (len(first.checks), failed(first)) == (6, {})
    for name, files in (("one", one), ("two", two)):
        watch.agent(name, _present(watch, files))
    broken = watch.later(minutes=1).poll()
    assert failed(broken)[question] == ("one", "two")
    (made,) = said(broken.events, CheckpointMade)
    (check,) = [check for check in made.checks if check.name == question]
    assert check.detail
    assert_silent(watch.later(minutes=10).poll())
    watch.commit("two", settled)
    assert question not in failed(watch.later(minutes=1).poll())


def _present(watch: Watch, files: dict[str, File | None]) -> dict[str, File | None]:
    """Return the files, with those of a directory that is to go each by its name."""
    gone = [path for path, text in files.items() if text is None]
    listed = watch.builder.git("ls-tree", "-r", "--name-only", "main").splitlines()
    below = {path: None for path in listed if any(path.startswith(f"{directory}/") for directory in gone)}
    return {path: text for path, text in files.items() if text is not None} | below


#
def test_who_has_not_committed_for_an_hour_is_stale_until_the_next_commit(watch: Watch) -> None:
    watch.commit("main", workspace("[agents.one]\n[agents.two]\n"))
    watch.agent("one", {"README.md": "mine\n"})
    watch.agent("two", {"crates/two/src/lib.rs": "//!\n"})
    assert failed(watch.later(minutes=1).poll()) == {}
    watch.later(minutes=58)
    watch.commit("two", {"crates/two/src/lib.rs": "//!\n//!\n"})
    assert HOUR not in failed(watch.later(minutes=2).poll())
    late = watch.later(minutes=1).poll()
    assert failed(late) == {HOUR: ("one",)}
    finding = standing(late, "agent-stale")
    assert (finding.severity, finding.agents, finding.family) == ("minor", ("one",), "Watch")
    assert "1 h" in finding.message
    assert_silent(watch.later(minutes=30).poll())
    watch.commit("one", {"README.md": "two\n"})
    assert failed(watch.later(minutes=1).poll()) == {}
    # Who has finished is at rest.
    watch.desk().finish("two", outputs=(), work=lambda _record: None)
    assert failed(watch.later(minutes=45).poll()) == {}
    assert failed(watch.later(minutes=45).poll()) == {HOUR: ("one",)}


#
def test_who_is_blocked_for_over_an_hour_is_a_major_finding(watch: Watch) -> None:
    watch.commit("main", workspace("[agents.one]\n"))
    watch.agent("one", {"README.md": "mine\n"})
    watch.later(minutes=1).poll()
    name = watch.record("one").name
    watch.desk().report(name, "blocked", reason="waits for the\x1b[2J schema", outputs=())
    assert failed(watch.later(minutes=60).poll()) == {}
    watch.later(minutes=1)
    # Who says so again is blocked since the first time.
    watch.desk().report(name, "blocked", reason="still waits", outputs=())
    late = watch.poll()
    assert failed(late) == {BLOCKED: ("one",)}
    finding = standing(late, "agent-blocked")
    assert (finding.severity, late.blocking) == ("major", 1)
    assert finding.message == "one has been blocked for over 1 h: still waits"
    watch.desk().report(name, "working", reason=None, outputs=())
    watch.commit("one", {"README.md": "two\n"})
    assert rules(watch.later(minutes=1).poll()) == set()


#
def test_the_limits_are_those_of_the_configuration(watch: Watch) -> None:
    watch.commit("main", workspace('[policy.limits]\nstale = "10m"\nblocked = "90s"\n[agents.one]\n[agents.two]\n'))
    watch.agent("one", {"README.md": "mine\n"})
    watch.agent("two", {"crates/two/src/lib.rs": "//!\n"})
    watch.poll()
    watch.desk().report(watch.record("two").name, "blocked", reason="why", outputs=())
    assert failed(watch.later(seconds=90).poll()) == {}
    assert failed(watch.later(seconds=1).poll()) == {BLOCKED: ("two",)}
    assert failed(watch.later(minutes=9).poll()) == {HOUR: ("one",), BLOCKED: ("two",)}


#
def test_a_branch_that_was_only_made_is_not_at_work_yet(watch: Watch) -> None:
    watch.commit("main", workspace("[agents.one]\n[agents.two]\n"))
    watch.builder.branch("one")
    watch.later(minutes=1).poll()
    assert (watch.record("one").progress, watch.record("one").state) == ("pending", "landed")
    assert failed(watch.later(hours=5).poll()) == {}
    watch.commit("one", {"README.md": "mine\n"})
    watch.later(minutes=1).poll()
    assert watch.record("one").progress == "in-progress"
    assert failed(watch.later(minutes=62).poll()) == {HOUR: ("one",)}


#
def test_a_clock_that_jumps_back_makes_no_noise_and_loses_nothing(watch: Watch) -> None:
    watch.commit("main", workspace("[agents.one]\n"))
    watch.agent("one", {"README.md": "mine\n"})
    watch.later(days=400).poll()
    watch.now -= timedelta(days=400)
    back = watch.later(minutes=2).poll()
    assert failed(back) == {}
    assert_silent(watch.later(minutes=1).poll())
    moved = watch.commit("one", {"README.md": "two\n"})
    watch.later(minutes=1).poll()
    assert watch.record("one").head == moved
    assert_silent(watch.later(minutes=1).poll())


#
def test_one_agent_alone_conflicts_with_nobody_in_a_makefile(watch: Watch) -> None:
    watch.commit("main", workspace('[agents.one]\nscope = ["crates/one/**"]\n'))
    watch.agent("one", {"Makefile.toml": MAKEFILE.replace("fast", "slow")})
    done = watch.poll()
    assert "edit-outside-scope" in rules(done)
    assert failed(done) == {}
    watch.later(minutes=1).commit("one", {"Makefile.toml": MAKEFILE + "[tasks\n"})
    assert failed(watch.poll()) == {"no conflicting change of a Makefile.toml": ("one",)}
