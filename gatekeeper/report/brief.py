"""The pointer that an agent is started with, as ``gatekeeper.brief/1``."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from gatekeeper.core.safe_text import without_surrogates
from gatekeeper.report.decisions import DecisionDocument, decision_document
from gatekeeper.report.json_lines import document_text

if TYPE_CHECKING:
    from gatekeeper.core.policy.standing import Decision

SCHEMA: Final = "gatekeeper.brief/1"

_ATTRIBUTE_DOCSTRINGS = {"use_attribute_docstrings": True}


@dataclass(slots=True)
class BriefDocument:
    """What ``gatekeeper brief`` prints."""

    __pydantic_config__ = _ATTRIBUTE_DOCSTRINGS

    schema: str
    agent: str
    text: str
    tokens_at_most: int
    """Of the text."""
    decision: DecisionDocument
    """What it may do, and why."""


def brief_json(agent: str, text: str, tokens: int, decision: Decision) -> str:
    """Return the pointer as JSON."""
    return document_text(BriefDocument(SCHEMA, without_surrogates(agent), text, tokens, decision_document(decision)))
