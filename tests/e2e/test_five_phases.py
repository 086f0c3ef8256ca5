"""``examples/five-phases`` from its first phase to the release: nothing starts on a gate that has not passed."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.swarm import EXAMPLES, LEAD, OPS, QUALITY, Swarm
from tests.kit import RepositoryBuilder
from tests.kit.ssh import needs_openssh

pytestmark = needs_openssh

PHASES = ("specification", "pseudocode", "architecture", "refinement", "completion")
COMMANDS = ("release-build", "tests", "lint", "benchmarks", "audit", "few-warnings", "small-binary")
LONG = "".join(f"{number}. It answers within a second.\n" for number in range(130))
SPECIFICATION = {f"docs/{name}.md": LONG for name in ("requirements", "performance", "security", "acceptance")}
PSEUDOCODE = {
    "docs/algorithms.md": "# Finding a pattern\n\nProof: each fact is looked at once.\n",
    "docs/data.md": "# The index\n\nFrom a relation to its facts.\n",
    "docs/complexity.md": "# What it costs\n\nTime Complexity: O(n)\n",
    "docs/tests.md": "# What is tried\n\nA pattern of each shape.\n",
}
ARCHITECTURE = {
    "docs/architecture.md": "# Quarry\n\n## Components\n\nmodel <- store\n\n## Contracts\n\nA store keeps order.\n",
    "docs/integration.md": "# Who calls whom\n",
    "docs/performance-plan.md": "# What is measured\n",
    "docs/documentation-plan.md": "# What is written\n",
}


def settings(*, without: Iterable[str] = ()) -> str:
    """Return the example's settings; ``without`` the commands that nobody runs yet, where a test goes past them."""
    text = (EXAMPLES / "five-phases" / "gatekeeper.toml").read_text(encoding="utf-8")
    for gate in without:
        text = re.sub(rf'"{gate}",? ?(?=.*\])', "", text)
    return text


