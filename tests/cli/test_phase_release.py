"""A release: phases, the checklist, conditional approvals and the release gates (R-19, R-23, R-24)."""

from __future__ import annotations

import pytest

from gatekeeper.core.ledger.phase_records import ReleaseRecord
from tests.cli.phases import Plan, left, outcomes
from tests.kit.ssh import needs_openssh

pytestmark = needs_openssh

RELEASE = """
[gates.noted]
files = ["CHANGES.md"]
[gates.measured]
files = ["docs/figures.md"]
[gates.blessed]
approval = "coordinator"
[release]
gates = ["noted"]
"""


def complete(plan: Plan, *conditions: str) -> None:
    plan.begin_work()
    plan.land({"docs/proof.md": "Proof:\n"})
    more = [word for gate in conditions for word in ("--condition", gate)]
    plan.approve("gate/work/reviewed", *more)
    assert plan.phase("complete", "work")["done"] == "completed"


@pytest.fixture(autouse=True)
def release(plan: Plan) -> None:
    """Declare what a release of the plan needs."""
    plan.configure(RELEASE)


#
def test_every_phase_and_every_gate_has_to_have_passed(plan: Plan) -> None:
    early = plan.phase("release", code=1)
    assert (early["name"], early["done"], outcomes(early)) == (None, "waits", {"noted": "failed"})
    told = left(early)
    assert told[:2] == ["phase plan is not completed", "phase work is not completed"]
    assert {"specified has no verdict", "noted is failed", "no file fits CHANGES.md"} <= set(told)
    complete(plan)
    assert left(plan.phase("release", code=1)) == ["noted is failed", "no file fits CHANGES.md"]
    plan.land({"CHANGES.md": "much\n"})
    ready = plan.phase("release")
    assert (ready["done"], ready["blockers"], [line["holds"] for line in ready["checklist"]]) == (
        "ready",
        [],
        [True] * 4,
    )
    record = plan.state.get(ReleaseRecord)
    assert record is not None
    assert record.tree == plan.repository.git("rev-parse", "main^{tree}").strip()
    assert "release  ready" in plan.run("phase", "release")


#
def test_what_passed_at_the_end_of_a_phase_has_to_hold_in_the_tree_that_is_released(plan: Plan) -> None:
    complete(plan)
    plan.land({"CHANGES.md": "much\n", "docs/proof.md": "there is none\n"})
    assert left(plan.phase("release", code=1)) == ["proven is failed", "no file holds 'Proof:'"]
    assert [one.outcome for one in plan.record("work").verdicts if one.gate == "proven"] == ["failed"]
    assert plan.record("work").completed_at is not None
    plan.land({"docs/proof.md": "Proof: anew\n"})
    assert plan.phase("release")["done"] == "ready"
    assert [one.outcome for one in plan.record("work").verdicts if one.gate == "proven"] == ["passed"]


#
def test_what_was_approved_at_the_end_of_a_phase_and_has_changed_since_is_approved_anew(plan: Plan) -> None:
    text = plan.repository.git("show", "main:gatekeeper.toml")
    reviewed = '[gates.reviewed]\napproval = "architect"\n'
    plan.land({"gatekeeper.toml": text.replace(reviewed, reviewed + 'files = ["docs/proof.md"]\n')})
    complete(plan)
    plan.land({"CHANGES.md": "much\n", "docs/proof.md": "Proof: another one\n"})
    assert left(plan.phase("release", code=1)) == [
        "reviewed is waits",
        "the architect has to approve gate/work/reviewed",
    ]
    plan.approve("gate/work/reviewed")
    assert plan.phase("release")["done"] == "ready"


#
def test_what_was_approved_conditionally_needs_its_conditions(plan: Plan) -> None:
    complete(plan, "measured", "blessed")
    plan.land({"CHANGES.md": "much\n"})
    waits = plan.phase("release", code=1)
    assert outcomes(waits) == {"noted": "passed", "measured": "failed", "blessed": "waits"}
    assert "measured is failed: reviewed is approved subject to it" in left(waits)
    plan.land({"docs/figures.md": "1 s\n"})
    assert left(plan.phase("release", code=1)) == [
        "blessed is waits: reviewed is approved subject to it",
        "the coordinator has to approve release/blessed",
    ]
    plan.approve("release/blessed", principal="ops@example.org")
    assert plan.phase("release")["done"] == "ready"
    # Another tree is another release, which is approved by itself.
    plan.land({"README.md": "more\n"})
    assert outcomes(plan.phase("release", code=1))["blessed"] == "waits"


def test_a_gate_that_asks_something_else_now_has_to_be_asked_again(plan: Plan) -> None:
    complete(plan)
    plan.land({"CHANGES.md": "much\n"})
    text = plan.repository.git("show", "main:gatekeeper.toml")
    plan.land({"gatekeeper.toml": text.replace('["Proof:"]', '["Proof:", "qed"]')})
    assert left(plan.phase("release", code=1)) == ["proven has no verdict"]
    assert plan.phase("complete", "work", code=1)["done"] == "completed"
    plan.land({"docs/proof.md": "Proof: qed\n"})
    assert plan.phase("complete", "work")["blockers"] == []
    assert plan.phase("release")["done"] == "ready"


#
def test_where_no_gate_is_asked_nothing_is_released(plan: Plan) -> None:
    plan.land({"gatekeeper.toml": "[agents.builder]\n"})
    assert left(plan.phase("release", code=1)) == ["no gate is asked before a release"]
    plan.land({"gatekeeper.toml": '[gates.noted]\nfiles = ["README.md"]\n[release]\ngates = ["noted"]\n'})
    assert plan.phase("release")["done"] == "ready"
