"""The result of the one decision function: what each agent may do now, and why."""

from __future__ import annotations

import enum
from dataclasses import dataclass

from gatekeeper.core.ledger.case_records import CaseId
from gatekeeper.core.ledger.records import FindingId
from gatekeeper.core.names import AgentName


class Standing(enum.StrEnum):
    """What an agent may do, the freest first; an agent has exactly one."""

    CLEAR = "clear"
    INTEGRATING = "integrating"
    PAUSED = "paused"
    HALTED = "halted"
    QUARANTINED = "quarantined"

    @property
    def rank(self) -> int:
        """How far it keeps an agent from going on: of several, the highest counts."""
        return _RANKS[self]

    @property
    def stops(self) -> bool:
        """Whether the agent may not go on working."""
        return self.rank >= Standing.PAUSED.rank


_RANKS = {standing: number for number, standing in enumerate(Standing)}


@dataclass(frozen=True, slots=True)
class Reason:
    """Why an agent stands as it does: the findings that keep it there, in words, and what ends it.

    ``waits_for``: agents, or ``architect`` and the like, whose turn it is; ``next_step`` is theirs.
    """

    standing: Standing
    findings: tuple[FindingId, ...]
    message: str
    next_step: str
    case: CaseId | None = None
    waits_for: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Decision:
    """What one agent may do. ``reasons``: the weightiest first; none where it is clear."""

    agent: AgentName
    standing: Standing
    reasons: tuple[Reason, ...] = ()

    @property
    def sentence(self) -> str:
        """What the agent is told, in the same words everywhere."""
        if not self.reasons:
            return f"{self.agent} is {self.standing}"
        first = self.reasons[0]
        more = f" (and {len(self.reasons) - 1} more)" if len(self.reasons) > 1 else ""
        return f"{self.agent} is {self.standing}: {first.message}{more}"

    @property
    def follows(self) -> tuple[Reason, ...]:
        """The reasons for which the agent comes after somebody who has not landed yet, as the ledger has it."""
        return tuple(each for each in self.reasons if each.standing is Standing.INTEGRATING and each.waits_for)

    @property
    def next_step(self) -> str | None:
        """What has to be done first so that the agent goes on; None where it is clear."""
        return self.reasons[0].next_step if self.reasons else None
