"""What came of a gate, and what is left to do."""

from __future__ import annotations

import enum
from dataclasses import dataclass

from gatekeeper.core.names import Oid
from gatekeeper.core.roster import GateName


class Outcome(enum.StrEnum):
    """What a gate has answered; the value is the word that people and JSON read."""

    PASSED = "passed"
    FAILED = "failed"
    NOT_RUN = "not-run"
    WAITS = "waits"
    """Nothing is wrong, but somebody has to approve."""


@dataclass(frozen=True, slots=True)
class Blocker:
    """One piece of work without which the gate is not passed: what, where (``PATH:LINE``, ``PATH#KEY``), and whose."""

    what: str
    where: str = ""
    who: str = ""


@dataclass(frozen=True, slots=True)
class GateVerdict:
    """The answer of one gate about one tree. A gate that is not passed names at least one blocker.

    ``definition`` is the hash of what was asked; ``conditions`` are gates on whose passing before a release an approval
    depends (R-23).
    """

    gate: GateName
    outcome: Outcome
    blockers: tuple[Blocker, ...]
    detail: str
    tree: Oid | None
    definition: str
    conditions: tuple[GateName, ...] = ()

    @property
    def is_passed(self) -> bool:
        """Whether what waits for the gate may go on."""
        return self.outcome is Outcome.PASSED
