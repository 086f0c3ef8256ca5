"""Whose word counts: waivers whose signature is good for somebody who has the role, by what trunk says."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import suppress
from datetime import datetime

from gatekeeper.config import Settings
from gatekeeper.core.authority import roles_of
from gatekeeper.core.ledger.event_types import may_write, type_of
from gatekeeper.core.ledger.events import Event, WaiverGranted, WaiverRevoked
from gatekeeper.core.ledger.records import WaiverRecord
from gatekeeper.core.ledger.state import Records
from gatekeeper.core.names import Oid
from gatekeeper.errors import GatekeeperError, RepositoryError
from gatekeeper.ledger.codec import read_event, signed_bytes
from gatekeeper.repository import Repository

NOT_CONFIGURED = "trunk has no allowed_signers"
UNSIGNED = "it is not signed"


class Authority:
    """Whose signature counts for what, as trunk says: its signers, and the roles in its configuration."""

    def __init__(self, repository: Repository, settings: Settings, trunk: Oid) -> None:
        self._roles = settings.roster.roles
        self._repository_id: str | None = None
        self._repository = repository
        self._trunk = trunk
        from gatekeeper.signing import Signers  # noqa: PLC0415 - nearly every poll has no signature to check

        text = repository.blob(trunk, settings.ledger.allowed_signers)
        self._signers = None if text is None else Signers(text)

    @property
    def repository_id(self) -> str:
        """The commit with which trunk began: what a signature names, so that it counts in no other repository."""
        if self._repository_id is None:
            self._repository_id = self._repository.root_commit(self._trunk)
        return self._repository_id

    def objection(self, event: Event, *, now: datetime | None = None) -> str | None:
        """Return why an event that carries authority does not count; None where it does, or needs none.

        With ``now``, the key has to be good at that moment as well as when the event says that it was written: whoever
        has a key that is no longer good can write any date.
        """
        if type_of(event.payload).roles is None:
            return None
        if not isinstance(event.payload, (WaiverGranted, WaiverRevoked)):
            return "nobody may write it"
        if event.signature is None:
            return UNSIGNED
        try:
            return self._objection_to(event, event.payload, event.signature, {event.at, now or event.at})
        except RepositoryError as error:
            return f"it cannot be checked: {error.message}"

    def _objection_to(
        self, event: Event, said: WaiverGranted | WaiverRevoked, signature: str, moments: Iterable[datetime]
    ) -> str | None:
        kind = type_of(said)
        if self._signers is None:
            return NOT_CONFIGURED
        if said.repository != self.repository_id:
            return "it was signed for another repository"
        if not may_write(kind.name, roles_of(said.principal, self._roles)):
            return f"{said.principal} has not the role {' or '.join(sorted(kind.roles or ()))}"
        for moment in sorted(moments):
            verdict = self._signers.verify(signed_bytes(event), signature, said.principal, moment)
            if not verdict.is_good:
                return f"{verdict.outcome.value}: {verdict.reason}"
        return None

    def forgery(self, event: Event) -> str | None:
        """Return why an event that carries authority is nobody's: it was changed, or never signed. None where it is."""
        found = self.objection(event)
        from gatekeeper.signing import Outcome  # noqa: PLC0415 - loaded by now

        return found if found == UNSIGNED or (found or "").startswith(Outcome.BAD_SIGNATURE.value) else None

    def counts(self, waiver: WaiverRecord, now: datetime) -> str | None:
        """Return why a waiver does not count; None where it does."""
        if waiver.until <= now:
            return "it has ended"
        granted = _written(waiver.event)
        if granted is None or not _says(granted, waiver):
            return "it is not what was signed"
        if (objection := self.objection(granted, now=now)) is not None:
            return objection
        for line in waiver.revocations:
            event = _written(line)
            said = None if event is None else event.payload
            if event is None or not isinstance(said, WaiverRevoked) or said.waiver != waiver.id:
                continue
            # Its key need not be good any more: what was taken back stays so.
            if self.objection(event) is None:
                return f"{said.principal} has taken it back: {said.because}"
        return None


def _written(line: str) -> Event | None:
    with suppress(GatekeeperError):
        return read_event(line.encode())
    return None


def _says(event: Event, waiver: WaiverRecord) -> bool:
    said = event.payload
    return (
        isinstance(said, WaiverGranted)
        and event.id == waiver.id
        and (said.finding, said.until, said.principal) == (waiver.finding, waiver.until, waiver.principal)
        and (said.because, said.rule, said.path, said.key) == (waiver.because, waiver.rule, waiver.path, waiver.key)
    )


def waivers_that_count(
    repository: Repository, state: Records, settings: Settings, trunk: Oid, now: datetime
) -> tuple[WaiverRecord, ...]:
    """Return the waivers that let their finding pass at this moment."""
    waivers = [waiver for _, waiver in state.each(WaiverRecord)]
    if not waivers:
        return ()
    authority = Authority(repository, settings, trunk)
    return tuple(waiver for waiver in waivers if authority.counts(waiver, now) is None)


def trusted_waivers(
    repository: Repository, state: Records, settings: Settings, trunk: Oid, now: datetime
) -> frozenset[str]:
    """Return the findings that may pass."""
    return frozenset(waiver.finding for waiver in waivers_that_count(repository, state, settings, trunk, now))
