"""What one agent leaves for the next: its work log, values by key, the pointer to them, figures by date."""

from __future__ import annotations

import json
import re
import subprocess
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from gatekeeper.core.ledger.events import AgentStartIntended
from gatekeeper.core.ledger.records import AgentRecord
from gatekeeper.core.names import AgentName, Oid, RefName
from gatekeeper.ledger.ledger import new_event
from tests.cli.run import gatekeeper
from tests.e2e.watched import MAKEFILE, Watch, crate, workspace
from tests.kit import RepositoryBuilder
from tests.shell.ledgers import put

PHASES = '[agents.one]\n[agents.two]\ndepends_on = ["one"]\n[phases.build]\nagents = ["one", "two"]\n'


@pytest.fixture
def watch(repository: RepositoryBuilder) -> Watch:
    watch = Watch(repository)
    watch.commit("main", workspace(PHASES))
    return watch


def run(watch: Watch, *arguments: str, **more: str) -> subprocess.CompletedProcess[str]:
    return gatekeeper(*arguments, cwd=watch.root, **more)


#
def test_the_work_log_is_computed_from_the_branch(watch: Watch) -> None:
    worktree = watch.start("one")
    watch.builder.write(
        worktree,
        {
            "Makefile.toml": MAKEFILE + '\n[tasks.audit]\ncommand = "cargo"\nenv = { DEPTH = "2" }\n',
            "crates/one/Cargo.toml": crate("one", features='profile = ["minimal"]\nminimal = []\nheadless = []\n'),
            "Cargo.toml": workspace()["Cargo.toml"] + "\n[profile.dev]\nopt-level = 1\n",  # type: ignore[operator]
        },
    )
    watch.later(minutes=7).commit_in(worktree)
    watch.poll()
    assert run(watch, "agent", "finish", "one", "--output", "report.md").returncode == 0
    done = run(watch, "evidence", "one", "--format", "json")
    assert done.returncode == 0
    document = json.loads(done.stdout)
    assert_is_the_work(document, watch)
    shown = run(watch, "evidence", "one").stdout
    for known in ("Makefile.toml", "audit", "headless"):
        assert known in shown
    # Nothing of the branch is left but what was recorded of it.
    assert run(watch, "agent", "remove", "one", "--archive").returncode == 0
    assert watch.builder.git("for-each-ref", "refs/heads/one") == ""
    after = run(watch, "evidence", "one", "--format", "json")
    assert (after.returncode, json.loads(after.stdout)) == (0, document)


def assert_is_the_work(document: dict[str, Any], watch: Watch) -> None:
    assert document["agent"] == "one"
    lines = {row["path"]: (row["lines_added"], row["lines_removed"]) for row in document["files"]}
    assert lines == {"Cargo.toml": (3, 0), "Makefile.toml": (4, 0), "crates/one/Cargo.toml": (1, 0)}
    manifests = {row["path"]: row for row in document["manifests"]}
    assert manifests["Makefile.toml"]["tasks_added"] == ["audit"]
    assert manifests["Makefile.toml"]["env_vars_added"] == ["tasks.audit.env.DEPTH"]
    assert manifests["crates/one/Cargo.toml"]["features_added"] == ["headless"]
    assert manifests["Cargo.toml"]["profile_overrides"] == ["profile.dev.opt-level"]
    (commit,) = document["commits"]
    assert (commit["commit"], document["head"]) == (document["head"], watch.builder.commit_id("one"))
    assert (datetime.fromisoformat(commit["time"]), commit["subject"]) == (watch.now, "work")


#
def test_values_are_left_by_key_and_found_by_a_short_pointer(watch: Watch) -> None:
    key = "swarm/build-optimization/baseline-metrics"
    put = run(watch, "memory", "put", key, "--as", "one", input='{"build": "120s"}')
    assert (put.returncode, put.stderr) == (0, "")
    assert run(watch, "memory", "put", "swarm/notes", "--as", "one", input="plain\n").returncode == 0
    assert run(watch, "memory", "get", key).stdout == '{"build": "120s"}'
    assert run(watch, "memory", "put", key, "--as", "two", input='{"build": "60s"}').returncode == 0
    assert run(watch, "memory", "get", key).stdout == '{"build": "60s"}'
    history = run(watch, "memory", "get", key, "--history").stdout
    assert "one" in history
    assert "two" in history
    listed = run(watch, "memory", "list", "swarm/build-optimization/*").stdout
    assert (key in listed, "swarm/notes" in listed) == (True, False)
    missing = run(watch, "memory", "get", "swarm/build-optimization/baseline-metric")
    assert (missing.returncode, key in missing.stderr) == (2, True)
    brief = run(watch, "brief", "two").stdout
    # Four characters a token is what English text takes; keys take more.
    assert len(brief) / 3 < 100
    assert "gatekeeper memory" in brief


