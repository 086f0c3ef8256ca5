"""What can be ruled of which case."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from gatekeeper.core.ledger.case_events import CaseRuled
from gatekeeper.core.ledger.case_records import CaseKind, CaseMatter

REORGANISING = frozenset({"proceed", "take-back"})
"""What can be ruled of a reorganisation, and of nothing else."""

_NOT_RULED_ON: Mapping[CaseKind, str] = MappingProxyType(
    {
        "incident": "an incident needs a cause and a plan, and no ruling",
        "phase": "a phase that keeps failing needs to be mended, and no ruling",
    }
)


def sense_objection(said: CaseRuled, matter: CaseMatter) -> str | None:
    """Return why the ruling cannot be one on such a case; None where it can."""
    if said.case != matter.id:
        return "it is about another case"
    if matter.kind in _NOT_RULED_ON:
        return _NOT_RULED_ON[matter.kind]
    if said.choice in REORGANISING and matter.kind != "reorganisation":
        return "only a reorganisation can proceed or be taken back"
    if said.choice == "take" and said.agent not in matter.parties:
        return f"{said.agent} is no party of the case"
    if said.choice == "proceed" and (broken := unwaived(said, matter)):
        return f"it lets proceed what is not compatible: {', '.join(broken)}"
    return None


def unwaived(said: CaseRuled, matter: CaseMatter) -> tuple[str, ...]:
    """Return what would no longer be compatible, and is not waived by its name (R-42)."""
    return tuple(name for name in dict.fromkeys((*matter.broken, *said.broken)) if name not in said.waives)
