"""``gatekeeper poll``: fetch, scan, checkpoint, record, notify; nothing at all where nothing has changed.

Two commits of the ledger at most: what was seen and decided, before anything is done; what came of it, afterwards. A
poll that is killed between them is completed by the next one, which finds what is still due.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from contextlib import ExitStack, closing
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

from gatekeeper.config import Settings
from gatekeeper.coordinator.clones import clone_id
from gatekeeper.coordinator.deliver import due, tell, turns
from gatekeeper.coordinator.fetching import Fetched, fetch
from gatekeeper.coordinator.following import landed, taken_in, touched_before, up_to_date
from gatekeeper.coordinator.heartbeat import beat
from gatekeeper.coordinator.inquirer import Inquirer
from gatekeeper.coordinator.integrations import announced, carried_out, withdraw_ended
from gatekeeper.coordinator.observe import Besides, observe, registered
from gatekeeper.coordinator.record import Recorder
from gatekeeper.coordinator.trunks import newest_trunk
from gatekeeper.coordinator.trusting import trusted as what_counts
from gatekeeper.core.findings import Report
from gatekeeper.core.ledger.apply import apply
from gatekeeper.core.ledger.events import Event
from gatekeeper.core.ledger.records import (
    Check,
    CheckpointRecord,
    ClaimRecord,
    FindingRecord,
    FoundProblem,
    NoticeRecord,
    TrunkRecord,
)
from gatekeeper.core.ledger.state import Overlaid, Records
from gatekeeper.core.names import Severity
from gatekeeper.core.policy.decide import decide
from gatekeeper.core.policy.standing import Decision, Standing
from gatekeeper.core.policy.trusted import Trusted
from gatekeeper.core.watch.derive import WatchSettings, derive
from gatekeeper.core.watch.observation import Observation
from gatekeeper.ledger.file_lock import Owner, held_at_once
from gatekeeper.ledger.ledger import Decide, new_event, new_id
from gatekeeper.repository import Repository, open_repository
from gatekeeper.repository.discovery import Trunk
from gatekeeper.scanning.request import Progress, ScanRequest
from gatekeeper.scanning.run import scan_with_settings
from gatekeeper.scratch import sweep

LOCK = Path("gatekeeper", "poll.lock")


@dataclass(frozen=True, slots=True)
class PollRequest:
    """One poll. ``path`` lies in the repository; ``dry_run``: nothing is fetched, recorded or told.

    ``alone``: nothing leaves the repository; the ledger's remote is left out, and notices stay due.
    """

    path: str = "."
    trunk: str | None = None
    worktrees: bool = True
    cache: bool = True
    fetch: bool = True
    dry_run: bool = False
    alone: bool = False


@dataclass(frozen=True, slots=True)
class Polled:
    """What a poll has come to.

    ``events``: what it recorded, or would; ``standing``: the findings that stand now; ``troubles``: what did not work
    outside, told and never fatal; ``busy``: who is polling already, and then all else is empty. ``decisions``: of all
    agents that are not clear.
    """

    at: datetime
    events: tuple[Event, ...] = ()
    outcomes: tuple[Event, ...] = ()
    standing: tuple[FoundProblem, ...] = ()
    checks: tuple[Check, ...] = ()
    troubles: tuple[str, ...] = ()
    restored: bool = False
    blocking: int = 0
    waived: frozenset[str] = frozenset()
    busy: Owner | None = None
    decisions: tuple[Decision, ...] = ()

    @property
    def stopped(self) -> tuple[Decision, ...]:
        """Those who may not go on."""
        return tuple(decision for decision in self.decisions if decision.standing.stops)


def poll(request: PollRequest, *, clock: Callable[[], datetime], progress: Progress | None = None) -> Polled:
    """Poll once; raises GatekeeperError when the repository, its settings or the ledger cannot be read."""
    repository = open_repository(request.path)
    with ExitStack() as stack:
        if not request.dry_run:
            lock = repository.common_directory / LOCK
            owner = stack.enter_context(held_at_once(lock, now=clock()))
            if owner is not None:
                return Polled(clock(), busy=owner)
        return _Poll(request, repository, clock, progress).run()


class _Poll:
    def __init__(
        self,
        request: PollRequest,
        repository: Repository,
        clock: Callable[[], datetime],
        progress: Progress | None,
    ) -> None:
        self._request = request
        self._repository = repository
        self._clock = clock
        self._progress = progress
        self._troubles: list[str] = []
        self._clone = ""
        self._trusted = Trusted()

    def run(self) -> Polled:
        stays_here = self._request.dry_run or self._request.alone
        fetched = fetch(self._repository) if self._request.fetch and not stays_here else Fetched()
        self._troubles += fetched.troubles.values()
        report, settings = scan_with_settings(self._scan_request(fetched), progress=self._progress)
        # A remote that has just not answered need not be waited for once more: the next poll brings it what it lacks.
        shared = None if stays_here or settings.ledger.remote in fetched.troubles else settings.ledger.remote
        recorder = Recorder(self._repository, shared)
        self._clone = clone_id(self._repository, read_only=self._request.dry_run)
        now = self._clock()

        def follow(state: Records) -> Sequence[Event]:
            return self._follow(report, settings, state, now)

        if self._request.dry_run:
            return self._foretold(recorder.ledger.state(), settings, follow, now)
        done = recorder.append(follow, subject="poll", at=now)
        outcomes = self._act(recorder, settings, done.events, Trunk(report.trunk_ref, report.trunk_commit))
        if recorder.trouble is not None:
            self._troubles.append(recorder.trouble)
        beat(self._repository, self._clock())
        sweep()
        state = recorder.ledger.state()
        return self._polled(now, state, settings, done.events, outcomes, restored=done.restored)

    def _follow(self, report: Report, settings: Settings, state: Records, now: datetime) -> Sequence[Event]:
        """Return what follows by the state that the events go to: a remote's may hold what others have recorded."""
        self._trusted = what_counts(self._repository, state, settings, report.trunk_commit, now)
        retention = settings.ledger.retention
        watch = WatchSettings(settings.roster, settings.notifications, retention, self._trusted, self._clone)
        look = self._look(report, settings, state, now, _as_the_ledger_counts(now, state))
        inquirer = Inquirer(self._repository, Trunk(report.trunk_ref, report.trunk_commit), look.tips)
        events = derive(look, state, watch, new_id=new_id, inquire=inquirer)
        if not settings.roster.auto_integrate:
            return events
        return announced(events, state, self._repository, settings.roster, look.trunk, now)

    def _foretold(self, before: Records, settings: Settings, follow: Decide, now: datetime) -> Polled:
        events = tuple(follow(before))
        would_be = Overlaid(before)
        for event in events:
            would_be.put(apply(event, would_be))
        return self._polled(now, would_be, settings, events)

    def _scan_request(self, fetched: Fetched) -> ScanRequest:
        wanted = self._request
        trunk = wanted.trunk or newest_trunk(self._repository, read_only=wanted.dry_run)
        # What is computed is kept in a file, and a dry run writes none.
        cache = wanted.cache and not wanted.dry_run
        gone = frozenset(fetched.gone)
        return ScanRequest(wanted.path, trunk, worktrees=wanted.worktrees, cache=cache, gone=gone)

    def _look(
        self, report: Report, settings: Settings, state: Records, now: datetime, seen_at: datetime
    ) -> Observation:
        besides = self._besides(report, settings, state, now)
        besides = replace(besides, clone=self._clone, seen_at=seen_at)
        look = observe(report, self._repository, state, settings.roster, besides, now=now)
        return replace(
            look,
            landed=landed(look, report, self._repository, state),
            taken_in=taken_in(look, report, self._repository, state),
            up_to_date=up_to_date(look, self._repository, state),
            touched_before=touched_before(look, self._repository, state),
        )

    def _besides(self, report: Report, settings: Settings, state: Records, now: datetime) -> Besides:
        """Return what comes of claims; where there are none, what compares changes is not even loaded."""
        if next(state.each(ClaimRecord), None) is None:
            return Besides()
        from gatekeeper.coordinator.claims import fulfilled, problems_of, touches  # noqa: PLC0415 - see above

        done = fulfilled(self._repository, state, registered(settings.roster, state))
        # A claim that ends with this look is nobody's concern any more: the next look would take the finding back.
        standing = [touch for touch in touches(self._repository, state, report, now) if touch.claim.id not in done]
        return Besides(tuple(problems_of(standing)), done)

    def _act(
        self, recorder: Recorder, settings: Settings, recorded: Sequence[Event], trunk: Trunk
    ) -> tuple[Event, ...]:
        """Do what is due, and record what came of it: integrations, and notices."""
        repository, state = self._repository, recorder.ledger.state
        made, troubles = carried_out(recorded, state(), repository, settings, trunk, self._clock)
        self._troubles += (*troubles, *withdraw_ended(repository, state))
        now = self._clock()
        with ExitStack() as stack:
            notices = [] if self._request.alone else self._mine(recorder, now, stack)
            cwd = repository.worktree or str(repository.common_directory)
            told = tell(notices, settings.notifications, now=now, cwd=cwd) if notices else ()
            outcomes = [*made, *(new_event(outcome, at=now, by="gatekeeper") for outcome in told)]
            if not outcomes:
                return ()
            kinds = [name for name, some in (("integrations", made), ("notices", notices)) if some]
            return recorder.append(lambda _state: outcomes, subject=f"poll: {' and '.join(kinds)}", at=now).events

    def _mine(self, recorder: Recorder, now: datetime, stack: ExitStack) -> list[NoticeRecord]:
        """Return the notices to tell now, which nobody else tells until ``stack`` ends."""
        found = due(recorder.ledger.state(), now, self._clone)
        if not found:
            return []
        taken = stack.enter_context(closing(turns(self._repository)))
        free = {notice.id for notice in found if taken.take(notice.id)}
        # Whoever has let go of one in between has told it.
        return [notice for notice in due(recorder.ledger.state(), now, self._clone) if notice.id in free]

    def _polled(
        self,
        now: datetime,
        state: Records,
        settings: Settings,
        events: tuple[Event, ...],
        outcomes: tuple[Event, ...] = (),
        *,
        restored: bool = False,
    ) -> Polled:
        trusted = self._trusted
        standing = tuple(record.problem for _, record in state.each(FindingRecord))
        checkpoint = state.get(CheckpointRecord)
        verdict = decide(standing, state, settings.roster, trusted)
        settled = trusted.waived.union(verdict.settled)
        return Polled(
            now,
            events,
            outcomes,
            standing,
            () if checkpoint is None else checkpoint.checks,
            tuple(self._troubles),
            restored=restored,
            blocking=sum(is_blocking(problem, settings.fail_on, settled) for problem in standing),
            waived=trusted.waived,
            decisions=tuple(one for one in verdict.decisions.values() if one.standing is not Standing.CLEAR),
        )


def _as_the_ledger_counts(now: datetime, before: Records) -> datetime:
    """Return the moment of a look that is made after the one that the ledger has, even if the clock has jumped back."""
    trunk = before.get(TrunkRecord)
    return now if trunk is None else max(now, trunk.seen_at)


def is_blocking(problem: FoundProblem, threshold: Severity, settled: Collection[str]) -> bool:
    """Return whether a finding that stands is at or above the threshold, unexpected, not waived and not ruled on."""
    return problem.rank >= threshold and problem.expected_because is None and problem.id not in settled
