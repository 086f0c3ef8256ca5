"""Agents that are set apart, for people and as ``gatekeeper.quarantines/1``."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from gatekeeper.core.safe_text import safe
from gatekeeper.report.json_lines import document_text

if TYPE_CHECKING:
    from collections.abc import Sequence

    from gatekeeper.coordinator.trusting import Judged
    from gatekeeper.core.ledger.case_events import AgentQuarantined

SCHEMA: Final = "gatekeeper.quarantines/1"

_ATTRIBUTE_DOCSTRINGS = {"use_attribute_docstrings": True}


@dataclass(slots=True)
class QuarantineDocument:
    """An agent was set apart."""

    __pydantic_config__ = _ATTRIBUTE_DOCSTRINGS

    id: str
    agent: str
    principal: str
    """Who has signed it."""
    at: str
    because: str
    findings: list[str]
    """What it was set apart for."""
    counts: bool
    objection: str | None
    """Why it does not count, or no longer."""


@dataclass(slots=True)
class QuarantinesDocument:
    """What ``gatekeeper quarantine`` prints."""

    __pydantic_config__ = _ATTRIBUTE_DOCSTRINGS

    schema: str
    quarantines: list[QuarantineDocument]


def quarantines_text(found: Sequence[Judged[AgentQuarantined]], *, output: str) -> str:
    """Return who is set apart, each with what is to be said against it."""
    if output == "json":
        return document_text(QuarantinesDocument(SCHEMA, list(map(_document, found))))
    lines: list[str] = []
    for judged in found:
        said = judged.said
        lines.append(f"{said.agent}  set apart by {said.principal}: {said.because}")
        lines.append(f"  for {', '.join(said.findings)}")
        lines += [] if judged.counts else [f"  does not count: {judged.objection}"]
    return "".join(f"{safe(line)}\n" for line in lines or ["nobody is set apart"])


def _document(judged: Judged[AgentQuarantined]) -> QuarantineDocument:
    said = judged.said
    return QuarantineDocument(
        judged.event.id,
        said.agent,
        said.principal,
        judged.event.at.isoformat(),
        said.because,
        [str(finding) for finding in said.findings],
        judged.counts,
        judged.objection,
    )
