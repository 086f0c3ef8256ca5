"""Agents, recorded before and after everything that is done for them.

What is to be made or removed is in the ledger first, its outcome afterwards; killed in between, the same command finds
the intent and completes it. Whoever does something with an agent waits for who is at it: what two did in turns would be
recorded in another order than it was done. Hooks run when that is over, so that they can do something with the agent.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime
from functools import wraps
from typing import Any, Concatenate, Literal, ParamSpec

from gatekeeper import agents
from gatekeeper.agents.disk import held, told_plainly
from gatekeeper.coordinator.agent_checks import (
    no_such_agent,
    open_conditions,
    refuse_elsewhere,
    refuse_known,
    refuse_removed,
    refuse_unwritable,
    refuse_wrong_branch,
    way_out,
)
from gatekeeper.coordinator.clones import clone_id
from gatekeeper.coordinator.heralding import Herald
from gatekeeper.core.ledger import events as happened
from gatekeeper.core.ledger.events import Event, Payload
from gatekeeper.core.ledger.records import AgentRecord, WorkRecord
from gatekeeper.core.ledger.state import Records
from gatekeeper.core.names import AgentName, Oid, RefName
from gatekeeper.core.phases.telling import task_item
from gatekeeper.core.roster import PhaseName
from gatekeeper.core.watch.notices import News
from gatekeeper.core.watch.registry import registry
from gatekeeper.core.workplace import ArchiveRef, Obstacle, ObstacleKind, Removed, Workplace, directory_name
from gatekeeper.errors import GatekeeperError, UsageError
from gatekeeper.ledger.ledger import Ledger, new_event
from gatekeeper.repository import open_repository
from gatekeeper.trunk import read_trunk

Word = Literal["blocked", "working", "done"]

_WORDS: dict[Word, Literal["in-progress", "blocked", "completed"]] = {
    "working": "in-progress",
    "blocked": "blocked",
    "done": "completed",
}


@dataclass(frozen=True, slots=True)
class Change:
    """What became of an agent; with ``obstacles`` nothing was done. ``hint``: the way out of them.

    ``troubles``: whom it could not be told.
    """

    agent: AgentName
    done: str
    workplace: Workplace | None = None
    notes: tuple[str, ...] = ()
    obstacles: tuple[Obstacle, ...] = ()
    archived: RefName | None = None
    hint: str | None = None
    troubles: tuple[str, ...] = ()


P = ParamSpec("P")
_Act = Callable[Concatenate["AgentDesk", str, P], Change]


def _one_at_a_time(act: _Act[P]) -> _Act[P]:
    """Let nobody else begin anything with the same agent until what is done with it is recorded."""

    @wraps(act)
    def alone(desk: AgentDesk, name: str, /, *args: P.args, **kwargs: P.kwargs) -> Change:
        lock = f"desk-{directory_name(AgentName(name))}.lock"
        with told_plainly(), held(desk.repository.common_directory / "gatekeeper" / lock):
            done = act(desk, name, *args, **kwargs)
        return desk.told(done)

    return alone


class AgentDesk:
    """The agents of one repository."""

    def __init__(self, path: str, trunk: str | None, *, clock: Callable[[], datetime]) -> None:
        self.repository = open_repository(path)
        self._clock = clock
        self._ledger = Ledger(self.repository)
        self._trunk_named = trunk
        self._trunk, self._settings = read_trunk(self.repository, trunk)
        self._herald = Herald(self.repository, self._ledger, self._settings)

    @property
    def state(self) -> Records:
        """What the ledger says now."""
        return self._ledger.state()

    @_one_at_a_time
    def start(self, name: str, *, branch: str | None, revision: str | None, existing: bool) -> Change:
        """Make an agent's workplace; raises GatekeeperError where it cannot be, and then nothing of it is left."""
        agent = AgentName(name)
        known = self.state.get(AgentRecord, name)
        if known is not None and known.pending_step == "start":
            refuse_elsewhere(known, self.repository)
            return self._complete_start(_workplace(known), known.base or self._trunk.commit, existing=existing)
        refuse_known(known, name, self.repository)
        if waits := open_conditions(self._settings.roster, self.state, agent):
            return Change(agent, "not started", obstacles=waits, hint="gatekeeper agent list shows who is where")
        at = self._trunk.commit if revision is None else self.repository.resolve(revision)
        setting = self._settings.worktrees.directory
        wanted = branch or self._declared_branch(agent)
        place = agents.plan(self.repository, setting, name, wanted, trunk=self._trunk.ref)
        found = self.repository.commit_of(place.branch)
        refuse_wrong_branch(place, found, existing=existing)
        refuse_unwritable(place)
        at, clone = found or at, clone_id(self.repository)
        intent = happened.AgentStartIntended(
            agent, place.branch, place.worktree or "", place.target_dir or "", at, clone
        )

        def decide(state: Records) -> Sequence[Event]:
            refuse_known(state.get(AgentRecord, name), name, self.repository)
            return [self._event(intent)]

        self._ledger.append(decide, subject=f"agent {name}: to start", at=self._clock())
        return self._complete_start(place, at, existing=existing)

    def _complete_start(self, place: Workplace, at: Oid, *, existing: bool) -> Change:
        try:
            made = agents.create(self.repository, place, at, existing=existing)
        except GatekeeperError as error:
            with suppress(GatekeeperError):
                if agents.abandon(self.repository, place):
                    self._record(happened.AgentStartAbandoned(place.name, error.message), subject="not started")
            raise
        self._record(happened.AgentStarted(place.name), *self._begun(place.name), subject="started")
        return Change(place.name, "started", place, made.notes)

    @_one_at_a_time
    def adopt(self, name: str, *, branch: str | None) -> Change:
        """Record an agent whose branch is there; raises GatekeeperError for an unknown one."""
        agent = AgentName(name)
        refuse_known(self.state.get(AgentRecord, name), name, self.repository)
        place = agents.find_existing(self.repository, branch or self._declared_branch(agent))
        if place.branch == self._trunk.ref:
            raise UsageError(f"{place.branch} is trunk itself", "an agent works on a branch of its own")
        head = self.repository.commit_of(place.branch)
        base = None if head is None else self.repository.database().merge_base(head, self._trunk.commit)
        worktree = place.worktree if place.worktree is None or place.worktree.isprintable() else None
        said = happened.AgentAdopted(agent, place.branch, worktree, base or head, clone_id(self.repository))
        # It is at work already: nobody can keep it from beginning.
        early = tuple(each.message for each in open_conditions(self._settings.roster, self.state, agent))
        self._record(said, *self._begun(agent), subject="adopted")
        return Change(agent, "adopted", Workplace(agent, place.branch, place.worktree), early)

    @_one_at_a_time
    def report(self, name: str, word: Word, *, reason: str | None, outputs: tuple[str, ...]) -> Change:
        """Record what an agent says of itself, and tell who has to hear of it."""
        agent = AgentName(name)
        self._known(agent)
        said = happened.AgentReported(agent, _WORDS[word], reason, outputs)
        news = self._done(agent) if word == "done" else News()
        if word == "blocked":
            news = News(blocked=((agent, reason or ""),))
        self._record(said, *self._notices(news), subject=f"reports {word}")
        return Change(agent, word)

    @_one_at_a_time
    def finish(
        self, name: str, *, outputs: tuple[str, ...], work: Callable[[AgentRecord], Mapping[str, Any] | None]
    ) -> Change:
        """Record that an agent has finished, unless something in its worktree is not committed.

        ``work`` computes its work log; None where its branch cannot be read.
        """
        record = self._known(AgentName(name))
        refuse_elsewhere(record, self.repository, f"run it there, or: gatekeeper agent report done --as {name}")
        found = agents.obstacles(self.repository, _workplace(record), self._trunk.commit)
        open_ones = tuple(o for o in found if o.kind in {ObstacleKind.UNCOMMITTED, ObstacleKind.IN_PROGRESS})
        if open_ones:
            return Change(record.name, "not finished", _workplace(record), obstacles=open_ones, hint="commit it first")
        head = self.repository.commit_of(record.branch)
        said = happened.AgentFinished(record.name, head, outputs)
        document = work(record)
        if self._is_repeated(record, said, document):
            return Change(record.name, "finished", _workplace(record))
        logged = [happened.WorkLogged(record.name, document)] if document is not None else []
        self._record(said, *logged, *self._notices(self._done(record.name)), subject="finished")
        return Change(record.name, "finished", _workplace(record))

    @_one_at_a_time
    def remove(self, name: str, *, archived: bool) -> Change:
        """Take an agent's workplace away, unless work would be lost; of an adopted one only the record."""
        record = self._known(AgentName(name))
        if self.state.get(AgentRecord, name) is None:
            raise UsageError(
                f"{name} has not been started, so that there is nothing to remove",
                "gatekeeper.toml on trunk declares it; take it out there",
            )
        place = _workplace(record)
        if not record.made_here:
            self._record(happened.AgentRemoved(record.name), subject="removed")
            return Change(record.name, "removed", notes=("its branch and worktree are not gatekeeper's, and stay",))
        refuse_elsewhere(record, self.repository)
        kept = self._kept(record)
        if kept is not None:
            gone = agents.remove(self.repository, place, trunk=self._trunk.commit, archived=kept)
            if not gone.obstacles:
                return self._removed(record, gone, kept)
            # The agent has gone on since that was kept.
        found = agents.obstacles(self.repository, place, self._trunk.commit)
        if found and not (archived and all(obstacle.kind.can_be_archived for obstacle in found)):
            return Change(record.name, "not removed", place, obstacles=found, hint=way_out(found))
        kept = agents.archive(self.repository, place, record.name) if found else None
        head = self.repository.commit_of(record.branch)
        intent = happened.AgentRemovalIntended(record.name, None if kept is None else kept.ref, head)
        if (record.pending_step, record.archived_as, record.head) != (
            "removal",
            intent.archived_as,
            head or record.head,
        ):
            self._record(intent, subject="to be removed")
        gone = agents.remove(self.repository, place, trunk=self._trunk.commit, archived=kept)
        if gone.obstacles:
            return Change(record.name, "not removed", place, obstacles=gone.obstacles, hint=way_out(gone.obstacles))
        return self._removed(record, gone, kept)

    def _removed(self, record: AgentRecord, gone: Removed, kept: ArchiveRef | None) -> Change:
        self._record(happened.AgentRemoved(record.name), subject="removed")
        ignored = (f"{gone.ignored_files} ignored files went with it",) if gone.ignored_files else ()
        archived = None if kept is None else kept.ref
        return Change(record.name, "removed", _workplace(record), (*gone.notes, *ignored), archived=archived)

    def _is_repeated(
        self, record: AgentRecord, said: happened.AgentFinished, document: Mapping[str, Any] | None
    ) -> bool:
        """Return whether the ledger says all of it already: of a run that was killed after it had recorded it, say."""
        logged = self.state.get(WorkRecord, record.name)
        known = (record.progress, record.head, None if logged is None else logged.document)
        return known == ("completed", said.head, document) and set(said.outputs) <= set(record.outputs)

    def _kept(self, record: AgentRecord) -> ArchiveRef | None:
        """Return the archive that a removal which was killed had made."""
        if record.pending_step != "removal" or record.archived_as is None:
            return None
        commit = self.repository.commit_of(record.archived_as)
        return None if commit is None else ArchiveRef(record.archived_as, commit)

    def _known(self, agent: AgentName) -> AgentRecord:
        refuse_removed(self.state.get(AgentRecord, agent), agent)
        records = {name: record for name, record in self.state.each(AgentRecord) if record.removed_at is None}
        if agent in records:
            return records[agent]
        if agent in self._settings.roster.agents:
            return AgentRecord(agent, self._settings.roster.agents[agent].branch, "pending", self._clock())
        raise no_such_agent(agent, [*records, *self._settings.roster.agents])

    def _declared_branch(self, agent: AgentName) -> str:
        spec = self._settings.roster.agents.get(agent)
        return agent if spec is None else spec.branch

    def told(self, done: Change) -> Change:
        """Tell what was recorded, and return the change with whom it could not be told."""
        return replace(done, troubles=self._herald.tell(self._clock()))

    def _begun(self, agent: AgentName) -> Sequence[happened.NoticeDue]:
        return self._notices(News(decided=(task_item("task-started", agent, self._phase(agent)),)))

    def _done(self, agent: AgentName) -> News:
        return News(done=(agent,), decided=(task_item("task-completed", agent, self._phase(agent)),))

    def _phase(self, agent: AgentName) -> PhaseName | None:
        phase = registry(self._settings.roster, self.state).phase_of(agent)
        return None if phase is None else phase.name

    def _notices(self, news: News) -> Sequence[happened.NoticeDue]:
        return self._herald.due(news, at=self._clock(), trunk=self._trunk.commit)

    def _event(self, payload: Payload) -> Event:
        return new_event(payload, at=self._clock(), by=getattr(payload, "agent", "gatekeeper"))

    def _record(self, *payloads: Payload, subject: str) -> None:
        events = [self._event(payload) for payload in payloads]
        name = getattr(payloads[0], "agent", "")
        self._ledger.append(lambda _state: events, subject=f"agent {name}: {subject}", at=events[0].at)


def _workplace(record: AgentRecord) -> Workplace:
    return Workplace(record.name, record.branch, record.worktree or None, record.target_dir or None)
