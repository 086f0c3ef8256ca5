"""What phases and the release are judged with: the tree, a look at the fleet, and the channels that hear of it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from gatekeeper.coordinator.heralding import Herald
from gatekeeper.coordinator.phase_look import PhaseLook, look_at
from gatekeeper.core.findings import Report
from gatekeeper.core.gates.approvals import approval_subject
from gatekeeper.core.gates.checklist import ChecklistItem
from gatekeeper.core.gates.evaluate import Circumstances, judge
from gatekeeper.core.gates.tree import JudgedTree
from gatekeeper.core.gates.verdict import Blocker
from gatekeeper.core.ledger.case_events import CaseClosed, CaseOpened
from gatekeeper.core.ledger.events import Event, Payload
from gatekeeper.core.ledger.phase_records import JudgedGate, PhaseRecord, ReleaseRecord, Stage
from gatekeeper.core.ledger.state import Records
from gatekeeper.core.phases.steps import judged
from gatekeeper.core.phases.telling import phase_items
from gatekeeper.core.policy.decide import Verdict
from gatekeeper.core.policy.owners import deciders, gate_concern
from gatekeeper.core.policy.telling import items
from gatekeeper.core.roster import GateName, PhaseName
from gatekeeper.core.watch.notices import News
from gatekeeper.core.watch.registry import PhaseEntry
from gatekeeper.ledger.ledger import Ledger, new_event
from gatekeeper.repository import open_repository
from gatekeeper.scanning.request import Progress, ScanRequest
from gatekeeper.scanning.run import scan
from gatekeeper.trunk import read_trunk

Done = Literal["judged", "started", "completed", "waits", "failed", "reopened", "ready"]
_NOTHING_DECIDED = Verdict({}, {}, {})


@dataclass(frozen=True, slots=True)
class PhaseStep:
    """What a phase, or (without one) the release, has come to.

    ``blockers`` are those that no gate and no line of the checklist names; ``done`` ``waits``: nothing has failed, and
    something is missing. ``troubles``: whom it could not be told.
    """

    phase: PhaseEntry | None
    record: PhaseRecord | ReleaseRecord | None
    done: Done
    verdicts: tuple[JudgedGate, ...] = ()
    checklist: tuple[ChecklistItem, ...] = ()
    blockers: tuple[Blocker, ...] = ()
    troubles: tuple[str, ...] = ()

    @property
    def all_blockers(self) -> tuple[Blocker, ...]:
        """Every piece of work that is left, each once."""
        found = [*self.blockers, *(blocker for line in self.checklist for blocker in line.blockers)]
        found += [blocker for verdict in self.verdicts if verdict.outcome != "passed" for blocker in verdict.blockers]
        return tuple(dict.fromkeys(found))


class PhaseBench:
    """One repository, at one moment."""

    def __init__(
        self,
        path: str,
        trunk: str | None,
        *,
        clock: Callable[[], datetime],
        at: str | None = None,
        progress: Progress | None = None,
    ) -> None:
        self._path = path
        self.repository = open_repository(path)
        self._trunk_named = trunk
        self._trunk, self._settings = read_trunk(self.repository, trunk)
        self.roster = self._settings.roster
        self.judged_commit = self._trunk.commit if at is None else self.repository.resolve(at)
        self.ledger = Ledger(self.repository)
        self.herald = Herald(self.repository, self.ledger, self._settings)
        self.now = clock()
        self._progress = progress
        self.look: PhaseLook
        """What everything is judged by; see ``look_by``."""

    def scanned(self) -> Report:
        """Return how the branches stand at this moment; raises GatekeeperError where they cannot be scanned."""
        return scan(ScanRequest(self._path, self._trunk_named), progress=self._progress)

    def look_by(self, state: Records, report: Report) -> None:
        """Let everything be judged by these from here on."""
        self.look = look_at(self.repository, state, self._settings, report, self._trunk.commit, self.now)

    def record(self, decide: Callable[[Records], Sequence[Event]], *, subject: str) -> Records:
        """Record what ``decide`` makes of the newest state, and return the state after it."""
        # Before the ledger is locked: with many branches a scan takes long, and everybody else would wait for it.
        report = self.scanned()

        def decided(state: Records) -> Sequence[Event]:
            self.look_by(state, report)
            return decide(state)

        self.ledger.append(decided, subject=subject, at=self.now)
        return self.ledger.state()

    def judged(
        self, gate: GateName, phase: PhaseName | None, stage: Stage, iteration: int, tree: JudgedTree
    ) -> JudgedGate:
        """Return the verdict of a gate, as the ledger keeps it."""
        spec, holders = self.roster.gates[gate], self.roster.holders()
        concern = gate_concern(approval_subject(phase, gate), self.roster)
        if concern is not None:
            holders = {**holders, concern.owner: deciders(concern, self.roster)}
        about = Circumstances(tree, phase, iteration, self.look.open, self.look.approvals, holders)
        return judged(judge(gate, spec, about), stage, iteration)

    def events(self, payloads: Sequence[Payload], state: Records) -> list[Event]:
        """Return what is to be recorded: what has happened, and whom it is to be told."""
        told = (*phase_items(payloads, self.roster), *self._of_cases(payloads, state))
        due = self.herald.due(News(decided=told), at=self.now, trunk=self._trunk.commit)
        return [new_event(said, at=self.now, by="gatekeeper") for said in (*payloads, *due)]

    def _of_cases(self, payloads: Sequence[Payload], state: Records) -> tuple[dict[str, object], ...]:
        of_cases = [said for said in payloads if isinstance(said, (CaseOpened, CaseClosed))]
        return tuple(items(of_cases, state, _NOTHING_DECIDED, _NOTHING_DECIDED))
