"""Cases as the branches stand: asked of git anew only where a party has moved since the ledger was told."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from functools import cached_property
from typing import TYPE_CHECKING

from gatekeeper.core.ledger.case_records import CaseMatter
from gatekeeper.core.names import AgentName, Oid
from gatekeeper.repository import Repository
from gatekeeper.repository.discovery import Trunk

if TYPE_CHECKING:
    from gatekeeper.coordinator.inquiries import Asked
    from gatekeeper.scanning.remembered_facts import RememberedFacts


class Inquirer:
    """Fills in what only git can tell of a case."""

    def __init__(self, repository: Repository, trunk: Trunk, tips: Mapping[AgentName, Oid]) -> None:
        self._repository = repository
        self._trunk = trunk
        self._tips = tips
        self._asked: Asked | None = None

    def __call__(self, found: CaseMatter, known: CaseMatter | None) -> CaseMatter:
        """Return the case with heads, contents and proposal."""
        # Of a party that this clone does not have, another clone's word stands.
        before = known.heads if known is not None else {}
        heads = {agent: self._tips.get(agent) or before.get(agent) for agent in found.parties}
        present = {agent: head for agent, head in heads.items() if head is not None}
        if known is not None and known.heads == present and _asks_the_same(known, found):
            return replace(
                found,
                heads=known.heads,
                contents=known.contents,
                proposal=known.proposal,
                proposed=known.proposed,
                effect=known.effect,
                broken=known.broken,
            )
        from gatekeeper.coordinator.inquiries import Asked, inquired  # noqa: PLC0415 - most polls have nothing to ask

        self._asked = self._asked or Asked(self._known_facts)
        return inquired(self._repository, found, present, self._trunk.commit, self._asked)

    @cached_property
    def _facts(self) -> RememberedFacts:
        from gatekeeper.scanning.compat import known_facts  # noqa: PLC0415 - only reorganisations need it

        return known_facts(self._repository, self._trunk.ref)

    def _known_facts(self) -> RememberedFacts:
        return self._facts


def _asks_the_same(one: CaseMatter, other: CaseMatter) -> bool:
    """Return whether the branches were asked the same; only of who reorganises is it asked what that breaks."""
    return (one.kind, one.authors, one.parties) == (other.kind, other.authors, other.parties)
