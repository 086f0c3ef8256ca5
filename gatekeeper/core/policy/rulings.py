"""Whether a ruling is about a case as it is now, and makes sense for it."""

from __future__ import annotations

from gatekeeper.core.ledger.case_events import CaseRuled
from gatekeeper.core.ledger.case_records import CaseMatter

REORGANISING = frozenset({"proceed", "take-back"})
"""What can be ruled of a reorganisation, and of nothing else."""


def sense_objection(said: CaseRuled, matter: CaseMatter) -> str | None:
    """Return why the ruling cannot be one on such a case; None where it can."""
    if said.case != matter.id:
        return "it is about another case"
    if matter.kind == "incident":
        return "an incident needs a cause and a plan, and no ruling"
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


def age_objection(said: CaseRuled, matter: CaseMatter) -> str | None:
    """Return why the ruling is not about the case as it is now; None where it is.

    It stays about it when a party does as it says, or moves without touching the place.
    """
    if not set(matter.findings) <= set(said.findings):
        return "there are findings that it does not know"
    for party in matter.parties:
        if party not in said.heads:
            return f"it does not know {party}"
        if said.heads[party] != matter.heads.get(party) and not _is_as_known(said, matter, party):
            return f"{party} has moved since"
    return None


def _is_as_known(said: CaseRuled, matter: CaseMatter, party: str) -> bool:
    now = {str(agent): content for agent, content in matter.contents.items()}.get(party)
    then = {str(agent): content for agent, content in said.contents.items()}.get(party)
    return bool(now) and now in {then, said.result}
