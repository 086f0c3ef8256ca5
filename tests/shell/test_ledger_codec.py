"""Events and records to bytes and back; what does not fit is refused with its reason."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gatekeeper.core.ledger.event_types import EVENT_TYPES, EventType
from gatekeeper.core.ledger.events import Event, MemoryPut
from gatekeeper.core.ledger.record_kinds import Record
from gatekeeper.core.ledger.records import AgentRecord, ClaimRecord, EventId, MemoryRecord
from gatekeeper.errors import BadInputError, DamagedLedgerError, UnknownEventError
from gatekeeper.ledger.codec import event_line, read_event, read_record, record_text, signed_bytes
from tests.core.ledger_events import ANY, RECORDS, made, values
from tests.shell.ledgers import NOW

EVENT = Event(EventId("0" * 24), NOW, "me", MemoryPut("key", "text", "value é\n"))
LINE = event_line(EVENT)


def changed(**more: Any) -> bytes:
    return json.dumps(json.loads(LINE) | more).encode()


@pytest.mark.parametrize("kind", EVENT_TYPES.values(), ids=lambda kind: kind.name)
@given(data=st.data())
def test_every_event_comes_back_as_it_was(kind: EventType, data: st.DataObject) -> None:
    text = values(str, ANY)
    signature = data.draw(st.one_of(st.none(), text))
    at = data.draw(values(type(NOW), ANY))
    event = Event(EventId(data.draw(text)), at, data.draw(text), data.draw(made(kind.payload, ANY)), signature)
    line = event_line(event)
    assert b"\n" not in line
    assert line.startswith(b"{")
    read = read_event(line)
    assert (read.id, read.at, read.by, read.payload, read.signature) == (
        event.id,
        at,
        event.by,
        event.payload,
        signature,
    )
    # What was read is written again as it was, and the signature is about the same bytes.
    assert event_line(read) == line
    assert signed_bytes(read) == signed_bytes(event)


@pytest.mark.parametrize("kind", RECORDS)
@given(data=st.data())
def test_every_record_comes_back_as_it_was(kind: type[Record], data: st.DataObject) -> None:
    record = data.draw(made(kind, ANY))
    text = record_text(record)
    assert text.endswith(b"\n")
    assert read_record(kind, text, where="x.json") == record  # type: ignore[type-var] # each kind in turn


def test_what_a_later_program_wrote_is_refused_with_the_way_out() -> None:
    for line in (changed(v=2), changed(v=0), changed(type="trunk.landed")):
        with pytest.raises(UnknownEventError) as refused:
            read_event(line)
        assert "upgrade" in str(refused.value.hint)


_DEEP = "[" * 100_000
_DAMAGED = {
    "empty": b"",
    "no JSON": b"{",
    "another value": b"[]",
    "NUL": LINE.replace(b"value", b"val\0ue"),
    "invalid UTF-8": LINE.replace(b"value", b"val\xffue"),
    "lone surrogate": LINE.replace(b"value", b"val\\ud800ue"),
    "nested in the envelope": b'{"v":' + _DEEP.encode(),
    "nested in the data": changed(data=0).replace(b'"data": 0', b'"data":' + _DEEP.encode()),
    "nested and closed": changed(data=0).replace(b'"data": 0', b'"data":' + b"[" * 50_000 + b"]" * 50_000),
    "more fields": changed(more=1),
    "a field is missing": changed(data={"key": "k"}),
    "another type": changed(data={"key": 1, "media": "text", "text": ""}),
    "an unknown word": changed(data={"key": "k", "media": "xml", "text": ""}),
    "no time zone": changed(at="2026-01-01T00:00:00"),
    "no time": changed(at="yesterday"),
    "before all time": changed(at="0001-01-01T00:00:00+23:00"),
    "two objects": LINE + LINE,
    "a claim until a moment without zone": changed(
        type="claim.made", data={"claim": "c", "agent": "a", "place": "x", "until": "2026-01-01T00:00:00"}
    ),
    "an agent seen at a moment without zone": changed(
        type="fleet.seen",
        data={
            "trunk_ref": "r",
            "trunk": "1",
            "agents": [{"agent": "a", "branch": "b", "head": "1", "state": "s", "committed_at": "2026-01-01T00:00:00"}],
        },
    ),
}


@pytest.mark.parametrize("line", _DAMAGED.values(), ids=_DAMAGED.keys())
def test_damaged_events_are_refused(line: bytes) -> None:
    with pytest.raises(DamagedLedgerError) as refused:
        read_event(line)
    assert refused.value.hint


def written_again(line: bytes) -> bytes | None:
    """Return the line of the event that was read from one; None where it is refused."""
    try:
        return event_line(read_event(line))
    except (DamagedLedgerError, UnknownEventError):
        return None


@given(st.binary(max_size=60), st.integers(0, len(LINE)), st.integers(0, 8))
def test_no_bytes_do_more_than_be_refused(noise: bytes, where: int, lost: int) -> None:
    for line in (noise, LINE[:where] + noise + LINE[where + lost :]):
        assert written_again(line) in {None, line}


@pytest.mark.parametrize(
    ("kind", "text"),
    [
        (MemoryRecord, b"{}"),
        (MemoryRecord, b"\0"),
        (MemoryRecord, b"\xff"),
        (MemoryRecord, b'{"key":' * 50_000),
        (
            ClaimRecord,
            b'{"id":"c","agent":"a","place":"x","made_at":"2026-01-01T00:00:00","until":"2026-01-01T00:00:00Z"}',
        ),
        (AgentRecord, b'{"name":"a","branch":"b","progress":"asleep","recorded_at":"2026-01-01T00:00:00Z"}'),
    ],
)
def test_damaged_records_are_refused_by_name(kind: type[MemoryRecord], text: bytes) -> None:
    with pytest.raises(DamagedLedgerError, match=r"here\.json in the ledger is damaged"):
        read_record(kind, text, where="here.json")


def test_what_is_not_utf8_is_refused_before_it_is_written() -> None:
    for event in (
        Event(EventId("e"), NOW, "me", MemoryPut("key", "text", "\udce9")),
        Event(EventId("e"), NOW, "\udce9", MemoryPut("key", "text", "")),
    ):
        with pytest.raises(BadInputError, match="not UTF-8"):
            event_line(event)


def test_nothing_of_what_was_signed_can_be_spelled_differently() -> None:
    respelled = LINE.replace(b'{"key":"key",', b'{"key":"other","key":"key",')
    assert read_event(respelled).payload == EVENT.payload
    assert signed_bytes(read_event(respelled)) != signed_bytes(EVENT)
