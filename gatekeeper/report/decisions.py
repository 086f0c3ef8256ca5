"""What agents may do, for people and as JSON: the same words wherever it is told."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from gatekeeper.core.safe_text import without_surrogates as text

if TYPE_CHECKING:
    from collections.abc import Sequence

    from gatekeeper.core.policy.standing import Decision
    from gatekeeper.report.page import Page

_ATTRIBUTE_DOCSTRINGS = {"use_attribute_docstrings": True}
_MOST_SHOWN = 6
_MOST_NAMED = 8
_STYLES = {"integrating": "cyan", "paused": "yellow", "halted": "red", "quarantined": "magenta"}


@dataclass(slots=True)
class ReasonDocument:
    """Why an agent stands as it does."""

    __pydantic_config__ = _ATTRIBUTE_DOCSTRINGS

    standing: str
    message: str
    next_step: str
    """What has to be done so that it goes on, by whoever is named in front of it, else by the agent."""
    findings: list[str]
    case: str | None
    waits_for: list[str]
    """Agents or roles whose turn it is."""


@dataclass(slots=True)
class DecisionDocument:
    """What one agent may do."""

    __pydantic_config__ = _ATTRIBUTE_DOCSTRINGS

    agent: str
    standing: str
    """``clear``, ``integrating``, ``paused``, ``halted`` or ``quarantined``."""
    reasons: list[ReasonDocument]
    """The weightiest first."""


def decision_document(decision: Decision) -> DecisionDocument:
    """Return a decision as JSON has it."""
    return DecisionDocument(
        text(decision.agent),
        str(decision.standing),
        [
            ReasonDocument(
                str(reason.standing),
                text(reason.message),
                text(reason.next_step),
                list(reason.findings),
                reason.case,
                [text(name) for name in reason.waits_for],
            )
            for reason in decision.reasons
        ],
    )


def write_decision(decision: Decision, page: Page) -> None:
    """Write what an agent may do, why, and what comes next."""
    head, _, rest = decision.sentence.partition(f" is {decision.standing}")
    page.line(f"{head} is ", (str(decision.standing), style_of(decision)), rest, hang=4)
    if decision.next_step is not None:
        page.line(f"next: {decision.next_step}", indent=2, hang=8)


def write_stopped(decisions: Sequence[Decision], page: Page) -> None:
    """Write who may not go on: those for the same reason in one line."""
    groups: dict[tuple[str, str, str | None], list[Decision]] = {}
    for decision in decisions:
        reason = decision.reasons[0]
        groups.setdefault((str(reason.standing), reason.message, decision.next_step), []).append(decision)
    for (standing, message, step), group in list(groups.items())[:_MOST_SHOWN]:
        names = page.list_of([decision.agent for decision in group], at_most=_MOST_NAMED)
        page.line((f"{standing:<8} ", style_of(group[0])), f"{names}: {message}", hang=9)
        page.line(f"next: {step}", indent=9, hang=15)
    if len(groups) > _MOST_SHOWN:
        page.line(f"… and {len(groups) - _MOST_SHOWN} more", indent=2)


def style_of(decision: Decision) -> str:
    """Return the colour of its standing."""
    return _STYLES.get(str(decision.standing), "")
