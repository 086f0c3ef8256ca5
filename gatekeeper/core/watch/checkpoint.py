"""The questions of a checkpoint (R-17), answered from the problems that stand."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass

from gatekeeper.core.ledger.records import Check, FoundProblem
from gatekeeper.core.names import Severity
from gatekeeper.core.watch.limits import BLOCKED, STALE

_MOST_NAMED = 5
_REORGANISATION = ("ws-", "dep-path-crate-", "dep-workspace-", "dep-package-renamed", "pkg-name-renamed")
_UNREADABLE = frozenset({"toml-invalid-on-one-side"})


@dataclass(frozen=True, slots=True)
class _Question:
    """``concerns``: which problems make the answer no."""

    name: str
    concerns: Callable[[FoundProblem], bool]


def _breaks_a_makefile(problem: FoundProblem) -> bool:
    in_makefile = problem.family == "cargo-make" or problem.path.rpartition("/")[2] == "Makefile.toml"
    # What one agent does alone, out of its scope for instance, conflicts with nobody; a file that nobody can read does.
    is_conflict = len(problem.agents) > 1 or problem.rule in _UNREADABLE
    return in_makefile and is_conflict and problem.rank >= Severity.MINOR


_QUESTIONS = (
    _Question("no conflicting change of a Makefile.toml", _breaks_a_makefile),
    _Question(
        "no incompatible definition of a feature",
        lambda problem: problem.family == "Features" and problem.rank >= Severity.MAJOR,
    ),
    _Question(
        "no breaking reorganisation of crates",
        lambda problem: problem.rule.startswith(_REORGANISATION) and problem.rank >= Severity.MAJOR,
    ),
    _Question("every agent builds into a directory of its own", lambda p: p.rule == "target-dir-shared-by-two-agents"),
    _Question("every agent has committed in time", lambda problem: problem.rule == STALE),
    _Question("no agent is blocked for too long", lambda problem: problem.rule == BLOCKED),
)


def checkpoint(problems: Iterable[FoundProblem], *, settled: Collection[str] = ()) -> tuple[Check, ...]:
    """Return the answers; expected problems, and ``settled`` ones (waived, by id), make no answer no."""
    open_ones = [p for p in problems if p.expected_because is None and p.id not in settled]
    return tuple(_answer(question, [p for p in open_ones if question.concerns(p)]) for question in _QUESTIONS)


def _answer(question: _Question, against: list[FoundProblem]) -> Check:
    agents = tuple(sorted({agent for problem in against for agent in problem.agents}))
    places = sorted({f"{problem.rule} {_place(problem)}".strip() for problem in against})
    named = places[:_MOST_NAMED]
    if len(places) > _MOST_NAMED:
        named.append(f"and {len(places) - _MOST_NAMED} more")
    return Check(question.name, holds=not against, agents=agents, detail="; ".join(named))


def _place(problem: FoundProblem) -> str:
    return problem.path + (f"#{problem.key}" if problem.key else "")
