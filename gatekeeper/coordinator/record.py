"""Writing to the ledger, through a remote where the ledger is shared, and without it while it is out of reach."""

from __future__ import annotations

from datetime import datetime

from gatekeeper.errors import RemoteError
from gatekeeper.ledger.ledger import Appended, Decide, Ledger
from gatekeeper.ledger.sync import SharedLedger
from gatekeeper.repository import Repository
from gatekeeper.repository.remotes import Remote


class Recorder:
    """One ledger, and its remote if it has one. ``trouble``: why the remote was left out."""

    def __init__(self, repository: Repository, remote: str | None) -> None:
        self.ledger = Ledger(repository)
        self.trouble: str | None = None
        self._shared: SharedLedger | None = None
        if remote is not None:
            self._shared = SharedLedger(self.ledger, repository.named_references(), Remote(repository, remote))

    def append(self, decide: Decide, *, subject: str, at: datetime) -> Appended:
        """Append what ``decide`` makes of the newest state; a remote that is gone holds nobody up."""
        if self._shared is None:
            return self.ledger.append(decide, subject=subject, at=at)
        try:
            done = self._shared.append(decide, subject=subject, at=at)
        except RemoteError as error:
            self._leave_out(error)
            return self.ledger.append(decide, subject=subject, at=at)
        if done.unsent is not None:
            self._leave_out(done.unsent)
        return done

    def _leave_out(self, error: RemoteError) -> None:
        self.trouble = error.message + (f": {error.hint}" if error.hint else "")
        self._shared = None
