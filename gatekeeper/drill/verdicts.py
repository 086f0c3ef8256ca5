"""What became of a plant."""

from __future__ import annotations

import enum
from collections.abc import Iterable
from dataclasses import dataclass

from gatekeeper.core.ledger.records import FoundProblem
from gatekeeper.core.names import AgentName, format_key
from gatekeeper.core.safe_text import without_surrogates
from gatekeeper.drill.plants import Plant


class Verdict(enum.StrEnum):
    """Whether a plant was caught, and as bad as it is."""

    CAUGHT = "caught"
    TURNED_DOWN = "turned-down"
    """Found, with a lower severity than the plant's, as ``gatekeeper.toml`` says."""
    EXPECTED = "expected"
    """Found, and expected by ``gatekeeper.toml``."""
    MISSED = "missed"


@dataclass(frozen=True, slots=True)
class Caught:
    """One plant, the two agents, what was found of it, and how many seconds after it was planted."""

    plant: Plant
    agents: tuple[AgentName, ...]
    verdict: Verdict
    finding: FoundProblem | None
    seconds: float

    def counts(self, *, allow_overrides: bool) -> bool:
        """Return whether the plant counts as caught; ``allow_overrides``: as well when settings play it down."""
        return self.verdict is Verdict.CAUGHT or (allow_overrides and self.verdict is not Verdict.MISSED)


def judged(plant: Plant, agents: tuple[AgentName, ...], standing: Iterable[FoundProblem], seconds: float) -> Caught:
    """Return what became of a plant.

    A finding of its own rule decides. Where another rule speaks up for the same two agents in the same file, and no
    milder, it has been caught as well.
    """
    theirs = [problem for problem in standing if set(agents) <= set(problem.agents)]
    key = without_surrogates(format_key(plant.key))
    own = [problem for problem in theirs if problem.rule == plant.rule and problem.path == plant.path]
    others = [problem for problem in theirs if problem.path == plant.path and problem.rank >= plant.severity]
    found = next((problem for problem in own if problem.key == key), None) or next(iter([*own, *others]), None)
    if found is None:
        verdict = Verdict.MISSED
    elif found.expected_because is not None:
        verdict = Verdict.EXPECTED
    else:
        verdict = Verdict.TURNED_DOWN if found.rank < plant.severity else Verdict.CAUGHT
    return Caught(plant, agents, verdict, found, seconds)
