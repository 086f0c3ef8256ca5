"""What follows from verdicts, whatever they are: R-18, R-22 and R-44 as properties."""

from __future__ import annotations

from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from gatekeeper.core.gates.verdict import Blocker
from gatekeeper.core.ledger import phase_events as phases
from gatekeeper.core.ledger.apply import apply
from gatekeeper.core.ledger.case_records import CaseRecord
from gatekeeper.core.ledger.event_types import is_due_in
from gatekeeper.core.ledger.events import Event, Payload
from gatekeeper.core.ledger.phase_effects import phase_record
from gatekeeper.core.ledger.phase_records import JudgedGate, OutcomeWord, PhaseRecord, ReleaseRecord, Stage
from gatekeeper.core.ledger.records import EventId
from gatekeeper.core.ledger.state import NoRecords, Overlaid
from gatekeeper.core.names import AgentName, Oid
from gatekeeper.core.phases.following import after_post, after_pre, case_of
from gatekeeper.core.phases.steps import in_order, judged, release_iteration, verdict_of
from gatekeeper.core.roster import GateName, PhaseGates, PhaseName, PhaseSpec
from tests.core.ledger_events import START, made

PHASE = PhaseName("work")
GATES = tuple(GateName(name) for name in ("a", "b"))
SPEC = PhaseSpec(PHASE, (AgentName("x"),), gates=PhaseGates(pre=GATES, post=GATES))
OUTCOMES: tuple[OutcomeWord, ...] = ("passed", "failed", "not-run", "waits")
TREES = tuple(Oid(str(number) * 40) for number in (1, 2))


def verdict(stage: Stage, gate: GateName, outcome: OutcomeWord, tree: Oid = TREES[0], iteration: int = 1) -> JudgedGate:
    blockers = () if outcome == "passed" else (Blocker(f"{gate} is {outcome}"),)
    return JudgedGate(stage, gate, outcome, blockers, "", tree, "d", iteration)


class History:
    """One phase, step after step."""

    def __init__(self) -> None:
        self.state = Overlaid(NoRecords())
        self._steps = 0

    @property
    def record(self) -> PhaseRecord:
        """Return what is known of the phase."""
        return phase_record(self.state, PHASE)

    def take(self, payloads: list[Payload]) -> None:
        """Record what follows from a step, all at one moment."""
        self._steps += 1
        for number, said in enumerate(payloads):
            at = START + timedelta(minutes=self._steps)
            event = Event(EventId(f"{self._steps}-{number}"), at, "gatekeeper", said)
            # Nothing is derived from a state that is not due in that very state.
            assert is_due_in(event, self.state)
            self.state.put(apply(event, self.state))


Asked = tuple[OutcomeWord, OutcomeWord, Oid]
_ASKED = st.tuples(st.sampled_from(OUTCOMES), st.sampled_from(OUTCOMES), st.sampled_from(TREES))


#
@given(st.lists(_ASKED, max_size=14))
def test_a_phase_goes_on_only_by_gates_that_have_passed(asked: list[Asked]) -> None:
    history = History()
    failures, last_failure, iteration = 0, None, 1
    for one, other, tree in asked:
        has_passed = one == other == "passed"
        if history.record.started_at is None:
            verdicts = [verdict("pre", gate, word, tree) for gate, word in zip(GATES, (one, other), strict=True)]
            history.take(list(after_pre(SPEC, verdicts, history.state)))
            assert (history.record.started_at is not None) == has_passed
            continue
        if history.record.completed_at is not None:
            break
        verdicts = [verdict("post", gate, word, tree) for gate, word in zip(GATES, (one, other), strict=True)]
        history.take(list(after_post(SPEC, verdicts, history.state)))
        failed = {(gate, tree) for gate, word in zip(GATES, (one, other), strict=True) if word == "failed"}
        assert (history.record.completed_at is not None) == has_passed
        if failed and (failures == 0 or failed != last_failure):
            failures, iteration = failures + 1, iteration + 1
        last_failure = failed
        is_reopened = failures == 3
        failures = 0 if is_reopened else failures
        assert (history.record.started_at is None) == is_reopened
        assert (len(history.record.failures), history.record.iteration) == (failures, iteration)
        has_case = history.state.get(CaseRecord, case_of(PHASE)) is not None
        assert has_case == (failures == 2 and not has_passed)


def test_one_of_two_that_judge_the_same_failure_counts() -> None:
    history = History()
    history.take([phases.PhaseStarted(PHASE, 1)])
    said = phases.PhaseFailed(PHASE, 1, (Blocker("x"),))
    history.take([said])
    again = Event(EventId("again"), START, "gatekeeper", said)
    assert not is_due_in(again, history.state)
    # Nor does one that passed what has failed meanwhile complete it.
    assert not is_due_in(Event(EventId("late"), START, "g", phases.PhaseCompleted(PHASE, 1)), history.state)
    assert is_due_in(Event(EventId("now"), START, "g", phases.PhaseCompleted(PHASE, 2)), history.state)


#
@given(st.lists(st.sampled_from(OUTCOMES), min_size=4, max_size=4), st.permutations([GateName(g) for g in "abcd"]))
def test_what_failed_is_asked_first_and_all_is_asked(words: list[OutcomeWord], gates: list[GateName]) -> None:
    known = [verdict("post", gate, word) for gate, word in zip("abcd", words, strict=True)]  # type: ignore[arg-type]
    known += [verdict("pre", gate, "failed") for gate in gates]
    failed = [gate for gate in gates if words["abcd".index(gate)] == "failed"]
    found = in_order(gates, "post", known)
    assert list(found) == [*failed, *(gate for gate in gates if gate not in failed)]


@given(made(JudgedGate, {Oid: st.just(TREES[0]), str: st.just("x"), int: st.just(3)}))
def test_a_verdict_comes_back_as_it_was_kept(known: JudgedGate) -> None:
    assert judged(verdict_of(known), known.stage, known.iteration) == known


#
def test_another_tree_is_another_release_once_one_was_ready() -> None:
    one, other = TREES
    assert release_iteration(None, one) == release_iteration(ReleaseRecord(), other) == 1
    ready = ReleaseRecord(2, START, one)
    assert (release_iteration(ready, one), release_iteration(ready, other)) == (2, 3)
