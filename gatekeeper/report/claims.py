"""Claims, for people and as ``gatekeeper.claims/1``."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from gatekeeper.core.safe_text import safe
from gatekeeper.report.json_lines import document_text
from gatekeeper.report.moments import moment_text

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from gatekeeper.core.ledger.records import ClaimRecord

SCHEMA: Final = "gatekeeper.claims/1"

_ATTRIBUTE_DOCSTRINGS = {"use_attribute_docstrings": True}


@dataclass(slots=True)
class ClaimDocument:
    """An agent is about to change a place."""

    __pydantic_config__ = _ATTRIBUTE_DOCSTRINGS

    id: str
    agent: str
    place: str
    """A path, a directory with a slash at its end, or ``PATH#KEY``."""
    made_at: str
    until: str


@dataclass(slots=True)
class ClaimsDocument:
    """What ``gatekeeper claim`` prints."""

    __pydantic_config__ = _ATTRIBUTE_DOCSTRINGS

    schema: str
    claims: list[ClaimDocument]
    """All that hold now."""
    overlapping: list[ClaimDocument]
    """Claims of others that meet the one that was just made."""


def claims_text(standing: Sequence[ClaimRecord], others: Sequence[ClaimRecord], *, now: datetime, output: str) -> str:
    """Return the claims that hold, and a word about those of others that meet a new one."""
    if output == "json":
        return document_text(ClaimsDocument(SCHEMA, list(map(_document, standing)), list(map(_document, others))))
    lines = [f"{claim.agent} has claimed {claim.place} too, until {moment_text(claim.until, now)}" for claim in others]
    lines += [f"{claim.until:%Y-%m-%d %H:%M} UTC  {claim.agent}  {claim.place}" for claim in standing]
    return "".join(f"{safe(line)}\n" for line in lines or ["no claims"])


def _document(claim: ClaimRecord) -> ClaimDocument:
    return ClaimDocument(claim.id, claim.agent, claim.place, claim.made_at.isoformat(), claim.until.isoformat())
