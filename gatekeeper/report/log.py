"""The ledger's events, for people and as ``gatekeeper.log/1``; and what a replay says of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, TextIO

from gatekeeper.core.ledger.summaries import summary
from gatekeeper.core.safe_text import safe
from gatekeeper.report.json_lines import document_text
from gatekeeper.report.poll import EventDocument, event_document

if TYPE_CHECKING:
    from collections.abc import Iterable

    from gatekeeper.core.ledger.events import Event
    from gatekeeper.ledger.verify import Verified

LOG_SCHEMA: Final = "gatekeeper.log/1"
VERIFY_SCHEMA: Final = "gatekeeper.log-verify/1"

_ATTRIBUTE_DOCSTRINGS = {"use_attribute_docstrings": True}


@dataclass(slots=True)
class LogDocument:
    """What ``gatekeeper log --format json`` prints."""

    __pydantic_config__ = _ATTRIBUTE_DOCSTRINGS

    schema: str
    events: list[EventDocument]
    """The newest first."""


@dataclass(slots=True)
class VerifyDocument:
    """What ``gatekeeper log --verify --format json`` prints."""

    __pydantic_config__ = _ATTRIBUTE_DOCSTRINGS

    schema: str
    sound: bool
    commits: int
    """How many commits are sound, from the first one on."""
    events: int
    good: str | None
    """The last commit that is sound."""
    bad: str | None
    """The first that is not."""
    fault: str | None


def write_events(events: Iterable[Event], stream: TextIO, *, output: str) -> None:
    """Write events, one a line for people."""
    if output == "json":
        stream.write(document_text(LogDocument(LOG_SCHEMA, [event_document(event) for event in events])))
        return
    for event in events:
        by = "" if event.by == "gatekeeper" else f" ({event.by})"
        signed = " signed" if event.signature is not None else ""
        stream.write(safe(f"{event.at:%Y-%m-%d %H:%M:%S}Z {summary(event)}{by}{signed}") + "\n")


def verified_text(found: Verified, *, output: str) -> str:
    """Return what a replay has shown."""
    if output == "json":
        sound = found.fault is None
        return document_text(
            VerifyDocument(VERIFY_SCHEMA, sound, found.commits, found.events, found.good, found.bad, found.fault)
        )
    if found.fault is None:
        return f"sound: {found.commits} commits, {found.events} events; replay gives the state\n"
    lines = [f"not sound: of commit {found.bad}, {found.fault}"]
    if found.good is not None:
        lines.append(f"{found.commits} commits are sound, up to {found.good}; to go back there:")
        lines.append(f"  git update-ref refs/gatekeeper/ledger {found.good}")
    return "".join(f"{safe(line)}\n" for line in lines)
