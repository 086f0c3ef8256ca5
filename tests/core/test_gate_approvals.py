"""Approvals of gates, and the checklist before a release (R-22 to R-24)."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from gatekeeper.core.gates.approvals import GateApproval, approval_request, approval_subject
from gatekeeper.core.gates.checklist import (
    COMMITTED,
    GATES_PASSED,
    NO_ALARM,
    NO_CONFLICT,
    ChecklistItem,
    Completion,
    checklist,
)
from gatekeeper.core.gates.evaluate import Circumstances, judge
from gatekeeper.core.gates.manifests import OpenProblems
from gatekeeper.core.gates.spec import ApprovalGate
from gatekeeper.core.gates.verdict import Blocker, GateVerdict, Outcome
from gatekeeper.core.ledger.records import AgentRecord, FindingId, FindingSide, FoundProblem
from gatekeeper.core.names import AgentName, Oid, RefName, Severity
from gatekeeper.core.roster import GateName, PhaseName, Principal, RoleName
from tests.core.judged_trees import MemoryTree

GATE, PHASE = GateName("approved"), PhaseName("design")
ARCHITECT = RoleName("architect")
LEAD, DEPUTY, OTHER = Principal("lead"), Principal("deputy"), Principal("other")
SPEC = ApprovalGate(ARCHITECT, ("docs/*.md",), "Is it sound?")
FILES = {"docs/a.md": "a", "docs/b.md": "b", "src/lib.rs": ""}
ABOUT = Circumstances(MemoryTree(FILES), PHASE, 1, holders={ARCHITECT: (LEAD, DEPUTY), RoleName("release"): (OTHER,)})


def approval(
    *conditions: str, by: Principal = LEAD, about: Circumstances = ABOUT, spec: ApprovalGate = SPEC
) -> GateApproval:
    request = approval_request(spec, phase=about.phase, gate=GATE, iteration=about.iteration, tree=about.tree)
    assert request.blockers == ()
    return GateApproval(request.subject, request.proposal, by, tuple(map(GateName, conditions)))


def judged(*approvals: GateApproval, about: Circumstances = ABOUT, spec: ApprovalGate = SPEC) -> GateVerdict:
    return judge(GATE, spec, replace(about, approvals=approvals))


def test_a_gate_waits_for_whoever_has_the_role() -> None:
    verdict = judged()
    assert (verdict.outcome, verdict.is_passed, verdict.detail) == (Outcome.WAITS, False, "")
    assert verdict.blockers == (
        Blocker("the architect has to approve gate/design/approved", "gate/design/approved", "lead, deputy"),
    )


def test_an_approval_by_the_role_passes_the_gate() -> None:
    verdict = judged(approval())
    assert (verdict.outcome, verdict.blockers, verdict.detail) == (Outcome.PASSED, (), "approved by lead")
    assert verdict.tree == ABOUT.tree.id


def test_an_approval_by_anybody_else_does_not() -> None:
    verdict = judged(approval(by=OTHER), approval(by=Principal("*")))
    assert (verdict.outcome, verdict.detail) == (Outcome.WAITS, "")


@pytest.mark.parametrize(
    ("about", "spec"),
    [
        (replace(ABOUT, tree=MemoryTree(FILES | {"docs/a.md": "changed"})), SPEC),
        (replace(ABOUT, tree=MemoryTree(FILES | {"docs/c.md": "new"})), SPEC),
        (replace(ABOUT, tree=MemoryTree({"docs/a.md": "a"})), SPEC),
        (replace(ABOUT, tree=MemoryTree({"docs/b.md": "a", "docs/a.md": "b"})), SPEC),
        (replace(ABOUT, iteration=2), SPEC),
        (ABOUT, replace(SPEC, description="Is it complete?")),
    ],
)
def test_what_changes_has_to_be_approved_again(about: Circumstances, spec: ApprovalGate) -> None:
    """R-22: so does each iteration."""
    verdict = judged(approval(), about=about, spec=spec)
    assert (verdict.outcome, verdict.detail) == (Outcome.WAITS, "what lead approved has changed since")
    assert judged(approval(), approval(about=about, spec=spec), about=about, spec=spec).is_passed


def test_an_approval_of_another_phase_or_of_the_release_is_none() -> None:
    for phase in (PhaseName("release"), None):
        elsewhere = replace(ABOUT, phase=phase)
        assert judged(approval(about=elsewhere)).detail == ""
        assert not judged(approval(), about=elsewhere).is_passed
    assert approval_subject(None, GATE) != approval_subject(PhaseName("release"), GATE)


def test_what_else_changes_voids_nothing() -> None:
    moved = replace(ABOUT, tree=MemoryTree(FILES | {"src/lib.rs": "more"}))
    assert judged(approval(), about=moved).is_passed


def test_there_is_nothing_to_approve_where_a_document_is_missing() -> None:
    for tree in (MemoryTree({}), MemoryTree({"docs/a.md": "a"}, links="docs/l.md")):
        verdict = judged(about=replace(ABOUT, tree=tree))
        assert (verdict.outcome, verdict.detail) == (Outcome.FAILED, "there is nothing to approve yet")
        assert verdict.blockers


def test_conditions_are_carried_until_who_set_them_drops_them() -> None:
    """R-23."""
    assert judged(approval("audit")).conditions == ("audit",)
    assert judged(approval("audit"), approval(by=DEPUTY)).conditions == ("audit",)
    assert judged(approval("audit"), approval("bench", by=DEPUTY)).conditions == ("audit", "bench")
    assert judged(approval("audit"), approval()).conditions == ()
    assert judged(approval("audit", by=OTHER), approval()).conditions == ()


AT = datetime(2026, 1, 1, tzinfo=UTC)


def agent(name: str, state: str | None = "mergeable", *, removed: bool = False) -> AgentRecord:
    return AgentRecord(
        AgentName(name),
        RefName(f"refs/heads/{name}"),
        "completed",
        AT,
        removed_at=AT if removed else None,
        state=state,
    )


def problem(number: int, severity: Severity, *, git: str = "clean", because: str | None = None) -> FoundProblem:
    sides = (FindingSide((AgentName("a"), AgentName("b")), "Cargo.toml", "x"),)
    return FoundProblem(
        FindingId(f"f{number}"),
        "some-rule",
        "major" if severity is Severity.MAJOR else "minor",
        "Cargo.toml",
        "x",
        sides,
        "they differ",
        git=git,
        expected_because=because,
    )


def verdict(name: str, outcome: Outcome, *conditions: str) -> GateVerdict:
    left = () if outcome is Outcome.PASSED else (Blocker(f"do {name}"),)
    return GateVerdict(GateName(name), outcome, left, "", Oid("1" * 40), "d", tuple(map(GateName, conditions)))


DONE = Completion(
    agents=(agent("a"), agent("b", "landed")),
    uncommitted=frozenset(),
    problems=OpenProblems(),
    alarm_from=Severity.MAJOR,
    cases=(),
    required=(GateName("build"), GateName("docs")),
    verdicts=(verdict("build", Outcome.PASSED), verdict("docs", Outcome.PASSED)),
)


def left_of(completion: Completion) -> dict[str, list[str]]:
    return {item.name: [blocker.what for blocker in item.blockers] for item in checklist(completion) if not item.holds}


def test_all_is_done() -> None:
    """R-24."""
    assert checklist(DONE) == tuple(
        ChecklistItem(name, ()) for name in (COMMITTED, NO_CONFLICT, NO_ALARM, GATES_PASSED)
    )


def test_what_is_not_committed_is_whose() -> None:
    gone = agent("gone", "missing")
    open_work = replace(
        DONE, agents=(*DONE.agents, gone, agent("old", removed=True)), uncommitted={AgentName("b"), AgentName("old")}
    )
    assert left_of(open_work) == {COMMITTED: ["b has work that is not committed", "the branch of gone is gone"]}
    (item, *_) = checklist(open_work)
    assert [(blocker.where, blocker.who) for blocker in item.blockers] == [
        ("refs/heads/b", "b"),
        ("refs/heads/gone", "gone"),
    ]


def test_conflicts_and_alarms_are_left() -> None:
    found = OpenProblems(
        (
            problem(1, Severity.MINOR, git="conflict"),
            problem(2, Severity.MAJOR),
            problem(3, Severity.MINOR),
            problem(4, Severity.MAJOR, because="declared"),
            problem(5, Severity.MAJOR, git="conflict"),
        ),
        settled={"f5"},
    )
    one_case = (Blocker("an escalation is open", "escalation/1", "lead"),)
    agents = (agent("a", "conflicts-with-trunk"), agent("old", "conflicts-with-trunk", removed=True))
    assert left_of(replace(DONE, agents=agents, problems=found, cases=one_case)) == {
        NO_CONFLICT: ["a conflicts with trunk", "some-rule: they differ"],
        NO_ALARM: ["an escalation is open", "some-rule: they differ"],
    }


def test_every_gate_has_passed_and_every_condition_too() -> None:
    """R-23: what was approved subject to a gate is not released before that gate has passed."""
    newest = (
        verdict("build", Outcome.FAILED),
        verdict("build", Outcome.PASSED),
        verdict("docs", Outcome.PASSED, "audit", "bench"),
        verdict("docs", Outcome.PASSED),
        verdict("bench", Outcome.PASSED),
    )
    assert left_of(replace(DONE, verdicts=newest, required=(*DONE.required, GateName("rest")))) == {
        GATES_PASSED: [
            "build is failed",
            "do build",
            "rest has no verdict",
            "audit has no verdict: docs is approved subject to it",
        ]
    }
    run = (*newest[2:], verdict("build", Outcome.PASSED), verdict("audit", Outcome.NOT_RUN))
    assert left_of(replace(DONE, verdicts=run)) == {
        GATES_PASSED: ["audit is not-run: docs is approved subject to it", "do audit"]
    }
