"""An agent is set apart, so that nobody else waits for it, and let in again."""

from __future__ import annotations

from gatekeeper.coordinator.case_desk import CaseDesk
from gatekeeper.coordinator.notary import Notary
from gatekeeper.coordinator.trusting import Judge, Judged
from gatekeeper.core.ledger.case_events import AgentQuarantined, AgentReadmitted
from gatekeeper.core.ledger.case_records import QuarantineRecord
from gatekeeper.core.ledger.event_types import COORDINATOR
from gatekeeper.core.ledger.events import Event
from gatekeeper.core.ledger.records import FindingRecord
from gatekeeper.core.names import AgentName
from gatekeeper.core.policy.matters import counts
from gatekeeper.core.policy.owners import Concern
from gatekeeper.errors import BadInputError

_LIST = "gatekeeper quarantine lists who is set apart, and whether it counts"


def quarantines(desk: CaseDesk, judge: Judge) -> list[tuple[QuarantineRecord, Judged[AgentQuarantined]]]:
    """Return by what agents were set apart, by their names, the oldest first."""
    records = (record for _, record in desk.state.each(QuarantineRecord))
    return [(record, placing) for record in records for placing in judge.placings(record)]


def set_apart(desk: CaseDesk, judge: Judge, agent: AgentName, because: str, notary: Notary) -> tuple[Event, ...]:
    """Set an agent apart for all findings that concern it now.

    Raises BadInputError where nothing stands against it, it is set apart already, or it would not count.
    """
    if _standing(judge, desk.state.get(QuarantineRecord, agent)):
        raise BadInputError(f"{agent} is set apart already", _LIST)
    waived = judge.trusted().waived
    records = (record.problem for _, record in desk.state.each(FindingRecord))
    findings = tuple(problem.id for problem in records if agent in problem.agents and counts(problem, waived))
    if not findings:
        raise BadInputError(f"no finding of the ledger is about {agent}", "gatekeeper status lists them")
    said = AgentQuarantined(notary.authority.repository_id, notary.principal, agent, findings, because)
    event = notary.signed(said, judge.set_apart_concern(agent, findings))
    return desk.append(lambda _state: [event], subject=f"{agent} is set apart")


def let_in(desk: CaseDesk, judge: Judge, agent: AgentName, because: str, notary: Notary) -> tuple[Event, ...]:
    """Let an agent in again; raises BadInputError where it is not set apart, or it would not count."""
    standing = _standing(judge, desk.state.get(QuarantineRecord, agent))
    if not standing:
        raise BadInputError(f"{agent} is not set apart", _LIST)
    repository = notary.authority.repository_id
    events = [
        notary.signed(
            AgentReadmitted(repository, notary.principal, agent, placing.event.id, because),
            Concern(COORDINATOR, (agent,)),
        )
        for placing in standing
    ]
    return desk.append(lambda _state: events, subject=f"{agent} is let in again")


def _standing(judge: Judge, record: QuarantineRecord | None) -> list[Judged[AgentQuarantined]]:
    return [] if record is None else [placing for placing in judge.placings(record) if placing.counts]
