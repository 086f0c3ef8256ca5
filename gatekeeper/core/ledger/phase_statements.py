"""The events of phases in words."""

from __future__ import annotations

from gatekeeper.core.ledger import phase_events as phases
from gatekeeper.core.ledger.statement import statement

_ID_LENGTH = 12


@statement.register
def _(said: phases.PhaseStarted) -> str:
    return f"phase {said.phase} started"


@statement.register
def _(said: phases.GateJudged) -> str:
    verdict = said.verdict
    of = "the release" if said.phase is None else f"phase {said.phase}"
    told = f"gate {verdict.gate} of {of} ({verdict.stage}): {verdict.outcome}"
    return told + (f": {verdict.blockers[0].what}" if verdict.blockers else "") + _more(len(verdict.blockers))


def _more(blockers: int) -> str:
    return f" (and {blockers - 1} more)" if blockers > 1 else ""


@statement.register
def _(said: phases.PhaseFailed) -> str:
    first = f": {said.blockers[0].what}" if said.blockers else ""
    return f"phase {said.phase} failed in iteration {said.iteration}{first}{_more(len(said.blockers))}"


@statement.register
def _(said: phases.PhaseReopened) -> str:
    return f"phase {said.phase} is reopened: it starts anew, as iteration {said.iteration}"


@statement.register
def _(said: phases.PhaseCompleted) -> str:
    return f"phase {said.phase} completed"


@statement.register
def _(said: phases.ReleaseReady) -> str:
    return f"the release of tree {said.tree[:_ID_LENGTH]} is ready"
