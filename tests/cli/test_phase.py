"""Phases from end to end, with real keys: nothing starts on a gate that has not passed, and what fails iterates."""

from __future__ import annotations

from datetime import UTC, datetime

from gatekeeper.coordinator.phases import PhaseDesk
from gatekeeper.core.ledger.case_events import CaseOpened
from gatekeeper.core.ledger.case_records import CaseId, CaseMatter, CaseRecord, ClosedCase
from gatekeeper.core.ledger.event_types import ARCHITECT
from gatekeeper.core.ledger.phase_records import PhaseRecord
from gatekeeper.core.ledger.records import FindingId
from gatekeeper.core.names import AgentName
from gatekeeper.ledger.file_lock import held_at_once
from gatekeeper.ledger.ledger import new_event
from tests.cli.phases import LEAD, OPS, PLAN, Plan, left, outcomes
from tests.kit.ssh import needs_openssh
from tests.shell.ledgers import ledger_of

pytestmark = needs_openssh

APPROVE_WORK = "the architect has to approve gate/work/{}"


#
def test_nothing_starts_before_what_it_depends_on_has_passed(plan: Plan) -> None:
    refused = plan.run("agent", "start", "builder", code=1)
    assert "its phase work has not started: gatekeeper phase start work" in refused
    assert left(plan.phase("start", "work", code=1)) == ["phase plan is not completed"]
    plan.finish("designer")
    # All of its agents are done, and its gate has not passed.
    assert left(plan.phase("start", "work", code=1)) == ["phase plan is not completed"]
    assert "gatekeeper phase complete plan" in plan.run("status")
    plan.land({"docs/spec.md": "Closed\n", "docs/design.md": "boxes\n"})
    assert plan.phase("complete", "plan")["progress"] == "completed"
    waits = plan.phase("start", "work", code=1)
    assert (outcomes(waits), left(waits)) == ({"designed": "waits"}, [APPROVE_WORK.format("designed")])
    assert "its phase work has not started" in plan.run("agent", "start", "builder", code=1)
    plan.approve("gate/work/designed")
    started = plan.phase("start", "work")
    assert (started["done"], started["progress"], outcomes(started)) == (
        "started",
        "in-progress",
        {"designed": "passed"},
    )
    plan.run("agent", "start", "builder")
    # To start it once more changes nothing.
    tip = ledger_of(plan.repository).tip()
    assert plan.phase("start", "work")["done"] == "started"
    assert ledger_of(plan.repository).tip() == tip


#
def test_a_gate_says_what_to_do_and_who_can_do_it(plan: Plan) -> None:
    plan.pass_plan()
    text = plan.run("phase", "start", "work", code=1)
    assert "waits  designed (before the start)" in text
    assert "- the architect has to approve gate/work/designed (gate/work/designed · lead@example.org)" in text
    assert "Next: gatekeeper approve gate/work/designed --because ..." in text
    # Whoever has not the role approves nothing, and what is approved is voided by a change. R-43
    assert "has not the role architect" in plan.approve("gate/work/designed", principal=OPS, code=2)
    plan.approve("gate/work/designed")
    assert outcomes(plan.phase("status", "work")) == {"designed": "passed"}
    plan.land({"docs/design.md": "other boxes\n"})
    (gate,) = plan.phase("status", "work", code=1)["gates"]
    assert (gate["outcome"], gate["detail"]) == ("waits", "what lead@example.org approved has changed since")
    assert gate["next_step"] == "gatekeeper approve gate/work/designed --because ..."


#
def test_where_the_only_architect_works_in_the_phase_the_coordinator_approves_its_gates(plan: Plan) -> None:
    plan.land({"gatekeeper.toml": PLAN.replace("[agents.builder]", f'[agents.builder]\nsigns_as = "{LEAD}"')})
    plan.pass_plan()
    assert f"{LEAD} is a party" in plan.approve("gate/work/designed", code=2)
    waits = plan.phase("start", "work", code=1)
    assert [blocker["who"] for blocker in waits["blockers"]] == [OPS]
    plan.approve("gate/work/designed", principal=OPS)
    assert plan.phase("start", "work")["done"] == "started"


def test_a_phase_can_be_judged_as_it_is_elsewhere_and_recorded_nothing(plan: Plan) -> None:
    plan.finish("designer")
    plan.repository.branch("wip")
    plan.repository.commit("wip", {"docs/spec.md": "Closed\n"})
    tip = ledger_of(plan.repository).tip()
    assert outcomes(plan.phase("status", "plan", code=1)) == {"specified": "failed"}
    assert outcomes(plan.phase("status", "plan", "--at", "wip")) == {"specified": "passed"}
    assert "phase work  pending" in plan.run("phase", "status")
    assert ledger_of(plan.repository).tip() == tip


