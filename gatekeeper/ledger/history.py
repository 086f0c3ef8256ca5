"""The ledger's history: its commits in order, and what two histories have in common.

A history is a line. Where its beginning was archived, the first commit says which tip came before it; the line goes on
there if that commit is at hand.
"""

from __future__ import annotations

from collections.abc import Iterator

from gatekeeper.core.ledger.events import Event, HistoryArchived
from gatekeeper.core.ledger.records import EventId
from gatekeeper.core.names import Oid
from gatekeeper.ledger.commits import LedgerCommit, parent_of, read_commit
from gatekeeper.repository.object_database import ObjectDatabase


def backwards(objects: ObjectDatabase, tip: Oid, *, until: Oid | None = None) -> Iterator[Oid]:
    """Yield the commits from ``tip`` to the first one, or to the one after ``until``; raises RepositoryError."""
    at: Oid | None = tip
    while at is not None and at != until:
        yield at
        at = parent_of(objects, at) or _archived_before(objects, at)


def _archived_before(objects: ObjectDatabase, first: Oid) -> Oid | None:
    for event in read_commit(objects, first).events:
        if isinstance(event.payload, HistoryArchived) and objects.has(event.payload.tip):
            return event.payload.tip
    return None


def commits(objects: ObjectDatabase, tip: Oid, *, after: Oid | None = None) -> Iterator[LedgerCommit]:
    """Yield the commits of a history, the oldest first, beginning after ``after``; raises LedgerError."""
    for oid in reversed(list(backwards(objects, tip, until=after))):
        yield read_commit(objects, oid)


def common(objects: ObjectDatabase, one: Oid, other: Oid) -> Oid | None:
    """Return the last commit that two histories share, None where they share none.

    Git finds it at once, unless it lies before an archive. Then both are walked back in turns, so that two that parted
    lately are compared soon, however long they are.
    """
    if (found := objects.merge_base(one, other)) is not None:
        return found
    walks = (backwards(objects, one), backwards(objects, other))
    seen: tuple[set[Oid], set[Oid]] = (set(), set())
    ended = [False, False]
    while not all(ended):
        for side, walk in enumerate(walks):
            here = next(walk, None)
            if here is None:
                ended[side] = True
                continue
            seen[side].add(here)
            if here in seen[1 - side]:
                return here
    return None


def events_after(objects: ObjectDatabase, tip: Oid, base: Oid | None) -> Iterator[Event]:
    """Yield the events of a history after ``base``, the oldest first."""
    for commit in commits(objects, tip, after=base):
        yield from commit.events


def cut_off_before(objects: ObjectDatabase, tip: Oid) -> Oid | None:
    """Return the tip of the archived history that this one goes on from and that is not at hand; None: all is there."""
    *_, first = backwards(objects, tip)
    archived = (event.payload for event in read_commit(objects, first).events)
    return next((said.tip for said in archived if isinstance(said, HistoryArchived)), None)


def event_ids(objects: ObjectDatabase, tip: Oid, base: Oid | None) -> set[EventId]:
    """Return the ids of the events after ``base``."""
    return {event.id for event in events_after(objects, tip, base)}
