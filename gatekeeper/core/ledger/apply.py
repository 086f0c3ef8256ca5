"""What each event does to the state. A fact can be applied to any state, whatever else was recorded meanwhile."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from functools import singledispatch

from gatekeeper.core.ledger import events as happened
from gatekeeper.core.ledger.events import Event
from gatekeeper.core.ledger.records import (
    AgentRecord,
    BaselineRecord,
    CheckpointRecord,
    ClaimRecord,
    ClosedFinding,
    FindingRecord,
    LedgerRecord,
    MemoryRecord,
    MonthSummary,
    NoticeRecord,
    Record,
    TrunkRecord,
    WaiverRecord,
    WorkRecord,
)
from gatekeeper.core.ledger.state import THE_ONLY, Changes, RecordKey, Records
from gatekeeper.core.names import AgentName, RefName

FORMAT = 1
"""Of the ledger as a whole: which records there are, and where they stand."""

_HEADS = "refs/heads/"
_WITHOUT_WORK = frozenset({"landed", "no-commits"})


def apply(event: Event, state: Records) -> Changes:
    """Return what ``event`` changes in ``state``; nothing where the state says already what it says."""
    return _apply(event.payload, event, state)


@singledispatch
def _apply(payload: object, _event: Event, _state: Records) -> Changes:
    raise TypeError(f"no such event: {type(payload).__name__}")


def _agent(name: AgentName, event: Event, state: Records) -> AgentRecord:
    known = state.get(AgentRecord, name)
    return known or AgentRecord(name, RefName(_HEADS + name), "pending", event.at)


def _put(record: AgentRecord) -> Changes:
    return {(AgentRecord, record.name): record}


@_apply.register
def _(said: happened.AgentStartIntended, event: Event, state: Records) -> Changes:
    known = state.get(AgentRecord, said.agent)
    is_again = known is not None and known.pending_step == "start"
    return _put(
        replace(
            _agent(said.agent, event, state),
            branch=said.branch,
            worktree=said.worktree,
            target_dir=said.target_dir,
            base=said.base,
            made_here=True,
            made_in=said.made_in,
            pending_step="start",
            removed_at=None,
            branch_before=None if known is None else known.branch_before if is_again else known.branch,
            removed_before=None if known is None else known.removed_before if is_again else known.removed_at,
        )
    )


@_apply.register
def _(said: happened.AgentStarted, event: Event, state: Records) -> Changes:
    record = _agent(said.agent, event, state)
    if record.branch_before is not None:
        # What an earlier agent of this name has left behind is not this one's.
        record = AgentRecord(
            record.name,
            record.branch,
            "pending",
            event.at,
            worktree=record.worktree,
            target_dir=record.target_dir,
            base=record.base,
            made_here=record.made_here,
            made_in=record.made_in,
        )
    return _put(replace(record, progress="in-progress", pending_step=None, started_at=event.at))


@_apply.register
def _(said: happened.AgentStartAbandoned, _event: Event, state: Records) -> Changes:
    record = state.get(AgentRecord, said.agent)
    if record is None or record.pending_step != "start":
        return {}
    if record.branch_before is None:
        return {(AgentRecord, said.agent): None}
    return _put(
        replace(
            record,
            branch=record.branch_before,
            worktree=None,
            target_dir=None,
            base=None,
            made_here=False,
            made_in="",
            pending_step=None,
            removed_at=record.removed_before,
            branch_before=None,
            removed_before=None,
        )
    )


@_apply.register
def _(said: happened.AgentAdopted, event: Event, _state: Records) -> Changes:
    return _put(
        AgentRecord(
            said.agent,
            said.branch,
            "in-progress",
            event.at,
            worktree=said.worktree,
            base=said.base,
            started_at=event.at,
            made_in=said.made_in,
        )
    )


@_apply.register
def _(said: happened.AgentReported, event: Event, state: Records) -> Changes:
    record = _agent(said.agent, event, state)
    is_done = said.progress == "completed"
    return _put(
        replace(
            record,
            progress=said.progress,
            started_at=record.started_at or event.at,
            finished_at=event.at if is_done else None,
            blocked_at=_since(record, event.at) if said.progress == "blocked" else None,
            reason=said.reason,
            outputs=_with(record.outputs, said.outputs),
        )
    )


def _since(record: AgentRecord, at: datetime) -> datetime:
    """Who says again that it is blocked is blocked since the first time."""
    return record.blocked_at or at


def _with(known: tuple[str, ...], more: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(dict.fromkeys((*known, *more)))


@_apply.register
def _(said: happened.AgentFinished, event: Event, state: Records) -> Changes:
    record = _agent(said.agent, event, state)
    return _put(
        replace(
            record,
            progress="completed",
            finished_at=event.at,
            blocked_at=None,
            reason=None,
            head=said.head or record.head,
            outputs=_with(record.outputs, said.outputs),
        )
    )


@_apply.register
def _(said: happened.WorkLogged, event: Event, _state: Records) -> Changes:
    return {(WorkRecord, said.agent): WorkRecord(said.agent, event.at, said.document)}


@_apply.register
def _(said: happened.AgentRemovalIntended, event: Event, state: Records) -> Changes:
    record = _agent(said.agent, event, state)
    return _put(replace(record, pending_step="removal", archived_as=said.archived_as, head=said.head or record.head))


@_apply.register
def _(said: happened.AgentRemoved, event: Event, state: Records) -> Changes:
    record = _agent(said.agent, event, state)
    gone = replace(
        record,
        pending_step=None,
        worktree=None,
        target_dir=None,
        removed_at=event.at,
        branch_before=None,
        removed_before=None,
    )
    # Nobody is left who could withdraw them.
    claims = (claim.id for _, claim in state.each(ClaimRecord) if claim.agent == said.agent)
    return {**_put(gone), **{(ClaimRecord, claim): None for claim in claims}}


@_apply.register
def _(said: happened.FleetSeen, event: Event, state: Records) -> Changes:
    trunk = state.get(TrunkRecord)
    changes: dict[RecordKey, Record | None] = {}
    if trunk is None or trunk.seen_at <= event.at:
        changes[TrunkRecord, THE_ONLY] = TrunkRecord(said.trunk_ref, said.trunk, event.at, said.seen_in)
    for seen in said.agents:
        record = _agent(seen.agent, event, state)
        if record.seen_at is None or record.seen_at <= event.at:
            # Two clones may look at once: who looked later knows better, whoever is written later.
            changes[AgentRecord, seen.agent] = _as_seen(record, seen, event.at, said.seen_in)
    return changes


def _as_seen(record: AgentRecord, seen: happened.SeenAgent, at: datetime, clone: str) -> AgentRecord:
    # Whoever commits has begun, even if nobody said so; a branch that was only made has nothing that trunk lacks.
    has_work = seen.head is not None and seen.state not in _WITHOUT_WORK
    begun = record.progress == "pending" and record.pending_step is None and has_work
    return replace(
        record,
        branch=seen.branch,
        progress="in-progress" if begun else record.progress,
        started_at=record.started_at or (at if begun else None),
        head=seen.head,
        state=seen.state,
        committed_at=seen.committed_at,
        seen_at=at,
        seen_in=clone,
    )


@_apply.register
def _(said: happened.FindingOpened, event: Event, _state: Records) -> Changes:
    problem = said.problem
    record = FindingRecord(problem, event.at, sight=said.sight)
    return {(FindingRecord, problem.id): record, (ClosedFinding, problem.id): None}


@_apply.register
def _(said: happened.FindingChanged, event: Event, state: Records) -> Changes:
    problem = said.problem
    known = state.get(FindingRecord, problem.id)
    if known is None:
        return {(FindingRecord, problem.id): FindingRecord(problem, event.at, event.at, said.sight)}
    return {(FindingRecord, problem.id): replace(known, problem=problem, changed_at=event.at, sight=said.sight)}


@_apply.register
def _(said: happened.FindingClosed, event: Event, state: Records) -> Changes:
    known = state.get(FindingRecord, said.finding)
    if known is None:
        return {}
    closed = ClosedFinding(known.problem, known.opened_at, event.at, said.because, said.sight)
    return {(FindingRecord, said.finding): None, (ClosedFinding, said.finding): closed}


@_apply.register
def _(said: happened.CheckpointMade, event: Event, _state: Records) -> Changes:
    return {(CheckpointRecord, THE_ONLY): CheckpointRecord(event.at, said.checks)}


@_apply.register
def _(said: happened.NoticeDue, event: Event, _state: Records) -> Changes:
    notice = NoticeRecord(said.notice, said.channel, said.document, said.subject, event.at, teller=said.teller)
    return {(NoticeRecord, said.notice): notice}


@_apply.register
def _(said: happened.NoticeDelivered, _event: Event, _state: Records) -> Changes:
    return {(NoticeRecord, said.notice): None}


@_apply.register
def _(said: happened.NoticeFailed, _event: Event, state: Records) -> Changes:
    known = state.get(NoticeRecord, said.notice)
    if known is None or said.again_at is None:
        return {(NoticeRecord, said.notice): None}
    again = replace(known, attempts=known.attempts + 1, failure=said.because, due_at=said.again_at)
    return {(NoticeRecord, said.notice): again}


@_apply.register
def _(said: happened.ClaimMade, event: Event, _state: Records) -> Changes:
    return {(ClaimRecord, said.claim): ClaimRecord(said.claim, said.agent, said.place, event.at, said.until, said.head)}


@_apply.register
def _(said: happened.ClaimReleased, _event: Event, _state: Records) -> Changes:
    return {(ClaimRecord, said.claim): None}


@_apply.register
def _(said: happened.WaiverGranted, event: Event, _state: Records) -> Changes:
    waiver = WaiverRecord(
        event.id,
        said.finding,
        said.because,
        said.until,
        event.at,
        said.principal,
        _line(event),
        said.rule,
        said.path,
        said.key,
    )
    return {(WaiverRecord, event.id): waiver}


def _line(event: Event) -> str:
    return "" if event.written is None else event.written.decode()


@_apply.register
def _(said: happened.WaiverRevoked, event: Event, state: Records) -> Changes:
    known = state.get(WaiverRecord, said.waiver)
    if known is None:
        return {}
    return {(WaiverRecord, said.waiver): replace(known, revocations=_with(known.revocations, (_line(event),)))}


@_apply.register
def _(said: happened.WaiverEnded, event: Event, state: Records) -> Changes:
    known = state.get(WaiverRecord, said.waiver)
    if known is None or event.at < known.until:
        return {}
    return {(WaiverRecord, said.waiver): None}


@_apply.register
def _(said: happened.MemoryPut, event: Event, _state: Records) -> Changes:
    return {(MemoryRecord, said.key): MemoryRecord(said.key, said.media, said.text, event.by, event.at)}


@_apply.register
def _(said: happened.MemoryDropped, _event: Event, _state: Records) -> Changes:
    return {(MemoryRecord, said.key): None}


@_apply.register
def _(said: happened.BaselineRecorded, event: Event, state: Records) -> Changes:
    known = state.get(BaselineRecord, said.date)
    figures = {**(known.figures if known is not None else {}), **said.figures}
    return {(BaselineRecord, said.date): BaselineRecord(said.date, figures, event.by, event.at)}


@_apply.register
def _(said: happened.MonthFolded, _event: Event, state: Records) -> Changes:
    known = state.get(MonthSummary, said.month) or MonthSummary(said.month, 0, {})
    rules = {rule: known.by_rule.get(rule, 0) + said.by_rule.get(rule, 0) for rule in {**known.by_rule, **said.by_rule}}
    summary = MonthSummary(
        said.month,
        known.findings_closed + len(said.findings),
        dict(sorted(rules.items())),
        tuple(sorted({*known.agents_removed, *said.agents})),
    )
    changes: dict[RecordKey, Record | None] = {(ClosedFinding, finding): None for finding in said.findings}
    records = (state.get(AgentRecord, agent) for agent in said.agents)
    # One that was started again since is no closed matter.
    gone = [each.name for each in records if each is not None and each.removed_at is not None]
    changes |= {(kind, name): None for kind in (AgentRecord, WorkRecord) for name in gone}
    changes[MonthSummary, said.month] = summary
    return changes


@_apply.register
def _(said: happened.LedgerStarted, _event: Event, _state: Records) -> Changes:
    return {(LedgerRecord, THE_ONLY): LedgerRecord(said.format)}


@_apply.register
def _(said: happened.HistoryArchived, _event: Event, _state: Records) -> Changes:
    return {(LedgerRecord, THE_ONLY): LedgerRecord(FORMAT, said.tip)}
