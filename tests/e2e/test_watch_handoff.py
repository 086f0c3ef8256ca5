"""What one agent leaves for the next: its work log, values by key, the pointer to them, figures by date."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest

from tests.cli.run import gatekeeper
from tests.e2e.watched import MAKEFILE, Watch, crate, workspace
from tests.kit import RepositoryBuilder

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
    watch.desk().finish("one", outputs=("report.md",), work=lambda _record: None)
    done = run(watch, "evidence", "one", "--format", "json")
    assert done.returncode == 0
    text = done.stdout
    document = json.loads(text)
    assert document["agent"] == "one"
    for known in ("audit", "headless", "DEPTH", "profile.dev", watch.builder.commit_id("one")):
        assert known in text
    shown = run(watch, "evidence", "one").stdout
    for known in ("Makefile.toml", "audit", "headless"):
        assert known in shown


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
def test_baselines_are_kept_by_date_and_compared(watch: Watch) -> None:
    for date, figures in (("2026-01-01", ("build=120s", "locks=42")), ("2026-01-02", ("build=30s", "locks=50"))):
        assert run(watch, "baseline", "record", "--date", date, "--as", "one", *figures).returncode == 0
    compared = run(watch, "baseline", "compare", "2026-01-01", "2026-01-02")
    assert compared.returncode == 1
    assert "build" in compared.stdout
    assert "locks" in compared.stdout
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
