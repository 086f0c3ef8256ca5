"""The worked conflicts of ``examples/build-swarm``, each from the first edit to released agents."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from tests.e2e.swarm import LEAD, OPS, Swarm
from tests.kit import RepositoryBuilder
from tests.kit.ssh import needs_openssh
from tests.shell.test_verify_merges import RUSTUP_HOME, needs_cargo

pytestmark = needs_openssh

CONFIG, INCREMENTAL, DEPENDENCIES = "build-config-optimizer", "incremental-build-optimizer", "dependency-optimizer"
CODE, TESTS, ANALYZER = "code-optimizer", "test-optimizer", "code-analyzer"
FOUNDATION = ("specification-validator", "performance-benchmarker", "system-architect", ANALYZER)
EXPORT = "crates/quarry-export/Cargo.toml"
CHECK = 'args = ["check", "--workspace"]\n'
SPECIFICATION = {
    f".specify/specs/001-build/{name}.ttl": "<#it> spec:status spec:Closed .\n"
    for name in ("feature", "entities", "plan", "tasks")
}
DOCUMENTS = {
    **SPECIFICATION,
    "benchmarks/baseline-2026-01-01.json": '{"clean_build": "120s", "memory_peak": "1.5GB", "lock_events": 42}\n',
    "docs/architecture.md": "# The build\n",
    "docs/analysis.md": "# What depends on what\n",
}


@pytest.fixture
def swarm(
    repository: RepositoryBuilder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Swarm:
    """Return the swarm with its first phase behind it."""
    made = Swarm(repository, tmp_path / "keys", capsys)
    made.begin("build-swarm", LEAD, OPS, CONFIG, INCREMENTAL, DEPENDENCIES, CODE, TESTS)
    monkeypatch.chdir(repository.root)
    for agent in FOUNDATION:
        made.run("agent", "start", agent)
        made.run("agent", "finish", agent)
    made.land(DOCUMENTS)
    return made


def begin(swarm: Swarm, *agents: str) -> None:
    """Start the second phase, and agents in it."""
    swarm.sign(LEAD, "approve", "gate/implementation/architecture-approved", "--because", "small steps")
    swarm.run("phase", "start", "implementation")
    swarm.start(*agents)


def features(*names: str) -> tuple[str, str, str]:
    return (
        EXPORT,
        'integration = ["minimal"]',
        f"integration = [{', '.join(f'{chr(34)}{name}{chr(34)}' for name in names)}]",
    )


#
def test_nobody_optimises_before_the_plan_is_made(swarm: Swarm) -> None:
    assert "its phase implementation has not started" in swarm.run("agent", "start", CONFIG, code=1)
    waits = swarm.run("phase", "start", "implementation", code=1)
    for line in ("passed  specification-closed", "passed  baseline-recorded", "waits  architecture-approved"):
        assert line in waits
    begin(swarm, CONFIG)
    assert "its phase validation has not started" in swarm.run("agent", "start", "production-validator", code=1)


@pytest.fixture
def one_task(swarm: Swarm) -> Swarm:
    """Two agents edit `[tasks.check]`: the one where it builds, the other what it checks."""
    begin(swarm, CONFIG, TESTS)
    swarm.edit(CONFIG, ("Makefile.toml", CHECK, f'{CHECK}env = {{ CARGO_TARGET_DIR = "target/check" }}\n'))
    swarm.edit(TESTS, ("Makefile.toml", CHECK, 'args = ["check", "--workspace", "--tests", "--jobs", "2"]\n'))
    return swarm


#
def test_two_edits_of_one_task_are_integrated(one_task: Swarm) -> None:
    swarm = one_task
    poll = swarm.json("poll")
    assert swarm.standing(poll) == {("minor", "mk-task-different-keys")}
    # No case opens, the first one goes on, and the second one may as well.
    assert swarm.json("escalation", "list")["cases"] == []
    assert swarm.told(CONFIG) == {"standing": "clear"}
    second = swarm.told(TESTS)
    assert (second["standing"], second["waits_for"]) == ("integrating", [CONFIG])
    packet = swarm.run("integrate", TESTS, code=1)
    assert 'CARGO_TARGET_DIR = "target/check"' in packet
    assert f"once {CONFIG} has landed: gatekeeper integrate {TESTS}" in packet
    swarm.merge(CONFIG)
    swarm.run("poll")
    assert swarm.told(TESTS)["next_step"] == f"git merge --ff-only refs/gatekeeper/integrated/{TESTS}"
    before = swarm.repository.commit_id(TESTS)
    swarm.take(TESTS)
    # Nothing is rebased: what the second one had is still there.
    assert swarm.repository.git("merge-base", "--is-ancestor", before, TESTS) == ""
    swarm.merge(TESTS)
    poll = swarm.json("poll")
    assert (poll["standing"], swarm.told(TESTS), swarm.told(CONFIG)) == (
        [],
        {"standing": "clear"},
        {"standing": "clear"},
    )
    assert swarm.on_trunk("Makefile.toml")["tasks"]["check"] == {
        "description": "Type-check every crate",
        "command": "cargo",
        "args": ["check", "--workspace", "--tests", "--jobs", "2"],
        "env": {"CARGO_TARGET_DIR": "target/check"},
    }
    assert "sound" in swarm.run("log", "--verify")


#
@needs_cargo
def test_the_merged_task_still_does_what_both_want(one_task: Swarm) -> None:
    swarm = one_task
    swarm.run("poll")
    swarm.merge(CONFIG)
    swarm.run("poll")
    swarm.take(TESTS)
    # Of what the first one landed, the second one's branch takes nothing away, but for what it came to change.
    compared = swarm.json("compat", "main", TESTS, code=1)
    assert [(item["name"], item["change"]) for item in compared["items"]] == [("task check", "altered")]
    where = swarm.room_of(TESTS)
    task = swarm.json("diff", "main", TESTS, "Makefile.toml")
    assert "CARGO_TARGET_DIR" not in str(task)
    environment = os.environ | {"RUSTUP_HOME": RUSTUP_HOME, "CARGO_TARGET_DIR": str(where / "target" / "check")}
    command = ["cargo", "check", "--workspace", "--tests", "--jobs", "2", "--offline", "--quiet"]
    done = subprocess.run(command, cwd=where, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


#
def test_two_definitions_of_a_feature_are_united_by_the_architect(swarm: Swarm) -> None:
    begin(swarm, CONFIG, DEPENDENCIES)
    swarm.edit(DEPENDENCIES, features("minimal", "debug-fast"))
    swarm.edit(CONFIG, features("minimal", "headless"))
    poll = swarm.json("poll")
    assert swarm.standing(poll) == {("major", "feature-array-both-edited")}
    for agent in (CONFIG, DEPENDENCIES):
        stopped = swarm.told(agent)
        assert (stopped["standing"], stopped["waits_for"]) == ("paused", ["architect"])
    case = swarm.the_case()
    assert case["proposal"] == 'features.integration = ["minimal", "headless", "debug-fast"]'
    assert (case["kind"], case["deciders"], case["has_union"]) == ("escalation", [LEAD], True)
    # What goes together is recorded with the ruling: the reason, and what is agreed on.
    reason = "headless and debug-fast build together; minimal is in both"
    swarm.sign(LEAD, "escalation", "resolve", case["id"], "--accept-proposal", "--because", reason)
    for agent in (CONFIG, DEPENDENCIES):
        assert swarm.told(agent)["standing"] == "paused"
        swarm.sign(agent, "escalation", "acknowledge", case["id"])
    assert reason in swarm.run("escalation", "show", case["id"])
    assert swarm.told(CONFIG) == {"standing": "clear"}
    assert swarm.told(DEPENDENCIES)["standing"] == "integrating"
    swarm.merge(CONFIG)
    swarm.run("poll")
    swarm.take(DEPENDENCIES)
    # Compatible with trunk, and with what stood there before either of them.
    assert swarm.json("compat", "main", DEPENDENCIES)["items"] == []
    swarm.merge(DEPENDENCIES)
    poll = swarm.json("poll")
    assert (poll["standing"], swarm.json("escalation", "list")["cases"]) == ([], [])
    assert swarm.on_trunk(EXPORT)["features"]["integration"] == ["minimal", "headless", "debug-fast"]
    assert swarm.told(DEPENDENCIES) == {"standing": "clear"}


@pytest.fixture
def member_removed(swarm: Swarm) -> Swarm:
    """One removes the crate quarry-utils, on which another one has begun to rely."""
    begin(swarm, INCREMENTAL, CODE)
    swarm.edit(
        CODE,
        (
            "crates/quarry-query/Cargo.toml",
            "quarry-store.workspace = true\n",
            'quarry-store.workspace = true\nquarry-utils = { path = "../quarry-utils" }\n',
        ),
        (
            "crates/quarry-query/src/lib.rs",
            "#[cfg(test)]",
            'pub fn found(count: usize) -> String {\n    quarry_utils::counted(count, "fact")\n}\n\n#[cfg(test)]',
        ),
    )
    swarm.edit(
        INCREMENTAL,
        ("Cargo.toml", '    "crates/quarry-utils",\n', ""),
        ("crates/quarry-cli/Cargo.toml", 'quarry-utils = { path = "../quarry-utils" }\n', ""),
        ("crates/quarry-cli/src/main.rs", "use quarry_utils::counted;\n", ""),
        (
            "crates/quarry-cli/src/main.rs",
            "fn main() -> ExitCode {",
            'fn counted(n: usize, noun: &str) -> String {\n    format!("{n} {noun}")\n}\n\nfn main() -> ExitCode {',
        ),
    )
    gone: dict[str, str | bytes | None] = {f"crates/quarry-utils/{path}": None for path in ("Cargo.toml", "src/lib.rs")}
    swarm.work(INCREMENTAL, gone)
    return swarm


#
def test_whoever_removes_a_member_waits_and_takes_it_back(member_removed: Swarm) -> None:
    swarm = member_removed
    poll = swarm.json("poll", code=1)
    assert ("critical", "dep-path-crate-deleted") in swarm.standing(poll)
    # The author pauses alone: nothing halts, and whoever relies on the crate goes on.
    stopped = swarm.told(INCREMENTAL)
    assert (stopped["standing"], stopped["waits_for"]) == ("paused", ["architect"])
    assert swarm.told(CODE)["standing"] == "clear"
    case = swarm.the_case()
    assert (case["kind"], case["author"], case["owner"]) == ("reorganisation", INCREMENTAL, "architect")
    # The effect on those who depend on it, and what breaks, are found out and not asked for.
    assert any("quarry-query" in line for line in case["effect"])
    assert {"member crates/quarry-utils", "package quarry-utils"} <= set(case["broken"])
    resolve = ("escalation", "resolve", case["id"], "--because", "it is in use")
    refused = swarm.sign(LEAD, *resolve, "--proceed", code=1)
    assert any("not backward compatible" in problem for problem in refused["problems"])
    swarm.sign(LEAD, *resolve, "--take-back")
    swarm.sign(INCREMENTAL, "escalation", "acknowledge", case["id"])
    released = swarm.told(INCREMENTAL)
    assert (released["standing"], released["next_step"]) == ("integrating", "take that part back")
    swarm.repository.git("checkout", "-q", "main", "--", ".", cwd=swarm.room_of(INCREMENTAL))
    swarm.edit(INCREMENTAL, ("Makefile.toml", 'CARGO_INCREMENTAL = "1"', 'CARGO_INCREMENTAL = "0"'))
    poll = swarm.json("poll")
    assert (poll["standing"], swarm.json("escalation", "list")["cases"]) == ([], [])
    assert (swarm.told(INCREMENTAL), swarm.told(CODE)) == ({"standing": "clear"}, {"standing": "clear"})


#
def test_it_proceeds_where_what_breaks_is_waived_by_name(member_removed: Swarm) -> None:
    swarm = member_removed
    swarm.run("poll", code=1)
    case = swarm.the_case()
    waived = [word for name in case["broken"] for word in ("--waive", name)]
    resolve = ("escalation", "resolve", case["id"], "--proceed", "--because", "the command line was its only user")
    swarm.sign(LEAD, *resolve, *waived)
    swarm.sign(INCREMENTAL, "escalation", "acknowledge", case["id"])
    ruled = swarm.the_case()
    assert (ruled["rulings"][0]["waives"], ruled["effect"]) == (case["broken"], case["effect"])
    assert swarm.told(INCREMENTAL)["standing"] == "clear"
    adapting = swarm.told(CODE)
    assert (adapting["standing"], adapting["waits_for"]) == ("integrating", [INCREMENTAL])
    swarm.merge(INCREMENTAL)
    swarm.run("poll")
    # Who relied on it does without, and takes in what has landed.
    swarm.edit(
        CODE,
        ("crates/quarry-query/Cargo.toml", 'quarry-utils = { path = "../quarry-utils" }\n', ""),
        ("crates/quarry-query/src/lib.rs", 'quarry_utils::counted(count, "fact")', 'format!("{count} facts")'),
    )
    swarm.run("poll")
    swarm.run("integrate", CODE)
    swarm.take(CODE)
    swarm.merge(CODE)
    poll = swarm.json("poll")
    assert poll["standing"] == []
    assert (swarm.told(INCREMENTAL), swarm.told(CODE)) == ({"standing": "clear"}, {"standing": "clear"})


#
def test_what_breaks_the_build_halts_the_phase_until_its_plan_is_approved(swarm: Swarm) -> None:
    begin(swarm, INCREMENTAL, CODE, TESTS)
    lints = "[lints]\nworkspace = true\n"
    for agent, crate, other in ((INCREMENTAL, "utils", "model"), (CODE, "model", "utils")):
        wanted = f'{lints}\n[dependencies]\nquarry-{other} = {{ path = "../quarry-{other}" }}\n'
        swarm.edit(agent, (f"crates/quarry-{crate}/Cargo.toml", lints, wanted))
    poll = swarm.json("poll", code=1)
    assert swarm.standing(poll) == {("critical", "dep-cycle-by-combination")}
    # Whoever has no part in it stands still as well: the phase does.
    assert {swarm.told(agent)["standing"] for agent in (INCREMENTAL, CODE, TESTS)} == {"halted"}
    case = swarm.the_case()
    plan = ("--cause", "one border, crossed both ways", "--plan", "utils may use model, not the other way round")
    lacking = swarm.sign(LEAD, "resume", case["id"], *plan, code=3)
    assert any("has not the role coordinator" in problem for problem in lacking["problems"])
    assert swarm.told(TESTS)["standing"] == "halted"
    swarm.sign(OPS, "approve", f"incident/{case['id']}", "--because", "sound")
    assert swarm.told(TESTS) == {"standing": "clear"}
    assert '"agent-released"' in (swarm.repository.root.parent / "people.json").read_text()
    assert swarm.told(CODE)["next_step"] == "carry out your part of the plan"
    swarm.edit(
        CODE, ("crates/quarry-model/Cargo.toml", '\n[dependencies]\nquarry-utils = { path = "../quarry-utils" }\n', "")
    )
    poll = swarm.json("poll")
    assert (poll["standing"], swarm.json("escalation", "list")["cases"]) == ([], [])
    assert swarm.told(CODE) == {"standing": "clear"}
