"""The one table of event types, tested whole."""

from __future__ import annotations

import re
import typing
from itertools import combinations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gatekeeper.core.ledger import events as happened
from gatekeeper.core.ledger.apply import apply
from gatekeeper.core.ledger.event_types import EVENT_TYPES, EventType, Nature, is_due_in, may_write, type_of
from gatekeeper.core.ledger.events import Event
from gatekeeper.core.ledger.records import EventId
from gatekeeper.core.ledger.state import NoRecords, Overlaid
from gatekeeper.core.ledger.summaries import people_of, summary
from gatekeeper.core.roster import ROLES, RoleName
from tests.core.ledger_events import SMALL, START, events, made

TYPES = tuple(EVENT_TYPES.values())
_GUARDIANS = {"architect", "coordinator"}
WITH_AUTHORITY = {
    **dict.fromkeys(("waiver.granted", "waiver.revoked", "case.ruled"), _GUARDIANS),
    "agent.quarantined": {"coordinator"},
    "agent.readmitted": {"coordinator"},
}
DECISIONS = {
    *("finding.opened", "finding.changed", "finding.closed", "checkpoint.made", "notice.due", "claim.released"),
    *("waiver.ended", "month.folded", "ledger.started", "history.archived"),
    *("precedence.taken", "precedence.left", "case.opened", "case.changed", "case.closed"),
    *("phase.started", "phase.failed", "phase.reopened", "phase.completed"),
    *("quarantine.ended", "integration.due", "integration.ended"),
}


def test_every_payload_is_of_one_type() -> None:
    assert [kind.payload for kind in TYPES] == sorted(
        typing.get_args(happened.Payload), key=[kind.payload for kind in TYPES].index
    )
    assert len({kind.payload for kind in TYPES}) == len(TYPES) == len(typing.get_args(happened.Payload))
    assert len({(kind.name, kind.version) for kind in TYPES}) == len(TYPES)
    assert all(EVENT_TYPES[kind.name] is kind and kind.version >= 1 for kind in TYPES)


@pytest.mark.parametrize("kind", TYPES, ids=lambda kind: kind.name)
@given(data=st.data())
def test_every_type_has_an_effect_and_a_line(kind: EventType, data: st.DataObject) -> None:
    said = data.draw(made(kind.payload, SMALL))
    event = Event(EventId("e1"), START, "somebody", said)
    assert type_of(said) is kind
    apply(event, NoRecords())
    line = summary(event)
    assert re.match(r"\[(somebody|[ab](, [ab])*)\] \S", line)
    assert "somebody" in people_of(event)


@pytest.mark.parametrize("kind", TYPES, ids=lambda kind: kind.name)
def test_what_counts_by_whose_signature(kind: EventType) -> None:
    # Every type against every set of roles, none included.
    for size in range(len(ROLES) + 1):
        for roles in combinations(map(RoleName, ROLES), size):
            needed = WITH_AUTHORITY.get(kind.name)
            assert may_write(kind.name, frozenset(roles)) == (needed is None or not needed.isdisjoint(roles))


def test_an_unknown_type_counts_for_nobody() -> None:
    assert not may_write("trunk.landed", frozenset(map(RoleName, ROLES)))
    assert not may_write("", frozenset())


def test_what_is_a_fact_and_what_a_decision() -> None:
    assert {kind.name for kind in TYPES if kind.nature is Nature.DECISION} == DECISIONS


@given(st.lists(events(), max_size=8), events())
def test_facts_are_always_due(before: list[Event], event: Event) -> None:
    state = Overlaid(NoRecords())
    for earlier in before:
        state.put(apply(earlier, state))
    if type_of(event.payload).nature is Nature.FACT:
        assert is_due_in(event, state)
    else:
        assert isinstance(is_due_in(event, state), bool)
