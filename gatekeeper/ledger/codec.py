"""Events and records to bytes and back; what does not fit is refused with its reason.

msgspec and not pydantic: it reads as strictly, and every command of an agent and every poll would pay for the start of
pydantic, which takes longer than all else that an unchanged poll does.
"""

from __future__ import annotations

import dataclasses
from datetime import UTC, datetime
from functools import cache
from threading import Lock
from typing import Any, TypeVar

import msgspec

from gatekeeper.core.ledger.event_types import EVENT_TYPES, type_of
from gatekeeper.core.ledger.events import Event, FleetSeen, Payload
from gatekeeper.core.ledger.record_kinds import R, Record
from gatekeeper.core.ledger.records import EventId
from gatekeeper.errors import BadInputError, DamagedLedgerError, UnknownEventError


class _Envelope(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """A line of the ledger."""

    v: int
    id: str
    type: str
    at: datetime
    by: str
    data: msgspec.Raw
    sig: str | None = None


_ENVELOPES = msgspec.json.Decoder(_Envelope)
_NO_ZONE = "a moment in it names no time zone"

_T = TypeVar("_T")
_decoders: dict[type, msgspec.json.Decoder[Any]] = {}
_one_at_a_time = Lock()
"""Two threads that let msgspec look at the same class for the first time bring the interpreter down."""


def _decoder(kind: type[_T]) -> msgspec.json.Decoder[_T]:
    known = _decoders.get(kind)
    if known is None:
        with _one_at_a_time:
            known = _decoders[kind] = msgspec.json.Decoder(kind)
    return known


def event_line(event: Event) -> bytes:
    """Return the event as one line of JSON without its end; a line that was read stays as it was written."""
    if event.written is not None:
        return event.written
    return _encoded(event, event.signature)


def signed_bytes(event: Event) -> bytes:
    """Return what a signature of the event is about: the line without it.

    Of a line that was read, what the event says is taken as it was written: nothing of it can be spelled differently,
    and it stays signed when a later version knows more fields.
    """
    if event.written is None:
        return _encoded(event, None)
    return msgspec.json.encode(msgspec.structs.replace(_ENVELOPES.decode(event.written), sig=None))


def _encoded(event: Event, signature: str | None) -> bytes:
    kind = type_of(event.payload)
    try:
        data = msgspec.Raw(msgspec.json.encode(event.payload))
        return msgspec.json.encode(_Envelope(kind.version, event.id, kind.name, event.at, event.by, data, signature))
    except UnicodeEncodeError as error:
        raise BadInputError("what is to be recorded holds bytes that are not UTF-8", "write it in UTF-8") from error


def read_event(line: bytes) -> Event:
    """Return the event in a line.

    Raises UnknownEventError for a type or version of a later program, DamagedLedgerError for what is no event.
    """
    try:
        envelope = _ENVELOPES.decode(line)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise DamagedLedgerError(f"a line of the ledger is no event: {error}") from error
    kind = EVENT_TYPES.get(envelope.type)
    if kind is None or kind.version != envelope.v:
        raise UnknownEventError(
            f"the ledger holds an event {envelope.type!r} of version {envelope.v}, which this version does not know",
            "a newer gatekeeper wrote it: upgrade this one",
        )
    try:
        payload: Payload = _decoder(kind.payload).decode(bytes(envelope.data))
        at = _in_utc(envelope.at)
        _require_zones(payload)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError, ValueError, OverflowError) as error:
        raise DamagedLedgerError(f"an event {envelope.type!r} of the ledger is damaged: {error}") from error
    return Event(EventId(envelope.id), at, envelope.by, payload, envelope.sig, line)


def _in_utc(moment: datetime) -> datetime:
    if moment.tzinfo is None:
        raise ValueError(_NO_ZONE)
    return moment.astimezone(UTC)


def _require_zones(value: object) -> None:
    """Raise ValueError for a moment without a time zone: it could not be compared with any other."""
    for name in _moments(type(value)):  # type: ignore[arg-type] # mypy takes a type for something without a hash
        moment = getattr(value, name)
        if moment is not None:
            _in_utc(moment)
    if isinstance(value, FleetSeen):
        for seen in value.agents:
            _require_zones(seen)


@cache
def _moments(kind: type) -> tuple[str, ...]:
    return tuple(field.name for field in dataclasses.fields(kind) if "datetime" in str(field.type))


def record_text(record: Record) -> bytes:
    """Return a record as a file that people can read; equal records give equal bytes.

    What is as it is by default is left out: so a field that a later version adds changes no file of before, and an old
    ledger is replayed to the same trees.
    """
    return msgspec.json.format(msgspec.json.encode(_told(record)), indent=2) + b"\n"


def _told(value: object) -> object:
    if isinstance(value, tuple):
        return [_told(one) for one in value]
    if not dataclasses.is_dataclass(value):
        return value
    fields = ((name, default, getattr(value, name)) for name, default in _defaults(type(value)))  # type: ignore[arg-type] # as above
    return {name: _told(here) for name, default, here in fields if here != default}


_NO_DEFAULT = object()


@cache
def _defaults(kind: type) -> tuple[tuple[str, object], ...]:
    return tuple((field.name, _default_of(field)) for field in dataclasses.fields(kind))


def _default_of(field: dataclasses.Field[Any]) -> object:
    if field.default_factory is not dataclasses.MISSING:
        return field.default_factory()
    return _NO_DEFAULT if field.default is dataclasses.MISSING else field.default


def read_record(kind: type[R], text: bytes, *, where: str) -> R:
    """Return the record in a file; raises DamagedLedgerError."""
    try:
        found = _decoder(kind).decode(text)
        _require_zones(found)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError, ValueError, OverflowError) as error:
        raise DamagedLedgerError(f"{where} in the ledger is damaged: {error}") from error
    return found


def plain(value: object) -> Any:
    """Return a record or payload as JSON's own types."""
    return msgspec.to_builtins(value)
