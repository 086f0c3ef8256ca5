"""What can be approved: the plan of an incident, and gates that ask for somebody's word."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass
from types import MappingProxyType

from gatekeeper.coordinator.case_desk import CaseDesk
from gatekeeper.coordinator.gate_requests import gate_request
from gatekeeper.coordinator.notary import Notary
from gatekeeper.coordinator.resuming import approve_plan
from gatekeeper.coordinator.trusting import Judged
from gatekeeper.core.gates.approvals import ApprovalRequest, approval_subject
from gatekeeper.core.gates.spec import ApprovalGate
from gatekeeper.core.ledger.case_effects import INCIDENT
from gatekeeper.core.ledger.case_events import ApprovalGiven
from gatekeeper.core.ledger.case_records import ApprovalRecord
from gatekeeper.core.ledger.events import Event
from gatekeeper.core.names import Oid
from gatekeeper.core.policy.owners import gate_concern
from gatekeeper.core.policy.plans import incident_subject
from gatekeeper.core.roster import GateName, PhaseName, RoleName, Roster
from gatekeeper.errors import BadInputError, UsageError
from gatekeeper.repository.judged_tree import CommitTree

_LIST = "gatekeeper approve lists what waits for an approval"


@dataclass(frozen=True, slots=True)
class Waiting:
    """Something that waits for an approval by somebody of ``role``; with ``blockers`` it cannot be approved yet."""

    subject: str
    role: RoleName
    about: str
    blockers: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Wish:
    """What somebody wants to approve, why, under which conditions, and as it is at which commit."""

    subject: str
    because: str
    conditions: tuple[GateName, ...] = ()
    head: Oid | None = None


def approve(desk: CaseDesk, wish: Wish, notary: Notary) -> tuple[Event, ...]:
    """Record a signed approval; nothing where just that is approved by the same principal already.

    Raises UsageError or BadInputError where there is nothing of that name to approve, or it would not count.
    """
    for gate in wish.conditions:
        if gate not in desk.roster.gates:
            raise UsageError(
                f"there is no gate {gate} to make a condition of", "gatekeeper config show lists the gates"
            )
    for prefix, approval in _KINDS.items():
        if wish.subject.startswith(prefix):
            return approval(desk, wish, notary)
    known = ", ".join(f"{prefix}..." for prefix in _KINDS)
    raise UsageError(f"there is nothing to approve that is called {wish.subject}", f"there are {known}; {_LIST}")


def _incident(desk: CaseDesk, wish: Wish, notary: Notary) -> tuple[Event, ...]:
    if wish.conditions or wish.head is not None:
        raise UsageError(
            "the plan of an incident has neither conditions nor a head", "leave out --condition and --head"
        )
    named = wish.subject.removeprefix(INCIDENT)
    cases = [case for case in desk.cases(desk.state) if case.matter.kind == "incident"]
    found = [case for case in cases if named and case.id.startswith(named)]
    if len(found) != 1:
        what = "several incidents begin with" if found else "no open incident has the id"
        raise BadInputError(f"{what} {named}", _LIST)
    return approve_plan(desk, found[0], wish.because, notary)


def _gate(desk: CaseDesk, wish: Wish, notary: Notary) -> tuple[Event, ...]:
    gates = {subject: (phase, gate) for subject, phase, gate in approval_gates(desk.roster)}
    # Any gate can be a condition of an approval, and is asked for at a release then.
    gates |= {approval_subject(None, gate): (None, gate) for gate in _approved_by_people(desk.roster)}
    if wish.subject not in gates:
        raise BadInputError(f"no phase and no release has an approval gate {wish.subject}", _LIST)
    head = wish.head or desk.trunk.commit
    request = _request(desk, *gates[wish.subject], head)
    if request.blockers:
        told = "; ".join(blocker.what for blocker in request.blockers)
        raise BadInputError(f"{wish.subject} cannot be approved yet: {told}", _LIST)
    said = ApprovalGiven(
        notary.authority.repository_id,
        notary.principal,
        wish.subject,
        request.proposal,
        wish.because,
        head,
        wish.conditions,
    )
    for _, judged in approvals(desk):
        if judged.counts and _repeats(judged.said, said):
            return ()
    event = notary.signed(said, gate_concern(wish.subject, desk.roster))
    return desk.append(lambda _state: [event], subject=f"approval of {wish.subject}")


def _repeats(one: ApprovalGiven, other: ApprovalGiven) -> bool:
    return (one.subject, one.proposal, one.principal, one.conditions) == (
        other.subject,
        other.proposal,
        other.principal,
        other.conditions,
    )


_KINDS: Mapping[str, Callable[[CaseDesk, Wish, Notary], tuple[Event, ...]]] = MappingProxyType(
    {INCIDENT: _incident, "gate/": _gate, "release/": _gate}
)
"""What a subject begins with, and how it is approved."""


def approvals(desk: CaseDesk) -> list[tuple[ApprovalRecord, Judged[ApprovalGiven]]]:
    """Return what was approved, besides plans of incidents, the oldest first; and whether it counts."""
    state = desk.state
    judge = desk.judge(state)
    records = sorted((record for _, record in state.each(ApprovalRecord)), key=lambda record: (record.at, record.id))
    found = ((record, judge.approval(record)) for record in records)
    return [(record, judged) for record, judged in found if judged is not None]


def waiting(desk: CaseDesk) -> tuple[Waiting, ...]:
    """Return what waits for an approval: incidents with a plan, then gates as they stand on trunk."""
    return (*_incidents(desk), *_gates(desk))


def _incidents(desk: CaseDesk) -> Iterator[Waiting]:
    state = desk.state
    for case in desk.cases(state):
        view = desk.view(case, state) if case.matter.kind == "incident" and case.plan and case.cause else None
        if view is not None and view.turn.waits_for:
            yield Waiting(incident_subject(case.id), case.matter.owner, f"{case.cause}; plan: {case.plan}")


def _gates(desk: CaseDesk) -> Iterator[Waiting]:
    given = {(judged.said.subject, judged.said.proposal) for _, judged in approvals(desk) if judged.counts}
    for subject, phase, gate in approval_gates(desk.roster):
        spec = desk.roster.gates[gate]
        request = _request(desk, phase, gate, desk.trunk.commit)
        if isinstance(spec, ApprovalGate) and (subject, request.proposal) not in given:
            yield Waiting(subject, spec.role, spec.description, tuple(blocker.what for blocker in request.blockers))


def approval_gates(roster: Roster) -> Iterator[tuple[str, PhaseName | None, GateName]]:
    """Yield every gate that asks for somebody's word, by its subject, phase (None: the release) and name."""
    named: list[tuple[PhaseName | None, GateName]] = [
        (phase.name, gate)
        for phase in roster.phases.values()
        for gate in (*phase.gates.pre, *phase.gates.checkpoint, *phase.gates.post)
    ]
    for phase, gate in dict.fromkeys([*named, *((None, gate) for gate in roster.release)]):
        if isinstance(roster.gates.get(gate), ApprovalGate):
            yield approval_subject(phase, gate), phase, gate


def _approved_by_people(roster: Roster) -> Iterator[GateName]:
    return (gate for gate, spec in roster.gates.items() if isinstance(spec, ApprovalGate))


def _request(desk: CaseDesk, phase: PhaseName | None, gate: GateName, head: Oid) -> ApprovalRequest:
    spec = desk.roster.gates[gate]
    if not isinstance(spec, ApprovalGate):
        raise BadInputError(f"the gate {gate} asks for nobody's approval", _LIST)
    with closing(desk.repository.object_store()) as store:
        return gate_request(spec, desk.state, phase=phase, gate=gate, tree=CommitTree(store, head))
