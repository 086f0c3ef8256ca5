"""Whose word counts: waivers whose signature is good for somebody who has the role, by what trunk says."""

from __future__ import annotations

from contextlib import suppress
from datetime import datetime

from gatekeeper.config import Settings
from gatekeeper.core.authority import roles_of
from gatekeeper.core.ledger.event_types import may_write, type_of
from gatekeeper.core.ledger.events import Event, WaiverGranted, WaiverRevoked
from gatekeeper.core.ledger.records import WaiverRecord
from gatekeeper.core.ledger.state import Records
from gatekeeper.core.names import Oid
from gatekeeper.errors import GatekeeperError
from gatekeeper.ledger.codec import read_event, signed_bytes
from gatekeeper.repository import Repository
from gatekeeper.signing import Signers

NOT_CONFIGURED = "trunk has no allowed_signers"


class Authority:
    """Whose signature counts for what, as trunk says: its signers, and the roles in its configuration."""

    def __init__(self, repository: Repository, settings: Settings, trunk: Oid) -> None:
        self._roles = settings.roster.roles
        self._repository_id: str | None = None
        self._repository = repository
        self._trunk = trunk
        text = repository.blob(trunk, settings.ledger.allowed_signers)
        self._signers = None if text is None else Signers(text)

    @property
    def repository_id(self) -> str:
        """The commit with which trunk began: what a signature names, so that it counts in no other repository."""
        if self._repository_id is None:
            self._repository_id = self._repository.root_commit(self._trunk)
        return self._repository_id

    def objection(self, event: Event) -> str | None:
        """Return why an event that carries authority does not count; None where it does, or needs none."""
        if type_of(event.payload).roles is None:
            return None
        if not isinstance(event.payload, (WaiverGranted, WaiverRevoked)):
            return "nobody may write it"
        if event.signature is None:
            return "it is not signed"
        return self._objection_to(event, event.payload, event.signature)

    def _objection_to(self, event: Event, said: WaiverGranted | WaiverRevoked, signature: str) -> str | None:
        kind = type_of(said)
        if self._signers is None:
            return NOT_CONFIGURED
        if said.repository != self.repository_id:
            return "it was signed for another repository"
        if not may_write(kind.name, roles_of(said.principal, self._roles)):
            return f"{said.principal} has not the role {' or '.join(sorted(kind.roles or ()))}"
        verdict = self._signers.verify(signed_bytes(event), signature, said.principal, event.at)
        return None if verdict.is_good else f"{verdict.outcome.value}: {verdict.reason}"

    def counts(self, waiver: WaiverRecord, now: datetime) -> str | None:
        """Return why a waiver does not count; None where it does."""
        if waiver.until <= now:
            return "it has ended"
        granted = _written(waiver.event)
        if granted is None or not _says(granted, waiver):
            return "it is not what was signed"
        if (objection := self.objection(granted)) is not None:
            return objection
        revoked = None if waiver.revocation is None else _written(waiver.revocation)
        if revoked is not None and isinstance(revoked.payload, WaiverRevoked) and self.objection(revoked) is None:
            return f"{revoked.payload.principal} has taken it back: {revoked.payload.because}"
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
