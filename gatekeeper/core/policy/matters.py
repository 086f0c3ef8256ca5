"""Which questions findings put to people: one case a rule and place, however many agents meet there."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterable, Mapping
from typing import Final

from gatekeeper.core.ledger.case_records import CaseId, CaseKind, CaseMatter
from gatekeeper.core.ledger.event_types import ARCHITECT, COORDINATOR
from gatekeeper.core.ledger.records import FoundProblem
from gatekeeper.core.names import AgentName, Severity
from gatekeeper.core.roster import PhaseName, Roster
from gatekeeper.core.watch.limits import FAMILY

REORGANISATIONS: Final = frozenset(
    {
        *("ws-member-excluded-plain", "ws-member-excluded-inherits", "ws-member-vs-exclude-explicit"),
        *("ws-member-dir-deleted-glob-residue", "ws-member-dir-deleted-list-rewritten", "ws-member-glob-vs-exclude"),
        *("ws-crate-deleted-vs-edited", "ws-crate-renamed-vs-file-added", "ws-default-member-not-member"),
        *("dep-path-crate-deleted", "dep-path-crate-moved", "dep-package-renamed", "pkg-name-renamed"),
        *("dep-workspace-key-removed", "dep-workspace-table-removed", "dep-workspace-dangling-unused"),
    }
)
"""Rules about a workspace member, or a dependency that crates share, which one takes away and another relies on."""


def counts(problem: FoundProblem, waived: Collection[str]) -> bool:
    """Return whether anything follows from a finding; that one is expected saves the alarm, not the decision."""
    return problem.rank > Severity.NOTE and problem.id not in waived and problem.family != FAMILY


def case_id(problem: FoundProblem) -> CaseId:
    """Return which case a finding belongs to."""
    place = f"{problem.rule}\0{problem.path}\0{problem.key}"
    return CaseId(hashlib.sha256(place.encode("utf-8", "surrogateescape")).hexdigest()[:8])


def authors(problem: FoundProblem) -> tuple[AgentName, ...]:
    """Return who reorganises, where the finding is about that and tells who takes something away."""
    if problem.rule not in REORGANISATIONS or len(problem.sides) < 2:  # noqa: PLR2004 - a side relies on the other
        return ()
    taking = [side for side in problem.sides if side.takes_away]
    return taking[0].agents if len(taking) == 1 else ()


def kind_of(problem: FoundProblem, roster: Roster) -> CaseKind:
    """Return what kind of case a major or critical finding makes.

    Who reorganises pauses alone, before anything halts (R-14 before R-13). Only agents that the configuration names
    can halt a phase, and only together: a stray branch, or a fault that one agent has alone, halts nobody else.
    """
    if authors(problem):
        return "reorganisation"
    declared = sum(any(agent in roster.agents for agent in side.agents) for side in problem.sides)
    return "incident" if problem.rank >= Severity.CRITICAL and declared > 1 else "escalation"


def matters(
    problems: Iterable[FoundProblem],
    roster: Roster,
    *,
    waived: Collection[str],
    set_apart: Collection[AgentName],
    phases: Mapping[AgentName, PhaseName],
) -> dict[CaseId, CaseMatter]:
    """Return the cases that findings make, without what only git can tell; ``phases``: in which agents work now."""
    groups: dict[CaseId, list[FoundProblem]] = {}
    for problem in problems:
        if problem.rank >= Severity.MAJOR and counts(problem, waived) and is_free_of(problem, set_apart):
            groups.setdefault(case_id(problem), []).append(problem)
    return {case: _matter(case, group, roster, phases) for case, group in groups.items()}


def is_free_of(problem: FoundProblem, set_apart: Collection[AgentName]) -> bool:
    """Return whether nobody whom a finding concerns is set apart: of one that is, nobody else has to wait."""
    return not set_apart or not any(agent in set_apart for side in problem.sides for agent in side.agents)


def _matter(
    case: CaseId, group: list[FoundProblem], roster: Roster, phases: Mapping[AgentName, PhaseName]
) -> CaseMatter:
    worst = max(group, key=_weight)
    kinds = {kind_of(problem, roster) for problem in group}
    kind: CaseKind = "incident" if "incident" in kinds else min(kinds, key=("reorganisation", "escalation").index)
    parties = tuple(sorted({agent for problem in group for agent in problem.agents}))
    taking = [author for problem in sorted(group, key=_weight, reverse=True) for author in authors(problem)]
    author, *coauthors = dict.fromkeys(taking) if kind == "reorganisation" else [None]
    halted = {phases[agent] for agent in parties if agent in phases} if kind == "incident" else ()
    return CaseMatter(
        id=case,
        kind=kind,
        owner=COORDINATOR if kind == "incident" else ARCHITECT,
        question=worst.message,
        findings=tuple(sorted(problem.id for problem in group)),
        parties=parties,
        rule=worst.rule,
        path=worst.path,
        key=worst.key,
        author=author,
        phases=tuple(sorted(halted)),
        proposal=worst.proposal or "",
        coauthors=tuple(agent for agent in coauthors if agent is not None),
    )


def _weight(problem: FoundProblem) -> tuple[Severity, str]:
    return problem.rank, problem.id
