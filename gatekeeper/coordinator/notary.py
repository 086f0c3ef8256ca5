"""Signs what somebody says, and refuses what would not count before it is written."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from gatekeeper.coordinator.authority import Authority
from gatekeeper.core.ledger.events import Event
from gatekeeper.core.policy.owners import Authoritative, Concern, right_objection
from gatekeeper.core.roster import Principal
from gatekeeper.errors import BadInputError
from gatekeeper.ledger.codec import event_line, read_event, signed_bytes
from gatekeeper.ledger.ledger import new_event
from gatekeeper.repository import Repository

_WHO_MAY = "trunk's allowed_signers lists the keys, policy.roles in its gatekeeper.toml who may decide"


class Notary:
    """One principal and their key; the key is looked for when there is something to sign."""

    def __init__(
        self, repository: Repository, authority: Authority, principal: Principal, key: str | None, now: datetime
    ) -> None:
        self._repository = repository
        self.authority = authority
        self.principal = principal
        self._key = key
        self._now = now

    def signed(self, said: Authoritative, concern: Concern | None = None) -> Event:
        """Return the event with its signature.

        Raises:
            BadInputError: it would not count, with the reason.
            SigningError: it cannot be signed.
        """
        # Whoever has not the right need not look for a key, or put a finger on a token.
        objection = right_objection(said, self.authority.roster, concern)
        if objection is None:
            from gatekeeper.signing import sign, signing_key  # noqa: PLC0415 - few commands sign

            # Whoever has found the case may have a clock that is ahead of this one.
            at = max(self._now, (concern and concern.since) or self._now)
            event = new_event(said, at=at, by=self.principal)
            signature = sign(signed_bytes(event), signing_key(self._repository, self._key))
            event = replace(event, signature=signature)
            objection = self.authority.objection(event, concern=concern)
            if objection is None:
                return read_event(event_line(event))
        raise BadInputError(f"this would not count: {objection}", _WHO_MAY)
