"""Approvals of gates: what exactly is approved, by whom, and what an approval leaves to be done."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from gatekeeper.core.gates.spec import ApprovalGate, canonical_form
from gatekeeper.core.gates.tree import JudgedTree, named_files

if TYPE_CHECKING:
    from gatekeeper.core.gates.verdict import Blocker
    from gatekeeper.core.names import TreePath
    from gatekeeper.core.roster import GateName, PhaseName, Principal
    from gatekeeper.core.tree_state import Entry


@dataclass(frozen=True, slots=True)
class GateApproval:
    """An approval whose signature counts: of which proposal, by whom, subject to which gates (R-23).

    Whether the principal has the role that the gate asks for is not said here.
    """

    subject: str
    proposal: str
    principal: Principal
    conditions: tuple[GateName, ...] = ()


@dataclass(frozen=True, slots=True)
class ApprovalRequest:
    """What somebody has to sign for a gate to pass. With ``blockers`` there is nothing yet that could be approved."""

    subject: str
    proposal: str
    files: Mapping[TreePath, Entry]
    blockers: tuple[Blocker, ...]


def approval_subject(phase: PhaseName | None, gate: GateName) -> str:
    """Return what an approval of the gate is about; no phase means the release. Names hold no ``/``."""
    return f"release/{gate}" if phase is None else f"gate/{phase}/{gate}"


def approval_digest(spec: ApprovalGate, subject: str, iteration: int, files: Mapping[TreePath, Entry]) -> str:
    """Return 64 hexadecimal digits of all that is approved: what was asked, for what, which time, and of which files.

    Where any of it changes, what was signed is no approval of it (R-22: each iteration is approved by itself).
    """
    contents = [[path, f"{files[path].mode:o}", files[path].oid] for path in sorted(files)]
    whole = json.dumps([subject, iteration, canonical_form(spec), contents], separators=(",", ":"))
    return hashlib.sha256(whole.encode()).hexdigest()


def approval_request(
    spec: ApprovalGate, *, phase: PhaseName | None, gate: GateName, iteration: int, tree: JudgedTree
) -> ApprovalRequest:
    """Return what has to be signed for the gate as it stands in ``tree``."""
    named = named_files(tree, spec.files)
    subject = approval_subject(phase, gate)
    return ApprovalRequest(subject, approval_digest(spec, subject, iteration, named.files), named.files, named.blockers)


def given(
    request: ApprovalRequest, approvals: Iterable[GateApproval], holders: Collection[Principal]
) -> dict[Principal, GateApproval]:
    """Return the last approval of exactly this by each principal of ``holders``; ``approvals`` are in order."""
    return {
        one.principal: one
        for one in approvals
        if (one.subject, one.proposal) == (request.subject, request.proposal) and one.principal in holders
    }


def voided(
    request: ApprovalRequest, approvals: Iterable[GateApproval], holders: Collection[Principal]
) -> tuple[Principal, ...]:
    """Return who of ``holders`` has approved the gate as it was before something of it changed."""
    others = (one for one in approvals if one.subject == request.subject and one.proposal != request.proposal)
    return tuple(dict.fromkeys(one.principal for one in others if one.principal in holders))
