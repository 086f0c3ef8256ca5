"""The open cases of one repository, as people are shown them and decide them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property

from gatekeeper.config import Settings
from gatekeeper.coordinator.inquiries import inquired
from gatekeeper.coordinator.notary import Notary
from gatekeeper.coordinator.observe import registered
from gatekeeper.coordinator.trusting import Judge, Judged
from gatekeeper.core.ledger.case_events import ApprovalGiven, CaseAcknowledged, CaseRuled
from gatekeeper.core.ledger.case_records import CaseMatter, CaseRecord
from gatekeeper.core.ledger.records import FindingRecord, FoundProblem
from gatekeeper.core.ledger.state import Records
from gatekeeper.core.names import AgentName, Oid
from gatekeeper.core.policy.owners import Concern, deciders
from gatekeeper.core.policy.turns import Turn, turn_of
from gatekeeper.core.roster import Principal, Roster
from gatekeeper.errors import GatekeeperError
from gatekeeper.ledger.ledger import Ledger
from gatekeeper.repository import Repository, open_repository
from gatekeeper.repository.discovery import Trunk
from gatekeeper.scanning.work_log import branch_of_declared, find_worker
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
        self.trunk, self.settings = read_trunk(self.repository, trunk)
        self.now = clock()

    @property
    def roster(self) -> Roster:
        """Who works here, and who decides."""
        return self.settings.roster

    @property
    def state(self) -> Records:
        """What the ledger says now."""
        return self.ledger.state()

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
            deciders(concern_of(matter), self.roster),
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
        return dict(self._heads(matter))

    def _heads(self, matter: CaseMatter) -> Iterator[tuple[AgentName, Oid]]:
        declared, known = branch_of_declared(self.roster), self._branches
        for party in matter.parties:
            with suppress(GatekeeperError):
                found = find_worker(
                    self.repository,
                    self.trunk,
                    self.roster,
                    party,
                    lambda name: known.get(AgentName(name)) or declared(name),
                )
                yield party, found.head

    @cached_property
    def _branches(self) -> Mapping[AgentName, str]:
        return registered(self.roster, self.state)

    def as_it_stands(self, matter: CaseMatter) -> CaseMatter:
        """Return what the case is about by the branches as they stand now."""
        return inquired(self.repository, matter, self.heads(matter), self.trunk.commit)

    def notary(self, judge: Judge, principal: Principal, key: str | None) -> Notary:
        """Return who signs."""
        return Notary(self.repository, judge.authority, principal, key, self.now)


def concern_of(matter: CaseMatter) -> Concern:
    """Return whose decision a case is, and whose it is not."""
    return Concern(matter.owner, matter.parties)
