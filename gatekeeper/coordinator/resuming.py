"""An incident goes on: by a root cause and a plan that somebody records, and that a coordinator approves."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from gatekeeper.coordinator.case_desk import CaseDesk
from gatekeeper.coordinator.notary import Notary
from gatekeeper.core.ledger.apply import apply
from gatekeeper.core.ledger.case_events import ApprovalGiven, IncidentPlanned
from gatekeeper.core.ledger.case_records import CaseRecord
from gatekeeper.core.ledger.event_types import COORDINATOR
from gatekeeper.core.ledger.events import Event
from gatekeeper.core.ledger.state import Overlaid, Records
from gatekeeper.core.policy.owners import Concern
from gatekeeper.core.policy.plans import incident_subject, plan_digest
from gatekeeper.errors import BadInputError, SigningError, UsageError
from gatekeeper.ledger.ledger import new_event


@dataclass(frozen=True, slots=True)
class Resumed:
    """What was recorded; ``lacking``: why the plan is not approved with it, None where it is."""

    events: tuple[Event, ...]
    lacking: str | None = None


def resume(
    desk: CaseDesk, case: CaseRecord, said: tuple[str | None, str | None], because: str | None, by: str, notary: Notary
) -> Resumed:
    """Record ``said``, the cause and the plan (None: as they are recorded), and approve them if the caller may.

    Raises UsageError where a cause or a plan is missing.
    """
    planned = _planned(desk, case, said, by)
    after = _after(desk.state, case, planned)
    if not planned and _is_approved(desk, case, desk.state):
        return Resumed(())
    try:
        approval = [approval_of(after, because or f"as planned: {after.plan}", notary)]
        lacking = None
    except (BadInputError, SigningError) as error:
        approval, lacking = [], error.message
    return Resumed(_append(desk, case, [*planned, *approval]), lacking)


def approve_plan(desk: CaseDesk, case: CaseRecord, because: str, notary: Notary) -> tuple[Event, ...]:
    """Approve the plan as it is recorded; nothing where that is done.

    Raises BadInputError where there is no plan, or it would not count.
    """
    if not case.cause.strip() or not case.plan.strip():
        raise BadInputError(
            f"incident {case.id} has no cause and no plan that could be approved",
            f"gatekeeper resume {case.id} --cause ... --plan ... records them",
        )
    if _is_approved(desk, case, desk.state):
        return ()
    return _append(desk, case, [approval_of(case, because, notary)])


def approval_of(case: CaseRecord, because: str, notary: Notary) -> Event:
    """Return the signed approval of an incident's plan; raises BadInputError where it would not count."""
    subject = incident_subject(case.id)
    said = ApprovalGiven(notary.authority.repository_id, notary.principal, subject, plan_digest(case), because)
    return notary.signed(said, Concern(COORDINATOR, case.matter.parties, case.opened_at))


def _planned(desk: CaseDesk, case: CaseRecord, said: tuple[str | None, str | None], by: str) -> list[Event]:
    cause, plan = ((new or "").strip() or old for new, old in zip(said, (case.cause, case.plan), strict=True))
    if not cause:
        raise UsageError("what was the root cause?", "say so with --cause")
    if not plan:
        raise UsageError("how does it go on?", "say so with --plan")
    if (cause, plan, case.matter.findings) == (case.cause, case.plan, case.planned_for):
        return []
    return [new_event(IncidentPlanned(case.id, cause, plan, case.matter.findings), at=desk.now, by=by)]


def _after(state: Records, case: CaseRecord, events: Sequence[Event]) -> CaseRecord:
    overlaid = Overlaid(state)
    for event in events:
        overlaid.put(apply(event, overlaid))
    return overlaid.get(CaseRecord, case.id) or case


def _is_approved(desk: CaseDesk, case: CaseRecord, state: Records) -> bool:
    return any(each.counts for each in desk.judge(state).resumptions(case))


def _append(desk: CaseDesk, case: CaseRecord, events: Sequence[Event]) -> tuple[Event, ...]:
    def decide(state: Records) -> Sequence[Event]:
        if state.get(CaseRecord, case.id) is None:
            raise BadInputError(f"incident {case.id} is over", "gatekeeper escalation list")
        return events

    return desk.append(decide, subject=f"incident {case.id}")
