"""One gate and what is known, to its verdict. Nothing is run here: a command is answered with ``not-run``."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from itertools import islice
from typing import TYPE_CHECKING

from gatekeeper.core.gates.approvals import GateApproval, approval_request, given, voided
from gatekeeper.core.gates.contents import content_blockers
from gatekeeper.core.gates.manifests import OpenProblems, manifest_blockers
from gatekeeper.core.gates.spec import ApprovalGate, CommandGate, FilesGate, GateSpec, definition_hash
from gatekeeper.core.gates.verdict import Blocker, GateVerdict, Outcome
from gatekeeper.core.roster import RoleName

if TYPE_CHECKING:
    from gatekeeper.core.gates.tree import JudgedTree
    from gatekeeper.core.roster import GateName, PhaseName, Principal

_RUNNER = RoleName("runner")

MOST_BLOCKERS = 100
"""A file of a million forbidden lines is one piece of work, not a million."""


@dataclass(frozen=True, slots=True)
class Circumstances:
    """What gates are judged by. ``phase`` None is the release; ``iteration`` counts from 1.

    ``approvals`` are those whose signatures count, in the order in which they were recorded; ``holders`` has the
    principals of each role (``Roster.holders``).
    """

    tree: JudgedTree
    phase: PhaseName | None
    iteration: int
    problems: OpenProblems = field(default_factory=OpenProblems)
    approvals: tuple[GateApproval, ...] = ()
    holders: Mapping[RoleName, Collection[Principal]] = field(default_factory=dict)


def judge(gate: GateName, spec: GateSpec, about: Circumstances) -> GateVerdict:
    """Return the verdict of one gate. Never raises for what a tree holds."""
    if isinstance(spec, CommandGate):
        runners = ", ".join(about.holders.get(_RUNNER, ()))
        missing = Blocker(f"the command of {gate} has to be run", who=runners)
        return _verdict(gate, spec, about, Outcome.NOT_RUN, [missing], "commands are not run yet")
    if isinstance(spec, ApprovalGate):
        return _approval(gate, spec, about)
    if isinstance(spec, FilesGate):
        found = content_blockers(spec, about.tree)
    else:
        found = manifest_blockers(spec, about.tree, about.problems)
    blockers = _some(found)
    return _verdict(gate, spec, about, Outcome.FAILED if blockers else Outcome.PASSED, blockers)


def _approval(gate: GateName, spec: ApprovalGate, about: Circumstances) -> GateVerdict:
    holders = about.holders.get(spec.role, ())
    request = approval_request(spec, phase=about.phase, gate=gate, iteration=about.iteration, tree=about.tree)
    if request.blockers:
        return _verdict(gate, spec, about, Outcome.FAILED, _some(request.blockers), "there is nothing to approve yet")
    found = given(request, about.approvals, holders)
    if found:
        # Each of several approvers may have set conditions; only who has set one can drop it, by approving again.
        conditions = dict.fromkeys(name for one in found.values() for name in one.conditions)
        detail = f"approved by {', '.join(found)}"
        return _verdict(gate, spec, about, Outcome.PASSED, [], detail, tuple(conditions))
    before = voided(request, about.approvals, holders)
    detail = f"what {', '.join(before)} approved has changed since" if before else ""
    missing = Blocker(f"the {spec.role} has to approve {request.subject}", request.subject, ", ".join(holders))
    return _verdict(gate, spec, about, Outcome.WAITS, [missing], detail)


def _some(found: Iterable[Blocker]) -> list[Blocker]:
    blockers = list(dict.fromkeys(islice(found, MOST_BLOCKERS + 1)))
    if len(blockers) > MOST_BLOCKERS:
        blockers[MOST_BLOCKERS:] = [Blocker(f"and more than these {MOST_BLOCKERS}")]
    return blockers


def _verdict(
    gate: GateName,
    spec: GateSpec,
    about: Circumstances,
    outcome: Outcome,
    blockers: list[Blocker],
    detail: str = "",
    conditions: tuple[GateName, ...] = (),
) -> GateVerdict:
    definition = definition_hash(spec)
    return GateVerdict(gate, outcome, tuple(blockers), detail, about.tree.id, definition, conditions)
