"""What has to be signed for a gate as it stands: of which iteration, and of which tree."""

from __future__ import annotations

from gatekeeper.core.gates.approvals import ApprovalRequest, approval_request
from gatekeeper.core.gates.spec import ApprovalGate
from gatekeeper.core.gates.tree import JudgedTree
from gatekeeper.core.ledger.phase_records import PhaseRecord, ReleaseRecord
from gatekeeper.core.ledger.state import Records
from gatekeeper.core.names import Oid
from gatekeeper.core.phases.steps import iteration_of, release_iteration
from gatekeeper.core.roster import GateName, PhaseName


def iteration_now(state: Records, phase: PhaseName | None, tree: Oid) -> int:
    """Return which iteration of a phase, or (None) of the release of ``tree``, is under way."""
    if phase is None:
        return release_iteration(state.get(ReleaseRecord), tree)
    return iteration_of(state.get(PhaseRecord, phase))


def gate_request(
    spec: ApprovalGate, state: Records, *, phase: PhaseName | None, gate: GateName, tree: JudgedTree
) -> ApprovalRequest:
    """Return what somebody has to sign for the gate to pass in ``tree``, as the ledger stands."""
    return approval_request(spec, phase=phase, gate=gate, iteration=iteration_now(state, phase, tree.id), tree=tree)
