"""When decisions about cases that were derived from one state are still due in another."""

from __future__ import annotations

from datetime import datetime

from gatekeeper.core.ledger import case_events as cases
from gatekeeper.core.ledger.case_records import (
    CaseId,
    CaseRecord,
    ClosedCase,
    IntegrationRecord,
    PrecedenceRecord,
    QuarantineRecord,
)
from gatekeeper.core.ledger.events import Event
from gatekeeper.core.ledger.state import Records


def stands_in_line(event: Event, state: Records) -> bool:
    """Whoever has a place keeps it."""
    said = event.payload
    return isinstance(said, cases.PrecedenceTaken) and state.get(PrecedenceRecord, said.agent) is None


def leaves_line(event: Event, state: Records) -> bool:
    """Return whether the agent still has the place that it had then."""
    said = event.payload
    known = state.get(PrecedenceRecord, said.agent) if isinstance(said, cases.PrecedenceLeft) else None
    return known is not None and known.since <= event.at


def opens(event: Event, state: Records) -> bool:
    """Return whether nobody has opened the case, or seen its end, since."""
    said = event.payload
    if not isinstance(said, cases.CaseOpened) or state.get(CaseRecord, said.matter.id) is not None:
        return False
    closed = state.get(ClosedCase, said.matter.id)
    return closed is None or closed.closed_at <= event.at


def changes(event: Event, state: Records) -> bool:
    """Return whether the case is open, and not what it is said to be."""
    said = event.payload
    known = state.get(CaseRecord, said.matter.id) if isinstance(said, cases.CaseChanged) else None
    return known is not None and isinstance(said, cases.CaseChanged) and known.matter != said.matter


def closes(event: Event, state: Records) -> bool:
    """Return whether the case that was seen to end is the one that is open."""
    said = event.payload
    known = state.get(CaseRecord, said.case) if isinstance(said, cases.CaseClosed) else None
    return known is not None and known.opened_at <= event.at


def is_due(event: Event, state: Records) -> bool:
    """Return whether the agent has not been told to take in just that."""
    said = event.payload
    if not isinstance(said, cases.IntegrationDue):
        return False
    known = state.get(IntegrationRecord, said.agent)
    return known is None or known.trunk != said.trunk


def has_ended(event: Event, state: Records) -> bool:
    """Return whether what has ended is what was due then."""
    said = event.payload
    known = state.get(IntegrationRecord, said.agent) if isinstance(said, cases.IntegrationEnded) else None
    return known is not None and known.due_at <= event.at


def is_free(event: Event, state: Records) -> bool:
    """Return whether the agent was not set apart anew since."""
    said = event.payload
    known = state.get(QuarantineRecord, said.agent) if isinstance(said, cases.QuarantineEnded) else None
    return known is not None and bool(known.placed) and known.at <= event.at


def is_news(case: CaseId, at: datetime, state: Records) -> bool:
    """Return whether a case has opened, changed or closed at that very look."""
    stands, gone = state.get(CaseRecord, case), state.get(ClosedCase, case)
    if stands is not None:
        return at in {stands.opened_at, stands.changed_at}
    return gone is not None and gone.closed_at == at
