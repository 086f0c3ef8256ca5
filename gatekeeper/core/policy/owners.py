"""Who may decide a case, and who may write what carries authority: nobody in a case of their own."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime
from functools import singledispatch

from gatekeeper.core.authority import roles_of
from gatekeeper.core.gates.spec import ApprovalGate
from gatekeeper.core.ledger import case_events as cases
from gatekeeper.core.ledger.case_effects import INCIDENT
from gatekeeper.core.ledger.event_types import COORDINATOR, may_write, type_of
from gatekeeper.core.ledger.events import Payload, WaiverGranted, WaiverRevoked
from gatekeeper.core.names import AgentName
from gatekeeper.core.roster import GateName, PhaseName, Principal, RoleName, Roster

Authoritative = (
    WaiverGranted
    | WaiverRevoked
    | cases.CaseRuled
    | cases.CaseAcknowledged
    | cases.ApprovalGiven
    | cases.AgentQuarantined
    | cases.AgentReadmitted
)
"""What counts only if the right person has signed it."""

NOBODY = "nobody may decide it who is no party: name somebody in policy.roles"


@dataclass(frozen=True, slots=True)
class Concern:
    """Whose decision something is, and whom it is about; these may not take it.

    ``since``: when the question came up. What was signed before is about an earlier one, and only written once more.
    """

    owner: RoleName
    parties: tuple[AgentName, ...]
    since: datetime | None = None


def principal_of(agent: AgentName, roster: Roster) -> Principal:
    """Return under which name an agent signs."""
    spec = roster.agents.get(agent)
    return Principal(agent) if spec is None else spec.principal


def principals_of_parties(parties: Iterable[AgentName], roster: Roster) -> frozenset[Principal]:
    """Return all names that stand for a party: its own, and the one under which it signs."""
    return frozenset(name for agent in parties for name in (Principal(agent), principal_of(agent, roster)))


class Deciders:
    """Who may decide what, by a roster: asked of many cases, it reads the roles once."""

    def __init__(self, roster: Roster) -> None:
        self._roster = roster
        self._holders = roster.holders()

    def of(self, concern: Concern) -> tuple[Principal, ...]:
        """Return who may decide: those with the owner's role who are no party, else such coordinators.

        Nobody where none is left: then somebody has to be named in ``policy.roles``.
        """
        role = self.role(concern)
        if role is None:
            return ()
        own = principals_of_parties(concern.parties, self._roster)
        return tuple(name for name in self._holders[role] if name not in own)

    def role(self, concern: Concern) -> RoleName | None:
        """Return whose turn it is: the owner's, else the coordinator's; None where somebody has to be named first."""
        named = [role for role in (concern.owner, COORDINATOR) if self._holders.get(role)]
        if not named:
            return None
        own = principals_of_parties(concern.parties, self._roster)
        return next((role for role in named if any(name not in own for name in self._holders[role])), None)


def deciders(concern: Concern, roster: Roster) -> tuple[Principal, ...]:
    """Return who may decide one thing; see ``Deciders``."""
    return Deciders(roster).of(concern)


def required_role(subject: str, roster: Roster) -> RoleName | None:
    """Return whose approval a subject needs; None where there is nothing of that name to approve.

    Subjects are ``incident/ID``, ``gate/PHASE/GATE`` and ``release/GATE``.
    """
    if subject.startswith(INCIDENT):
        return COORDINATOR
    match subject.split("/"):
        case ["gate", _, gate] | ["release", gate]:
            spec = roster.gates.get(GateName(gate))
            return spec.role if isinstance(spec, ApprovalGate) else None
    return None


def gate_concern(subject: str, roster: Roster) -> Concern | None:
    """Return whose word the approval gate of a phase asks for, which is not that of those who work in the phase.

    None for everything else, a release included: in that, everybody has worked.
    """
    role = required_role(subject, roster)
    match subject.split("/"):
        case ["gate", phase, _] if role is not None and PhaseName(phase) in roster.phases:
            return Concern(role, roster.phases[PhaseName(phase)].agents)
    return None


def carries_authority(payload: Payload) -> bool:
    """Return whether it needs a signature to count."""
    return type_of(payload).roles is not None


@singledispatch
def right_objection(said: object, _roster: Roster, _concern: Concern | None = None) -> str | None:
    """Return why somebody may not have written what they signed; None where they may.

    Without a ``concern``, as where only the log is read, no more is asked than that they have a role that may.
    """
    raise TypeError(f"nobody may write a {type(said).__name__}")


@right_objection.register(WaiverGranted)
@right_objection.register(WaiverRevoked)
def _(said: WaiverGranted | WaiverRevoked, roster: Roster, concern: Concern | None = None) -> str | None:
    # To take a waiver back frees nobody: a party may do that as well.
    own = () if concern is None or isinstance(said, WaiverRevoked) else concern.parties
    if said.principal in principals_of_parties(own, roster):
        return f"{said.principal} is a party of the finding"
    return _by_type(said, roster)


@right_objection.register
def _(said: cases.CaseRuled, roster: Roster, concern: Concern | None = None) -> str | None:
    return _by_type(said, roster) if concern is None else _decision_objection(said.principal, concern, roster)


@right_objection.register
def _(said: cases.ApprovalGiven, roster: Roster, concern: Concern | None = None) -> str | None:
    role = required_role(said.subject, roster)
    if role is None:
        return f"there is nothing to approve that is called {said.subject}"
    if concern is not None:
        return _decision_objection(said.principal, concern, roster)
    return _lacks(said.principal, (role,), roster)


@right_objection.register(cases.AgentQuarantined)
@right_objection.register(cases.AgentReadmitted)
def _(
    said: cases.AgentQuarantined | cases.AgentReadmitted, roster: Roster, concern: Concern | None = None
) -> str | None:
    return _by_type(said, roster) if concern is None else _decision_objection(said.principal, concern, roster)


@right_objection.register
def _(said: cases.CaseAcknowledged, roster: Roster, concern: Concern | None = None) -> str | None:
    if concern is not None and said.agent not in concern.parties:
        return f"{said.agent} is no party of the case"
    if is_own_word(said, roster):
        return None
    others = () if concern is None else concern.parties
    if said.principal in principals_of_parties(others, roster):
        return f"{said.principal} is a party of the case, and not {said.agent}"
    lacking = _lacks(said.principal, (COORDINATOR,), roster)
    return None if lacking is None else f"{said.principal} is neither {said.agent} nor a coordinator"


def is_own_word(said: cases.CaseAcknowledged, roster: Roster) -> bool:
    """Return whether the party speaks for itself."""
    return said.principal == principal_of(said.agent, roster)


def _decision_objection(principal: Principal, concern: Concern, roster: Roster) -> str | None:
    may = deciders(concern, roster)
    if principal in may:
        return None
    if principal in principals_of_parties(concern.parties, roster):
        return f"{principal} is a party of the case"
    if not may:
        return NOBODY
    return _lacks(principal, (concern.owner,), roster) or f"it is for {', '.join(may)} to decide"


def _by_type(said: Authoritative, roster: Roster) -> str | None:
    kind = type_of(said)
    roles = roles_of(said.principal, roster.holders())
    return None if may_write(kind.name, roles) else _without(said.principal, kind.roles or ())


def _lacks(principal: Principal, roles: Collection[RoleName], roster: Roster) -> str | None:
    return _without(principal, roles) if roles_of(principal, roster.holders()).isdisjoint(roles) else None


def _without(principal: Principal, roles: Collection[RoleName]) -> str:
    return f"{principal} has not the role {' or '.join(sorted(roles))}"
