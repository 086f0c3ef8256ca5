"""Who reorganises, where a finding's values alone do not say so: whoever no longer has the file."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from gatekeeper.core.ledger.records import FindingSide, FoundProblem
from gatekeeper.core.names import AgentName, Oid
from gatekeeper.core.policy.matters import REORGANISATIONS
from gatekeeper.repository import Repository


def with_reorganiser(problem: FoundProblem, repository: Repository, tips: Mapping[AgentName, Oid]) -> FoundProblem:
    """Return the finding with the side marked that takes away what another one relies on, if one does."""
    if problem.rule not in REORGANISATIONS or any(side.takes_away for side in problem.sides):
        return problem
    lacking = [number for number, side in enumerate(problem.sides) if _lacks(side, repository, tips)]
    if len(lacking) != 1:
        return problem
    sides = (replace(side, takes_away=number in lacking) for number, side in enumerate(problem.sides))
    return replace(problem, sides=tuple(sides))


def _lacks(side: FindingSide, repository: Repository, tips: Mapping[AgentName, Oid]) -> bool:
    tip = tips.get(side.agents[0])
    return tip is not None and not side.key and repository.blob_id(tip, side.path) is None
