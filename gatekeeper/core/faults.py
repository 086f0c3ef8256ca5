"""Claims that clash, and who has two of them by himself: a change of wording is nobody else's fault."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import cached_property, reduce
from itertools import product
from operator import and_, or_
from typing import TYPE_CHECKING

from gatekeeper.core.claims import Claim
from gatekeeper.core.combination import Answer, Standing
from gatekeeper.core.membership import Membership
from gatekeeper.core.names import KeyPath, TreePath

if TYPE_CHECKING:
    from gatekeeper.core.workspace_view import WorkspaceView

_Place = tuple[TreePath, KeyPath]
_ByPlace = dict[_Place, dict[int, list[Claim]]]
"""Place -> number of a dispute -> the claims that it has there."""


class Faults:
    """All claims of one kind that must not stand together, in pairs of which any claims clash.

    Whoever has two that clash at two places is at fault there, and stays so when somebody else puts one of them in
    other words. This costs something only where an encounter has been found.
    """

    def __init__(self, view: WorkspaceView, disputes: Sequence[tuple[Sequence[Claim], Sequence[Claim]]]) -> None:
        self._view = view
        self._disputes = disputes
        self._alone: dict[tuple[_Place, _Place], Standing] = {}

    def new(self, held: Sequence[tuple[Claim, Claim]], answer: Answer) -> Iterator[Answer]:
        """Yield those of ``answer`` of whom nobody, nor the base, is at fault already at the places of ``held``."""
        told: list[tuple[int, int]] = []
        for mine, its in held:
            agents, bases = self._at_fault(mine.place, its.place)
            sound = answer.bases & ~bases
            pairs: tuple[tuple[int, int], ...] = ((answer.left & ~agents, answer.right & ~agents),)
            if sound != answer.bases:
                pairs = self._view.relation.bicliques(*pairs[0], sound)
            for left, right in pairs:
                if not any(left | some == some and right | others == others for some, others in told):
                    told.append((left, right))
                    yield replace(answer, left=left, right=right, bases=sound)

    def _at_fault(self, here: _Place, there: _Place) -> Standing:
        """Return who has claims that clash at these two places."""
        places = here, there
        if places not in self._alone:
            found = (self._standing(one, other) for one, other in self._clashing(here, there))
            self._alone[places] = reduce(or_, found, Standing(0, 0))
        return self._alone[places]

    def _clashing(self, here: _Place, there: _Place) -> Iterator[tuple[Claim, Claim]]:
        ones, others = self._by_place
        for one, other in ((here, there), (there, here)):
            mine, its = ones.get(one, {}), others.get(other, {})
            for number in mine.keys() & its.keys():
                yield from product(mine[number], its[number])

    @cached_property
    def _by_place(self) -> tuple[_ByPlace, _ByPlace]:
        found: tuple[_ByPlace, _ByPlace] = {}, {}
        for number, dispute in enumerate(self._disputes):
            for side, claims in zip(found, dispute, strict=True):
                for claim in claims:
                    side.setdefault(claim.place, {}).setdefault(number, []).append(claim)
        return found

    def _standing(self, one: Claim, other: Claim) -> Standing:
        standings = [atom.standing for atom in (*one.atoms, *other.atoms)]
        standings += [self._belonging(claim.member) for claim in (one, other) if claim.member is not None]
        return reduce(and_, standings)

    def _belonging(self, directory: str) -> Standing:
        """Return where ``directory`` is a member of a workspace; everywhere, if it lies in none."""
        membership = self._view.shared(Membership)
        found = [membership.standing(root, directory) for root in membership.roots(directory)]
        return reduce(or_, found) if found else self._view.everywhere
