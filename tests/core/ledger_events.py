"""Events and records of every type, drawn at random: over a small world, so that they meet, or over any text."""

from __future__ import annotations

import dataclasses
import types
import typing
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any, Literal, get_args, get_origin, get_type_hints

from hypothesis import strategies as st

from gatekeeper.core.ledger.event_types import EVENT_TYPES
from gatekeeper.core.ledger.events import Event, Payload
from gatekeeper.core.ledger.record_kinds import Record
from gatekeeper.core.ledger.records import (
    ClaimId,
    EventId,
    FindingId,
    FindingSide,
    FoundProblem,
    NoticeId,
    SeverityName,
)
from gatekeeper.core.names import AgentName, Oid, RefName
from gatekeeper.core.roster import Principal

START = datetime(2026, 1, 1, tzinfo=UTC)
HOUR = timedelta(hours=1)
PAYLOADS: tuple[type[Payload], ...] = tuple(kind.payload for kind in EVENT_TYPES.values())
RECORDS: tuple[type[Record], ...] = typing.get_args(Record)

SMALL: Mapping[Any, st.SearchStrategy[Any]] = {
    AgentName: st.sampled_from([AgentName("a"), AgentName("b")]),
    RefName: st.sampled_from([RefName("refs/heads/a"), RefName("refs/heads/b")]),
    Oid: st.sampled_from([Oid("1" * 40), Oid("2" * 40)]),
    FindingId: st.sampled_from([FindingId("f1"), FindingId("f2")]),
    ClaimId: st.sampled_from([ClaimId("c1"), ClaimId("c2")]),
    NoticeId: st.sampled_from([NoticeId("n1"), NoticeId("n2")]),
    EventId: st.sampled_from([EventId("e1"), EventId("e2")]),
    Principal: st.just(Principal("lead@example.org")),
    datetime: st.integers(0, 6).map(lambda hours: START + hours * HOUR),
    str: st.sampled_from(["2026-01", "k"]),
    Any: st.sampled_from(["x", 1, None]),
    int: st.integers(0, 2),
}

_TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)
ANY: Mapping[Any, st.SearchStrategy[Any]] = {
    datetime: st.datetimes(timezones=st.just(UTC)),
    str: _TEXT,
    Any: st.one_of(_TEXT, st.none(), st.booleans()),
    int: st.integers(-(2**53), 2**53),
}


def values(hint: Any, world: Mapping[Any, st.SearchStrategy[Any]]) -> st.SearchStrategy[Any]:
    """Return values of a type as it stands in a dataclass."""
    if hint in world:
        return world[hint]
    origin, inside = get_origin(hint), get_args(hint)
    if origin in {typing.Union, types.UnionType}:
        return st.one_of(*(values(one, world) for one in inside))
    if origin in _COLLECTIONS:
        return _COLLECTIONS[origin](*(values(one, world) for one in inside if one is not ...))
    if dataclasses.is_dataclass(hint) and isinstance(hint, type):
        return made(hint, world)
    if origin is Literal or hint in {bool, type(None), Any}:
        return st.sampled_from(inside or {bool: (False, True), Any: (None, False, 7, "seven")}.get(hint, (None,)))
    return values(hint.__supertype__, world)


_COLLECTIONS: Mapping[Any, Callable[..., st.SearchStrategy[Any]]] = {
    tuple: lambda inside: st.lists(inside, max_size=3).map(tuple),
    Mapping: lambda keys, inside: st.dictionaries(keys, inside, max_size=3),
}


def made(kind: type[Any], world: Mapping[Any, st.SearchStrategy[Any]]) -> st.SearchStrategy[Any]:
    """Return objects of a dataclass with all of its fields drawn."""
    return st.builds(kind, **{name: values(hint, world) for name, hint in get_type_hints(kind).items()})


def payloads(world: Mapping[Any, st.SearchStrategy[Any]] = SMALL) -> st.SearchStrategy[Payload]:
    """Return payloads of every type."""
    return st.one_of(*(made(kind, world) for kind in PAYLOADS))


def events(world: Mapping[Any, st.SearchStrategy[Any]] = SMALL) -> st.SearchStrategy[Event]:
    """Return events of every type."""
    return st.builds(Event, values(EventId, world), values(datetime, world), values(str, world), payloads(world))


def new_ids() -> typing.Callable[[], str]:
    """Return a function that gives another id each time."""
    numbers = count()
    return lambda: f"{next(numbers):024x}"


def problem(name: str, severity: SeverityName = "major", agents: tuple[str, ...] = ("a",), **more: Any) -> FoundProblem:
    """Return a finding of that id."""
    sides = tuple(FindingSide((AgentName(agent),), "Cargo.toml", "k") for agent in agents)
    given = {"rule": "rule", "path": "Cargo.toml", "key": "k", "message": "They differ."} | more
    return FoundProblem(id=FindingId(name), severity=severity, sides=sides, **given)
