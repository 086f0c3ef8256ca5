"""Why agents stand as they do: one reason for each thing that they wait for, whatever number of findings it has."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from shlex import quote

from gatekeeper.core.ledger.case_records import CaseId, CaseKind, CaseMatter, CaseRecord, IntegrationRecord
from gatekeeper.core.ledger.event_types import COORDINATOR
from gatekeeper.core.ledger.records import FindingId, FoundProblem
from gatekeeper.core.names import AgentName
from gatekeeper.core.policy.owners import Concern, Deciders
from gatekeeper.core.policy.settlements import Settlement
from gatekeeper.core.policy.standing import Decision, Reason, Standing
from gatekeeper.core.policy.trusted import Trusted
from gatekeeper.core.roster import PhaseName, RoleName, Roster

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
    cases: set[CaseId] = field(default_factory=set)

    def made(self) -> Reason:
        more = f" (and by {len(self.cases) - 1} more)" if len(self.cases) > 1 else ""
        findings = tuple(sorted(self.findings))
        return Reason(self.standing, findings, self.message + more, self.next_step, self.case, self.waits_for)


class ReasonBook:
    """Reasons by agent, as they come up."""

    def __init__(
        self,
        roster: Roster,
        trusted: Trusted,
        phases: Mapping[AgentName, PhaseName],
        matters: Mapping[CaseId, CaseMatter],
    ) -> None:
        self._roster = roster
        self._trusted = trusted
        self._phases = phases
        self._matters = matters
        self._deciders = Deciders(roster)
        self._turns: dict[CaseId, RoleName | None] = {}
        self._entries: dict[AgentName, dict[tuple[str, str], _Entry]] = {}
        self._halts: dict[str, _Entry] = {}

    def decisions(self, agents: Iterable[AgentName]) -> dict[AgentName, Decision]:
        """Return the decision of each agent, by name: as it stands for the weightiest of its reasons."""
        reasons: dict[AgentName, list[Reason]] = {}
        for agent, halt in self._halted_agents():
            reasons.setdefault(agent, []).append(halt)
        for agent, entries in self._entries.items():
            reasons.setdefault(agent, []).extend(entry.made() for entry in entries.values())
        return {agent: _decision(agent, reasons.get(agent)) for agent in sorted({*agents, *reasons})}

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
        # By the word: members of an enumeration have a slow hash, and an incident concerns hundreds of agents.
        key = (standing.value, what)
        entry = entries.get(key)
        if entry is None:
            entry = entries[key] = _Entry(standing, *told, case, waits_for)
        entry.findings[problem.id] = None

    def quarantined(self, problem: FoundProblem, set_apart: Collection[AgentName]) -> None:
        """Those of the finding's agents that are set apart; the others do not wait for them."""
        for agent in problem.agents:
            if agent in set_apart:
                placed = self._trusted.quarantined[agent]
                lift = f"gatekeeper quarantine {quote(agent)} --release --because ..."
                told = (
                    f"set apart by {placed.principal}: {placed.because}",
                    f"settle what it was set apart for; else the {COORDINATOR}: {lift}",
                )
                self._add(agent, problem, Standing.QUARANTINED, placed.id, told, None, (COORDINATOR,))

    def halted(self, problem: FoundProblem, case: CaseId, record: CaseRecord | None) -> None:
        """Everybody in the phases of those whom a critical finding concerns; whoever is in none, alone."""
        for where in {self._phases.get(agent, agent) for agent in problem.agents}:
            halt = self._halts.get(where)
            if halt is None:
                halt = self._halts[where] = self._halt(where, problem, case, record)
            halt.findings[problem.id] = None
            halt.cases.add(case)

    def _halt(
        self, where: PhaseName | AgentName, problem: FoundProblem, case: CaseId, record: CaseRecord | None
    ) -> _Entry:
        planned = record is not None and record.plan
        step = f"gatekeeper approve incident/{case}" if planned else f"gatekeeper resume {case} --cause ... --plan ..."
        waits = "its plan waits for approval" if planned else "it waits for a root cause and a plan"
        _, whose = self._turn(case, step)
        halted = f"the phase {where} is halted" if where in self._roster.phases else "it is halted"
        message = f"{halted} by incident {case} ({_at(problem)}): {waits}"
        return _Entry(Standing.HALTED, message, whose, case, (COORDINATOR,))

    def _halted_agents(self) -> Iterator[tuple[AgentName, Reason]]:
        # One reason for all of a phase: a phase of a hundred may be halted by hundreds of incidents.
        for where, halt in self._halts.items():
            reason = halt.made()
            phase = self._roster.phases.get(PhaseName(where))
            for agent in (AgentName(where),) if phase is None else phase.agents:
                yield agent, reason

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
            turn, whose = self._turn(case, f"gatekeeper escalation show {case}")
            waits: tuple[str, ...] = (turn,)
            if len(problem.agents) == 1:
                # Nobody else has a part in it: whoever has made it can mend it, and need not wait.
                whose = f"{problem.agents[0]} mends it; else {whose}"
            told = (f"{kind} {case} ({_at(problem)}) waits for the {turn}", whose)
        else:
            waits = settled.missing
            named = ", ".join(settled.missing)
            told = (
                f"{kind} {case} ({_at(problem)}) is ruled on; {named} {_has(settled.missing)} yet to acknowledge it",
                f"{named}: gatekeeper escalation acknowledge {case}",
            )
        for agent in agents:
            self._add(agent, problem, Standing.PAUSED, case, told, case, waits)

    def _turn(self, case: CaseId, step: str) -> tuple[RoleName, str]:
        """Return whose turn it is, and what they do; nobody decides a case of their own, by whatever finding."""
        owner = self._matters[case].owner
        if case not in self._turns:
            self._turns[case] = self._deciders.role(Concern(owner, self._matters[case].parties))
        role = self._turns[case]
        if role is None:
            return owner, f"name somebody who is no party as {owner} in policy.roles of gatekeeper.toml; then: {step}"
        return role, f"the {role}: {step}"

    def integrates(self, problem: FoundProblem, agent: AgentName, first: AgentName, case: CaseId | None) -> None:
        """Whoever comes second at a place."""
        told = (
            f"{first} goes first at {_at(problem)}",
            f"go on; once {first} has landed: gatekeeper integrate {quote(agent)}",
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
            f"do without what goes; once {author} has landed: gatekeeper integrate {quote(agent)}",
        )
        self._add(agent, problem, Standing.INTEGRATING, case, told, case, (author,))

    def integrates_trunk(self, record: IntegrationRecord, head: str | None) -> None:
        """Whoever came second, when the first one has landed."""
        after = ", ".join(record.after)
        step = f"gatekeeper integrate {quote(record.agent)}"
        if record.failure:
            step = f"merge trunk by hand (gatekeeper could not: {record.failure}), or try again: {step}"
        elif record.published is not None and head in {None, record.head}:
            # Of a branch that nobody has started, the ledger knows no head; git refuses what is no fast-forward.
            step = f"git merge --ff-only {quote(_INTEGRATED + record.agent)}"
        entry = _Entry(Standing.INTEGRATING, f"{after} has landed before it", step, None, ())
        entry.findings.update(dict.fromkeys(record.findings))
        self._entries.setdefault(record.agent, {})[Standing.INTEGRATING.value, "trunk"] = entry


def _decision(agent: AgentName, reasons: list[Reason] | None) -> Decision:
    if not reasons:
        return Decision(agent, Standing.CLEAR)
    reasons.sort(key=lambda reason: -reason.standing.rank)
    return Decision(agent, reasons[0].standing, tuple(reasons))


def _has(agents: Collection[str]) -> str:
    return "has" if len(agents) == 1 else "have"


def _at(problem: FoundProblem) -> str:
    place = problem.path + (f"#{problem.key}" if problem.key else "")
    return f"{problem.rule} {place}".rstrip()
