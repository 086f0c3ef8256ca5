"""Approvals, for people and as ``gatekeeper.approvals/1``."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from gatekeeper.core.safe_text import safe, without_surrogates
from gatekeeper.report.json_lines import document_text

if TYPE_CHECKING:
    from collections.abc import Sequence

    from gatekeeper.coordinator.approving import Waiting
    from gatekeeper.coordinator.trusting import Judged
    from gatekeeper.core.ledger.case_events import ApprovalGiven

SCHEMA: Final = "gatekeeper.approvals/1"

_ATTRIBUTE_DOCSTRINGS = {"use_attribute_docstrings": True}


@dataclass(slots=True)
class WaitingDocument:
    """Something that waits for an approval."""

    __pydantic_config__ = _ATTRIBUTE_DOCSTRINGS

    subject: str
    role: str
    """Whose approval it needs."""
    about: str
    blockers: list[str]
    """Why it cannot be approved yet."""


@dataclass(slots=True)
class ApprovalDocument:
    """What somebody has approved."""

    __pydantic_config__ = _ATTRIBUTE_DOCSTRINGS

    id: str
    subject: str
    proposal: str
    """The digest of what was approved."""
    principal: str
    at: str
    because: str
    head: str | None
    """The commit at which it was approved."""
    conditions: list[str]
    """Gates that have to pass besides, so that a release may go on."""
    counts: bool
    objection: str | None
    """Why it does not count."""


@dataclass(slots=True)
class ApprovalsDocument:
    """What ``gatekeeper approve`` prints."""

    __pydantic_config__ = _ATTRIBUTE_DOCSTRINGS

    schema: str
    waiting: list[WaitingDocument]
    approvals: list[ApprovalDocument]


def approvals_text(waiting: Sequence[Waiting], given: Sequence[Judged[ApprovalGiven]], *, output: str) -> str:
    """Return what waits for an approval, and what was approved."""
    if output == "json":
        return document_text(ApprovalsDocument(SCHEMA, list(map(_waiting, waiting)), list(map(_given, given))))
    lines: list[str] = []
    for each in waiting:
        lines.append(f"{each.subject}  waits for approval by {each.role}" + (f": {each.about}" if each.about else ""))
        lines += [f"  not yet: {blocker}" for blocker in each.blockers]
        lines += [] if each.blockers else [f"  gatekeeper approve {each.subject} --because '...'"]
    for judged in given:
        said = judged.said
        only_with = f", if these pass: {', '.join(said.conditions)}" if said.conditions else ""
        lines.append(f"{said.subject}  approved by {said.principal}: {said.because}{only_with}")
        lines += [] if judged.counts else [f"  does not count: {judged.objection}"]
    return "".join(f"{safe(line)}\n" for line in lines or ["nothing waits for an approval"])


def _waiting(each: Waiting) -> WaitingDocument:
    return WaitingDocument(each.subject, each.role, each.about, list(map(without_surrogates, each.blockers)))


def _given(judged: Judged[ApprovalGiven]) -> ApprovalDocument:
    said = judged.said
    return ApprovalDocument(
        judged.event.id,
        said.subject,
        said.proposal,
        said.principal,
        judged.event.at.isoformat(),
        said.because,
        said.head,
        [str(gate) for gate in said.conditions],
        judged.counts,
        judged.objection,
    )
