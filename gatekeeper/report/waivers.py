"""Waivers, for people and as ``gatekeeper.waivers/1``."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from gatekeeper.core.safe_text import safe
from gatekeeper.report.json_lines import document_text

if TYPE_CHECKING:
    from collections.abc import Sequence

    from gatekeeper.core.ledger.records import WaiverRecord

SCHEMA: Final = "gatekeeper.waivers/1"

_ATTRIBUTE_DOCSTRINGS = {"use_attribute_docstrings": True}


@dataclass(slots=True)
class WaiverDocument:
    """A finding that somebody lets pass until a date."""

    __pydantic_config__ = _ATTRIBUTE_DOCSTRINGS

    id: str
    finding: str
    rule: str
    path: str
    key: str
    principal: str
    """Who has signed it."""
    because: str
    granted_at: str
    until: str
    counts: bool
    objection: str | None
    """Why it does not count."""


@dataclass(slots=True)
class WaiversDocument:
    """What ``gatekeeper waive`` prints."""

    __pydantic_config__ = _ATTRIBUTE_DOCSTRINGS

    schema: str
    waivers: list[WaiverDocument]


def waivers_text(waivers: Sequence[tuple[WaiverRecord, str | None]], *, output: str) -> str:
    """Return the waivers, each with what is to be said against it."""
    if output == "json":
        return document_text(WaiversDocument(SCHEMA, [waiver_document(waiver, why) for waiver, why in waivers]))
    lines: list[str] = []
    for waiver, why in waivers:
        place = waiver.path + (f"#{waiver.key}" if waiver.key else "")
        lines.append(f"{waiver.finding}  {waiver.rule}  {place}")
        lines.append(f"  until {waiver.until:%Y-%m-%d %H:%M} UTC, {waiver.principal}: {waiver.because}")
        lines += [] if why is None else [f"  does not count: {why}"]
    return "".join(f"{safe(line)}\n" for line in lines or ["no waivers"])


def waiver_document(waiver: WaiverRecord, objection: str | None) -> WaiverDocument:
    """Return one waiver as JSON has it."""
    return WaiverDocument(
        waiver.id,
        waiver.finding,
        waiver.rule,
        waiver.path,
        waiver.key,
        waiver.principal,
        waiver.because,
        waiver.granted_at.isoformat(),
        waiver.until.isoformat(),
        objection is None,
        objection,
    )
