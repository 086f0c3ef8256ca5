"""When decisions about phases that were derived from one state are still due in another."""

from __future__ import annotations

from gatekeeper.core.ledger import phase_events as phases
from gatekeeper.core.ledger.events import Event
from gatekeeper.core.ledger.phase_effects import phase_record
from gatekeeper.core.ledger.state import Records


def starts(event: Event, state: Records) -> bool:
    """Return whether nobody has started the phase since."""
    said = event.payload
    if not isinstance(said, phases.PhaseStarted):
        return False
    known = phase_record(state, said.phase)
    return known.started_at is None and known.iteration == said.iteration


def fails(event: Event, state: Records) -> bool:
    """Return whether the iteration that has failed is the one that is under way."""
    said = event.payload
    if not isinstance(said, phases.PhaseFailed):
        return False
    known = phase_record(state, said.phase)
    return known.completed_at is None and known.iteration == said.iteration


def reopens(event: Event, state: Records) -> bool:
    """Return whether nothing has become of the phase since."""
    said = event.payload
    if not isinstance(said, phases.PhaseReopened):
        return False
    known = phase_record(state, said.phase)
    return known.completed_at is None and bool(known.failures) and known.iteration == said.iteration


def completes(event: Event, state: Records) -> bool:
    """Return whether the iteration that has passed is the one that is under way."""
    said = event.payload
    if not isinstance(said, phases.PhaseCompleted):
        return False
    known = phase_record(state, said.phase)
    return known.completed_at is None and not known.is_reopened and known.iteration == said.iteration
