"""Whose word counts: events whose signature is good for somebody who has the right, by what trunk says."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import suppress
from datetime import datetime
from typing import get_args

from gatekeeper.config import Settings
from gatekeeper.core.ledger.case_events import CaseAcknowledged
from gatekeeper.core.ledger.event_types import ARCHITECT
from gatekeeper.core.ledger.events import Event, WaiverGranted, WaiverRevoked
from gatekeeper.core.ledger.records import ClosedFinding, FindingId, FindingRecord, WaiverRecord
from gatekeeper.core.ledger.state import Records
from gatekeeper.core.names import AgentName, Oid
from gatekeeper.core.policy.owners import (
    Authoritative,
    Concern,
    carries_authority,
    is_own_word,
    principals_of_parties,
    right_objection,
)
from gatekeeper.core.roster import Roster
from gatekeeper.errors import GatekeeperError, RepositoryError
from gatekeeper.ledger.codec import read_event, signed_bytes
from gatekeeper.repository import Repository

NOT_CONFIGURED = "trunk has no allowed_signers"
UNSIGNED = "it is not signed"
NOT_WHAT_WAS_SIGNED = "it is not what was signed"

_AUTHORITATIVE = get_args(Authoritative)


class Authority:
    """Whose signature counts for what, as trunk says: its signers, and the roles in its configuration."""

    def __init__(self, repository: Repository, settings: Settings, trunk: Oid) -> None:
        self._repository_id: str | None = None
        self._repository = repository
        self._trunk = trunk
        self.roster: Roster = settings.roster
        from gatekeeper.signing import Signers  # noqa: PLC0415 - nearly every poll has no signature to check

        text = repository.blob(trunk, settings.ledger.allowed_signers)
        self._is_configured = text is not None
        self._signers = Signers(text or b"")

    @property
    def repository_id(self) -> str:
        """The commit with which trunk began: what a signature names, so that it counts in no other repository."""
        if self._repository_id is None:
            self._repository_id = self._repository.root_commit(self._trunk)
        return self._repository_id

    def objection(self, event: Event, *, concern: Concern | None = None, now: datetime | None = None) -> str | None:
        """Return why an event that carries authority does not count; None where it does, or needs none.

        With ``now``, the key has to be good at that moment as well as when the event says that it was written: whoever
        has a key that is no longer good can write any date. With a ``concern``, nobody decides a case of their own.
        """
        said = event.payload
        if not carries_authority(said):
            return None
        if not isinstance(said, _AUTHORITATIVE):
            return "nobody may write it"
        if event.signature is None:
            return UNSIGNED
        try:
            return self._objection_to(event, said, event.signature, {event.at, now or event.at}, concern)
        except RepositoryError as error:
            return f"it cannot be checked: {error.message}"

    def _objection_to(
        self,
        event: Event,
        said: Authoritative,
        signature: str,
        moments: Iterable[datetime],
        concern: Concern | None,
    ) -> str | None:
        if not self._is_configured:
            return NOT_CONFIGURED
        if said.repository != self.repository_id:
            return "it was signed for another repository"
        if (objection := right_objection(said, self.roster, concern)) is not None:
            return objection
        fingerprint: str | None = None
        for moment in sorted(moments):
            verdict = self._signers.verify(signed_bytes(event), signature, said.principal, moment)
            if not verdict.is_good:
                return f"{verdict.outcome.value}: {verdict.reason}"
            fingerprint = verdict.fingerprint
        if concern is not None and concern.since is not None and event.at < concern.since:
            return f"it was signed before {concern.since:%Y-%m-%d %H:%M} UTC, when this came up"
        return self._dependence(said, fingerprint, concern)

    def _dependence(self, said: Authoritative, fingerprint: str | None, concern: Concern | None) -> str | None:
        """Return whose key it was as well: whoever has a party's key is that party, under whatever name they sign."""
        if concern is None or isinstance(said, WaiverRevoked):
            return None
        if isinstance(said, CaseAcknowledged) and is_own_word(said, self.roster):
            return None
        if fingerprint is None:
            return "it cannot be told whose key has signed it"
        for party in concern.parties:
            if self._is_key_of(party, fingerprint):
                return f"the key is that of {party} as well, who is a party of the case"
        return None

    def _is_key_of(self, agent: AgentName, fingerprint: str) -> bool:
        names = principals_of_parties((agent,), self.roster)
        return any(self._signers.lists(fingerprint, name) for name in names)

    def forgery(self, event: Event) -> str | None:
        """Return why an event that carries authority is nobody's: it was changed, or never signed. None where it is.

        Whatever else is to be said against it: who edits an event may make it that of somebody without the right.
        """
        if not carries_authority(event.payload) or not isinstance(event.payload, _AUTHORITATIVE):
            return None
        if event.signature is None:
            return UNSIGNED
        from gatekeeper.signing import Outcome  # noqa: PLC0415 - loaded by now

        verdict = self._signers.verify(signed_bytes(event), event.signature, event.payload.principal, event.at)
        is_broken = verdict.outcome is Outcome.BAD_SIGNATURE
        return f"{verdict.outcome.value}: {verdict.reason}" if is_broken else None

    def counts(self, waiver: WaiverRecord, now: datetime, state: Records) -> str | None:
        """Return why a waiver does not count; None where it does. ``state`` says whom its finding concerns."""
        if waiver.until <= now:
            return "it has ended"
        granted = written(waiver.event)
        if granted is None or not _says(granted, waiver):
            return NOT_WHAT_WAS_SIGNED
        if (objection := self.objection(granted, concern=finding_concern(waiver.finding, state), now=now)) is not None:
            return objection
        for line in waiver.revocations:
            event = written(line)
            said = None if event is None else event.payload
            if event is None or not isinstance(said, WaiverRevoked) or said.waiver != waiver.id:
                continue
            # Its key need not be good any more: what was taken back stays so.
            if self.objection(event) is None:
                return f"{said.principal} has taken it back: {said.because}"
        return None


def finding_concern(finding: FindingId, state: Records) -> Concern:
    """Return whom a finding concerns: nobody waives their own."""
    known = state.get(FindingRecord, finding) or state.get(ClosedFinding, finding)
    return Concern(ARCHITECT, () if known is None else known.problem.agents)


def written(line: str) -> Event | None:
    """Return the event that a record keeps as it was written; None where that is none."""
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
    return tuple(waiver for waiver in waivers if authority.counts(waiver, now, state) is None)