@pytest.fixture
def plan(
    repository: RepositoryBuilder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Swarm:
    """Return a plan in which everything passes that is a command."""
    made = Swarm(repository, tmp_path / "keys", capsys)
    made.begin("five-phases", LEAD, OPS, QUALITY, files={"gatekeeper.toml": settings(without=COMMANDS)})
    monkeypatch.chdir(repository.root)
    return made


def agents_of(plan: Swarm, phase: str) -> list[str]:
    (found,) = plan.json("phase", "status", phase, code=1)["phases"]
    return list(found["agents"])


def finish(plan: Swarm, phase: str) -> None:
    """Let the agents of a phase say that they are done, each on a branch of its own."""
    for agent in agents_of(plan, phase):
        plan.repository.branch(agent)
        plan.run("agent", "report", "done", "--as", agent)


def step(plan: Swarm, *words: str, code: int = 0) -> dict[str, Any]:
    """Start, complete or release, and return what came of it."""
    (found,) = plan.json("phase", *words, code=code)["phases"]
    return dict(found)


def outcomes(found: dict[str, Any]) -> dict[str, str]:
    return {gate["gate"]: gate["outcome"] for gate in found["gates"]}


def left(found: dict[str, Any]) -> list[str]:
    return [blocker["what"] for blocker in found["blockers"]]


def approve(plan: Swarm, who: str, subject: str) -> None:
    plan.sign(who, "approve", subject, "--because", "as agreed")


def pass_specification(plan: Swarm) -> None:
    finish(plan, "specification")
    plan.land(dict(SPECIFICATION))
    approve(plan, OPS, "gate/specification/stakeholders-agree")
    assert step(plan, "complete", "specification")["done"] == "completed"


def pass_pseudocode(plan: Swarm) -> None:
    step(plan, "start", "pseudocode")
    finish(plan, "pseudocode")
    plan.land(dict(PSEUDOCODE))
    approve(plan, LEAD, "gate/pseudocode/pseudocode-reviewed")
    assert step(plan, "complete", "pseudocode")["done"] == "completed"


#
def test_no_phase_starts_before_the_gate_of_the_one_before_it(plan: Swarm) -> None:
    for before, phase in itertools.pairwise(PHASES):
        assert f"phase {before} is not completed" in left(step(plan, "start", phase, code=1))
        first = agents_of(plan, phase)[0]
        assert f"its phase {phase} has not started" in plan.run("agent", "start", first, code=1)
    finish(plan, "specification")
    # All agents are done, and 500 lines are not more than 500.
    plan.land({**SPECIFICATION, "docs/security.md": LONG[: LONG.index("\n100.")], "docs/acceptance.md": ""})
    failed = step(plan, "complete", "specification", code=1)
    assert outcomes(failed) == {"specification-complete": "failed", "stakeholders-agree": "waits"}
    assert "phase specification is not completed" in left(step(plan, "start", "pseudocode", code=1))
    plan.land(dict(SPECIFICATION))
    waits = step(plan, "complete", "specification", code=1)
    assert outcomes(waits) == {"specification-complete": "passed", "stakeholders-agree": "waits"}
    approve(plan, OPS, "gate/specification/stakeholders-agree")
    assert step(plan, "complete", "specification")["done"] == "completed"
    assert step(plan, "start", "pseudocode")["done"] == "started"
    plan.start("algorithm-designer")


#
def test_a_phase_that_fails_twice_calls_the_coordinator_and_opens_anew_at_the_third(plan: Swarm) -> None:
    pass_specification(plan)
    step(plan, "start", "pseudocode")
    finish(plan, "pseudocode")
    plan.land({**PSEUDOCODE, "docs/complexity.md": "It is fast.\n"})
    approve(plan, LEAD, "gate/pseudocode/pseudocode-reviewed")
    once = step(plan, "complete", "pseudocode", code=1)
    assert (once["done"], once["failures"], outcomes(once)["complexity-stated"]) == ("failed", 1, "failed")
    assert plan.json("escalation", "list")["cases"] == []
    plan.land({"docs/complexity.md": "It is rather fast.\n"})
    assert step(plan, "complete", "pseudocode", code=1)["failures"] == 2
    case = plan.the_case()
    assert (case["kind"], case["owner"], case["deciders"], case["phases"]) == (
        "phase",
        "coordinator",
        [OPS],
        ["pseudocode"],
    )
    plan.land({"docs/complexity.md": "It is very fast.\n"})
    reopened = step(plan, "complete", "pseudocode", code=1)
    assert (reopened["done"], reopened["progress"], reopened["failures"]) == ("reopened", "pending", 0)
    assert plan.json("escalation", "list")["cases"] == []
    # Its requirements are open: it starts anew, and what was approved before is no approval any more.
    assert "phase pseudocode is not completed" in left(step(plan, "start", "architecture", code=1))
    step(plan, "start", "pseudocode")
    plan.land(dict(PSEUDOCODE))
    waits = step(plan, "complete", "pseudocode", code=1)
    assert outcomes(waits)["pseudocode-reviewed"] == "waits"
    approve(plan, LEAD, "gate/pseudocode/pseudocode-reviewed")
    assert step(plan, "complete", "pseudocode")["done"] == "completed"
    assert step(plan, "start", "architecture")["done"] == "started"


#
def test_what_must_not_be_in_the_domain_fails_its_gate_line_by_line(plan: Swarm) -> None:
    reach(plan, "refinement")
    lines = 'pub fn one() -> u8 {\n    Some(1).expect("one")\n}\n'
    plan.land({"crates/quarry-store/src/lib.rs": lines})
    failed = step(plan, "complete", "refinement", code=1)
    assert (failed["done"], outcomes(failed)) == ("failed", {"domain-is-safe": "failed"})
    assert [blocker["where"] for blocker in failed["gates"][0]["blockers"]] == ["crates/quarry-store/src/lib.rs:2"]
    plan.land({"crates/quarry-store/src/lib.rs": "pub fn one() -> u8 {\n    1\n}\n"})
    # The commands of the gate are declared, and it is said that nobody runs them yet.
    plan.land({"gatekeeper.toml": settings()})
    waits = step(plan, "complete", "refinement", code=1)
    assert {gate for gate, outcome in outcomes(waits).items() if outcome == "not-run"} == {
        "release-build",
        "tests",
        "lint",
        "benchmarks",
    }
    assert (waits["done"], waits["failures"]) == ("waits", 1)


def reach(plan: Swarm, last: str) -> None:
    """Pass all phases before one, start that, and let its agents finish."""
    pass_specification(plan)
    pass_pseudocode(plan)
    step(plan, "start", "architecture")
    finish(plan, "architecture")
    plan.land(dict(ARCHITECTURE))
    # Conditional: the design may go ahead, and before a release the domain has to be safe.
    gate = ("approve", "gate/architecture/architecture-approved", "--condition", "domain-is-safe")
    plan.sign(LEAD, *gate, "--because", "if the domain stays safe")
    assert step(plan, "complete", "architecture")["done"] == "completed"
    for phase in PHASES[3:]:
        assert step(plan, "start", phase)["done"] == "started"
        finish(plan, phase)
        if phase == last:
            return
        assert step(plan, "complete", phase)["done"] == "completed"


#
def test_a_release_needs_every_phase_its_conditions_and_an_authorisation(plan: Swarm) -> None:
    reach(plan, "completion")
    early = step(plan, "release", code=1)
    assert (early["done"], "phase completion is not completed" in left(early)) == ("waits", True)
    plan.land({"docs/checklist.md": "# Before a release\n\nEvery box is ticked.\n", "CHANGES.md": "# 0.4.1\n"})
    approve(plan, QUALITY, "gate/completion/checklist-signed")
    assert step(plan, "complete", "completion")["done"] == "completed"
    waits = step(plan, "release", code=1)
    assert outcomes(waits) == {"deployment-authorised": "waits", "domain-is-safe": "passed"}
    approve(plan, QUALITY, "release/deployment-authorised")
    ready = step(plan, "release")
    assert (ready["done"], ready["blockers"], {line["holds"] for line in ready["checklist"]}) == ("ready", [], {True})
    # A condition that does not hold any more takes the release back.
    plan.land({"crates/quarry-model/src/lib.rs": "pub unsafe fn gone() {}\n"})
    assert outcomes(step(plan, "release", code=1))["domain-is-safe"] == "failed"
    assert "sound" in plan.run("log", "--verify")
