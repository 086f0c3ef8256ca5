"""The parts of the documentation that come from the ledger's table of event types."""

from __future__ import annotations

import inspect

from gatekeeper.core.ledger.event_types import EVENT_TYPES, EventType


def event_types() -> str:
    """Return the table: each type, what it says, whether it is a fact or a decision, and who may write it."""
    rows = (
        f"| `{kind.name}` | {_says(kind)} | {kind.nature.value} | {_writers(kind)} |" for kind in EVENT_TYPES.values()
    )
    return "\n".join(("| type | what it says | | who may write it |", "|---|---|---|---|", *rows, ""))


def _says(kind: EventType) -> str:
    text = inspect.getdoc(kind.payload) or ""
    return " ".join(text.split("\n\n")[0].split()).replace("``", "`").replace("|", "\\|")


def _writers(kind: EventType) -> str:
    return "anybody" if kind.roles is None else " or ".join(sorted(kind.roles)) + ", signed"
