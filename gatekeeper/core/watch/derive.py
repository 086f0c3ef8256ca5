"""From a look at the fleet and the state of the ledger to the events that follow: the decisions of one poll.

Pure and repeatable: where another writer was faster, the same look is judged again against the new state. Nothing
follows from a look that shows what the ledger says already.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Container, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from gatekeeper.core.channels import Channel
from gatekeeper.core.ledger import events as happened
from gatekeeper.core.ledger.apply import apply
from gatekeeper.core.ledger.events import Event, Payload, SeenAgent
from gatekeeper.core.ledger.records import (
    AgentRecord,
    Check,
    CheckpointRecord,
    ClaimRecord,
    ClosedFinding,
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
from gatekeeper.core.roster import Roster
from gatekeeper.core.watch.checkpoint import checkpoint
from gatekeeper.core.watch.limits import CLAIM_TOUCHED, FAMILY, overdue
from gatekeeper.core.watch.notices import News, notices
from gatekeeper.core.watch.observation import Observation

GATEKEEPER = "gatekeeper"
"""Who writes what a poll derives."""


@dataclass(frozen=True, slots=True)
class WatchSettings:
    """What a poll goes by. ``waived``: findings that a waiver covers whose signature counts; ``teller``: this clone."""

    roster: Roster = field(default_factory=Roster)
    channels: tuple[Channel, ...] = ()
    retention: timedelta = timedelta(days=90)
    waived: frozenset[str] = frozenset()
    teller: str = ""


def derive(
    look: Observation, state: Records, settings: WatchSettings, *, new_id: Callable[[], str]
) -> tuple[Event, ...]:
    """Return what has to be recorded of a look; nothing if the ledger says it already."""
    overlaid = Overlaid(state)
    events: list[Event] = []

    def record(payloads: Iterable[Payload], at: datetime = look.at) -> None:
        for payload in payloads:
            event = Event(EventId(new_id()), at, GATEKEEPER, payload)
            events.append(event)
            overlaid.put(apply(event, overlaid))

    seen_at = max(look.at, look.seen_at or look.at)
    record(_seen(look, state, seen_at), seen_at)
    problems = (*look.problems, *overdue(overlaid, settings.roster.limits, look.at))
    known = {found.problem.id: found.problem for _, found in state.each(FindingRecord)}
    opened, changed, closed = _differences(problems, look, known)
    record(happened.FindingOpened(problem, _sight(problem, look)) for problem in opened)
    record(happened.FindingChanged(problem, _sight(problem, look)) for problem in changed)
    record(
        happened.FindingClosed(problem.id, because, problem.agents, _sight(problem, look))
        for problem, because in closed
    )
    record(_released(overlaid, look))
    record(_lapsed(overlaid, look.at))
    standing = _standing(known, (*opened, *changed), {problem.id for problem, _ in closed})
    checks = checkpoint(standing.values(), settled=settings.waived)
    last = state.get(CheckpointRecord)
    if last is None or last.checks != checks:
        record([happened.CheckpointMade(checks)])
    # Of a finding whose waiver has ended nobody has heard yet.
    unwaived = {waiver.finding for _, waiver in state.each(WaiverRecord) if waiver.until <= look.at}
    news = News(
        opened=(*opened, *changed, *(standing[finding] for finding in unwaived if finding in standing)),
        closed=tuple(problem for problem, _ in closed),
        failed_checks=_newly_failed(checks, last),
        waived=settings.waived,
        before=tuple(problem for finding, problem in known.items() if finding not in unwaived),
        after=tuple(standing.values()),
    )
    told = notices(news, settings.channels, at=look.at, trunk=look.trunk, new_id=new_id, teller=settings.teller)
    record(told)
    last_look = state.get(TrunkRecord)
    if events and (last_look is None or last_look.seen_at.date() < look.at.date()):
        # Closed matters are many, and need not be read at every look.
        record(_folded(overlaid, look.at - settings.retention, look.agents))
    return tuple(events)


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


def _folded(state: Records, before: datetime, seen: Container[AgentName]) -> Iterator[Payload]:
    """Closed findings and removed agents that have had their time, month by month."""
    findings: dict[str, list[ClosedFinding]] = {}
    agents: dict[str, list[AgentName]] = {}
    for _, closed in state.each(ClosedFinding):
        if closed.closed_at < before:
            findings.setdefault(f"{closed.closed_at:%Y-%m}", []).append(closed)
    for _, agent in state.each(AgentRecord):
        if agent.removed_at is not None and agent.removed_at < before and agent.name not in seen:
            agents.setdefault(f"{agent.removed_at:%Y-%m}", []).append(agent.name)
    for month in sorted({*findings, *agents}):
        rows = findings.get(month, [])
        rules = sorted({row.problem.rule for row in rows})
        counts = {rule: sum(row.problem.rule == rule for row in rows) for rule in rules}
        yield happened.MonthFolded(month, tuple(row.problem.id for row in rows), counts, tuple(agents.get(month, ())))
