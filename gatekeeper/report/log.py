"""The ledger's events, for people and as ``gatekeeper.log/1``; and what a replay says of it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, TextIO

from gatekeeper.core.ledger.summaries import summary
from gatekeeper.core.safe_text import safe, without_surrogates
from gatekeeper.report.json_lines import document_text
from gatekeeper.report.poll import EventDocument, event_document

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from gatekeeper.core.ledger.events import Event
    from gatekeeper.core.names import Oid, RefName
    from gatekeeper.ledger.verify import Verified

LOG_SCHEMA: Final = "gatekeeper.log/1"
VERIFY_SCHEMA: Final = "gatekeeper.log-verify/1"

_ATTRIBUTE_DOCSTRINGS = {"use_attribute_docstrings": True}


@dataclass(frozen=True, slots=True)
class Objection:
    """An event that does not count, and why. ``is_forged``: it was changed after it was signed, or never signed."""

    event: str
    reason: str
    is_forged: bool


@dataclass(frozen=True, slots=True)
class Held:
    """What holding the ledger against its events and signatures has shown.

    ``unchecked``: why no signature was looked at; ``back``: where the references can go back to.
    """

    replayed: Verified
    objections: tuple[Objection, ...] = ()
    unchecked: str | None = None
    back: Mapping[RefName, Oid | None] = field(default_factory=dict)

    @property
    def is_sound(self) -> bool:
        """Whether nobody has edited anything. That a key is no longer good is no edit."""
        return self.replayed.fault is None and not any(objection.is_forged for objection in self.objections)


@dataclass(slots=True)
class LogDocument:
    """What ``gatekeeper log --format json`` prints."""

    __pydantic_config__ = _ATTRIBUTE_DOCSTRINGS

    schema: str
    events: list[EventDocument]
    """The newest first."""


@dataclass(slots=True)
class ObjectionDocument:
    """An event that carries authority and does not count."""

    __pydantic_config__ = _ATTRIBUTE_DOCSTRINGS

    event: str
    reason: str
    forged: bool
    """Whether it was changed after it was signed, or never signed."""


@dataclass(slots=True)
class VerifyDocument:
    """What ``gatekeeper log --verify --format json`` prints."""

    __pydantic_config__ = _ATTRIBUTE_DOCSTRINGS

    schema: str
    sound: bool
    """Whether replay gives the state, and no event is forged."""
    commits: int
    """How many commits are sound, from the first one on."""
    events: int
    good: str | None
    """The last commit that is sound."""
    bad: str | None
    """The first that is not."""
    fault: str | None
    back: dict[str, str | None]
    """Where references have to go back to, by name; null: they have to be deleted."""
    unseen: str | None
    """The tip of the archived history before the first commit, if this clone lacks it."""
    objections: list[ObjectionDocument]
    """Events that do not count, by the signers and roles that trunk has now."""
    signatures_unchecked: str | None
    """Why no signature was looked at."""


def write_events(events: Iterable[Event], stream: TextIO, *, output: str) -> None:
    """Write events, one a line for people."""
    if output == "json":
        stream.write(document_text(LogDocument(LOG_SCHEMA, [event_document(event) for event in events])))
        return
    for event in events:
        told = summary(event)
        by = "" if event.by == "gatekeeper" or told.startswith(f"[{event.by}]") else f" ({event.by})"
        signed = " signed" if event.signature is not None else ""
        stream.write(safe(f"{event.at:%Y-%m-%d %H:%M:%S}Z {told}{by}{signed}") + "\n")


def verified_text(held: Held, *, output: str) -> str:
    """Return what a replay has shown."""
    return _verified_json(held) if output == "json" else "".join(f"{safe(line)}\n" for line in _verified_lines(held))


def _verified_json(held: Held) -> str:
    found = held.replayed
    return document_text(
        VerifyDocument(
            VERIFY_SCHEMA,
            held.is_sound,
            found.commits,
            found.events,
            found.good,
            found.bad,
            found.fault,
            {name: oid for name, oid in held.back.items()},  # noqa: C416 - as plain text
            found.unseen,
            [
                ObjectionDocument(each.event, without_surrogates(each.reason), each.is_forged)
                for each in held.objections
            ],
            held.unchecked,
        )
    )


def _verified_lines(held: Held) -> Iterator[str]:
    found = held.replayed
    counted = f"{found.commits} commits, {found.events} events"
    if found.fault is not None:
        yield f"not sound: of commit {found.bad}, {found.fault}"
        yield f"sound before that: {counted}; to go back to where it is sound:"
        for name, oid in held.back.items():
            yield f"  git update-ref {f'{name} {oid}' if oid else f'-d {name}'}"
    else:
        yield f"{'sound' if held.is_sound else 'not sound'}: {counted}; replay gives the state"
    for objection in held.objections:
        word = "is forged" if objection.is_forged else "does not count"
        yield f"event {objection.event} {word}: {objection.reason}"
    if found.unseen is not None:
        yield f"what came before, up to {found.unseen}, is archived and not in this clone: gatekeeper sync brings it"
    if held.unchecked is not None:
        yield f"signatures were not checked: {held.unchecked}"
