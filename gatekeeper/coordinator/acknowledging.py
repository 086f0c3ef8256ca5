"""A party acknowledges what was ruled: it has seen it and goes by it."""

from __future__ import annotations

from collections.abc import Sequence

from gatekeeper.coordinator.case_desk import CaseDesk
from gatekeeper.coordinator.notary import Notary
from gatekeeper.coordinator.ruling import Outcome
from gatekeeper.coordinator.trusting import concern_of
from gatekeeper.core.ledger.case_events import CaseAcknowledged
from gatekeeper.core.ledger.case_records import CaseRecord
from gatekeeper.core.ledger.events import Event
from gatekeeper.core.ledger.records import EventId
from gatekeeper.core.ledger.state import Records
from gatekeeper.core.names import AgentName
from gatekeeper.core.policy.owners import principal_of
from gatekeeper.core.roster import Roster
from gatekeeper.errors import UsageError


def acknowledge(desk: CaseDesk, case: CaseRecord, agent: AgentName, notary: Notary) -> Outcome:
    """Acknowledge for ``agent`` the rulings that are about the case as it stands; nothing where it has done so before.

    Raises:
        UsageError: the agent is no party, or an incident has no rulings.
        BadInputError: it would not count.
    """
    if case.matter.kind == "incident":
        raise UsageError(f"case {case.id} is an incident: nothing is ruled on it", "gatekeeper resume carries it on")
    if agent not in case.matter.parties:
        raise UsageError(f"{agent} is no party of case {case.id}", f"parties are {', '.join(case.matter.parties)}")
    state = desk.state
    unheard = _unheard(desk, case, agent, state)
    refused = _nothing_to_hear(desk, case, state) or (_moved_on(desk, case, agent) if unheard else None)
    if refused is not None:
        return refused
    signed = [
        notary.signed(
            CaseAcknowledged(notary.authority.repository_id, notary.principal, case.id, ruling, agent),
            concern_of(case),
        )
        for ruling in unheard
    ]
    wanted = {event.payload.ruling: event for event in signed if isinstance(event.payload, CaseAcknowledged)}

    def decide(state: Records) -> Sequence[Event]:
        now = state.get(CaseRecord, case.id)
        return [wanted[ruling] for ruling in _unheard(desk, now, agent, state) if ruling in wanted] if now else []

    if not signed:
        return Outcome()
    return Outcome(events=desk.append(decide, subject=f"{agent} acknowledges the ruling on {case.id}"))


def _nothing_to_hear(desk: CaseDesk, case: CaseRecord, state: Records) -> Outcome | None:
    if desk.turn(case, state, desk.judge(state)).rulings:
        return None
    return Outcome(
        (f"nobody has ruled on case {case.id} as it stands now",),
        f"gatekeeper escalation show {case.id} says whose turn it is",
    )


def _moved_on(desk: CaseDesk, case: CaseRecord, agent: AgentName) -> Outcome | None:
    """Refuse a branch with what nobody was shown; a clone that has less of it than others cannot tell."""
    tip, known = desk.heads(case.matter).get(agent), case.matter.heads.get(agent)
    database = desk.repository.database()
    if tip is None or known is None or not database.has(known) or database.is_ancestor(tip, known):
        return None
    return Outcome(
        (f"{agent} has moved since the last poll, and the ruling is about where it stood",),
        f"gatekeeper poll, and look again: gatekeeper escalation show {case.id}",
    )


def _unheard(desk: CaseDesk, case: CaseRecord, agent: AgentName, state: Records) -> list[EventId]:
    rulings = desk.turn(case, state, desk.judge(state)).rulings
    return [ruling.id for ruling in rulings if agent not in ruling.acknowledged]


def agent_of(name: str, roster: Roster) -> AgentName:
    """Return the agent of that name, else the one that signs under it."""
    agent = AgentName(name)
    if agent in roster.agents:
        return agent
    return next((known for known in roster.agents if principal_of(known, roster) == name), agent)
