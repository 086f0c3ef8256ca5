"""Taking trunk into an agent's branch: merged in memory, verified, and published for the agent to fast-forward to.

No branch is ever moved from here, and no worktree touched. What is about to be published is in the ledger first, its
outcome afterwards; killed in between, the same command or the next poll makes the same merge again, and finds what is
there already.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from gatekeeper.config import Settings
from gatekeeper.coordinator.integrations import integrated_ref
from gatekeeper.coordinator.ruled_places import ruled_places
from gatekeeper.coordinator.trusting import Judge
from gatekeeper.core.branch_names import branch_of
from gatekeeper.core.ledger.case_events import IntegrationFailed, IntegrationIntended, IntegrationPublished
from gatekeeper.core.ledger.case_records import IntegrationRecord
from gatekeeper.core.ledger.events import Event, Payload
from gatekeeper.core.ledger.state import Records
from gatekeeper.core.names import AgentName, Oid, RefName
from gatekeeper.core.safe_text import safe
from gatekeeper.core.safe_text import without_surrogates as text
from gatekeeper.core.workplace import directory_name
from gatekeeper.errors import GatekeeperError, RepositoryError
from gatekeeper.ledger.file_lock import held
from gatekeeper.ledger.ledger import Ledger, new_event
from gatekeeper.merging.commits import Identity, commit_merge, merge_commits
from gatekeeper.merging.ruled import ruled_contents
from gatekeeper.merging.verifying import verify_tree
from gatekeeper.repository import Repository
from gatekeeper.repository.discovery import Trunk
from gatekeeper.repository.objects import ObjectStore

Outcome = Literal["up-to-date", "published", "failed"]

_OURS = Identity("gatekeeper", "gatekeeper@localhost")


@dataclass(frozen=True, slots=True)
class Task:
    """One integration: of trunk into the state ``head`` of an agent's branch."""

    agent: AgentName
    head: Oid
    trunk: Trunk


@dataclass(frozen=True, slots=True)
class Integration:
    """What came of it, or would. ``commit``: what the agent can fast-forward to; ``reasons``: why there is nothing.

    ``settled`` are places that our merge, or a ruling, has decided; ``notes`` say how, and what could not be looked at.
    """

    task: Task
    outcome: Outcome
    commit: Oid | None = None
    settled: tuple[str, ...] = ()
    reasons: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()

    @property
    def payload(self) -> IntegrationPublished | IntegrationFailed | None:
        """What has to be recorded of it; nothing where there was nothing to do."""
        task = self.task
        if self.outcome == "failed":
            return IntegrationFailed(task.agent, task.head, task.trunk.commit, "; ".join(map(text, self.reasons)))
        if self.outcome == "up-to-date" or self.commit is None:
            return None
        settled = tuple(map(text, self.settled))
        return IntegrationPublished(task.agent, task.head, task.trunk.commit, self.commit, settled)


@dataclass(frozen=True, slots=True)
class _Merged:
    """A merge in the scratch store. ``tree`` None: there is none that could be published."""

    tree: Oid | None
    settled: tuple[str, ...] = ()
    reasons: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()


