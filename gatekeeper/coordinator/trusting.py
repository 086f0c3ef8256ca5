"""What people have decided, as far as it counts: each signed line read again, and held against what it is about."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import Generic, TypeVar

from gatekeeper.config import Settings
from gatekeeper.coordinator.authority import NOT_WHAT_WAS_SIGNED, Authority, written
from gatekeeper.core.ledger.case_events import (
    AgentQuarantined,
    AgentReadmitted,
    ApprovalGiven,
    CaseAcknowledged,
    CaseRuled,
)
from gatekeeper.core.ledger.case_records import ApprovalRecord, CaseRecord, QuarantineRecord
from gatekeeper.core.ledger.event_types import COORDINATOR
from gatekeeper.core.ledger.events import Event
from gatekeeper.core.ledger.records import ClosedFinding, FindingId, FindingRecord, WaiverRecord
from gatekeeper.core.ledger.state import Records
from gatekeeper.core.names import AgentName, Oid
from gatekeeper.core.policy.owners import Authoritative, Concern, gate_concern
from gatekeeper.core.policy.plans import incident_subject, plan_digest
from gatekeeper.core.policy.rulings import sense_objection
from gatekeeper.core.policy.trusted import Quarantine, Ruling, Trusted
from gatekeeper.repository import Repository

T = TypeVar("T", bound=Authoritative)


@dataclass(frozen=True, slots=True)
class Judged(Generic[T]):
    """Something that was signed, or should have been; ``objection``: why it does not count, None where it does."""

    event: Event
    said: T
    objection: str | None

    @property
    def counts(self) -> bool:
        """Whether somebody with the right to do so has said it."""
        return self.objection is None


class Judge:
    """Tells what counts at one moment, and why the rest does not. What is never asked for costs nothing."""

    def __init__(self, repository: Repository, state: Records, settings: Settings, trunk: Oid, now: datetime) -> None:
        self._place = repository, settings, trunk
        self._state = state
        self._now = now

    @cached_property
    def authority(self) -> Authority:
        """Whose signature counts for what."""
        return Authority(*self._place)

    def rulings(self, case: CaseRecord) -> tuple[Judged[CaseRuled], ...]:
        """Return the rulings on a case, the oldest first."""
        found = _read(case.rulings, CaseRuled)
        return tuple(
            self._judged(event, said, concern_of(case), sense_objection(said, case.matter)) for event, said in found
        )

    def acknowledgements(self, case: CaseRecord) -> tuple[Judged[CaseAcknowledged], ...]:
        """Return the acknowledgements of rulings on a case, the oldest first."""
        found = _read(case.acknowledgements, CaseAcknowledged)
        other = "it is about another case"
        return tuple(
            self._judged(event, said, concern_of(case), None if said.case == case.id else other)
            for event, said in found
        )

    def resumptions(self, case: CaseRecord) -> tuple[Judged[ApprovalGiven], ...]:
        """Return the approvals of the plan of an incident, the oldest first."""
        concern = Concern(COORDINATOR, case.matter.parties, case.opened_at)
        found = _read(case.approvals, ApprovalGiven)
        return tuple(self._judged(event, said, concern, _plan_objection(said, case)) for event, said in found)

    def approval(self, record: ApprovalRecord) -> Judged[ApprovalGiven] | None:
        """Return the approval that a record is of; None where that cannot be read."""
        for event, said in _read((record.event,), ApprovalGiven):
            told = (record.id, record.subject, record.proposal, record.principal)
            is_said = told == (event.id, said.subject, said.proposal, said.principal)
            concern = gate_concern(said.subject, self.authority.roster)
            return self._judged(event, said, concern, None if is_said else NOT_WHAT_WAS_SIGNED)
        return None

    def placings(self, record: QuarantineRecord) -> tuple[Judged[AgentQuarantined], ...]:
        """Return by what an agent was set apart, the oldest first; what was lifted does not count any more."""
        lifted = {lifting.said.quarantine: lifting.said for lifting in self.liftings(record) if lifting.counts}
        found = []
        for event, said in _read(record.placed, AgentQuarantined):
            objection = None if said.agent == record.agent else f"it is about {said.agent}"
            if not said.findings:
                objection = "it names no finding"
            if event.id in lifted:
                objection = f"{lifted[event.id].principal} has lifted it: {lifted[event.id].because}"
            found.append(self._judged(event, said, self.set_apart_concern(said.agent, said.findings), objection))
        return tuple(found)

    def liftings(self, record: QuarantineRecord) -> tuple[Judged[AgentReadmitted], ...]:
        """Return by what an agent was let in again, the oldest first."""
        found = _read(record.lifted, AgentReadmitted)
        concern = Concern(COORDINATOR, (record.agent,))
        return tuple(
            self._judged(event, said, concern, None if said.agent == record.agent else f"it is about {said.agent}")
            for event, said in found
        )

    def set_apart_concern(self, agent: AgentName, findings: Iterable[FindingId]) -> Concern:
        """Return whom it concerns that an agent is set apart: all whom that frees, whatever findings are named."""
        named = (other for finding in findings for other in _agents_of(self._state, finding))
        standing = (record.problem for _, record in self._state.each(FindingRecord))
        freed = (other for problem in standing if agent in problem.agents for other in problem.agents)
        others = (*named, *freed)
        record = self._state.get(QuarantineRecord, agent)
        since = None if record is None else record.ended_at
        return Concern(COORDINATOR, tuple(dict.fromkeys((agent, *others))), since)

    def _judged(self, event: Event, said: T, concern: Concern | None, objection: str | None) -> Judged[T]:
        """Judge by what is cheap to see first: a signature is checked by a process of its own."""
        if objection is None:
            objection = self.authority.objection(event, concern=concern, now=self._now)
        return Judged(event, said, objection)

    def ruling_of(self, case: CaseRecord) -> tuple[Ruling, ...]:
        """Return the rulings on a case that count, with the parties that have acknowledged each."""
        counting = [ruling for ruling in self.rulings(case) if ruling.counts]
        if not counting:
            return ()
        seen = [each.said for each in self.acknowledgements(case) if each.counts]
        return tuple(
            Ruling(each.event.id, each.said, frozenset(ack.agent for ack in seen if ack.ruling == each.event.id))
            for each in counting
        )

    def trusted(self) -> Trusted:
        """Return all that counts."""
        cases = [case for _, case in self._state.each(CaseRecord)]
        apart = {AgentName(agent): self._stands(record) for agent, record in self._state.each(QuarantineRecord)}
        rulings = {case.id: self.ruling_of(case) for case in cases if case.rulings}
        return Trusted(
            waived=frozenset(self._waived()),
            rulings={case: found for case, found in rulings.items() if found},
            resumed=frozenset(case.id for case in cases if any(each.counts for each in self.resumptions(case))),
            quarantined={agent: found for agent, found in apart.items() if found is not None},
            approvals=tuple(self._approvals()),
        )

    def _waived(self) -> Iterator[str]:
        for _, waiver in self._state.each(WaiverRecord):
            if self.authority.counts(waiver, self._now, self._state) is None:
                yield waiver.finding

    def _approvals(self) -> Iterator[ApprovalGiven]:
        # By time: the keys of the records are drawn at random.
        records = sorted(
            (record for _, record in self._state.each(ApprovalRecord)), key=lambda each: (each.at, each.id)
        )
        for judged in map(self.approval, records):
            if judged is not None and judged.counts:
                yield judged.said

    def _stands(self, record: QuarantineRecord) -> Quarantine | None:
        for placing in reversed(self.placings(record)):
            if placing.counts:
                said = placing.said
                return Quarantine(placing.event.id, said.principal, said.findings, said.because)
        return None


def trusted(repository: Repository, state: Records, settings: Settings, trunk: Oid, now: datetime) -> Trusted:
    """Return what people have decided, as far as it counts at this moment."""
    return Judge(repository, state, settings, trunk, now).trusted()


def concern_of(case: CaseRecord) -> Concern:
    """Return whose decision a case is, and whose it is not."""
    return Concern(case.matter.owner, case.matter.parties, case.opened_at)


def _plan_objection(said: ApprovalGiven, case: CaseRecord) -> str | None:
    if said.subject != incident_subject(case.id):
        return "it is about another incident"
    if not case.cause.strip() or not case.plan.strip():
        return "no cause or no plan is recorded"
    return None if said.proposal == plan_digest(case) else "cause, plan or findings have changed since"


def _agents_of(state: Records, finding: FindingId) -> Collection[AgentName]:
    known = state.get(FindingRecord, finding) or state.get(ClosedFinding, finding)
    return () if known is None else known.problem.agents


def _read(lines: Iterable[str], kind: type[T]) -> Iterator[tuple[Event, T]]:
    for event in map(written, lines):
        if event is not None and isinstance(event.payload, kind):
            yield event, event.payload
