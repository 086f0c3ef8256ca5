"""Whether the ledger is what its events amount to: replay gives the tree, commit by commit."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import islice

from gatekeeper.core.ledger.apply import apply
from gatekeeper.core.ledger.events import Event, HistoryArchived
from gatekeeper.core.ledger.records import EventId
from gatekeeper.core.ledger.state import Overlaid
from gatekeeper.core.names import Oid
from gatekeeper.errors import GatekeeperError, UnknownEventError
from gatekeeper.ledger import history
from gatekeeper.ledger.commits import LedgerCommit, parent_of, read_commit
from gatekeeper.ledger.tree import StateTree
from gatekeeper.repository.object_database import ImaginedObjects, ObjectDatabase

_LOOK_BACK = 1000
"""Among the events of so many commits one is looked for that was put there again, where not everything is replayed."""


@dataclass(frozen=True, slots=True)
class Verified:
    """How far the ledger is sound. ``fault``: what is wrong with the commit after ``good``; None: nothing.

    ``unseen``: the tip of the archived history before the first commit, where that is not at hand and was not replayed.
    """

    commits: int
    events: int
    good: Oid | None
    bad: Oid | None = None
    fault: str | None = None
    unseen: Oid | None = None


def verify(
    objects: ObjectDatabase,
    tip: Oid,
    *,
    after: Oid | None = None,
    each_event: Callable[[Event], None] = lambda _event: None,
    progress: Callable[[int], None] = lambda _done: None,
) -> Verified:
    """Replay the ledger from its first commit, or from the one after ``after``, and say where it stops being sound.

    ``each_event`` gets every event of a commit that is sound, to look at its signature for example.
    """
    commits = events = 0
    good, unseen = after, None
    seen = set() if after is None else _ids_up_to(objects, after)
    for oid in reversed(list(_known(objects, tip, after))):
        try:
            commit = read_commit(objects, oid)
            fault = _fault(objects, commit, good, seen)
        except UnknownEventError:
            # A newer program wrote it: nothing is wrong with the ledger.
            raise
        except GatekeeperError as error:
            return Verified(commits, events, good, oid, error.message, unseen)
        if fault is not None:
            return Verified(commits, events, good, oid, fault, unseen)
        if good is None:
            unseen = _goes_on_from(commit)
        for event in commit.events:
            each_event(event)
        commits += 1
        events += len(commit.events)
        good = oid
        progress(commits)
    if after is None and (fault := _unreadable(objects, tip)) is not None:
        return Verified(commits, events, None if good is None else parent_of(objects, good), tip, fault, unseen)
    return Verified(commits, events, good, unseen=unseen)


def _ids_up_to(objects: ObjectDatabase, tip: Oid) -> set[EventId]:
    """Return the ids of the last events; those of all would take as long as to replay everything."""
    try:
        last = islice(history.backwards(objects, tip), _LOOK_BACK)
        return {event.id for oid in last for event in read_commit(objects, oid).events}
    except GatekeeperError:
        return set()


def _unreadable(objects: ObjectDatabase, tip: Oid) -> str | None:
    """Replay names the files of the state and does not read them; so this does."""
    try:
        StateTree(objects, read_commit(objects, tip).tree).require_whole()
    except GatekeeperError as error:
        return error.message
    return None


def _known(objects: ObjectDatabase, tip: Oid, after: Oid | None) -> Iterator[Oid]:
    """Yield the history backwards, as far as it can be read: where it cannot, that is told of the last one."""
    try:
        yield from history.backwards(objects, tip, until=after)
    except GatekeeperError:
        return


def _fault(objects: ObjectDatabase, commit: LedgerCommit, before: Oid | None, seen: set[EventId]) -> str | None:
    """Return what is wrong with a commit whose parent is sound; None: nothing."""
    if commit.parent is not None and commit.parent != before:
        return f"its parent {commit.parent} is missing or damaged"
    if commit.parent is None and before is None and _goes_on_from(commit) is not None:
        # What came before is not in this clone, and cannot be replayed: the state is taken as it stands.
        return None
    if not commit.events:
        return "it holds no event"
    for event in commit.events:
        if event.id in seen:
            return f"event {event.id} stands in the ledger twice"
        seen.add(event.id)
    state = StateTree(objects, read_commit(objects, before).tree if before is not None else None)
    overlaid = Overlaid(state)
    for event in commit.events:
        overlaid.put(apply(event, overlaid))
    tree = state.with_changes(overlaid.changes, ImaginedObjects(objects))
    if tree != commit.tree:
        return "its state is not what its events amount to"
    return None


def _goes_on_from(first: LedgerCommit) -> Oid | None:
    archived = (event.payload for event in first.events)
    return next((said.tip for said in archived if isinstance(said, HistoryArchived)), None)
