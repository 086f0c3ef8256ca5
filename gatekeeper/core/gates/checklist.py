"""The completion checklist (R-24): what has to be true before the release gate is asked."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from gatekeeper.core.findings import AgentState
from gatekeeper.core.gates.verdict import Blocker
from gatekeeper.core.rules.model import GitVerdict

if TYPE_CHECKING:
    from gatekeeper.core.gates.manifests import OpenProblems
    from gatekeeper.core.gates.verdict import GateVerdict
    from gatekeeper.core.ledger.records import AgentRecord, FoundProblem
    from gatekeeper.core.names import AgentName, Severity
    from gatekeeper.core.roster import GateName

COMMITTED = "all branches are committed"
NO_CONFLICT = "no git conflict is left"
NO_ALARM = "no alarm is open"
GATES_PASSED = "every gate has passed"

_UNSEEN = {
    AgentState.UNREADABLE.value: "cannot be read",
    AgentState.UNRELATED.value: "shares no history with trunk",
    "missing": "is gone",
}


@dataclass(frozen=True, slots=True)
class ChecklistItem:
    """One line of the checklist; it holds when nothing blocks it."""

    name: str
    blockers: tuple[Blocker, ...]

    @property
    def holds(self) -> bool:
        """Whether the line can be ticked off."""
        return not self.blockers


@dataclass(frozen=True, slots=True)
class Completion:
    """What the checklist is filled in from.

    ``uncommitted``: agents with work that is in no commit. ``cases``: escalations and incidents that are open, one
    blocker each. ``required``: the gates that have to have passed; ``verdicts`` are the newest of each gate in each
    phase and in the release. A gate of several phases has passed where all of its verdicts say so, and the conditions
    of any approval are required as well (R-23).
    """

    agents: tuple[AgentRecord, ...]
    uncommitted: Collection[AgentName]
    problems: OpenProblems
    alarm_from: Severity
    cases: tuple[Blocker, ...]
    required: tuple[GateName, ...]
    verdicts: tuple[GateVerdict, ...]


def checklist(completion: Completion) -> tuple[ChecklistItem, ...]:
    """Return the four lines, in the order in which they are worked off."""
    problems = completion.problems.counted()
    alarms = (_of_problem(one) for one in problems if one.rank >= completion.alarm_from)
    return (
        ChecklistItem(COMMITTED, tuple(_not_committed(completion))),
        ChecklistItem(NO_CONFLICT, tuple(_git_conflicts(completion.agents, problems))),
        ChecklistItem(NO_ALARM, (*completion.cases, *alarms)),
        ChecklistItem(GATES_PASSED, tuple(_not_passed(completion.required, completion.verdicts))),
    )


def _not_committed(completion: Completion) -> Iterator[Blocker]:
    for agent in _present(completion.agents):
        if agent.name in completion.uncommitted:
            yield Blocker(f"{agent.name} has work that is not committed", agent.branch, agent.name)
        elif agent.state is not None and agent.state in _UNSEEN:
            yield Blocker(f"the branch of {agent.name} {_UNSEEN[agent.state]}", agent.branch, agent.name)


def _git_conflicts(agents: Iterable[AgentRecord], problems: Iterable[FoundProblem]) -> Iterator[Blocker]:
    for agent in _present(agents):
        if agent.state == AgentState.CONFLICTS_WITH_TRUNK.value:
            yield Blocker(f"{agent.name} conflicts with trunk", agent.branch, agent.name)
    for problem in problems:
        if problem.git == GitVerdict.CONFLICT.value:
            yield _of_problem(problem)


def _not_passed(required: Iterable[GateName], verdicts: Sequence[GateVerdict]) -> Iterator[Blocker]:
    by_gate: dict[GateName, list[GateVerdict]] = {}
    for verdict in verdicts:
        by_gate.setdefault(verdict.gate, []).append(verdict)
    conditional = {name: verdict.gate for verdict in verdicts if verdict.is_passed for name in verdict.conditions}
    for gate in dict.fromkeys((*required, *conditional)):
        because = f": {conditional[gate]} is approved subject to it" if gate in conditional else ""
        if gate not in by_gate:
            yield Blocker(f"{gate} has no verdict{because}", gate)
        for verdict in by_gate.get(gate, ()):
            if not verdict.is_passed:
                yield Blocker(f"{gate} is {verdict.outcome.value}{because}", gate)
                yield from verdict.blockers


def _present(agents: Iterable[AgentRecord]) -> Iterator[AgentRecord]:
    return (agent for agent in agents if agent.removed_at is None)


def _of_problem(problem: FoundProblem) -> Blocker:
    place = f"{problem.path}#{problem.key}" if problem.key else problem.path
    return Blocker(f"{problem.rule}: {problem.message}", place, ", ".join(problem.agents))