class Integrator:
    """Integrates in one repository."""

    def __init__(self, repository: Repository, settings: Settings, *, clock: Callable[[], datetime]) -> None:
        self._repository = repository
        self._settings = settings
        self._clock = clock
        self._references = repository.named_references()

    def integrate(self, task: Task, ledger: Ledger) -> Integration:
        """Integrate, and record it before and after; who does the same at the same time waits, and finds it done.

        Raises GatekeeperError where objects are missing, or something cannot be written; that is recorded as well.
        """
        with self._alone(task.agent):
            state = ledger.state()
            done = self._standing(task, state)
            if done is not None:
                return done
            self._record(ledger, IntegrationIntended(task.agent, task.head, task.trunk.commit), "to integrate")
            try:
                done = self._attempted(task, state)
            except GatekeeperError as error:
                self._record(ledger, _failed(task, error.message, error.hint).payload, "not integrated")
                raise
            self._record(ledger, done.payload, "integrated" if done.outcome == "published" else "not integrated")
            return done

    def attempt(self, task: Task, state: Records) -> Integration:
        """Integrate what is announced already; the caller records what came of it, and that it raised nothing."""
        with self._alone(task.agent):
            try:
                return self._up_to_date(task) or self._attempted(task, state)
            except GatekeeperError as error:
                return _failed(task, error.message, error.hint)
            except OSError as error:
                return _failed(task, str(error), None)

    def rehearse(self, task: Task, state: Records) -> Integration:
        """Return what would come of it, and write nothing; raises BadInputError where objects are missing."""
        done = self._up_to_date(task)
        if done is not None:
            return done
        with closing(self._repository.object_store()) as store:
            merged = self._merged(store, task, state)
        outcome: Outcome = "failed" if merged.tree is None else "published"
        return Integration(task, outcome, None, merged.settled, merged.reasons, merged.notes)

    @contextmanager
    def _alone(self, agent: AgentName) -> Iterator[None]:
        """Let nobody else integrate for the same agent meanwhile."""
        lock = f"integrate-{directory_name(agent)}.lock"
        with held(self._repository.common_directory / "gatekeeper" / lock):
            yield

    def _up_to_date(self, task: Task) -> Integration | None:
        if self._repository.database().is_ancestor(task.trunk.commit, task.head):
            return Integration(task, "up-to-date")
        return None

    def _standing(self, task: Task, state: Records) -> Integration | None:
        """Return what is there already: trunk in the branch, or a merge that the ledger says was published for it."""
        if (done := self._up_to_date(task)) is not None:
            return done
        record = state.get(IntegrationRecord, task.agent)
        there = self._references.read(integrated_ref(task.agent))
        if record is None or record.is_making or there is None or (record.published, record.head) != (there, task.head):
            return None
        database = self._repository.database()
        if not all(database.is_ancestor(parent, there) for parent in (task.head, task.trunk.commit)):
            return None
        return Integration(task, "published", there, notes=("it was published before",))

    def _attempted(self, task: Task, state: Records) -> Integration:
        ref = integrated_ref(task.agent)
        there = self._references.read(ref)
        try:
            with closing(self._repository.object_store()) as store:
                merged = self._merged(store, task, state)
                commit = None if merged.tree is None else self._commit(store, task, merged, merged.tree, there)
        except GatekeeperError:
            self._withdraw(ref, there)
            raise
        if commit is None:
            self._withdraw(ref, there)
            return Integration(task, "failed", None, merged.settled, merged.reasons, merged.notes)
        if commit != there and not self._references.swap(ref, old=there, new=commit):
            raise RepositoryError(f"{ref} was moved by somebody else meanwhile", "the same command tries it again")
        return Integration(task, "published", commit, merged.settled, (), merged.notes)

    def _withdraw(self, ref: RefName, there: Oid | None) -> None:
        """Take away what an older attempt has published: nobody shall take it for this one."""
        if there is not None:
            self._references.delete(ref, old=there)

    def _merged(self, store: ObjectStore, task: Task, state: Records) -> _Merged:
        sides = (task.head, task.trunk.commit)
        rulings = ruled_places(self._repository, store, state, lambda: self._judge(task, state), sides)
        ruled = ruled_contents(store, *sides, rulings)
        merge = merge_commits(store, *sides, ruled=ruled.contents, regenerates_locks=True)
        by_ruling = {place.path for place in ruled.applied}
        settled = (*(path for path in merge.settled if path not in by_ruling), *map(str, ruled.applied))
        if merge.tree is None:
            reasons = tuple(
                f"{conflict.path}: {reason}"
                for conflict in merge.conflicts
                for reason in ruled.left.get(conflict.path, conflict.reasons)
            )
            return _Merged(None, settled, reasons, merge.notes)
        verified = verify_tree(store, merge.tree, sides)
        unfollowed = (reason for reasons in ruled.left.values() for reason in reasons)
        notes = (*merge.notes, *verified.notes, *unfollowed)
        if verified.faults:
            return _Merged(None, settled, tuple(f"the merge is broken: {fault}" for fault in verified.faults), notes)
        return _Merged(merge.tree, settled, (), notes)

    def _judge(self, task: Task, state: Records) -> Judge:
        return Judge(self._repository, state, self._settings, task.trunk.commit, self._clock())

    def _commit(self, store: ObjectStore, task: Task, merged: _Merged, tree: Oid, there: Oid | None) -> Oid:
        """Return the commit to publish: of what is there already if it is the same merge, else a new one."""
        sides = (task.head, task.trunk.commit)
        if store.is_ancestor(task.head, task.trunk.commit):
            return task.trunk.commit
        if there is not None and store.has(there) and _is_merge(store.read(there), tree, sides):
            return there
        known = self._repository.identity()
        identity = _OURS if known is None else Identity(*known)
        message = _message(task, merged.settled)
        return commit_merge(self._repository, store, tree, sides, message, identity=identity, at=self._clock())

    def _record(self, ledger: Ledger, payload: Payload | None, subject: str) -> None:
        if payload is None:
            return
        event = self._event(payload)
        ledger.append(lambda _state: [event], subject=f"agent {event.by}: {subject}", at=event.at)

    def _event(self, payload: Payload) -> Event:
        return new_event(payload, at=self._clock(), by=getattr(payload, "agent", "gatekeeper"))


def _failed(task: Task, message: str, hint: str | None) -> Integration:
    return Integration(task, "failed", reasons=(message + (f" ({hint})" if hint else ""),))


def _is_merge(commit: bytes, tree: Oid, parents: Sequence[Oid]) -> bool:
    head = [f"tree {tree}", *(f"parent {parent}" for parent in parents)]
    lines = commit.decode("utf-8", "replace").split("\n")
    return lines[: len(head)] == head and not lines[len(head)].startswith("parent ")


def _message(task: Task, settled: Iterable[str]) -> str:
    subject = f"Merge trunk ({branch_of(task.trunk.ref)} at {task.trunk.commit[:12]}) into {task.agent}"
    # A name of a file may hold a line break: what follows it would be a trailer that nobody has written.
    body = [f"Settled: {safe(place)}" for place in settled]
    return "\n".join([subject, "", *body])
