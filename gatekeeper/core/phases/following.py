"""What follows from the verdicts of a phase's gates: it starts, it passes, it iterates, it is reopened (R-22)."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from typing import Final

from gatekeeper.core.gates.verdict import Blocker, Outcome
from gatekeeper.core.ledger import case_events as cases
from gatekeeper.core.ledger import phase_events as phases
from gatekeeper.core.ledger.case_records import CaseId, CaseMatter, CaseRecord
from gatekeeper.core.ledger.event_types import COORDINATOR
from gatekeeper.core.ledger.events import Payload
from gatekeeper.core.ledger.phase_effects import phase_record
from gatekeeper.core.ledger.phase_records import JudgedGate
from gatekeeper.core.ledger.state import Records
from gatekeeper.core.phases.steps import have_passed, is_the_same_failure
from gatekeeper.core.roster import PhaseName, PhaseSpec

TO_COORDINATOR: Final = 2
"""After so many failed iterations the coordinator is called."""

TO_REQUIREMENTS: Final = 3
"""After so many the phase starts anew, from its requirements."""


def after_pre(spec: PhaseSpec, verdicts: Sequence[JudgedGate], state: Records) -> Iterator[Payload]:
    """Yield what is to be recorded of the gates before a start."""
    yield from (phases.GateJudged(spec.name, one) for one in verdicts)
    if have_passed(spec.gates.pre, verdicts):
        yield phases.PhaseStarted(spec.name, phase_record(state, spec.name).iteration)


def after_checkpoint(spec: PhaseSpec, verdicts: Sequence[JudgedGate], state: Records) -> Iterator[Payload]:
    """Yield what is to be recorded of the gates of a checkpoint: what is another verdict than the last one."""
    known = {one.gate: one for one in phase_record(state, spec.name).verdicts if one.stage == "checkpoint"}
    for verdict in verdicts:
        last = known.get(verdict.gate)
        if last is None or (last.outcome, last.blockers) != (verdict.outcome, verdict.blockers):
            yield phases.GateJudged(spec.name, verdict)


def after_post(spec: PhaseSpec, verdicts: Sequence[JudgedGate], state: Records) -> Iterator[Payload]:
    """Yield what is to be recorded of the gates at the end.

    A gate that waits for somebody, or was not run, has not failed: the phase neither passes nor iterates. What is
    judged of a phase that is completed counts for the release, and takes nothing back.
    """
    yield from (phases.GateJudged(spec.name, one) for one in verdicts)
    known = phase_record(state, spec.name)
    if known.completed_at is not None:
        return
    if have_passed(spec.gates.post, verdicts):
        yield phases.PhaseCompleted(spec.name, known.iteration)
        yield from _closed(spec, state, "the phase has passed its gates")
        return
    blockers = tuple(blocker for one in verdicts if one.outcome == Outcome.FAILED.value for blocker in one.blockers)
    if not blockers or is_the_same_failure(known, verdicts):
        return
    yield phases.PhaseFailed(spec.name, known.iteration, blockers)
    failures = len(known.failures) + 1
    if failures >= TO_REQUIREMENTS:
        yield phases.PhaseReopened(spec.name, known.iteration + 1)
        yield from _closed(spec, state, "the phase is reopened")
    elif failures >= TO_COORDINATOR and state.get(CaseRecord, case_of(spec.name)) is None:
        yield cases.CaseOpened(_matter(spec, failures, blockers))


def case_of(phase: PhaseName) -> CaseId:
    """Return which case a phase that keeps failing is."""
    return CaseId(hashlib.sha256(f"phase\0{phase}".encode()).hexdigest()[:8])


def _closed(spec: PhaseSpec, state: Records, because: str) -> Iterator[Payload]:
    case = case_of(spec.name)
    if state.get(CaseRecord, case) is not None:
        yield cases.CaseClosed(case, because, spec.agents)


def _matter(spec: PhaseSpec, failures: int, blockers: Sequence[Blocker]) -> CaseMatter:
    more = f" (and {len(blockers) - 1} more)" if len(blockers) > 1 else ""
    return CaseMatter(
        case_of(spec.name),
        "phase",
        COORDINATOR,
        f"phase {spec.name} has failed {failures} times: {blockers[0].what}{more}",
        parties=spec.agents,
        phases=(spec.name,),
        proposal=f"see that it is mended, then gatekeeper phase complete {spec.name}; it is reopened if it fails again",
    )
