"""Appending to the ledger: read the tip, decide, commit, compare-and-swap; again if somebody was faster.

Writers on one machine take turns by a file lock, which the kernel takes away from a process that dies. What is right
does not depend on it: the compare-and-swap of the reference decides. A second reference follows the first
(``KEPT_REF``); should the first be truncated or deleted, nothing is lost, and the next writer brings it back.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TYPE_CHECKING

from gatekeeper.core.ledger.apply import apply
from gatekeeper.core.ledger.event_types import is_due_in
from gatekeeper.core.ledger.events import Event, Payload
from gatekeeper.core.ledger.record_kinds import FORMAT
from gatekeeper.core.ledger.records import EventId, LedgerRecord
from gatekeeper.core.ledger.references import KEPT_REF, LEDGER_REF
from gatekeeper.core.ledger.state import Overlaid, Records
from gatekeeper.core.names import Oid, RefName
from gatekeeper.errors import DamagedLedgerError, GatekeeperError, LedgerError, RemoteError, UnknownEventError
from gatekeeper.ledger import history
from gatekeeper.ledger.codec import event_line
from gatekeeper.ledger.commits import first_commit, write_commit
from gatekeeper.ledger.file_lock import held
from gatekeeper.ledger.tree import StateTree
from gatekeeper.ledger.verify import Verified, verify
from gatekeeper.repository.object_database import ObjectDatabase, Objects, PackedObjects

if TYPE_CHECKING:
    from gatekeeper.repository import Repository

_LOCK = "ledger.lock"
_ID_BYTES = 12
_WORTH_A_PACK = 200

Decide = Callable[[Records], Sequence[Event]]
"""What to append to a state: facts are the same for every state, decisions are derived from it."""


@dataclass(frozen=True, slots=True)
class Appended:
    """What an append has come to.

    ``restored``: the reference had lost events, which are back; ``unsent``: why the remote has perhaps not got them.
    """

    tip: Oid | None
    events: tuple[Event, ...]
    restored: bool = False
    unsent: RemoteError | None = None


def new_event(payload: Payload, *, at: datetime, by: str) -> Event:
    """Return an event with an id of its own."""
    return Event(EventId(new_id()), at, by, payload)


def new_id() -> str:
    """Return an id that nothing else has."""
    return secrets.token_hex(_ID_BYTES)


class Ledger:
    """The ledger of one repository."""

    def __init__(self, repository: Repository) -> None:
        self.objects: ObjectDatabase = repository.database()
        self._references = repository.named_references()
        self._room = repository.common_directory / "gatekeeper"
        self._last_read = StateTree(self.objects, None)

    def tip(self) -> Oid | None:
        """Return the newest commit; None before anything was recorded. A ledger that was deleted stands as it was."""
        return self._references.read(LEDGER_REF) or self._references.read(KEPT_REF)

    def state(self, tip: Oid | None = None) -> StateTree:
        """Return the state at ``tip``, or now; raises DamagedLedgerError when it cannot be read."""
        return self.state_of(tip or self.tip())

    def state_of(self, tip: Oid | None) -> StateTree:
        """Return the state at a commit, None: before the first one; raises LedgerError for another commit."""
        if tip is None:
            return StateTree(self.objects, None)
        tree = _tree_of(self.objects, tip)
        if self._last_read.oid == tree:
            return self._last_read
        state = StateTree(self.objects, tree)
        said = state.get(LedgerRecord)
        if said is None:
            raise DamagedLedgerError(f"{tip} is no commit of a ledger")
        if said.format != FORMAT:
            raise UnknownEventError(
                f"the ledger is of format {said.format}, which this version does not know",
                "a newer gatekeeper wrote it: upgrade this one",
            )
        self._last_read = state
        return state

    def append(self, decide: Decide, *, subject: str, at: datetime) -> Appended:
        """Append what ``decide`` makes of the newest state as one commit; nothing where it makes nothing.

        Raises LedgerError when the ledger cannot be read, RepositoryError when it cannot be written.
        """
        with self.locked():
            while True:
                found, tip = self.standing()
                events = tuple(decide(self.state_of(tip)))
                if not events and found == tip:
                    self._keep(tip)
                    return Appended(tip, ())
                new = self.committed(tip, events, subject=subject, at=at) if events else tip
                if new is None or self.move(found, new):
                    return Appended(new, events, restored=found != tip and tip is not None)

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Hold back the other writers of this machine."""
        with held(self._room / _LOCK):
            yield

    def follow(self, tip: Oid) -> Oid:
        """Let the ledger go on from ``tip``, with whatever this clone has recorded meanwhile on top; return its tip."""
        with self.locked():
            while True:
                found, mine = self.standing()
                new = tip if mine is None else self.united(mine, onto=tip)
                if self.move(found, new):
                    return new

    def standing(self) -> tuple[Oid | None, Oid | None]:
        """Return what the reference names, and the tip to append to: the same, unless events were taken out of it.

        What others have put there since this clone wrote last is replayed first; raises DamagedLedgerError where it is
        not what its events amount to.
        """
        found, kept = self._references.read(LEDGER_REF), self._references.read(KEPT_REF)
        if found == kept:
            return found, found
        if found is None:
            return None, kept
        self.require_sound(found, known=kept)
        return found, found if kept is None else self.united(kept, onto=found, subject="ledger: {} restored")

    def require_sound(self, tip: Oid, *, known: Oid | None, remote: str | None = None) -> None:
        """Raise DamagedLedgerError if a commit that ``known`` lacks is not what its events amount to.

        ``remote``: where the tip was fetched from; None: it is this clone's own.
        """
        found = verify(self.objects, tip, after=None if known is None else self._shared(tip, known))
        if found.fault is None:
            return
        back = found.good or known
        raise DamagedLedgerError(
            f"{_ledger_of(remote)} was edited by hand: of commit {found.bad}, {found.fault}",
            f"{_way_to(back, remote)} goes back to where it is sound" + ("" if back else ": to before the beginning"),
        )

    def _shared(self, one: Oid, other: Oid) -> Oid | None:
        try:
            return history.common(self.objects, one, other)
        except GatekeeperError:
            # One of them cannot be read; whoever replays it says where.
            return None

    def way_back(self, found: Verified) -> dict[RefName, Oid | None]:
        """Return where the references can go back to from a ledger that is not sound; None: to nothing.

        What is kept is left alone where it is sound, and then nothing is lost.
        """
        kept = self._references.read(KEPT_REF)
        if kept is None or verify(self.objects, kept).fault is None:
            return {LEDGER_REF: found.good or kept}
        return {LEDGER_REF: found.good, KEPT_REF: found.good}

    def move(self, old: Oid | None, new: Oid) -> bool:
        """Let the ledger name ``new`` if it names ``old``, and return whether it did."""
        if not self._references.swap(LEDGER_REF, old=old, new=new):
            return False
        self._keep(new)
        return True

    def _keep(self, tip: Oid | None) -> None:
        while tip is not None and (kept := self._references.read(KEPT_REF)) != tip:
            self._references.swap(KEPT_REF, old=kept, new=tip)

    def committed(self, parent: Oid | None, events: Sequence[Event], *, subject: str, at: datetime) -> Oid:
        """Write a commit of ``events`` after ``parent`` and return its id; no reference is moved."""
        if parent is None:
            parent = first_commit(self.objects)
        events = [event if event.written else replace(event, written=event_line(event)) for event in events]
        state = self.state(parent)
        overlaid = Overlaid(state)
        for event in events:
            overlaid.put(apply(event, overlaid))
        pack = PackedObjects(self.objects) if len(overlaid.changes) > _WORTH_A_PACK else None
        sink: Objects = pack or self.objects
        tree = state.with_changes(overlaid.changes, sink)
        if tree is None:
            raise DamagedLedgerError("the ledger would be left empty")
        commit = write_commit(sink, tree=tree, parent=parent, at=at, subject=subject, events=events)
        if pack is not None:
            pack.flush()
        return commit

    def united(
        self, mine: Oid, *, onto: Oid, remote: str | None = None, subject: str = "sync: {} of this clone"
    ) -> Oid:
        """Return a tip that has all events of ``onto`` and, after them, those of ``mine`` that belong there still.

        Facts are appended as they are; decisions only if they would be taken in the state that they meet.
        ``subject`` has a gap for how many events those are, ``remote`` is where ``onto`` was fetched from.
        Raises LedgerError. No reference is moved.
        """
        if mine == onto or self.objects.is_ancestor(mine, onto):
            return onto
        if self.objects.is_ancestor(onto, mine):
            return mine
        base = history.common(self.objects, mine, onto)
        if base in {mine, onto}:
            # One goes on from the other, if only past an archive.
            return onto if base == mine else mine
        if base is None:
            raise self._nothing_shared(mine, onto, remote)
        known = {event.id: event.written for event in history.events_after(self.objects, onto, base)}
        own = list(history.events_after(self.objects, mine, base))
        if (changed := next((e.id for e in own if known.get(e.id, e.written) != e.written), None)) is not None:
            raise DamagedLedgerError(
                f"{_ledger_of(remote)} was edited by hand: event {changed} is not what this clone has under that id",
                f"{_way_to(mine, remote)} goes back to what this clone has",
            )
        events = list(self._still_due((event for event in own if event.id not in known), onto))
        if not events:
            return onto
        told = f"{len(events)} {'event' if len(events) == 1 else 'events'}"
        return self.committed(onto, events, subject=subject.format(told), at=max(event.at for event in events))

    def _nothing_shared(self, mine: Oid, onto: Oid, remote: str | None) -> LedgerError:
        for tip in (mine, onto):
            if (archived := history.cut_off_before(self.objects, tip)) is not None:
                return LedgerError(
                    f"the ledger goes on from {archived}, which stands in an archive that this clone lacks",
                    f"git fetch {remote or 'REMOTE'} 'refs/gatekeeper/archive/*:refs/gatekeeper/archive/*' brings it",
                )
        return DamagedLedgerError(
            f"{onto} and {mine} are two ledgers that have nothing in common",
            f"{_way_to(mine, remote)} keeps this clone's",
        )

    def _still_due(self, events: Iterable[Event], tip: Oid) -> Iterator[Event]:
        overlaid = Overlaid(self.state(tip))
        for event in events:
            if is_due_in(event, overlaid):
                overlaid.put(apply(event, overlaid))
                yield event


def _ledger_of(remote: str | None) -> str:
    return "the ledger" if remote is None else f"the ledger of {remote}"


def _way_to(tip: Oid | None, remote: str | None) -> str:
    """Return the command that sets a ledger to another commit; None: to nothing."""
    if remote is not None:
        return f"git push {remote} +{tip or ''}:{LEDGER_REF}"
    return f"git update-ref {LEDGER_REF} {tip}" if tip is not None else f"git update-ref -d {LEDGER_REF}"


def _tree_of(objects: ObjectDatabase, commit: Oid) -> Oid:
    """Return the tree of a commit of the ledger, without reading its events; raises DamagedLedgerError."""
    head = objects.read(commit)
    if not head.startswith(b"tree "):
        raise DamagedLedgerError(f"{commit} is no commit of a ledger")
    return Oid(head[5:45].decode("ascii", "replace"))
