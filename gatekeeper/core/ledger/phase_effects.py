"""What the events of phases do to the state."""

from __future__ import annotations

from dataclasses import replace

from gatekeeper.core.ledger import phase_events as phases
from gatekeeper.core.ledger.effect import effect
from gatekeeper.core.ledger.events import Event
from gatekeeper.core.ledger.phase_records import JudgedGate, PhaseRecord, ReleaseRecord
from gatekeeper.core.ledger.state import THE_ONLY, Changes, Records
from gatekeeper.core.roster import PhaseName


def phase_record(state: Records, name: PhaseName) -> PhaseRecord:
    """Return what is known of a phase; before anything was done with it, that."""
    return state.get(PhaseRecord, name) or PhaseRecord(name)


@effect.register
def _(said: phases.PhaseStarted, event: Event, state: Records) -> Changes:
    known = phase_record(state, said.phase)
    return {(PhaseRecord, said.phase): replace(known, started_at=event.at, completed_at=None)}


@effect.register
def _(said: phases.GateJudged, _event: Event, state: Records) -> Changes:
    if said.phase is None:
        release = state.get(ReleaseRecord) or ReleaseRecord()
        return {(ReleaseRecord, THE_ONLY): replace(release, verdicts=_with(release.verdicts, said.verdict))}
    known = phase_record(state, said.phase)
    return {(PhaseRecord, said.phase): replace(known, verdicts=_with(known.verdicts, said.verdict))}


def _with(known: tuple[JudgedGate, ...], new: JudgedGate) -> tuple[JudgedGate, ...]:
    return (*(one for one in known if (one.stage, one.gate) != (new.stage, new.gate)), new)


@effect.register
def _(said: phases.PhaseFailed, _event: Event, state: Records) -> Changes:
    known = phase_record(state, said.phase)
    if said.iteration in known.failures:
        return {}
    following = max(known.iteration, said.iteration + 1)
    return {(PhaseRecord, said.phase): replace(known, iteration=following, failures=(*known.failures, said.iteration))}


@effect.register
def _(said: phases.PhaseReopened, event: Event, state: Records) -> Changes:
    known = phase_record(state, said.phase)
    iteration = max(known.iteration, said.iteration)
    return {
        (PhaseRecord, said.phase): replace(
            known, iteration=iteration, failures=(), started_at=None, completed_at=None, reopened_at=event.at
        )
    }


@effect.register
def _(said: phases.PhaseCompleted, event: Event, state: Records) -> Changes:
    return {(PhaseRecord, said.phase): replace(phase_record(state, said.phase), completed_at=event.at)}


@effect.register
def _(said: phases.ReleaseReady, event: Event, state: Records) -> Changes:
    known = state.get(ReleaseRecord) or ReleaseRecord()
    ready = replace(known, iteration=said.iteration, ready_at=event.at, tree=said.tree)
    return {(ReleaseRecord, THE_ONLY): ready}