#
def test_after_two_failures_the_coordinator_is_called_after_three_it_starts_anew(plan: Plan) -> None:
    plan.begin_work()
    plan.approve("gate/work/reviewed")
    failed = plan.phase("complete", "work", code=1)
    assert (failed["done"], failed["iteration"], failed["failures"]) == ("failed", 2, 1)
    assert outcomes(failed) == {"reviewed": "passed", "proven": "failed"}
    assert left(failed) == ["no file fits docs/proof.md", "no file holds 'Proof:'"]
    # Asking again is no iteration, and what had failed is asked first. R-44
    again = plan.phase("complete", "work", code=1)
    assert (again["done"], again["iteration"]) == ("waits", 2)
    assert list(outcomes(again)) == ["proven", "reviewed"]
    assert list(plan.state.each(CaseRecord)) == []
    plan.land({"docs/proof.md": "later\n"})
    assert plan.phase("complete", "work", code=1)["failures"] == 2
    ((_, case),) = plan.state.each(CaseRecord)
    assert (case.matter.kind, case.matter.owner, case.matter.phases) == ("phase", "coordinator", ("work",))
    assert "has failed 2 times: no file holds 'Proof:'" in case.matter.question
    # It is among what waits for people, and nothing can be ruled on it.
    shown = plan.run("escalation", "show", case.id)
    # It is about gates: no branch is held against another, and nothing is proposed that could be accepted.
    assert ("its branch is gone" in shown, "no proposal can be accepted" in shown) == (False, False)
    assert "see that it is mended" in shown
    assert "gatekeeper phase status work" in shown
    assert "resolve" not in shown
    plan.run("escalation", "list")
    lead = ("--as", OPS, "--key", str(plan.keys[OPS]))
    _, refused = plan.both("escalation", "resolve", case.id, "--take", "builder", "--because", "so", *lead, code=2)
    assert "is a phase that keeps failing: it is mended" in refused
    # A poll leaves it alone.
    plan.run("poll", "--no-fetch")
    assert [each.id for _, each in plan.state.each(CaseRecord)] == [case.id]
    plan.land({"docs/proof.md": "soon\n"})
    reopened = plan.phase("complete", "work", code=1)
    assert (reopened["done"], reopened["progress"], reopened["iteration"], reopened["failures"]) == (
        "reopened",
        "pending",
        4,
        0,
    )
    assert list(plan.state.each(CaseRecord)) == []
    ((_, closed),) = plan.state.each(ClosedCase)
    assert closed.because == "the phase is reopened"
    # What was approved before is no approval of it any more.
    assert outcomes(plan.phase("start", "work", code=1)) == {"designed": "waits"}
    assert "phase work has not started" in left(plan.phase("complete", "work", code=1))
    plan.approve("gate/work/designed")
    assert plan.phase("start", "work")["started_at"]
    plan.land({"docs/proof.md": "Proof: by cases\n"})
    assert outcomes(plan.phase("complete", "work", code=1)) == {"proven": "passed", "reviewed": "waits"}
    plan.approve("gate/work/reviewed")
    assert plan.phase("complete", "work")["done"] == "completed"


def test_a_phase_that_passes_closes_its_case(plan: Plan) -> None:
    plan.begin_work()
    for text in ("one", "two"):
        plan.land({"docs/proof.md": text})
        plan.phase("complete", "work", code=1)
    assert len(list(plan.state.each(CaseRecord))) == 1
    plan.land({"docs/proof.md": "Proof:\n"})
    plan.approve("gate/work/reviewed")
    assert plan.phase("complete", "work")["blockers"] == []
    ((_, closed),) = plan.state.each(ClosedCase)
    assert closed.because == "the phase has passed its gates"
    assert plan.run("log", "--verify")


def test_a_phase_that_is_no_more_leaves_no_case_behind(plan: Plan) -> None:
    plan.begin_work()
    for text in ("one", "two"):
        plan.land({"docs/proof.md": text})
        plan.phase("complete", "work", code=1)
    plan.run("poll", "--no-fetch")
    assert len(list(plan.state.each(CaseRecord))) == 1
    plan.land({"gatekeeper.toml": PLAN.replace("[phases.work]", "[phases.building]")})
    plan.run("poll", "--no-fetch")
    assert list(plan.state.each(CaseRecord)) == []
    ((_, closed),) = plan.state.each(ClosedCase)
    assert closed.because == "trunk declares no such phase with gates any more"


