"""Claims that must not stand together: which pairs of changes bring two of them into one tree."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import reduce
from itertools import product
from operator import and_
from typing import TYPE_CHECKING, NamedTuple

from gatekeeper.core.bits import union
from gatekeeper.core.combination import Answer, Atom, Deed, Question, Standing, arising_together
from gatekeeper.core.membership import Membership, Terms
from gatekeeper.core.names import KeyPath, TreePath
from gatekeeper.core.symbols import Kind

if TYPE_CHECKING:
    from gatekeeper.core.faults import Faults
    from gatekeeper.core.workspace_view import WorkspaceView


_ONE_AT_A_PLACE = (Kind.NEED, Kind.SHARED_NEED, Kind.PACKAGE_FIELD, Kind.SHARED_FIELD, Kind.PATCH, Kind.TOOLCHAIN)
"""Kinds of which a tree holds one at a place; two in a merge mean that both sides changed it."""


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


_Pairs = dict[tuple[_Holding, _Holding], list[tuple[Claim, Claim]]]
"""Claims that hold by the same bits."""


_Place = tuple[Standing, tuple[TreePath, KeyPath]]
_Varying = tuple[_Place, ...]


class _Known:
    """What has been asked already, and what varies at each place."""

    def __init__(self, view: WorkspaceView) -> None:
        self.answers: dict[tuple[_Varying, _Varying], list[Answer]] = {}
        self._rows = view.relation.meaning_rows
        self._met: dict[tuple[int, int], list[tuple[int, int]]] = {}
        self._put: dict[tuple[tuple[TreePath, KeyPath], Standing, int], int] = {}
        self._contents: dict[tuple[TreePath, KeyPath], list[Standing]] = {}
        for kind in _ONE_AT_A_PLACE:
            for symbol in view.index.changed(kind):
                for atom in view.atoms(kind, *symbol.name):
                    self._contents.setdefault(atom.place[:2], []).append(atom.standing)

    def met(self, agent: int, others: int) -> list[tuple[int, int]]:
        """Return the bases on which ``agent`` meets some of ``others``, each with these."""
        found = self._met.get((agent, others))
        if found is None:
            row = self._rows[agent.bit_length() - 1]
            found = self._met[agent, others] = [(1 << base, others & met) for base, met in row.items() if others & met]
        return found

    def disputing(self, atoms: Iterable[_Place], agents: int, bases: int) -> int:
        """Return who has put something else where ``agents`` have put a part of ``atoms``, against ``bases``.

        Then git conflicts there, what will stand is open, and a rule about that place speaks.
        """
        found = 0
        for standing, place in atoms:
            if standing.agents & agents and bases & ~standing.bases:
                key = place, standing, bases
                if key not in self._put:
                    rivals = (rival.agents for rival in self._contents.get(place, ()) if bases & ~rival.bases)
                    self._put[key] = union(rivals) & ~standing.agents
                found |= self._put[key]
        return found


def encounters(
    view: WorkspaceView,
    ones: Sequence[Claim],
    others: Sequence[Claim],
    besides: Callable[[Question], Callable[[int], bool]] | None = None,
    faults: Faults | None = None,
) -> Iterator[Encounter]:
    """Yield who brings a claim of ``ones`` and one of ``others``, at another place, into one tree.

    ``besides`` puts further atoms into the question and returns what must hold as well. ``faults`` knows all claims
    that clash as these do, where there can be others at the same places.
    """
    if besides is None and all(claim.member is None for claim in (*ones, *others)):
        yield from _met(view, ones, others, faults)
        return
    known = view.shared(_Known)
    question = Question(view.everywhere)
    pairs = _pairs(view, question, ones, others)
    also = besides(question) if besides is not None else None

    def fault(bits: int) -> bool:
        return any(one.holds(bits) and other.holds(bits) for one, other in pairs) and (also is None or also(bits))

    taking, using = (union(pair[side].deciding for pair in pairs) for side in (0, 1))
    for found in question.ask(view.relation, fault, taking):
        held = [both for (one, other), some in pairs.items() if _hold(found.merged, one, other) for both in some]
        undisputed = _undisputed(view, known, held, found)
        for answer in faults.new(held, undisputed) if faults is not None else (undisputed,):
            yield from _told(question, answer, taking, using)


def _met(
    view: WorkspaceView, ones: Sequence[Claim], others: Sequence[Claim], faults: Faults | None
) -> Iterator[Encounter]:
    """Yield the encounters of claims that hold wherever their atoms stand: two by two, and each pair of agents once."""
    known = view.shared(_Known)
    told: set[frozenset[int]] = set()
    some, rest = ([(claim, _varying(view, claim)) for claim in claims] for claims in (ones, others))
    for (mine, one), (its, other) in product(some, rest):
        answers = known.answers.get((one, other))
        if answers is None:
            answers = known.answers[one, other] = _answers(view, known, one, other)
        if not answers or _at_one_place(mine, its):
            continue
        question = Question(view.everywhere)
        # Numbered as in the answers: each standing once, in this order.
        taking, using = (
            union(question.any_of([atom]) for atom in claim.atoms if atom.standing != view.everywhere)
            for claim in (mine, its)
        )
        if faults is not None:
            answers = [new for answer in answers for new in faults.new([(mine, its)], answer)]
        for answer in answers:
            agents = frozenset((answer.left, answer.right))
            if agents not in told:
                told.add(agents)
                yield from _told(question, answer, taking, using)


def _varying(view: WorkspaceView, claim: Claim) -> _Varying:
    """Return the standings, with their places, of what does not stand everywhere."""
    return tuple((atom.standing, atom.place[:2]) for atom in claim.atoms if atom.standing != view.everywhere)


def _answers(view: WorkspaceView, known: _Known, one: _Varying, other: _Varying) -> list[Answer]:
    if not _any_pair(known, dict.fromkeys((*one, *other))):
        return []

    def narrowed(left: int, right: int, bases: int) -> tuple[int, int]:
        both = (*one, *other)
        return left & ~known.disputing(both, right, bases), right & ~known.disputing(both, left, bases)

    standings = tuple(dict.fromkeys(standing for standing, _ in (*one, *other)))
    return arising_together(view.relation, standings, narrowed)


def _any_pair(known: _Known, atoms: Collection[_Place]) -> bool:
    """Return False where no two agents bring all of ``atoms`` together, and undisputed: most questions end here.

    One of the two has the atom that the fewest have. The other one then brings what this one lacks, to a base without
    it on which they meet.
    """
    if not atoms:
        return False
    all_of_them = reduce(and_, (standing.agents for standing, _ in atoms))
    few = min((standing.agents for standing, _ in atoms), key=int.bit_count) & ~all_of_them
    while few:
        agent = few & -few
        few ^= agent
        others, without = ~all_of_them, -1
        for (who, bases), _ in atoms:
            if not who & agent:
                others &= who
                without &= ~bases
        for base, right in known.met(agent, others) if others else ():
            if base & without and _undisputed_pair(known, atoms, agent, right, base):
                return True
    return False


def _undisputed_pair(known: _Known, atoms: Collection[_Place], agent: int, right: int, base: int) -> bool:
    """Return whether ``agent`` and one of ``right``, who all have what it lacks, make all of ``atoms`` on ``base``."""
    had, lacked = [], []
    for atom in atoms:
        (who, bases), _ = atom
        if not who & agent:
            lacked.append(atom)
        else:
            had.append(atom)
            if bases & base:
                right &= who
    return bool(
        right and not agent & known.disputing(lacked, right, base) and right & ~known.disputing(had, agent, base)
    )


def _told(question: Question, answer: Answer, taking: int, using: int) -> Iterator[Encounter]:
    sides = question.sides(answer, taking, using) if answer.left and answer.right else None
    if sides is not None:
        yield Encounter(*sides)


def _hold(bits: int, one: _Holding, other: _Holding) -> bool:
    return one.holds(bits) and other.holds(bits)


def _undisputed(view: WorkspaceView, known: _Known, held: Sequence[tuple[Claim, Claim]], answer: Answer) -> Answer:
    """Return ``answer`` without those who have contents of their own where the others have all of their claims."""
    left, right = answer.left, answer.right
    for mine, its in held:
        atoms = (*_varying(view, mine), *_varying(view, its))
        left &= known.disputing(atoms, answer.right, answer.bases)
        right &= known.disputing(atoms, answer.left, answer.bases)
    return replace(answer, left=answer.left & ~left, right=answer.right & ~right)


def _pairs(view: WorkspaceView, question: Question, ones: Sequence[Claim], others: Sequence[Claim]) -> _Pairs:
    membership = view.shared(Membership)
    terms: dict[str | None, Terms | None] = {None: None}

    def holding(claim: Claim) -> _Holding:
        where = claim.member
        if where not in terms and where is not None:
            root = membership.root(where)
            terms[where] = membership.terms(question, root, where) if root is not None else None
        return _Holding(tuple(question.any_of([atom]) for atom in claim.atoms), terms[where])

    held = [[(claim, holding(claim)) for claim in side] for side in (ones, others)]
    found: _Pairs = {}
    for (mine, one), (its, other) in product(*held):
        if not _at_one_place(mine, its):
            found.setdefault((one, other), []).append((mine, its))
    return found


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
