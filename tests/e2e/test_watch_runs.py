"""Runs of ``gatekeeper poll``: one at a time, silent, without a trace where none is wanted, few commits."""

from __future__ import annotations

import fcntl
import json
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from gatekeeper.ledger.verify import verify
from tests.cli.run import gatekeeper
from tests.e2e.watched import LEDGER, MAKEFILE, Watch, assert_silent, workspace
from tests.kit import RepositoryBuilder
from tests.shell.scans import fingerprint
from tests.shell.workplaces import references

LOCK = Path("gatekeeper", "poll.lock")


@pytest.fixture
def watch(repository: RepositoryBuilder) -> Watch:
    """Return a fleet in which two agents clash, so that a poll has something to say."""
    watch = Watch(repository)
    tell = '[[notifications]]\ncommand = ["true"]\n'
    worse = '[policy.severity.rules]\nmk-args-both-edited = "major"\n'
    watch.commit("main", workspace(worse + tell + "[agents.one]\n[agents.two]\n"))
    for name in ("one", "two"):
        watch.agent(name, {"Makefile.toml": MAKEFILE.replace('["check"]', f'["check", "--{name}"]')})
    return watch


def polled(watch: Watch, *options: str) -> subprocess.CompletedProcess[str]:
    return gatekeeper("poll", "-C", str(watch.root), *options)


@contextmanager
def locked(path: Path, text: str) -> Iterator[None]:
    """Hold the lock of polls, as another process does."""
    path.parent.mkdir(exist_ok=True)
    with path.open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        file.write(text)
        file.flush()
        yield


#
def test_a_poll_that_finds_another_one_at_work_leaves_it_alone(watch: Watch) -> None:
    owner = {"pid": 4711, "host": "build\x1b[2J", "since": "2026-01-01T10:00:00+00:00"}
    with locked(watch.builder.git_dir / LOCK, json.dumps(owner)):
        before = fingerprint(watch.root)
        done = polled(watch)
        assert (done.returncode, done.stdout) == (0, "")
        assert done.stderr == "another poll is running: process 4711 on build\\x1b[2J, since 10:00:00 UTC\n"
        document = json.loads(polled(watch, "--format", "json").stdout)
        assert (document["busy"], document["events"], document["standing"]) == (True, [], [])
        assert fingerprint(watch.root) == before
        # Who only looks disturbs nobody.
        assert polled(watch, "--dry-run").returncode == 1
    assert watch.tip is None
    assert polled(watch).returncode == 1
    assert watch.tip is not None


#
@pytest.mark.parametrize("left", ['{"pid": 1, "host": "elsewhere", "since": "2026-01-01T10:00:00+00:00"}', "", "{\n"])
def test_what_a_dead_poll_has_left_holds_nobody_up(watch: Watch, left: str) -> None:
    lock = watch.builder.git_dir / LOCK
    lock.parent.mkdir()
    lock.write_text(left)
    assert watch.poll().busy is None
    with locked(lock, left):
        busy = watch.poll().busy
    assert busy is not None


#
def test_a_second_poll_says_and_records_nothing(watch: Watch) -> None:
    first = polled(watch)
    assert first.returncode == 1
    assert "mk-args-both-edited" in first.stdout
    before = (watch.tip, references(watch.builder))
    second = polled(watch)
    assert (second.returncode, second.stdout, second.stderr) == (1, "", "")
    document = json.loads(polled(watch, "--format", "json").stdout)
    assert (document["events"], document["blocking"], len(document["standing"])) == ([], 1, 1)
    assert (watch.tip, references(watch.builder)) == before


#
@pytest.mark.parametrize("polled_before", [False, True])
def test_a_dry_run_shows_all_and_leaves_no_trace(watch: Watch, *, polled_before: bool) -> None:
    if polled_before:
        watch.poll()
        watch.commit("two", {"Makefile.toml": MAKEFILE})
    before = fingerprint(watch.root)
    done = polled(watch, "--dry-run")
    assert fingerprint(watch.root) == before
    assert "dry run: nothing is recorded" in done.stdout
    assert ("closed " if polled_before else "opened ") in done.stdout
    # What would stand afterwards decides.
    assert done.returncode == (0 if polled_before else 1)
    document = json.loads(polled(watch, "--dry-run", "--format", "json").stdout)
    assert {"finding.closed" if polled_before else "finding.opened"} < {event["type"] for event in document["events"]}
    assert fingerprint(watch.root) == before


#
def test_a_poll_costs_one_commit_with_a_line_for_each_agent_and_one_for_what_came_of_notices(watch: Watch) -> None:
    done = watch.poll()
    assert (len(done.outcomes), len(watch.messages())) == (1, 3)
    told, poll, started = watch.messages()
    assert started.startswith("ledger: started\n")
    lines = [line for line in poll.splitlines() if line.startswith("[")]
    trunk, one, two = (watch.builder.commit_id(name)[:12] for name in ("main", "one", "two"))
    assert lines[:3] == [
        f"[gatekeeper] saw trunk at {trunk}",
        f"[one] at {one}, mergeable",
        f"[two] at {two}, mergeable",
    ]
    assert lines[3].startswith("[one, two] opened ")
    assert poll.splitlines()[0] == "poll"
    assert told.splitlines()[0] == "poll: notices"
    assert sum(line.startswith("{") for line in poll.splitlines()) == len(done.events)
    watch.later(minutes=1)
    assert_silent(watch.poll())
    assert len(watch.messages()) == 3
    # The log has a line an event.
    log = gatekeeper("log", "-C", str(watch.root)).stdout.splitlines()
    assert len(log) == len(done.events) + len(done.outcomes) + 1
    assert any("] saw trunk at" in line and line.endswith("; moved: one, two") for line in log)


#
def test_a_poll_that_is_killed_between_intent_and_result_is_completed_by_the_next(watch: Watch, tmp_path: Path) -> None:
    told, survive = tmp_path / "told", tmp_path / "survive"
    lock = watch.builder.git_dir / LOCK
    kill = f"kill -9 $(sed 's/.*\"pid\": \\([0-9]*\\).*/\\1/' {lock})"
    script = f"cat >> {told}; printf '\\0' >> {told}; test -e {survive} || {kill}"
    worse = '[policy.severity.rules]\nmk-args-both-edited = "major"\n'
    channel = f"[[notifications]]\ncommand = {json.dumps(['sh', '-c', script])}\n"
    watch.commit("main", {"gatekeeper.toml": worse + channel})
    assert polled(watch).returncode == -signal.SIGKILL
    (notice,) = watch.notices()
    recorded = watch.tip
    assert (notice.attempts, len(watch.messages())) == (0, 2)
    survive.touch()
    assert polled(watch).returncode == 1
    # Told twice, as nothing said that it was told already; the receiver knows it by its id.
    documents = [json.loads(text) for text in told.read_text().split("\0")[:-1]]
    assert [document["id"] for document in documents] == [notice.id, notice.id]
    assert (watch.notices(), watch.builder.git("rev-parse", f"{LEDGER}~1").strip()) == ([], recorded)
    tip = watch.ledger.tip()
    assert tip is not None
    assert verify(watch.ledger.objects, tip).fault is None
    assert len(watch.messages()) == 3