#
def test_the_pointer_stays_short_whatever_the_names(watch: Watch) -> None:
    name = "optimizer-of-" + "very-" * 15 + "slow-builds"
    watch.commit("main", workspace(f'[agents."{name}"]\n'))
    for number in range(100):
        put(watch.ledger, f"swarm/build-optimization/{'a-rather-long-directory/' * 3}{number:03}-and-its-long-name")
    document = json.loads(run(watch, "brief", name, "--format", "json").stdout)
    assert document["agent"] == name
    assert document["tokens_at_most"] < 100
    # Whoever counts otherwise: each word and each piece of a name on its own.
    assert len(re.findall(r"[A-Za-z0-9]+|[^\sA-Za-z0-9]", document["text"])) < 100
    assert "100 keys" in document["text"] or "more" in document["text"]
    assert "gatekeeper memory" in document["text"]


#
def test_baselines_are_kept_by_date_and_compared(watch: Watch) -> None:
    for date, figures in (("2026-01-01", ("build=120s", "locks=42")), ("2026-01-02", ("build=30s", "locks=50"))):
        assert run(watch, "baseline", "record", "--date", date, "--as", "one", *figures).returncode == 0
    compared = run(watch, "baseline", "compare", "2026-01-01", "2026-01-02", "--format", "json")
    assert compared.returncode == 1
    rows = {row["name"]: (row["verdict"], row["factor"]) for row in json.loads(compared.stdout)["rows"]}
    assert {name: verdict for name, (verdict, _) in rows.items()} == {"build": "better", "locks": "worse"}
    assert {name: float(factor) for name, (_, factor) in rows.items()} == pytest.approx(
        {"build": 30 / 120, "locks": 50 / 42}, rel=1e-3
    )
    assert run(watch, "baseline", "compare", "--tolerance", "0.5").returncode == 0
    listed = run(watch, "baseline", "list").stdout
    assert "2026-01-01" in listed
    assert "2026-01-02" in listed


#
def test_the_state_is_plain_files_that_survive_a_clone(watch: Watch, tmp_path: Path) -> None:
    watch.start("one")
    assert run(watch, "memory", "put", "a/b", "--as", "one", input="1").returncode == 0
    clone = RepositoryBuilder(tmp_path / "clone")
    clone.git(
        "fetch", "-q", str(watch.root), "refs/heads/main:refs/heads/trunk", "+refs/gatekeeper/*:refs/gatekeeper/*"
    )
    names = clone.git("ls-tree", "-r", "--name-only", "refs/gatekeeper/ledger").splitlines()
    assert "agents/one.json" in names
    record = json.loads(clone.git("show", "refs/gatekeeper/ledger:agents/one.json"))
    assert (record["name"], record["progress"], record["made_here"]) == ("one", "in-progress", True)
    verified = gatekeeper("log", "--verify", "-C", str(watch.root))
    assert verified.returncode == 0


def ended(watch: Watch) -> AgentRecord:
    """Let an agent finish and be removed, with work that is kept; returns what is recorded of it."""
    worktree = watch.start("one")
    watch.builder.write(worktree, {"README.md": "of one\n"})
    watch.commit_in(worktree)
    assert run(watch, "agent", "finish", "one").returncode == 0
    assert run(watch, "agent", "remove", "one", "--archive").returncode == 0
    return watch.record("one")


#
def test_who_has_finished_is_done_after_its_removal_too(watch: Watch) -> None:
    assert ended(watch).archived_as is not None
    assert "1 of 2 agents done" in run(watch, "status").stdout
    status = json.loads(run(watch, "status", "--format", "json").stdout)
    assert [(phase["progress"], phase["done"]) for phase in status["phases"]] == [("in-progress", 1)]
    listed = run(watch, "agent", "list").stdout
    assert "phase build  in progress" in listed
    assert "completed, removed, kept as refs/gatekeeper/archive/" in " ".join(listed.split())
    found = json.loads(run(watch, "agent", "list", "--format", "json").stdout)
    assert (found["ready"], found["phases"][0]["done"]) == (["two"], 1)


