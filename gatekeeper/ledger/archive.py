"""The ledger's history to a reference of its own: the state goes on from one commit that says where the rest is."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from gatekeeper.core.ledger.apply import apply
from gatekeeper.core.ledger.events import HistoryArchived
from gatekeeper.core.ledger.state import Overlaid
from gatekeeper.core.names import Oid, RefName
from gatekeeper.errors import BadInputError, DamagedLedgerError
from gatekeeper.ledger.commits import write_commit
from gatekeeper.ledger.ledger import Ledger, new_event
from gatekeeper.ledger.sync import ARCHIVES
from gatekeeper.repository.references import NamedReferences

_ID_LENGTH = 12


@dataclass(frozen=True, slots=True)
class Archived:
    """The reference that keeps the history, its tip, and how many commits only it has now."""

    ref: RefName
    tip: Oid
    commits: int


def archive(ledger: Ledger, references: NamedReferences, *, at: datetime, by: str) -> Archived:
    """Move the history of the ledger to an archive; raises BadInputError where there is none, LedgerError.

    Killed in between, it leaves an archive that nothing names; the ledger is then as it was.
    """
    with ledger.locked():
        found, tip = ledger.standing()
        if tip is None:
            raise BadInputError("there is no ledger yet", "gatekeeper poll starts one")
        # Named by what it keeps: two clones that archive on one day do not get into each other's way.
        ref = RefName(f"{ARCHIVES}{at:%Y-%m-%d}-{tip[:_ID_LENGTH]}")
        commits = sum(1 for _ in ledger.objects.commits(tip))
        if references.read(ref) != tip and not references.swap(ref, old=None, new=tip):
            raise BadInputError(f"{ref} is taken", "try again")
        new = _first_after(ledger, tip, ref, at=at, by=by)
        if not ledger.move(found, new):
            raise BadInputError("somebody else wrote to the ledger meanwhile", "try again")
    return Archived(ref, tip, commits)


def _first_after(ledger: Ledger, tip: Oid, ref: RefName, *, at: datetime, by: str) -> Oid:
    event = new_event(HistoryArchived(tip, ref), at=at, by=by)
    state = ledger.state_of(tip)
    overlaid = Overlaid(state)
    overlaid.put(apply(event, overlaid))
    tree = state.with_changes(overlaid.changes, ledger.objects)
    if tree is None:
        raise DamagedLedgerError("the ledger would be left empty")
    subject = f"ledger: history up to {at:%Y-%m-%d} archived"
    return write_commit(ledger.objects, tree=tree, parent=None, at=at, subject=subject, events=[event])
