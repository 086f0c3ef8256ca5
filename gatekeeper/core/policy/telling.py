"""What people hear of decisions: cases that open and close, agents that are stopped, released, or have to integrate."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from gatekeeper.core.ledger import case_events as cases
from gatekeeper.core.ledger.case_records import CaseMatter, CaseRecord
from gatekeeper.core.ledger.events import Payload
from gatekeeper.core.ledger.state import Records
from gatekeeper.core.policy.decide import Verdict
from gatekeeper.core.policy.standing import Decision


def items(payloads: Iterable[Payload], state: Records, before: Verdict, after: Verdict) -> Iterator[dict[str, Any]]:
    """Yield an item of a notice for each; ``state`` is that from before the payloads."""
    for said in payloads:
        if isinstance(said, cases.CaseOpened):
            yield _of_case(f"{_named(said.matter)}-opened", said.matter)
        elif isinstance(said, cases.CaseClosed) and (known := state.get(CaseRecord, said.case)) is not None:
            yield _of_case(f"{_named(known.matter)}-closed", known.matter) | {"message": said.because}
        elif isinstance(said, cases.IntegrationDue):
            yield _of_decision("integration-due", after.of(said.agent))
    for agent, decision in after.decisions.items():
        stood = before.of(agent).standing
        if decision.standing.stops and not stood.stops:
            yield _of_decision("agent-stopped", decision)
    for agent, decision in before.decisions.items():
        if decision.standing.stops and not after.of(agent).standing.stops:
            yield _of_decision("agent-released", after.of(agent))


def _named(matter: CaseMatter) -> str:
    return "incident" if matter.kind == "incident" else "escalation"


def _of_case(event: str, matter: CaseMatter) -> dict[str, Any]:
    return {
        "event": event,
        "case": matter.id,
        "kind": matter.kind,
        "owner": matter.owner,
        "path": matter.path,
        "key": matter.key,
        "rule": matter.rule,
        "agents": list(matter.parties),
        "phases": list(matter.phases),
        "message": matter.question,
        "proposal": matter.proposal or None,
        "next_step": _next_step(matter),
    }


def _next_step(matter: CaseMatter) -> str:
    if matter.kind == "incident":
        return f"gatekeeper resume {matter.id} --cause ... --plan ..."
    if matter.kind == "phase":
        return f"gatekeeper phase status {' '.join(matter.phases)}".rstrip()
    return f"gatekeeper escalation show {matter.id}"


def _of_decision(event: str, decision: Decision) -> dict[str, Any]:
    return {
        "event": event,
        "agents": [decision.agent],
        "standing": str(decision.standing),
        "message": decision.sentence,
        "next_step": decision.next_step,
    }
