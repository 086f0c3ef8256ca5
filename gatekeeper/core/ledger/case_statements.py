"""The events of cases in words."""

from __future__ import annotations

from collections.abc import Sequence

from gatekeeper.core.ledger import case_events as cases
from gatekeeper.core.ledger.case_records import CaseMatter
from gatekeeper.core.ledger.statement import statement

_ID_LENGTH = 12


def _about(matter: CaseMatter) -> str:
    place = matter.path + (f"#{matter.key}" if matter.key else "")
    return " ".join(part for part in (matter.kind, matter.id, matter.rule, place) if part)


@statement.register
def _(said: cases.PrecedenceTaken) -> str:
    return f"stands at {said.position} in the line"


@statement.register
def _(_: cases.PrecedenceLeft) -> str:
    return "leaves the line"


@statement.register
def _(said: cases.CaseOpened) -> str:
    return f"opened {_about(said.matter)}, for the {said.matter.owner}"


@statement.register
def _(said: cases.CaseChanged) -> str:
    return f"changed {_about(said.matter)}"


@statement.register
def _(said: cases.CaseClosed) -> str:
    return f"closed case {said.case}: {said.because}"


@statement.register
def _(said: cases.CaseRuled) -> str:
    choice = {"proposal": "the proposal", "take": f"the side of {said.agent}", "file": "a text of its own"}
    other = {"proceed": "it may go on", "take-back": "it is to be taken back"}
    return f"{said.principal} rules on {said.case}: {(choice | other)[said.choice]}: {said.because}"


@statement.register
def _(said: cases.CaseAcknowledged) -> str:
    return f"acknowledges the ruling on {said.case}, signed by {said.principal}"


@statement.register
def _(said: cases.IncidentPlanned) -> str:
    return f"incident {said.case}: cause: {said.cause}; plan: {said.plan}"


@statement.register
def _(said: cases.ApprovalGiven) -> str:
    only_with = f", if these pass: {_listed(said.conditions)}" if said.conditions else ""
    return f"{said.principal} approves {said.subject}: {said.because}{only_with}"


def _listed(names: Sequence[str]) -> str:
    return ", ".join(names)


@statement.register
def _(said: cases.AgentQuarantined) -> str:
    return f"is set apart by {said.principal}: {said.because}"


@statement.register
def _(said: cases.AgentReadmitted) -> str:
    return f"is let in again by {said.principal}: {said.because}"


@statement.register
def _(_: cases.QuarantineEnded) -> str:
    return "is set apart no longer: nothing is left that it was set apart for"


@statement.register
def _(said: cases.IntegrationDue) -> str:
    return f"has to take in trunk at {said.trunk[:_ID_LENGTH]}, after {_listed(said.after)}"


@statement.register
def _(said: cases.IntegrationIntended) -> str:
    return f"trunk at {said.trunk[:_ID_LENGTH]} is to be merged into {said.head[:_ID_LENGTH]}"


@statement.register
def _(said: cases.IntegrationPublished) -> str:
    settled = f"; settled: {_listed(said.settled)}" if said.settled else ""
    return f"can fast-forward to {said.commit[:_ID_LENGTH]}{settled}"


@statement.register
def _(said: cases.IntegrationFailed) -> str:
    return f"trunk at {said.trunk[:_ID_LENGTH]} could not be taken in: {said.because}"


@statement.register
def _(said: cases.IntegrationEnded) -> str:
    return f"has nothing left to take in: {said.because}"
