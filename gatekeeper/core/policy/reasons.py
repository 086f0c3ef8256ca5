"""Why agents stand as they do: one reason for each thing that they wait for, whatever number of findings it has."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass, field

from gatekeeper.core.ledger.case_records import CaseId, CaseKind, CaseRecord, IntegrationRecord
from gatekeeper.core.ledger.event_types import ARCHITECT, COORDINATOR
from gatekeeper.core.ledger.records import FindingId, FoundProblem
from gatekeeper.core.names import AgentName
from gatekeeper.core.policy.settlements import Settlement
from gatekeeper.core.policy.standing import Decision, Reason, Standing
from gatekeeper.core.policy.trusted import Trusted
from gatekeeper.core.roster import PhaseName, Roster

_INTEGRATED = "refs/gatekeeper/integrated/"


@dataclass(slots=True)
class _Entry:
    """A reason that is being gathered; ``place`` is that of its first finding."""

    standing: Standing
    message: str
    next_step: str
    case: CaseId | None
    waits_for: tuple[str, ...]
    findings: dict[FindingId, None] = field(default_factory=dict)

    def made(self) -> Reason:
        return Reason(
            self.standing, tuple(sorted(self.findings)), self.message, self.next_step, self.case, self.waits_for
        )


class ReasonBook:
    """Reasons by agent, as they come up."""

    def __init__(self, roster: Roster, trusted: Trusted) -> None:
        self._roster = roster
        self._trusted = trusted
        self._entries: dict[AgentName, dict[tuple[Standing, str], _Entry]] = {}

    def decisions(self, agents: Iterable[AgentName]) -> dict[AgentName, Decision]:
        """Return the decision of each agent, by name: as it stands for the weightiest of its reasons."""
        return {agent: self._decision(agent) for agent in sorted({*agents, *self._entries})}

    def _decision(self, agent: AgentName) -> Decision:
        entries = self._entries.get(agent)
        if not entries:
            return Decision(agent, Standing.CLEAR)
        reasons = sorted((entry.made() for entry in entries.values()), key=lambda reason: -reason.standing.rank)
        return Decision(agent, reasons[0].standing, tuple(reasons))

    def _add(
        self,
        agent: AgentName,
        problem: FoundProblem,
        standing: Standing,
        what: str,
        told: tuple[str, str],
        case: CaseId | None = None,
        waits_for: tuple[str, ...] = (),
    ) -> None:
        entries = self._entries.setdefault(agent, {})
        entry = entries.get((standing, what))
        if entry is None:
            entry = entries[standing, what] = _Entry(standing, *told, case, waits_for)
        entry.findings[problem.id] = None

    def quarantined(self, problem: FoundProblem, set_apart: Collection[AgentName]) -> None:
        """Those of the finding's agents that are set apart; the others do not wait for them."""
        for agent in problem.agents:
            if agent in set_apart:
                placed = self._trusted.quarantined[agent]
                told = (
                    f"set apart by {placed.principal}: {placed.because}",
                    f"settle what it was set apart for; else the coordinator: gatekeeper quarantine {agent} --release",
                )
                self._add(agent, problem, Standing.QUARANTINED, placed.id, told, None, (COORDINATOR,))

    def halted(
        self,
        problem: FoundProblem,
        case: CaseId,
        agents: Iterable[AgentName],
        phases: Collection[PhaseName],
        record: CaseRecord | None,
    ) -> None:
        """Everybody in the phases of those whom a critical finding concerns."""
        where = f"the phase {' and '.join(sorted(phases))} is halted" if phases else "they are halted"
        planned = record is not None and record.plan
        step = f"gatekeeper approve incident/{case}" if planned else f"gatekeeper resume {case} --cause ... --plan ..."
        waits = "its plan waits for approval" if planned else "it waits for a root cause and a plan"
        told = (f"{where} by incident {case} ({_at(problem)}): {waits}", f"the {COORDINATOR}: {step}")
        for agent in agents:
            self._add(agent, problem, Standing.HALTED, case, told, case, (COORDINATOR,))

    def paused(
        self,
        problem: FoundProblem,
        case: CaseId,
        kind: CaseKind,
        agents: Iterable[AgentName],
        settled: Settlement | None,
    ) -> None:
        """Those who wait for a ruling, or for each other to acknowledge it."""
        if settled is None:
            waits: tuple[str, ...] = (ARCHITECT,)
            told = (
                f"{kind} {case} ({_at(problem)}) waits for the {ARCHITECT}",
                f"the {ARCHITECT}: gatekeeper escalation show {case}",
            )
        else:
            waits = settled.missing
            named = ", ".join(settled.missing)
            told = (
                f"{kind} {case} ({_at(problem)}) is ruled on; {named} {_has(settled.missing)} yet to acknowledge it",
                f"{named}: gatekeeper escalation acknowledge {case}",
            )
        for agent in agents:
            self._add(agent, problem, Standing.PAUSED, case, told, case, waits)

    def integrates(self, problem: FoundProblem, agent: AgentName, first: AgentName, case: CaseId | None) -> None:
        """Whoever comes second at a place."""
        told = (
            f"{first} goes first at {_at(problem)}",
            f"go on; once {first} has landed: gatekeeper integrate {agent}",
        )
        self._add(agent, problem, Standing.INTEGRATING, first, told, case, (first,))

    def carries_out(self, problem: FoundProblem, case: CaseId, plan: str) -> None:
        """Those whom an incident concerns that may go on by a plan."""
        told = (f"incident {case} ({_at(problem)}) goes on by its plan: {plan}", "carry out your part of the plan")
        for agent in problem.agents:
            self._add(agent, problem, Standing.INTEGRATING, case, told, case)

    def takes_back(self, problem: FoundProblem, case: CaseId, agent: AgentName) -> None:
        """Whose change was ruled against."""
        told = (f"what it does at {_at(problem)} was ruled against in {case}", "take that part back")
        self._add(agent, problem, Standing.INTEGRATING, case, told, case)

    def adapts(self, problem: FoundProblem, case: CaseId, agent: AgentName, author: AgentName) -> None:
        """Who relies on what is going to be reorganised."""
        told = (
            f"{author} may reorganise {_at(problem)}, as ruled in {case}",
            f"do without what goes; once {author} has landed: gatekeeper integrate {agent}",
        )
        self._add(agent, problem, Standing.INTEGRATING, case, told, case, (author,))

    def integrates_trunk(self, record: IntegrationRecord, head: str | None) -> None:
        """Whoever came second, when the first one has landed."""
        after = ", ".join(record.after)
        step = f"gatekeeper integrate {record.agent}"
        if record.failure:
            step = f"merge trunk by hand (gatekeeper could not: {record.failure}), or try again: {step}"
        elif record.published is not None and record.head == head:
            step = f"git merge --ff-only {_INTEGRATED}{record.agent}"
        entry = _Entry(Standing.INTEGRATING, f"{after} has landed before it", step, None, ())
        entry.findings.update(dict.fromkeys(record.findings))
        self._entries.setdefault(record.agent, {})[Standing.INTEGRATING, "trunk"] = entry


def _has(agents: Collection[str]) -> str:
    return "has" if len(agents) == 1 else "have"


def _at(problem: FoundProblem) -> str:
    place = problem.path + (f"#{problem.key}" if problem.key else "")
    return f"{problem.rule} {place}".rstrip()
