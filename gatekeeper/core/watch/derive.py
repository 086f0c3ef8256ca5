"""From a look at the fleet and the state of the ledger to the events that follow: the decisions of one poll.

Pure and repeatable: where another writer was faster, the same look is judged again against the new state. Nothing
follows from a look that shows what the ledger says already.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from gatekeeper.core.channels import Channel
from gatekeeper.core.ledger import events as happened
from gatekeeper.core.ledger.apply import apply
from gatekeeper.core.ledger.events import Event, Payload, SeenAgent
from gatekeeper.core.ledger.records import (
    AgentRecord,
    Check,
    CheckpointRecord,
    ClaimRecord,
    EventId,
    FindingId,
    FindingRecord,
    FoundProblem,
    Sight,
    TrunkRecord,
    WaiverRecord,
)
from gatekeeper.core.ledger.state import Overlaid, Records
from gatekeeper.core.names import AgentName
from gatekeeper.core.policy.decide import decide, phases_now, set_apart
from gatekeeper.core.policy.follow import (
    Inquire,
    case_changes,
    ended_quarantines,
    integration_changes,
    line_changes,
)
from gatekeeper.core.policy.matters import matters
from gatekeeper.core.policy.telling import items
from gatekeeper.core.policy.trusted import Trusted
from gatekeeper.core.roster import Roster
from gatekeeper.core.watch.checkpoint import checkpoint
from gatekeeper.core.watch.folding import folded
from gatekeeper.core.watch.limits import CLAIM_TOUCHED, FAMILY, overdue
from gatekeeper.core.watch.notices import News, notices
from gatekeeper.core.watch.observation import Observation

GATEKEEPER = "gatekeeper"
"""Who writes what a poll derives."""


@dataclass(frozen=True, slots=True)
class WatchSettings:
    """What a poll goes by. ``trusted``: what people have decided whose signatures count; ``teller``: this clone."""

    roster: Roster = field(default_factory=Roster)
    channels: tuple[Channel, ...] = ()
    retention: timedelta = timedelta(days=90)
    trusted: Trusted = field(default_factory=Trusted)
    teller: str = ""


def derive(
    look: Observation, state: Records, settings: WatchSettings, *, new_id: Callable[[], str], inquire: Inquire
) -> tuple[Event, ...]:
    """Return what has to be recorded of a look; nothing if the ledger says it already."""
    return _Deriving(look, state, settings, new_id, inquire).events()


class _Deriving:
    """One derivation: events one after another, each on top of what those before it have changed."""

    def __init__(
        self,
        look: Observation,
        state: Records,
        settings: WatchSettings,
        new_id: Callable[[], str],
        inquire: Inquire,
    ) -> None:
        self._look = look
        self._state = state
        self._settings = settings
        self._new_id = new_id
        self._inquire = inquire
        self._overlaid = Overlaid(state)
        self._events: list[Event] = []

    def events(self) -> tuple[Event, ...]:
        look, state, settings = self._look, self._state, self._settings
        seen_at = max(look.at, look.seen_at or look.at)
        self._record(_seen(look, state, seen_at), seen_at)
        problems = (*look.problems, *overdue(self._overlaid, settings.roster.limits, look.at))
        known = {found.problem.id: found.problem for _, found in state.each(FindingRecord)}
        differences = _differences(problems, look, known)
        self._record_findings(*differences)
        self._record(_released(self._overlaid, look))
        self._record(_lapsed(self._overlaid, look.at))
        opened, changed, closed = differences
        standing = _standing(known, (*opened, *changed), {problem.id for problem, _ in closed})
        decided = self._record_decisions(standing, [problem for problem, _ in closed])
        checks = checkpoint(standing.values(), settled=self._settled(standing))
        last = state.get(CheckpointRecord)
        if last is None or last.checks != checks:
            self._record([happened.CheckpointMade(checks)])
        # Of a finding whose waiver has ended nobody has heard yet.
        unwaived = {waiver.finding for _, waiver in state.each(WaiverRecord) if waiver.until <= look.at}
        news = News(
            opened=(*opened, *changed, *(standing[finding] for finding in unwaived if finding in standing)),
            closed=tuple(problem for problem, _ in closed),
            failed_checks=_newly_failed(checks, last),
            waived=settings.trusted.waived,
            before=tuple(problem for finding, problem in known.items() if finding not in unwaived),
            after=tuple(standing.values()),
            decided=self._told(decided, known, standing),
        )
        told = notices(
            news, settings.channels, at=look.at, trunk=look.trunk, new_id=self._new_id, teller=settings.teller
        )
        self._record(told)
        last_look = state.get(TrunkRecord)
        if self._events and (last_look is None or last_look.seen_at.date() < look.at.date()):
            # Closed matters are many, and need not be read at every look.
            self._record(folded(self._overlaid, look.at - settings.retention, look.agents))
        return tuple(self._events)

    def _record(self, payloads: Iterable[Payload], at: datetime | None = None) -> list[Payload]:
        recorded = []
        for payload in payloads:
            event = Event(EventId(self._new_id()), at or self._look.at, GATEKEEPER, payload)
            self._events.append(event)
            self._overlaid.put(apply(event, self._overlaid))
            recorded.append(payload)
        return recorded

    def _record_findings(
        self, opened: list[FoundProblem], changed: list[FoundProblem], closed: list[tuple[FoundProblem, str]]
    ) -> None:
        look = self._look
        self._record(happened.FindingOpened(problem, _sight(problem, look)) for problem in opened)
        self._record(happened.FindingChanged(problem, _sight(problem, look)) for problem in changed)
        self._record(
            happened.FindingClosed(problem.id, because, problem.agents, _sight(problem, look))
            for problem, because in closed
        )

    def _record_decisions(
        self, standing: Mapping[FindingId, FoundProblem], closed: Sequence[FoundProblem]
    ) -> list[Payload]:
        """Record what follows from the findings: the line, cases, and who has to take in what."""
        look, state, trusted = self._look, self._overlaid, self._settings.trusted
        problems = tuple(standing.values())
        decided = self._record(line_changes(problems, state, look, trusted))
        decided += self._record(integration_changes(closed, state, look, trusted))
        decided += self._record(ended_quarantines(problems, state, look.at))
        roster = self._settings.roster
        found = matters(
            problems,
            roster,
            waived=trusted.waived,
            set_apart=set_apart(problems, trusted),
            phases=phases_now(roster, state),
        )
        return decided + self._record(case_changes(found, state, self._inquire, roster))

    def _settled(self, standing: Mapping[FindingId, FoundProblem]) -> frozenset[str]:
        """Return what fails no checkpoint: what is waived, and what somebody has ruled on."""
        trusted = self._settings.trusted
        if not trusted.rulings and not trusted.resumed:
            return trusted.waived
        return trusted.waived.union(decide(standing.values(), self._overlaid, self._settings.roster, trusted).settled)

    def _told(
        self,
        decided: Sequence[Payload],
        known: Mapping[FindingId, FoundProblem],
        standing: Mapping[FindingId, FoundProblem],
    ) -> tuple[Mapping[str, Any], ...]:
        """Return what people hear of what was decided; where nothing was recorded, nothing was."""
        if not self._events or not self._settings.channels:
            return ()
        roster, trusted = self._settings.roster, self._settings.trusted
        before = decide(known.values(), self._state, roster, trusted)
        after = decide(standing.values(), self._overlaid, roster, trusted)
        return tuple(items(decided, self._state, before, after))


def _seen(look: Observation, state: Records, seen_at: datetime) -> Iterator[Payload]:
    trunk = state.get(TrunkRecord)
    if trunk is not None and trunk.seen_at > seen_at:
        # Somebody else has looked since, and recorded it first: the ledger knows better.
        return
    records = ((state.get(AgentRecord, name), seen) for name, seen in sorted(look.agents.items()))
    moved = tuple(seen for record, seen in records if _has_moved(record, seen))
    trunk_ref, commit = look.trunk_ref, look.trunk
    if trunk is not None and look.trunk_is_behind:
        # Another clone has a newer one already.
        trunk_ref, commit = trunk.ref, trunk.commit
    if moved or trunk is None or (trunk.ref, trunk.commit) != (trunk_ref, commit):
        yield happened.FleetSeen(trunk_ref, commit, moved, look.rewritten_from, look.clone)


def _has_moved(record: AgentRecord | None, seen: SeenAgent) -> bool:
    if record is None:
        # An agent that is only declared is pending until it has a branch.
        return seen.head is not None
    known = (record.branch, record.head, record.state, record.committed_at)
    return known != (seen.branch, seen.head, seen.state, seen.committed_at)


def _differences(
    problems: Sequence[FoundProblem], look: Observation, known: Mapping[FindingId, FoundProblem]
) -> tuple[list[FoundProblem], list[FoundProblem], list[tuple[FoundProblem, str]]]:
    """Return what is new, what has another weight, and what has gone, with the reason."""
    # The worst first, whatever the order in which they were found.
    now: dict[FindingId, FoundProblem] = {}
    for problem in sorted(problems, key=lambda p: (-p.rank, p.path, p.key, p.rule, p.id, p.message)):
        now.setdefault(problem.id, problem)
    # What another clone has seen in newer work neither opens nor closes by what an older state shows.
    opened = [
        problem for finding, problem in now.items() if finding not in known and finding not in look.closed_elsewhere
    ]
    changed = [
        problem
        for finding, problem in now.items()
        if finding in known and finding not in look.too_old_for and _weight(problem) != _weight(known[finding])
    ]
    closed = [
        (problem, _why_gone(problem, look))
        for finding, problem in known.items()
        if finding not in now and finding not in look.too_old_for and look.unread.isdisjoint(problem.agents)
    ]
    return opened, changed, closed


def _sight(problem: FoundProblem, look: Observation) -> Sight:
    agents = [agent for agent in problem.agents if agent in look.tips]
    tips = {agent: look.tips[agent] for agent in agents}
    return Sight(look.clone, tips, tuple(agent for agent in agents if agent in look.uncommitted))


def _standing(
    known: Mapping[FindingId, FoundProblem], new: Iterable[FoundProblem], gone: Collection[FindingId]
) -> dict[FindingId, FoundProblem]:
    found = {**known, **{problem.id: problem for problem in new}}
    return {finding: problem for finding, problem in found.items() if finding not in gone}


def _weight(problem: FoundProblem) -> tuple[str, str | None]:
    return problem.severity, problem.expected_because


def _why_gone(problem: FoundProblem, look: Observation) -> str:
    states: Mapping[AgentName, str] = {name: seen.state for name, seen in look.agents.items()}
    for agent in problem.agents:
        if states.get(agent) in {"landed", "missing"}:
            return f"{agent} is {states[agent]}"
    if problem.rule == CLAIM_TOUCHED:
        return "nobody touches the claim any more"
    return "no longer over the limit" if problem.family == FAMILY else "no longer found"


def _newly_failed(checks: Sequence[Check], last: CheckpointRecord | None) -> tuple[Check, ...]:
    held = {check.name for check in last.checks if check.holds} if last is not None else {c.name for c in checks}
    return tuple(check for check in checks if not check.holds and check.name in held)


def _released(state: Records, look: Observation) -> Iterator[Payload]:
    for _, claim in state.each(ClaimRecord):
        if claim.id in look.fulfilled:
            yield happened.ClaimReleased(claim.id, "committed")
        elif claim.until <= look.at:
            yield happened.ClaimReleased(claim.id, "lapsed")


def _lapsed(state: Records, now: datetime) -> Iterator[Payload]:
    for key, waiver in state.each(WaiverRecord):
        if waiver.until <= now:
            yield happened.WaiverEnded(EventId(key))
