"""What the events of agents do to the state: starts, reports, removals, and where they were seen."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from gatekeeper.core.ledger import events as happened
from gatekeeper.core.ledger.effect import effect, with_more
from gatekeeper.core.ledger.events import Event
from gatekeeper.core.ledger.record_kinds import Record
from gatekeeper.core.ledger.records import AgentRecord, ClaimRecord, TrunkRecord, WorkRecord
from gatekeeper.core.ledger.state import THE_ONLY, Changes, RecordKey, Records
from gatekeeper.core.names import AgentName, RefName

_HEADS = "refs/heads/"
_WITHOUT_WORK = frozenset({"landed", "no-commits"})


def _agent(name: AgentName, event: Event, state: Records) -> AgentRecord:
    known = state.get(AgentRecord, name)
    return known or AgentRecord(name, RefName(_HEADS + name), "pending", event.at)


def _put(record: AgentRecord) -> Changes:
    return {(AgentRecord, record.name): record}


@effect.register
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


@effect.register
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


@effect.register
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


@effect.register
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


@effect.register
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
            outputs=with_more(record.outputs, said.outputs),
        )
    )


def _since(record: AgentRecord, at: datetime) -> datetime:
    """Who says again that it is blocked is blocked since the first time."""
    return record.blocked_at or at


@effect.register
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
            outputs=with_more(record.outputs, said.outputs),
        )
    )


@effect.register
def _(said: happened.WorkLogged, event: Event, _state: Records) -> Changes:
    return {(WorkRecord, said.agent): WorkRecord(said.agent, event.at, said.document)}


@effect.register
def _(said: happened.AgentRemovalIntended, event: Event, state: Records) -> Changes:
    record = _agent(said.agent, event, state)
    return _put(replace(record, pending_step="removal", archived_as=said.archived_as, head=said.head or record.head))


@effect.register
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


@effect.register
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
