"""What can happen to phases: they start, gates are judged, they fail, are reopened, complete; a release is ready."""

from __future__ import annotations

from dataclasses import dataclass

from gatekeeper.core.gates.verdict import Blocker
from gatekeeper.core.ledger.phase_records import JudgedGate
from gatekeeper.core.names import Oid
from gatekeeper.core.roster import PhaseName


@dataclass(frozen=True, slots=True)
class PhaseStarted:
    """Its agents may start: what it needs is completed, and its gates before the start have passed."""

    phase: PhaseName
    iteration: int


@dataclass(frozen=True, slots=True)
class GateJudged:
    """A gate was asked, for a phase or (without one) for the release. Each blocker is one piece of work."""

    phase: PhaseName | None
    verdict: JudgedGate


@dataclass(frozen=True, slots=True)
class PhaseFailed:
    """A gate has failed at the end of a phase; the next iteration begins."""

    phase: PhaseName
    iteration: int
    blockers: tuple[Blocker, ...]


@dataclass(frozen=True, slots=True)
class PhaseReopened:
    """It has failed too often: its requirements are to be looked at, and it starts anew through its gates."""

    phase: PhaseName
    iteration: int


@dataclass(frozen=True, slots=True)
class PhaseCompleted:
    """Its agents are done and its gates have passed."""

    phase: PhaseName
    iteration: int


@dataclass(frozen=True, slots=True)
class ReleaseReady:
    """Everything that a release needs has passed, for this tree."""

    tree: Oid
    iteration: int


PhasePayload = PhaseStarted | GateJudged | PhaseFailed | PhaseReopened | PhaseCompleted | ReleaseReady
