"""Whether the ledger is what its events amount to: replay gives the tree, commit by commit."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from gatekeeper.core.ledger.apply import apply
from gatekeeper.core.ledger.events import Event, HistoryArchived
from gatekeeper.core.ledger.records import EventId
from gatekeeper.core.ledger.state import Overlaid
from gatekeeper.core.names import Oid
from gatekeeper.errors import GatekeeperError
from gatekeeper.ledger import history
from gatekeeper.ledger.commits import LedgerCommit, read_commit
from gatekeeper.ledger.tree import StateTree
from gatekeeper.repository.object_database import ImaginedObjects, ObjectDatabase


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
    seen: set[EventId] = set()
    for oid in reversed(list(_known(objects, tip, after))):
        try:
            commit = read_commit(objects, oid)
            fault = _fault(objects, commit, good, seen)
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
    return Verified(commits, events, good, unseen=unseen)


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
