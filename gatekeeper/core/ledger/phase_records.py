"""What the ledger keeps of phases and of the release: how far each is, and the newest verdict of each gate."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from gatekeeper.core.gates.verdict import Blocker
from gatekeeper.core.names import Oid
from gatekeeper.core.roster import GateName, PhaseName

Stage = Literal["pre", "checkpoint", "post", "release"]
"""When a gate is asked: before a phase starts, at its checkpoints, before it completes, before a release."""

OutcomeWord = Literal["passed", "failed", "not-run", "waits"]


@dataclass(frozen=True, slots=True)
class JudgedGate:
    """The verdict of one gate, as of which iteration of its phase; ``tree`` and ``definition``: what was judged."""

    stage: Stage
    gate: GateName
    outcome: OutcomeWord
    blockers: tuple[Blocker, ...]
    detail: str
    tree: Oid | None
    definition: str
    iteration: int
    conditions: tuple[GateName, ...] = ()


@dataclass(frozen=True, slots=True)
class PhaseRecord:
    """A phase that something was done with. ``verdicts``: the newest of each gate and stage.

    ``iteration`` counts from 1 and never goes back, so that what was approved for one is no approval of a later one;
    ``failures`` are the iterations that have failed since the phase was last begun anew.
    """

    name: PhaseName
    iteration: int = 1
    failures: tuple[int, ...] = ()
    started_at: datetime | None = None
    completed_at: datetime | None = None
    reopened_at: datetime | None = None
    verdicts: tuple[JudgedGate, ...] = ()

    @property
    def is_reopened(self) -> bool:
        """Whether it has to be started anew."""
        return self.reopened_at is not None and self.started_at is None


@dataclass(frozen=True, slots=True)
class ReleaseRecord:
    """The release. ``tree`` is the one that was last found ready; another tree is another release, and iteration."""

    iteration: int = 1
    ready_at: datetime | None = None
    tree: Oid | None = None
    verdicts: tuple[JudgedGate, ...] = ()
