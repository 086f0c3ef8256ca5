"""The one decision function: from what stands, to what each agent may do.

Everybody asks it, ``poll`` and ``check``, status, hooks and the queue, so that an agent reads the same words wherever
it looks. It depends on findings, on the configuration, and on what people have signed; on nothing that was decided
before, but for the line in which agents stand (``precedence``), which is recorded once. So nothing oscillates.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass

from gatekeeper.core.ledger.case_records import CaseId, CaseMatter, CaseRecord, IntegrationRecord
from gatekeeper.core.ledger.records import AgentRecord, FindingId, FoundProblem
from gatekeeper.core.ledger.state import Records
from gatekeeper.core.names import AgentName, Severity
from gatekeeper.core.policy.matters import authors, case_id, counts, is_free_of, kind_of, matters
from gatekeeper.core.policy.precedence import Precedence
from gatekeeper.core.policy.reasons import ReasonBook
from gatekeeper.core.policy.settlements import Settlement, settlement
from gatekeeper.core.policy.standing import Decision, Standing
from gatekeeper.core.policy.trusted import Trusted
from gatekeeper.core.roster import PhaseName, Roster
from gatekeeper.core.watch.registry import registry


@dataclass(frozen=True, slots=True)
class Verdict:
    """What each agent may do; the cases that findings make; findings that somebody has settled, and how.

    ``decisions`` holds everybody whom the configuration, the ledger or a finding names, by name.
    """

    decisions: Mapping[AgentName, Decision]
    matters: Mapping[CaseId, CaseMatter]
    settled: Mapping[FindingId, str]

    def of(self, agent: AgentName) -> Decision:
        """Return what an agent may do; whoever nothing is known of is clear."""
        return self.decisions.get(agent) or Decision(agent, Standing.CLEAR)


def decide(problems: Iterable[FoundProblem], state: Records, roster: Roster, trusted: Trusted) -> Verdict:
    """Return what follows from the findings that stand."""
    return _Deciding(tuple(problems), state, roster, trusted).verdict()


class _Deciding:
    def __init__(self, problems: tuple[FoundProblem, ...], state: Records, roster: Roster, trusted: Trusted) -> None:
        self._state = state
        self._roster = roster
        self._trusted = trusted
        self._counting = [problem for problem in problems if counts(problem, trusted.waived)]
        self._set_apart = set_apart(self._counting, trusted)
        self._order = Precedence.of(roster, state)
        self._cases = dict(state.each(CaseRecord))
        self._phases = phases_now(roster, state)
        self._settled: dict[FindingId, str] = {}
        self._matters = matters(self._counting, roster, waived=(), set_apart=self._set_apart, phases=self._phases)
        self._book = ReasonBook(roster, trusted, self._phases, self._matters)

    def verdict(self) -> Verdict:
        for problem in self._counting:
            if is_free_of(problem, self._set_apart):
                self._judge(problem)
            else:
                self._book.quarantined(problem, self._set_apart)
        for _, record in self._state.each(IntegrationRecord):
            if record.findings:
                self._book.integrates_trunk(record, self._head(record.agent))
        return Verdict(self._book.decisions(self._everybody()), self._matters, self._settled)

    def _everybody(self) -> set[AgentName]:
        records = [record for _, record in self._state.each(AgentRecord)]
        known = {*self._roster.agents, *(record.name for record in records)}
        gone = {record.name for record in records if record.removed_at is not None}
        concerned = {agent for problem in self._counting for side in problem.sides for agent in side.agents}
        return (known - gone) | concerned

    def _head(self, agent: AgentName) -> str | None:
        record = self._state.get(AgentRecord, agent)
        return None if record is None else record.head

    def _judge(self, problem: FoundProblem) -> None:
        if problem.rank < Severity.MAJOR:
            self._in_order(problem, problem.agents)
            return
        case = case_id(problem)
        # A case is settled as a whole: what stands beside an incident at its place is carried on by the same plan.
        if self._matters[case].kind == "incident":
            self._incident(problem, case)
            return
        kind = kind_of(problem, self._roster)
        record = self._cases.get(case)
        settled = None
        if record is not None:
            rulings = self._trusted.rulings.get(case, ())
            settled = settlement(problem, record.matter, rulings, self._roster, self._state)
        if settled is None or not settled.is_released:
            stopped = authors(problem) if kind == "reorganisation" else problem.agents
            self._book.paused(problem, case, kind, stopped, settled)
            return
        self._follow(problem, case, settled)

    def _incident(self, problem: FoundProblem, case: CaseId) -> None:
        record = self._cases.get(case)
        if record is not None and case in self._trusted.resumed and problem.id in record.planned_for:
            self._settled[problem.id] = f"resumed as planned: {record.plan}"
            self._book.carries_out(problem, case, record.plan)
            return
        self._book.halted(problem, case, record)

    def _follow(self, problem: FoundProblem, case: CaseId, settled: Settlement) -> None:
        """What was ruled is carried out: nobody is stopped, and whoever has to change something integrates."""
        said = settled.ruling.said
        self._settled[problem.id] = f"{said.principal} has ruled: {said.because}"
        if said.choice == "take-back":
            for agent in authors(problem) or problem.agents:
                self._book.takes_back(problem, case, agent)
        elif said.choice == "proceed":
            leading = authors(problem)
            for agent in problem.agents:
                if leading and agent not in leading:
                    self._book.adapts(problem, case, agent, leading[0])
        else:
            self._in_order(problem, problem.agents, case, said.agent if said.choice == "take" else None)

    def _in_order(
        self,
        problem: FoundProblem,
        agents: Collection[AgentName],
        case: CaseId | None = None,
        leading: AgentName | None = None,
    ) -> None:
        """Of each two that meet, the one goes on and the other integrates once that has landed."""
        ranks = {agent: (agent != leading, self._order.rank(agent)) for agent in agents}
        for number, side in enumerate(problem.sides):
            others = [a for n, other in enumerate(problem.sides) if n != number for a in other.agents]
            if not others:
                continue
            first = min(others, key=ranks.__getitem__)
            for agent in side.agents:
                if ranks[first] < ranks[agent]:
                    self._book.integrates(problem, agent, first, case)


def set_apart(problems: Iterable[FoundProblem], trusted: Trusted) -> frozenset[AgentName]:
    """Return who is set apart: as long as anything stands that concerns them."""
    if not trusted.quarantined:
        return frozenset()
    concerned = {agent for problem in problems for side in problem.sides for agent in side.agents}
    return frozenset(agent for agent in trusted.quarantined if agent in concerned)


def phases_now(roster: Roster, state: Records) -> Mapping[AgentName, PhaseName]:
    """Return in which phase each agent works: of several, the first that is not completed."""
    if not roster.phases:
        return {}
    found: dict[AgentName, PhaseName] = {}
    for phase in registry(roster, state).phases.values():
        if phase.progress != "completed":
            for agent in phase.agents:
                found.setdefault(agent, phase.name)
    return found
