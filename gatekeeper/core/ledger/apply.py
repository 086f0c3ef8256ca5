"""What each event does to the state. A fact can be applied to any state, whatever else was recorded meanwhile."""

from __future__ import annotations

from gatekeeper.core.ledger import (  # noqa: F401 - they register what events do
    agent_effects,
    case_effects,
    phase_effects,
    watch_effects,
)
from gatekeeper.core.ledger.effect import effect
from gatekeeper.core.ledger.events import Event
from gatekeeper.core.ledger.state import Changes, Records


def apply(event: Event, state: Records) -> Changes:
    """Return what ``event`` changes in ``state``; nothing where the state says already what it says."""
    return effect(event.payload, event, state)
