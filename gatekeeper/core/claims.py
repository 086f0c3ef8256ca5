"""Claims that must not stand together: which pairs of changes bring two of them into one tree."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import product
from typing import TYPE_CHECKING, NamedTuple

from gatekeeper.core.bits import union
from gatekeeper.core.combination import Answer, Atom, Deed, Question
from gatekeeper.core.membership import Membership, Terms

if TYPE_CHECKING:
    from gatekeeper.core.names import KeyPath, TreePath
    from gatekeeper.core.workspace_view import WorkspaceView


class Claim(NamedTuple):
    """What one place says. It holds where all of ``atoms`` stand; the first of them is the place itself.

    ``member`` (None: of no matter): a directory that has to be a member of its workspace besides.
    """

    atoms: tuple[Atom, ...]
    member: str | None = None

    @property
    def place(self) -> tuple[TreePath, KeyPath]:
        """Return where it is said."""
        path, key, _ = self.atoms[0].place
        return path, key


@dataclass(frozen=True, slots=True)
class Encounter:
    """Agents who bring claims together, and what the left side did for the first and the right side for the second."""

    answer: Answer
    deeds: tuple[Deed, Deed]


class _Holding(NamedTuple):
    """The bits by which a claim holds."""

    masks: tuple[int, ...]
    terms: Terms | None

    def holds(self, bits: int) -> bool:
        return all(bits & mask for mask in self.masks) and (self.terms is None or self.terms.member(bits))

    @property
    def deciding(self) -> int:
        return union(self.masks) | (self.terms.deciding if self.terms is not None else 0)


def encounters(
    view: WorkspaceView,
    ones: Sequence[Claim],
    others: Sequence[Claim],
    besides: Callable[[Question], Callable[[int], bool]] | None = None,
) -> Iterator[Encounter]:
    """Yield who brings a claim of ``ones`` and one of ``others``, at another place, into one tree.

    ``besides`` puts further atoms into the question and returns what must hold as well.
    """
    question = Question(view.everywhere)
    pairs = _pairs(view, question, ones, others)
    also = besides(question) if besides is not None else None

    def fault(bits: int) -> bool:
        return any(one.holds(bits) and other.holds(bits) for one, other in pairs) and (also is None or also(bits))

    taking, using = (union(pair[side].deciding for pair in pairs) for side in (0, 1))
    for answer in question.ask(view.relation, fault, taking):
        # What one side did may be for both claims, and what the other did for none: then the place is all that counts.
        ways = product(((taking, using), (taking | using, taking | using)), (answer, answer.mirrored()))
        for masks, turned in ways:
            deeds = question.deeds(turned, *masks)
            if deeds is not None:
                yield Encounter(turned, deeds)
                break


def _pairs(
    view: WorkspaceView, question: Question, ones: Sequence[Claim], others: Sequence[Claim]
) -> list[tuple[_Holding, _Holding]]:
    membership = view.shared(Membership)
    terms: dict[str | None, Terms | None] = {None: None}

    def holding(claim: Claim) -> _Holding:
        where = claim.member
        if where not in terms and where is not None:
            root = membership.root(where)
            terms[where] = membership.terms(question, root, where) if root is not None else None
        return _Holding(tuple(question.any_of([atom]) for atom in claim.atoms), terms[where])

    held = [[(claim, holding(claim)) for claim in side] for side in (ones, others)]
    return list(
        dict.fromkeys((one, other) for mine, one in held[0] for its, other in held[1] if not _at_one_place(mine, its))
    )


def _at_one_place(mine: Claim, its: Claim) -> bool:
    """Return whether the claims are two contents of one place, somewhere: a tree can only hold one of them."""
    if mine.place == its.place:
        return True
    return any(here.place[:2] == there.place[:2] and here != there for here, there in product(mine.atoms, its.atoms))


def unsupported(view: WorkspaceView, claims: Sequence[Claim], supports: Sequence[Atom]) -> Iterator[Encounter]:
    """Yield who takes the last of ``supports`` away (left) and who makes one of ``claims``, which needs one."""
    question = Question(view.everywhere)
    support = question.any_of(supports)
    holdings = [_Holding(tuple(question.any_of([atom]) for atom in claim.atoms), None) for claim in claims]

    def fault(bits: int) -> bool:
        return not bits & support and any(holding.holds(bits) for holding in holdings)

    using = union(holding.deciding for holding in holdings)
    for answer in question.ask(view.relation, fault, support):
        deeds = question.deeds(answer, support, using)
        if deeds is not None:
            yield Encounter(answer, deeds)
