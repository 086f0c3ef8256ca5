"""What a poll does for those who have to take in trunk: it announces, makes, and takes away what nobody needs."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import datetime

from gatekeeper.config import Settings
from gatekeeper.coordinator.agent_checks import is_elsewhere
from gatekeeper.core.branch_names import HEADS
from gatekeeper.core.ledger.apply import apply
from gatekeeper.core.ledger.case_events import IntegrationDue, IntegrationIntended
from gatekeeper.core.ledger.case_records import IntegrationRecord
from gatekeeper.core.ledger.events import Event
from gatekeeper.core.ledger.records import AgentRecord
from gatekeeper.core.ledger.state import Overlaid, Records
from gatekeeper.core.names import AgentName, Oid, RefName
from gatekeeper.core.roster import Roster
from gatekeeper.errors import GatekeeperError
from gatekeeper.ledger.ledger import new_event
from gatekeeper.repository import Repository
from gatekeeper.repository.discovery import Trunk

INTEGRATED = "refs/gatekeeper/integrated/"


def integrated_ref(agent: AgentName) -> RefName:
    """Return where an agent finds what was integrated for it."""
    return RefName(f"{INTEGRATED}{agent}")


def branch_of_agent(agent: AgentName, state: Records, roster: Roster) -> RefName:
    """Return the branch of an agent: as it was started, adopted or seen, else as it is declared, else of its name."""
    record = state.get(AgentRecord, agent)
    if record is not None and record.removed_at is None:
        return record.branch
    spec = roster.agents.get(agent)
    return RefName(HEADS + agent) if spec is None else spec.branch


def announced(
    events: Sequence[Event], state: Records, repository: Repository, roster: Roster, trunk: Oid, now: datetime
) -> tuple[Event, ...]:
    """Return the events of a look, and after them the integrations that this poll is going to make.

    Those are made where the agent's branch is: another clone would publish them where the agent does not look.
    """
    due = any(isinstance(event.payload, IntegrationDue) for event in events)
    if not due and next(state.each(IntegrationRecord), None) is None:
        return tuple(events)
    overlaid = Overlaid(state)
    for event in events:
        overlaid.put(apply(event, overlaid))
    intents = _intents(overlaid, repository, roster, trunk)
    return (*events, *(new_event(intent, at=now, by="gatekeeper") for intent in intents))


def _intents(state: Records, repository: Repository, roster: Roster, trunk: Oid) -> Iterator[IntegrationIntended]:
    for _, record in state.each(IntegrationRecord):
        known = state.get(AgentRecord, record.agent)
        head = repository.commit_of(branch_of_agent(record.agent, state, roster))
        if head is None or (known is not None and is_elsewhere(known, repository)):
            continue
        if _is_wanting(record, (head, trunk), repository) and not repository.database().is_ancestor(trunk, head):
            yield IntegrationIntended(record.agent, head, trunk)


def _is_wanting(record: IntegrationRecord, merge: tuple[Oid, Oid], repository: Repository) -> bool:
    """Return whether there is no outcome for branch and trunk as they are; that of a killed run is made up for.

    What could not be merged is tried again when the branch has moved, or somebody else has landed.
    """
    head, _ = merge
    if record.is_making:
        return True
    if not record.findings:
        # Nobody has to take in trunk who has only asked for it once.
        return False
    if record.head != head:
        return True
    if record.published is None:
        return False
    there = repository.named_references().read(integrated_ref(record.agent))
    return there is None or not all(repository.database().is_ancestor(parent, there) for parent in merge)


def carried_out(
    announced_events: Iterable[Event],
    state: Records,
    repository: Repository,
    settings: Settings,
    trunk: Trunk,
    clock: Callable[[], datetime],
) -> tuple[list[Event], list[str]]:
    """Make the integrations that were announced; return their outcomes, to be recorded, and what did not work."""
    intents = [event.payload for event in announced_events if isinstance(event.payload, IntegrationIntended)]
    if not intents:
        return [], []
    from gatekeeper.coordinator.integrating import Integrator, Task  # noqa: PLC0415 - most polls merge nothing

    integrator = Integrator(repository, settings, clock=clock)
    outcomes, troubles = [], []
    for intent in intents:
        done = integrator.attempt(Task(intent.agent, intent.head, trunk), state)
        if done.payload is not None:
            outcomes.append(new_event(done.payload, at=clock(), by="gatekeeper"))
        if done.outcome == "failed":
            told = "; ".join(done.reasons)
            troubles.append(f"trunk could not be merged into {intent.agent}: {told}")
    return outcomes, troubles


def withdraw_ended(repository: Repository, state: Callable[[], Records]) -> list[str]:
    """Take away what is published for those who have nothing to take in any more; return what did not work.

    The references are listed before the state is read: whatever is published has a record by then.
    """
    references = repository.named_references()
    troubles = []
    try:
        published = references.below(INTEGRATED)
    except GatekeeperError as error:
        return [error.message]
    records = state() if published else None
    for ref, oid in published.items():
        if records is None or records.get(IntegrationRecord, ref.removeprefix(INTEGRATED)) is not None:
            continue
        try:
            references.delete(ref, old=oid)
        except GatekeeperError as error:
            troubles.append(error.message)
    return troubles
