"""One ledger for all clones: with a remote, the push is the compare-and-swap.

Fetch what the remote has, put on top of it what this clone has and the remote has not, push that in place of exactly
what was fetched, and only then let the local ledger follow.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime

from gatekeeper.core.ledger.references import LEDGER_REF
from gatekeeper.core.names import Oid, RefName
from gatekeeper.errors import RemoteError
from gatekeeper.ledger import history
from gatekeeper.ledger.ledger import Appended, Decide, Ledger
from gatekeeper.repository.references import NamedReferences
from gatekeeper.repository.remotes import Remote

ARCHIVES = "refs/gatekeeper/archive/ledger/"
"""Of the ledger's own history. What removed agents have left stays here: it may hold what was never committed."""

_MOST_TRIES = 50
_MOST_UNMOVED = 10
"""Whoever pushes holds the remote's lock for a moment, and then the ledger has moved."""


@dataclass(frozen=True, slots=True)
class Synced:
    """How many events came from the remote, how many went there, and the tip that both have now."""

    tip: Oid | None
    received: int
    sent: int


class SharedLedger:
    """A ledger and the remote with which it is shared."""

    def __init__(self, ledger: Ledger, references: NamedReferences, remote: Remote) -> None:
        self._ledger = ledger
        self._references = references
        self._remote = remote
        self._listed: Mapping[RefName, Oid] = {}
        self._theirs = RefName(f"refs/gatekeeper/remotes/{remote.name}/ledger")

    def fetch(self) -> Oid | None:
        """Fetch the remote's ledger and return its tip, None where it has none; raises RemoteError."""
        listed = self._listed = self._remote.listed("refs/gatekeeper/*")
        wanted = [f"+{LEDGER_REF}:{self._theirs}"] if LEDGER_REF in listed else []
        wanted += [f"{name}:{name}" for name in listed if name.startswith(ARCHIVES) and not self._references.read(name)]
        if wanted:
            self._remote.fetch(*wanted)
        return self._references.read(self._theirs) if LEDGER_REF in listed else None

    def sync(self) -> Synced:
        """Bring both to one history; raises RemoteError, LedgerError."""
        before = self._ledger.tip()
        for theirs in self._tries():
            tip = self._united(theirs)
            if tip is None:
                return Synced(None, 0, 0)
            if tip == theirs or self._push(theirs, tip):
                return Synced(self._ledger.follow(tip), self._new(tip, before), self._new(tip, theirs))
        raise self._never_won()

    def append(self, decide: Decide, *, subject: str, at: datetime) -> Appended:
        """Append to both what ``decide`` makes of what both have; raises RemoteError, LedgerError.

        Decided anew whenever the remote has moved; so of two clones that see the same, one records it.
        Where a push fails, it may have arrived all the same: this clone then has the very same events, and not others
        that say the same.
        """
        for theirs in self._tries():
            tip = self._united(theirs)
            events = tuple(decide(self._ledger.state_of(tip)))
            if events:
                tip = self._ledger.committed(tip, events, subject=subject, at=at)
            if tip is None:
                return Appended(None, ())
            try:
                if tip == theirs or self._push(theirs, tip):
                    return Appended(self._ledger.follow(tip), events)
            except RemoteError as error:
                return Appended(self._ledger.follow(tip), events, unsent=error)
        raise self._never_won()

    def _tries(self) -> Iterator[Oid | None]:
        """Yield what the remote has, once a try; raises RemoteError where it stays the same, and takes nothing."""
        last: Oid | None = None
        unmoved = 0
        for number in range(_MOST_TRIES):
            theirs = self.fetch()
            unmoved = unmoved + 1 if number and theirs == last else 0
            if unmoved == _MOST_UNMOVED:
                raise RemoteError(
                    f"{self._remote.name} does not let its ledger move",
                    "has a process that died left a lock of the reference there?",
                )
            last = theirs
            yield theirs

    def _never_won(self) -> RemoteError:
        return RemoteError(f"{self._remote.name} was always faster", "try again later")

    def _united(self, theirs: Oid | None) -> Oid | None:
        _, mine = self._ledger.standing()
        if theirs is None or theirs == mine:
            return mine
        self._ledger.require_sound(theirs, known=mine, remote=self._remote.name)
        if mine is None:
            return theirs
        return self._ledger.united(mine, onto=theirs, remote=self._remote.name)

    def _push(self, old: Oid | None, new: Oid) -> bool:
        """Push an archive along with the ledger that goes on from it."""
        known = self._references.below(ARCHIVES)
        archives = {name: (None, oid) for name, oid in known.items() if name not in self._listed}
        if not self._remote.push({LEDGER_REF: (old, new), **archives}):
            return False
        self._references.swap(self._theirs, old=self._references.read(self._theirs), new=new)
        return True

    def _new(self, tip: Oid, old: Oid | None) -> int:
        objects = self._ledger.objects
        if old is None:
            return len(history.event_ids(objects, tip, None))
        base = history.common(objects, tip, old)
        # What one has and the other has appended anew is no news to it.
        return len(history.event_ids(objects, tip, base) - history.event_ids(objects, old, base))