#
def test_nothing_of_its_agents_may_be_open(plan: Plan) -> None:
    plan.pass_plan()
    plan.approve("gate/work/designed")
    plan.phase("start", "work")
    plan.run("agent", "start", "builder")
    waits = plan.phase("complete", "work", code=1)
    assert (left(waits), waits["gates"]) == (["builder is not completed: it is in-progress"], [])
    worktree = plan.repository.root.parent / "repository.agents" / "builder"
    plan.run("agent", "report", "done", "--as", "builder")
    (worktree / "README.md").write_text("two\n")
    assert left(plan.phase("complete", "work", code=1)) == ["builder has work that is not committed"]
    plan.repository.git("commit", "-qam", "work", cwd=worktree)
    plan.land({"README.md": "three\n"})
    conflict = plan.phase("complete", "work", code=1)
    assert "builder conflicts with trunk" in left(conflict)
    assert [line["holds"] for line in conflict["checklist"]][1] is False
    # None of this is a failed iteration.
    assert plan.record("work").failures == ()


def test_a_command_gate_is_not_run_and_that_is_said(plan: Plan) -> None:
    plan.configure('[gates.built]\ncommand = ["true"]\n[phases.last]\nneeds = []\ngates = { post = ["built"] }\n')
    found = plan.phase("complete", "last", code=1)
    assert (found["done"], outcomes(found)) == ("waits", {"built": "not-run"})
    assert "has no runner for commands yet" in found["gates"][0]["next_step"]
    assert plan.record("last").failures == ()


def test_a_phase_or_a_revision_that_is_none(plan: Plan) -> None:
    for words in (("status", "wrok"), ("start", "wrok"), ("complete", "wrok")):
        out, err = plan.both("phase", *words, code=2)
        assert (out, "there is no phase wrok" in err, "did you mean work?" in err) == ("", True, True)
    assert plan.state.get(PhaseRecord, "wrok") is None
    for step in ("status", "start plan", "complete plan", "release"):
        out, err = plan.both("phase", *step.split(), "--at", "nowhere", code=2)
        assert (out, "nowhere" in err) == ("", True)


#
def test_nobody_waits_for_a_scan_and_what_is_recorded_meanwhile_counts(plan: Plan) -> None:
    plan.finish("designer")
    plan.land({"docs/spec.md": "Closed\n"})
    now = datetime.now(UTC)
    matter = CaseMatter(CaseId("77"), "escalation", ARCHITECT, "which?", (FindingId("f"),), (AgentName("designer"),))
    opened = [new_event(CaseOpened(matter), at=now, by="gatekeeper")]

    def meanwhile(_what: str, _done: int, _total: int) -> None:
        with held_at_once(plan.repository.root / ".git/gatekeeper/ledger.lock", now=now) as owner:
            assert owner is None
        if opened:
            event = opened.pop()
            ledger_of(plan.repository).append(lambda _state: [event], subject="meanwhile", at=now)

    done = PhaseDesk(str(plan.repository.root), None, clock=lambda: now, progress=meanwhile).complete("plan")
    assert not opened
    assert done.done == "waits"
    assert [blocker.what for blocker in done.all_blockers] == ["escalation 77 is open: which?"]


#
def test_a_checkpoint_records_a_verdict_where_it_is_another_one(plan: Plan) -> None:
    plan.configure("""[gates.calm]
files = ["docs/*.md"]
forbids = ["unsettled"]
[phases.night]
gates = { pre = ["calm"], checkpoint = ["calm"] }
""")
    assert left(plan.phase("checkpoint", "night", code=1)) == ["phase night has not started"]
    plan.land({"docs/notes.md": "calm\n"})
    plan.phase("start", "night")
    assert outcomes(plan.phase("checkpoint", "night")) == {"calm": "passed"}
    tip = ledger_of(plan.repository).tip()
    plan.land({"README.md": "two\n"})
    assert outcomes(plan.phase("checkpoint", "night")) == {"calm": "passed"}
    assert ledger_of(plan.repository).tip() == tip
    plan.land({"docs/notes.md": "unsettled\n"})
    failed = plan.phase("checkpoint", "night", code=1)
    assert (outcomes(failed), len(left(failed))) == ({"calm": "failed"}, 1)
    assert ledger_of(plan.repository).tip() != tip
    assert plan.phase("status", "night", code=1)["progress"] == "in-progress"


#
def test_agents_that_say_that_they_are_done_complete_no_phase_that_has_not_started(plan: Plan) -> None:
    plan.configure("""[agents.early]
[phases.late]
agents = ["early"]
needs = ["work"]
[phases.last]
needs = ["late"]
""")
    plan.run("agent", "report", "done", "--as", "early")
    assert plan.phase("status", "late", code=1)["progress"] != "completed"
    assert "phase late is not completed" in left(plan.phase("start", "last", code=1))