#
def test_a_start_that_fails_leaves_the_record_of_who_was_there(watch: Watch) -> None:
    before, tip = ended(watch), watch.tip
    # A mistake leaves no events.
    refused = run(watch, "agent", "start", "one", "--existing")
    assert (refused.returncode, "there is no branch one" in refused.stderr) == (2, True)
    watch.builder.branch("one")
    refused = run(watch, "agent", "start", "one")
    assert (refused.returncode, "there is a branch one already" in refused.stderr) == (2, True)
    assert (watch.record("one"), watch.tip) == (before, tip)
    watch.builder.git("branch", "-D", "one")
    # What goes wrong later is recorded, and taken back.
    place = before_start(watch)
    assert run(watch, "agent", "start", "one").returncode == 2
    after = watch.record("one")
    assert watch.tip != tip
    assert (after.progress, after.finished_at, after.removed_at) == ("completed", before.finished_at, before.removed_at)
    assert (after.archived_as, after.head, after.pending_step) == (before.archived_as, before.head, None)
    (place / "in the way").unlink()
    place.rmdir()
    assert run(watch, "agent", "start", "one").returncode == 0
    assert (watch.record("one").progress, watch.record("one").archived_as) == ("in-progress", None)


def before_start(watch: Watch) -> Path:
    """Put something where the agent's worktree goes."""
    place = Path(watch.start("two")).with_name("one")
    place.mkdir()
    (place / "in the way").touch()
    return place


#
@pytest.mark.parametrize(
    "words",
    [
        ("agent", "report", "working", "--as", "one"),
        ("agent", "finish", "one"),
        ("agent", "remove", "one"),
        ("claim", "Cargo.toml", "--as", "one"),
        ("brief", "one"),
    ],
)
def test_nobody_speaks_for_a_removed_agent(watch: Watch, words: tuple[str, ...]) -> None:
    watch.start("one")
    assert run(watch, "claim", "Makefile.toml", "--as", "one").returncode == 0
    assert run(watch, "agent", "remove", "one").returncode == 0
    tip = watch.tip
    refused = run(watch, *words)
    assert (refused.returncode, refused.stdout, watch.tip) == (2, "", tip)
    assert "one was removed" in refused.stderr
    assert "hint: gatekeeper agent start one" in refused.stderr
    assert run(watch, "claim").stdout == "no claims\n"


#
def test_nobody_starts_before_those_on_whom_it_depends(watch: Watch) -> None:
    tip = watch.tip
    early = run(watch, "agent", "start", "two")
    assert (early.returncode, watch.tip) == (1, tip)
    assert early.stdout.splitlines()[:2] == ["two: not started", "  it depends on one, which is not completed"]
    assert not watch.builder.git("branch", "--list", "two")
    # Who is at work already is taken up, and told.
    watch.builder.branch("two")
    adopted = run(watch, "agent", "adopt", "two")
    assert (adopted.returncode, "it depends on one, which is not completed" in adopted.stdout) == (0, True)
    assert "depends" not in run(watch, "agent", "start", "one").stdout


#
def test_the_worktree_of_another_clone_is_left_alone(watch: Watch) -> None:
    worktree = watch.start("one")
    watch.builder.branch("two")
    assert run(watch, "agent", "adopt", "two").returncode == 0
    # The same files, as another clone would find them at the same path.
    (watch.builder.git_dir / "gatekeeper.clone").write_text("another\n")
    tip = watch.tip
    for step, name, hint in (
        ("finish", "one", "gatekeeper agent report done --as one"),
        ("remove", "one", "run it there"),
        ("finish", "two", "gatekeeper agent report done --as two"),
        ("start", "one", "gatekeeper agent list"),
    ):
        refused = run(watch, "agent", step, name)
        assert (refused.returncode, watch.tip) == (2, tip)
        assert "in another clone" in refused.stderr
        assert hint in refused.stderr
    assert worktree.exists()
    assert run(watch, "agent", "report", "done", "--as", "one").returncode == 0
    # Of an adopted one, only the record goes: that can be said anywhere.
    assert run(watch, "agent", "remove", "two").returncode == 0


def test_a_start_that_was_killed_is_completed_in_its_own_clone(watch: Watch) -> None:
    said = AgentStartIntended(AgentName("one"), RefName("refs/heads/one"), "/w", "/t", Oid("1" * 40), "another")
    events = [new_event(said, at=watch.now, by="one")]
    watch.ledger.append(lambda _: events, subject="to start", at=watch.now)
    tip = watch.tip
    refused = run(watch, "agent", "start", "one")
    assert (refused.returncode, "one was started in another clone" in refused.stderr) == (2, True)
    assert watch.tip == tip
