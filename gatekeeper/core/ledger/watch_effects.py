"""What the events of the watch do to the state: findings, notices, claims, waivers, memory, what is folded."""

from __future__ import annotations

from dataclasses import replace

from gatekeeper.core.ledger import events as happened
from gatekeeper.core.ledger.case_records import ClosedCase
from gatekeeper.core.ledger.effect import effect, line_of, with_more
from gatekeeper.core.ledger.events import Event
from gatekeeper.core.ledger.record_kinds import FORMAT, Record
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
    WaiverRecord,
    WorkRecord,
)
from gatekeeper.core.ledger.state import THE_ONLY, Changes, RecordKey, Records


@effect.register
def _(said: happened.FindingOpened, event: Event, _state: Records) -> Changes:
    problem = said.problem
    record = FindingRecord(problem, event.at, sight=said.sight)
    return {(FindingRecord, problem.id): record, (ClosedFinding, problem.id): None}


@effect.register
def _(said: happened.FindingChanged, event: Event, state: Records) -> Changes:
    problem = said.problem
    known = state.get(FindingRecord, problem.id)
    if known is None:
        return {(FindingRecord, problem.id): FindingRecord(problem, event.at, event.at, said.sight)}
    return {(FindingRecord, problem.id): replace(known, problem=problem, changed_at=event.at, sight=said.sight)}


@effect.register
def _(said: happened.FindingClosed, event: Event, state: Records) -> Changes:
    known = state.get(FindingRecord, said.finding)
    if known is None:
        return {}
    closed = ClosedFinding(known.problem, known.opened_at, event.at, said.because, said.sight)
    return {(FindingRecord, said.finding): None, (ClosedFinding, said.finding): closed}


@effect.register
def _(said: happened.CheckpointMade, event: Event, _state: Records) -> Changes:
    return {(CheckpointRecord, THE_ONLY): CheckpointRecord(event.at, said.checks)}


@effect.register
def _(said: happened.NoticeDue, event: Event, _state: Records) -> Changes:
    notice = NoticeRecord(said.notice, said.channel, said.document, said.subject, event.at, teller=said.teller)
    return {(NoticeRecord, said.notice): notice}


@effect.register
def _(said: happened.NoticeDelivered, _event: Event, _state: Records) -> Changes:
    return {(NoticeRecord, said.notice): None}


@effect.register
def _(said: happened.NoticeFailed, _event: Event, state: Records) -> Changes:
    known = state.get(NoticeRecord, said.notice)
    if known is None or said.again_at is None:
        return {(NoticeRecord, said.notice): None}
    again = replace(known, attempts=known.attempts + 1, failure=said.because, due_at=said.again_at)
    return {(NoticeRecord, said.notice): again}


@effect.register
def _(said: happened.ClaimMade, event: Event, _state: Records) -> Changes:
    return {(ClaimRecord, said.claim): ClaimRecord(said.claim, said.agent, said.place, event.at, said.until, said.head)}


@effect.register
def _(said: happened.ClaimReleased, _event: Event, _state: Records) -> Changes:
    return {(ClaimRecord, said.claim): None}


@effect.register
def _(said: happened.WaiverGranted, event: Event, state: Records) -> Changes:
    if state.get(WaiverRecord, event.id) is not None:
        # Whoever writes the signed line once more takes nobody's revocation back.
        return {}
    waiver = WaiverRecord(
        event.id,
        said.finding,
        said.because,
        said.until,
        event.at,
        said.principal,
        line_of(event),
        said.rule,
        said.path,
        said.key,
    )
    return {(WaiverRecord, event.id): waiver}


@effect.register
def _(said: happened.WaiverRevoked, event: Event, state: Records) -> Changes:
    known = state.get(WaiverRecord, said.waiver)
    if known is None:
        return {}
    return {(WaiverRecord, said.waiver): replace(known, revocations=with_more(known.revocations, (line_of(event),)))}


@effect.register
def _(said: happened.WaiverEnded, event: Event, state: Records) -> Changes:
    known = state.get(WaiverRecord, said.waiver)
    if known is None or event.at < known.until:
        return {}
    return {(WaiverRecord, said.waiver): None}


@effect.register
def _(said: happened.MemoryPut, event: Event, _state: Records) -> Changes:
    return {(MemoryRecord, said.key): MemoryRecord(said.key, said.media, said.text, event.by, event.at)}


@effect.register
def _(said: happened.MemoryDropped, _event: Event, _state: Records) -> Changes:
    return {(MemoryRecord, said.key): None}


@effect.register
def _(said: happened.BaselineRecorded, event: Event, state: Records) -> Changes:
    known = state.get(BaselineRecord, said.date)
    figures = {**(known.figures if known is not None else {}), **said.figures}
    return {(BaselineRecord, said.date): BaselineRecord(said.date, figures, event.by, event.at)}


@effect.register
def _(said: happened.MonthFolded, _event: Event, state: Records) -> Changes:
    known = state.get(MonthSummary, said.month) or MonthSummary(said.month, 0, {})
    rules = {rule: known.by_rule.get(rule, 0) + said.by_rule.get(rule, 0) for rule in {**known.by_rule, **said.by_rule}}
    summary = MonthSummary(
        said.month,
        known.findings_closed + len(said.findings),
        dict(sorted(rules.items())),
        tuple(sorted({*known.agents_removed, *said.agents})),
        known.cases_closed + len(said.cases),
    )
    changes: dict[RecordKey, Record | None] = {(ClosedFinding, finding): None for finding in said.findings}
    changes |= {(ClosedCase, case): None for case in said.cases}
    records = (state.get(AgentRecord, agent) for agent in said.agents)
    # One that was started again since is no closed matter.
    gone = [each.name for each in records if each is not None and each.removed_at is not None]
    changes |= {(kind, name): None for kind in (AgentRecord, WorkRecord) for name in gone}
    changes[MonthSummary, said.month] = summary
    return changes


@effect.register
def _(said: happened.LedgerStarted, _event: Event, _state: Records) -> Changes:
    return {(LedgerRecord, THE_ONLY): LedgerRecord(said.format)}


@effect.register
def _(said: happened.HistoryArchived, _event: Event, _state: Records) -> Changes:
    return {(LedgerRecord, THE_ONLY): LedgerRecord(FORMAT, said.tip)}
