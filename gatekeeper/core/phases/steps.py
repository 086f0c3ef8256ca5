"""What may be done with a phase, and in which order its gates are asked."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import get_args

from gatekeeper.core.gates.verdict import Blocker, GateVerdict, Outcome
from gatekeeper.core.ledger.phase_records import JudgedGate, OutcomeWord, PhaseRecord, ReleaseRecord, Stage
from gatekeeper.core.names import Oid
from gatekeeper.core.policy.decide import Verdict
from gatekeeper.core.policy.standing import Standing
from gatekeeper.core.roster import GateName, PhaseSpec, Roster
from gatekeeper.core.watch.registry import Registry

_WORDS: dict[str, OutcomeWord] = {word: word for word in get_args(OutcomeWord)}


def start_blockers(spec: PhaseSpec, found: Registry, roster: Roster, decided: Verdict) -> Iterator[Blocker]:
    """Yield why a phase may not start, its gates apart (R-18)."""
    for needed in found.phases[spec.name].waits_for:
        yield Blocker(f"phase {needed} is not completed", f"gatekeeper phase complete {needed}")
    before = [roster.phases[name] for name in spec.needs if name in roster.phases]
    yield from halts((*before, spec), decided)


def completion_blockers(spec: PhaseSpec, found: Registry, decided: Verdict) -> Iterator[Blocker]:
    """Yield why a phase may not complete, its checklist and its gates apart."""
    if not found.phases[spec.name].is_started:
        yield not_started(spec)
    for name in spec.agents:
        entry = found.agents.get(name)
        if entry is None or entry.progress != "completed":
            word = "pending" if entry is None else entry.progress
            yield Blocker(f"{name} is not completed: it is {word}", f"gatekeeper agent finish {name}", name)
    yield from halts((spec,), decided)


def not_started(spec: PhaseSpec) -> Blocker:
    """Return what is left to do where a phase has to be under way."""
    return Blocker(f"phase {spec.name} has not started", f"gatekeeper phase start {spec.name}")


def halts(phases: Iterable[PhaseSpec], decided: Verdict) -> Iterator[Blocker]:
    """Yield by which incidents phases are halted, each once."""
    told = set()
    for phase in phases:
        for agent in phase.agents:
            decision = decided.of(agent)
            if decision.standing is not Standing.HALTED:
                continue
            reason = decision.reasons[0]
            if reason.case not in told:
                told.add(reason.case)
                yield Blocker(
                    f"phase {phase.name} is halted: {reason.message}", reason.next_step, ", ".join(reason.waits_for)
                )


def in_order(gates: Sequence[GateName], stage: Stage, known: Iterable[JudgedGate]) -> tuple[GateName, ...]:
    """Return the gates, those first that had failed when they were asked last (R-44)."""
    failed = {one.gate for one in known if one.stage == stage and one.outcome == Outcome.FAILED.value}
    return (*(gate for gate in gates if gate in failed), *(gate for gate in gates if gate not in failed))


def judged(verdict: GateVerdict, stage: Stage, iteration: int) -> JudgedGate:
    """Return a verdict as the ledger keeps it."""
    return JudgedGate(
        stage,
        verdict.gate,
        _WORDS[verdict.outcome.value],
        verdict.blockers,
        verdict.detail,
        verdict.tree,
        verdict.definition,
        iteration,
        verdict.conditions,
    )


def verdict_of(known: JudgedGate) -> GateVerdict:
    """Return a verdict that the ledger has kept."""
    return GateVerdict(
        known.gate,
        Outcome(known.outcome),
        known.blockers,
        known.detail,
        known.tree,
        known.definition,
        known.conditions,
    )


def have_passed(gates: Iterable[GateName], verdicts: Iterable[JudgedGate]) -> bool:
    """Return whether each of the gates has a verdict, and each verdict is a pass."""
    outcomes = {one.gate: one.outcome for one in verdicts}
    return all(outcomes.get(gate) == Outcome.PASSED.value for gate in gates)


def release_iteration(known: ReleaseRecord | None, tree: Oid) -> int:
    """Return which release a tree would be: what was found ready before is another one, with approvals of its own."""
    if known is None:
        return 1
    return known.iteration if known.tree in {None, tree} else known.iteration + 1


def iteration_of(known: PhaseRecord | None) -> int:
    """Return which iteration of a phase is under way."""
    return 1 if known is None else known.iteration


def is_the_same_failure(known: PhaseRecord, now: Iterable[JudgedGate]) -> bool:
    """Return whether nothing has changed since the last failure: asking again is no iteration."""
    return bool(known.failures) and _failure(known.verdicts) == _failure(now)


def _failure(verdicts: Iterable[JudgedGate]) -> dict[GateName, tuple[object, ...]]:
    return {
        one.gate: (one.tree, one.definition, one.blockers)
        for one in verdicts
        if one.stage == "post" and one.outcome == Outcome.FAILED.value
    }
