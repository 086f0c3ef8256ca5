"""What phases are judged by: a scan of now, what the ledger says, and what people have decided as far as it counts."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime

from gatekeeper.config import Settings
from gatekeeper.coordinator.observe import MISSING, problems
from gatekeeper.coordinator.trusting import trusted
from gatekeeper.core.findings import AgentState, Report, StandingFault
from gatekeeper.core.gates.approvals import GateApproval
from gatekeeper.core.gates.checklist import ChecklistItem, Completion, checklist
from gatekeeper.core.gates.manifests import OpenProblems
from gatekeeper.core.gates.verdict import Blocker, GateVerdict
from gatekeeper.core.ledger.case_records import CaseRecord
from gatekeeper.core.ledger.records import AgentRecord, FindingRecord, FoundProblem
from gatekeeper.core.ledger.state import Records
from gatekeeper.core.names import AgentName, Oid, Severity
from gatekeeper.core.policy.decide import Verdict, decide
from gatekeeper.core.roster import GateName
from gatekeeper.core.safe_text import without_surrogates as text
from gatekeeper.core.watch.limits import FAMILY
from gatekeeper.repository import Repository


@dataclass(frozen=True, slots=True)
class PhaseLook:
    """One look. ``settled``: findings that are waived or ruled on; ``states``: how each branch stands."""

    problems: tuple[FoundProblem, ...]
    faults: tuple[StandingFault, ...]
    settled: Collection[str]
    decided: Verdict
    approvals: tuple[GateApproval, ...]
    states: Mapping[AgentName, str]
    uncommitted: Collection[AgentName]
    alarm_from: Severity
    cases: tuple[CaseRecord, ...] = ()
    records: tuple[AgentRecord, ...] = field(default=())

    @property
    def open(self) -> OpenProblems:
        """What is known to be wrong, as gates ask for it."""
        return OpenProblems(self.problems, self.faults, self.settled)

    def checklist(
        self,
        agents: Collection[AgentName] | None = None,
        required: tuple[GateName, ...] = (),
        verdicts: tuple[GateVerdict, ...] = (),
    ) -> tuple[ChecklistItem, ...]:
        """Return the checklist (R-24) of some agents, or of all."""
        concerned = tuple(one for one in self.problems if agents is None or not set(agents).isdisjoint(one.agents))
        return checklist(
            Completion(
                tuple(one for one in self.records if agents is None or one.name in agents),
                self.uncommitted,
                OpenProblems(concerned, settled=self.settled),
                self.alarm_from,
                tuple(self._cases(agents)),
                required,
                verdicts,
            )
        )

    def _cases(self, agents: Collection[AgentName] | None) -> list[Blocker]:
        return [
            Blocker(
                f"{case.matter.kind} {case.id} is open: {case.matter.question}", case.matter.path, case.matter.owner
            )
            for case in self.cases
            if agents is None or not set(agents).isdisjoint(case.matter.parties)
        ]


def look_at(
    repository: Repository, state: Records, settings: Settings, report: Report, trunk: Oid, now: datetime
) -> PhaseLook:
    """Return what a scan, the ledger and signatures amount to."""
    told = trusted(repository, state, settings, trunk, now)
    # What the watch itself finds comes of time, and no scan has it.
    watched = [record.problem for _, record in state.each(FindingRecord) if record.problem.family == FAMILY]
    found = (*problems(report, state), *watched)
    decided = decide(found, state, settings.roster, told)
    settled = frozenset({*told.waived, *map(str, decided.settled)})
    states = {AgentName(text(status.name)): status.state.value for status in report.agents}
    return PhaseLook(
        found,
        report.standing,
        settled,
        decided,
        tuple(GateApproval(one.subject, one.proposal, one.principal, one.conditions) for one in told.approvals),
        states,
        frozenset(AgentName(text(status.name)) for status in report.agents if status.uncommitted),
        settings.fail_on,
        tuple(_open_cases(state, settled)),
        tuple(_seen(record, states, repository, trunk) for _, record in state.each(AgentRecord)),
    )


def _open_cases(state: Records, settled: frozenset[str]) -> list[CaseRecord]:
    """Return the cases that stop somebody; a phase that keeps failing is no reason not to pass."""
    cases = [case for _, case in state.each(CaseRecord) if case.matter.kind != "phase"]
    return [case for case in cases if not settled.issuperset(case.matter.findings)]


def _seen(record: AgentRecord, states: Mapping[AgentName, str], repository: Repository, trunk: Oid) -> AgentRecord:
    """Return what is known of an agent, with how its branch stands now."""
    if record.name in states:
        return replace(record, state=states[record.name])
    database = repository.database()
    head = repository.commit_of(record.branch) or record.head
    # Of what trunk has, a scan says nothing; a branch that has landed may be deleted.
    has_landed = head is not None and database.has(head) and database.is_ancestor(head, trunk)
    return replace(record, state=AgentState.LANDED.value if has_landed else MISSING)
