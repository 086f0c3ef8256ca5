"""The open cases of one repository, as people are shown them and decide them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property

from gatekeeper.config import Settings
from gatekeeper.coordinator.inquiries import inquired
from gatekeeper.coordinator.notary import Notary
from gatekeeper.coordinator.saying import Speaker
from gatekeeper.coordinator.trunks import newest_trunk
from gatekeeper.coordinator.trusting import Judge, Judged, concern_of
from gatekeeper.core.ledger.case_events import ApprovalGiven, CaseAcknowledged, CaseRuled
from gatekeeper.core.ledger.case_records import CaseMatter, CaseRecord
from gatekeeper.core.ledger.events import Event
from gatekeeper.core.ledger.records import FindingRecord, FoundProblem
from gatekeeper.core.ledger.state import Records
from gatekeeper.core.names import AgentName, Oid
from gatekeeper.core.policy.owners import deciders
from gatekeeper.core.policy.turns import Turn, turn_of
from gatekeeper.core.roster import Principal, Roster
from gatekeeper.core.safe_text import without_surrogates
from gatekeeper.ledger.ledger import Decide, Ledger
from gatekeeper.repository import Repository, open_repository
from gatekeeper.repository.discovery import Trunk
from gatekeeper.scanning.agents import find_agents
from gatekeeper.scanning.request import ScanRequest
from gatekeeper.scanning.run import recorded_agent_names
from gatekeeper.trunk import read_trunk


@dataclass(frozen=True, slots=True)
class CaseView:
    """A case with all that was said of it, and whose turn it is."""

    case: CaseRecord
    turn: Turn
    deciders: tuple[Principal, ...]
    problems: tuple[FoundProblem, ...]
    rulings: tuple[Judged[CaseRuled], ...]
    acknowledgements: tuple[Judged[CaseAcknowledged], ...]
    approvals: tuple[Judged[ApprovalGiven], ...]


class CaseDesk:
    """Where cases are looked up, and held against the branches as they stand."""

    def __init__(self, path: str, trunk: str | None, *, clock: Callable[[], datetime]) -> None:
        self.repository: Repository = open_repository(path)
        self.ledger = Ledger(self.repository)
        self.trunk: Trunk
        self.settings: Settings
        self.trunk, self.settings = read_trunk(self.repository, trunk or newest_trunk(self.repository))
        self.now = clock()
        self.troubles: tuple[str, ...] = ()
        """Why somebody could not be told of what was said here."""

    @property
    def roster(self) -> Roster:
        """Who works here, and who decides."""
        return self.settings.roster

    @property
    def state(self) -> Records:
        """What the ledger says now."""
        return self.ledger.state()

    def append(self, decide: Decide, *, subject: str) -> tuple[Event, ...]:
        """Append what somebody says; return the events, none where ``decide`` makes none."""
        speaker = Speaker(self.repository, self.ledger, self.settings, self.trunk.commit, self.now)
        said = speaker.append(decide, subject=subject)
        self.troubles += said.troubles
        return said.events

    def judge(self, state: Records) -> Judge:
        """Return who tells what counts in a state."""
        return Judge(self.repository, state, self.settings, self.trunk.commit, self.now)

    def cases(self, state: Records) -> tuple[CaseRecord, ...]:
        """Return the open cases, the oldest first."""
        found = (case for _, case in state.each(CaseRecord))
        return tuple(sorted(found, key=lambda case: (case.opened_at, case.id)))

    def view(self, case: CaseRecord, state: Records) -> CaseView:
        """Return a case with what was said of it."""
        judge = self.judge(state)
        approvals = judge.resumptions(case)
        turn = self.turn(case, state, judge, is_resumed=any(each.counts for each in approvals))
        matter = case.matter
        records = (state.get(FindingRecord, finding) for finding in matter.findings)
        return CaseView(
            case,
            turn,
            deciders(concern_of(case), self.roster),
            tuple(record.problem for record in records if record is not None),
            judge.rulings(case),
            judge.acknowledgements(case),
            approvals,
        )

    def turn(self, case: CaseRecord, state: Records, judge: Judge, *, is_resumed: bool = False) -> Turn:
        """Return whose turn it is in a case."""
        return turn_of(case, judge.ruling_of(case), state, self.roster, is_resumed=is_resumed)

    def heads(self, matter: CaseMatter) -> Mapping[AgentName, Oid]:
        """Return where the branches of the parties stand now; a party whose branch is gone is left out."""
        return {party: self._tips[party] for party in matter.parties if party in self._tips}

    @cached_property
    def _tips(self) -> Mapping[AgentName, Oid]:
        """The tips of all branches, called as a poll calls them, as far as they are committed."""
        wanted = self.settings.agents
        request = ScanRequest(worktrees=False, included=wanted.include, excluded=wanted.exclude)
        names = recorded_agent_names(self.repository, self.settings)
        with closing(self.repository.object_store()) as store:
            found = find_agents(self.repository, store, request, self.trunk, names)
        return {AgentName(without_surrogates(agent.name)): agent.commit for agent in found if agent.problem is None}

    def as_it_stands(self, matter: CaseMatter) -> CaseMatter:
        """Return what the case is about by the branches as they stand now."""
        return inquired(self.repository, matter, self.heads(matter), self.trunk.commit)

    def notary(self, judge: Judge, principal: Principal, key: str | None) -> Notary:
        """Return who signs."""
        return Notary(self.repository, judge.authority, principal, key, self.now)
