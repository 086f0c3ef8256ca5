"""What the events of cases do to the state."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from gatekeeper.core.ledger import case_events as cases
from gatekeeper.core.ledger.case_records import (
    ApprovalRecord,
    CaseId,
    CaseRecord,
    ClosedCase,
    IntegrationRecord,
    PrecedenceRecord,
    QuarantineRecord,
)
from gatekeeper.core.ledger.effect import effect, line_of, with_more
from gatekeeper.core.ledger.events import Event
from gatekeeper.core.ledger.state import Changes, Records
from gatekeeper.core.names import AgentName

INCIDENT = "incident/"
"""What the subject of an approval begins with that is about the plan of an incident."""


@effect.register
def _(said: cases.PrecedenceTaken, event: Event, _state: Records) -> Changes:
    return {(PrecedenceRecord, said.agent): PrecedenceRecord(said.agent, said.position, event.at)}


@effect.register
def _(said: cases.PrecedenceLeft, _event: Event, _state: Records) -> Changes:
    return {(PrecedenceRecord, said.agent): None}


@effect.register
def _(said: cases.CaseOpened, event: Event, _state: Records) -> Changes:
    case = said.matter.id
    return {(CaseRecord, case): CaseRecord(said.matter, event.at), (ClosedCase, case): None}


@effect.register
def _(said: cases.CaseChanged, event: Event, state: Records) -> Changes:
    known = state.get(CaseRecord, said.matter.id)
    if known is None:
        return {(CaseRecord, said.matter.id): CaseRecord(said.matter, event.at, event.at)}
    return {(CaseRecord, said.matter.id): replace(known, matter=said.matter, changed_at=event.at)}


@effect.register
def _(said: cases.CaseClosed, event: Event, state: Records) -> Changes:
    known = state.get(CaseRecord, said.case)
    if known is None:
        return {}
    return {(CaseRecord, said.case): None, (ClosedCase, said.case): ClosedCase(known, event.at, said.because)}


def _with_line(state: Records, case: CaseId, change: Callable[[CaseRecord], CaseRecord]) -> Changes:
    """A case may be closed by the time at which somebody's word on it arrives: it is kept there."""
    known = state.get(CaseRecord, case)
    if known is not None:
        return {(CaseRecord, case): change(known)}
    closed = state.get(ClosedCase, case)
    return {} if closed is None else {(ClosedCase, case): replace(closed, case=change(closed.case))}


@effect.register
def _(said: cases.CaseRuled, event: Event, state: Records) -> Changes:
    line = (line_of(event),)
    return _with_line(state, said.case, lambda case: replace(case, rulings=with_more(case.rulings, line)))


@effect.register
def _(said: cases.CaseAcknowledged, event: Event, state: Records) -> Changes:
    line = (line_of(event),)
    return _with_line(
        state, said.case, lambda case: replace(case, acknowledgements=with_more(case.acknowledgements, line))
    )


@effect.register
def _(said: cases.IncidentPlanned, event: Event, state: Records) -> Changes:
    def planned(case: CaseRecord) -> CaseRecord:
        return replace(case, cause=said.cause, plan=said.plan, planned_by=event.by, planned_for=said.findings)

    return _with_line(state, said.case, planned)


@effect.register
def _(said: cases.ApprovalGiven, event: Event, state: Records) -> Changes:
    line = line_of(event)
    if said.subject.startswith(INCIDENT):
        case = CaseId(said.subject.removeprefix(INCIDENT))
        return _with_line(state, case, lambda known: replace(known, approvals=with_more(known.approvals, (line,))))
    record = ApprovalRecord(event.id, said.subject, said.proposal, said.principal, event.at, line)
    return {(ApprovalRecord, event.id): record}


@effect.register
def _(said: cases.AgentQuarantined, event: Event, state: Records) -> Changes:
    known = state.get(QuarantineRecord, said.agent) or QuarantineRecord(said.agent, event.at)
    if not known.placed:
        known = replace(known, at=event.at)
    placed = with_more(known.placed, (line_of(event),))
    return {(QuarantineRecord, said.agent): replace(known, placed=placed)}


@effect.register
def _(said: cases.AgentReadmitted, event: Event, state: Records) -> Changes:
    known = state.get(QuarantineRecord, said.agent)
    if known is None:
        return {}
    lifted = with_more(known.lifted, (line_of(event),))
    return {(QuarantineRecord, said.agent): replace(known, lifted=lifted)}


@effect.register
def _(said: cases.QuarantineEnded, event: Event, _state: Records) -> Changes:
    return {(QuarantineRecord, said.agent): QuarantineRecord(said.agent, event.at, ended_at=event.at)}


@effect.register
def _(said: cases.IntegrationDue, event: Event, state: Records) -> Changes:
    known = state.get(IntegrationRecord, said.agent)
    after, findings, due, ruled = said.after, said.findings, event.at, said.cases
    if known is not None:
        # Whoever has not taken in the first takes in both at once.
        after, findings = with_more(known.after, after), with_more(known.findings, findings)
        due, ruled = known.due_at, with_more(known.cases, ruled)
    return {(IntegrationRecord, said.agent): IntegrationRecord(said.agent, after, findings, said.trunk, due, ruled)}


def _integration(state: Records, agent: AgentName, change: Callable[[IntegrationRecord], IntegrationRecord]) -> Changes:
    known = state.get(IntegrationRecord, agent)
    return {} if known is None else {(IntegrationRecord, agent): change(known)}


@effect.register
def _(said: cases.IntegrationIntended, event: Event, state: Records) -> Changes:
    # An agent may take in trunk without having to: then it follows nobody.
    known = state.get(IntegrationRecord, said.agent) or IntegrationRecord(said.agent, (), (), said.trunk, event.at)
    return {(IntegrationRecord, said.agent): replace(known, is_making=True)}


@effect.register
def _(said: cases.IntegrationPublished, _event: Event, state: Records) -> Changes:
    return _integration(
        state,
        said.agent,
        lambda known: replace(known, head=said.head, published=said.commit, is_making=False, failure=""),
    )


@effect.register
def _(said: cases.IntegrationFailed, _event: Event, state: Records) -> Changes:
    return _integration(
        state,
        said.agent,
        lambda known: replace(known, head=said.head, published=None, is_making=False, failure=said.because),
    )


@effect.register
def _(said: cases.IntegrationEnded, _event: Event, _state: Records) -> Changes:
    return {(IntegrationRecord, said.agent): None}
