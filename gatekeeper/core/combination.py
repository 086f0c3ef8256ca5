"""Faults that only the combination of two changes has, over many agents at once.

Everything a fault can depend on is an atom: a definition, a reference, a file. The change of a and the change of b,
both against the tree s, give a merge in which an atom stands iff s has it and both kept it, or s lacks it and one of
them added it. A fault is reported for a pair iff the merge has it and neither a, nor b, nor s has it already.

Agents among whom no atom differs are one group, so the cost follows the number of different contents.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from itertools import combinations, product
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from gatekeeper.core.document import Value
    from gatekeeper.core.names import KeyPath, TreePath
    from gatekeeper.core.relation import Relation


_PAIR = 2


class Standing(NamedTuple):
    """Who has something: the agents in whose landed tree it stands, and the bases in whose tree it stands."""

    agents: int
    bases: int

    def __or__(self, other: Standing) -> Standing:
        return Standing(self.agents | other.agents, self.bases | other.bases)

    def __and__(self, other: Standing) -> Standing:
        return Standing(self.agents & other.agents, self.bases & other.bases)

    def without(self, other: Standing) -> Standing:
        """Return who has this and not the other."""
        return Standing(self.agents & ~other.agents, self.bases & ~other.bases)


class Place(NamedTuple):
    """Where an atom stands, and the value to show there."""

    path: TreePath
    key: KeyPath
    shown: Value | None = None


class Atom(NamedTuple):
    """Something that can stand in a tree or not."""

    standing: Standing
    place: Place


@dataclass(frozen=True, slots=True)
class Answer:
    """Agents of whom any on the left and any on the right have the fault together. Bits are numbered as the atoms.

    ``bases``: those on which they meet.
    """

    left: int
    right: int
    base_bits: int
    left_bits: int
    right_bits: int
    bases: int = 0

    @property
    def merged(self) -> int:
        """Return the bits of the merge."""
        return merged_bits(self.base_bits, self.left_bits, self.right_bits)

    def between(self, left: int, right: int) -> Answer:
        """Return the answer for some of the agents on either side."""
        return Answer(left, right, self.base_bits, self.left_bits, self.right_bits, self.bases)

    def mirrored(self) -> Answer:
        """Return the answer with its sides exchanged."""
        return Answer(self.right, self.left, self.base_bits, self.right_bits, self.left_bits, self.bases)


def merged_bits(base: int, left: int, right: int) -> int:
    """Return the atoms that stand when both changes have landed."""
    return (base & left & right) | (~base & (left | right))


def arising_together(
    relation: Relation, standings: Sequence[Standing], narrowed: Callable[[int, int, int], tuple[int, int]]
) -> list[Answer]:
    """Return the pairs whose merge has all of ``standings`` while no side has: ``arising``, where that is the fault.

    ``narrowed`` takes agents from the two sides that meet on the bases given last.
    """
    every = (1 << len(standings)) - 1
    answers: list[Answer] = []
    for base_bits, bases in groups_of((1 << relation.base_count) - 1, [standing.bases for standing in standings]):
        keeping, new = relation.everyone, []
        for number, standing in enumerate(standings):
            if base_bits >> number & 1:
                keeping &= standing.agents
            else:
                new.append(standing.agents)
        # What is new in one place alone is that side's fault; and nobody can bring what no agent has.
        if len(new) < _PAIR or not all(keeping & agents for agents in new):
            continue
        groups = groups_of(keeping, [standing.agents for standing in standings])
        for (left_bits, some), (right_bits, others) in combinations([one for one in groups if one[0] != every], 2):
            if left_bits | right_bits != every:
                continue
            left, right = narrowed(some, others, bases)
            if left and right:
                answers += (
                    Answer(mine, its, base_bits, left_bits, right_bits, bases)
                    for mine, its in relation.bicliques(left, right, bases)
                )
    return answers


class Groups(NamedTuple):
    """Agents, and bases, among which no atom differs: (bits of the atoms, members)."""

    agents: list[tuple[int, int]]
    bases: list[tuple[int, int]]

    @classmethod
    def of(cls, relation: Relation, standings: Sequence[Standing]) -> Groups:
        """Return the groups that ``standings`` tell apart."""
        agents = groups_of(relation.everyone, [standing.agents for standing in standings])
        return cls(agents, groups_of((1 << relation.base_count) - 1, [standing.bases for standing in standings]))


def arising(relation: Relation, groups: Groups, fault: Callable[[int], bool]) -> list[Answer]:
    """Return the pairs whose merge has the fault while no side has. ``fault`` sees one bit for each standing."""
    sound = [(bits, mask) for bits, mask in groups.agents if not fault(bits)]
    answers: list[Answer] = []
    for base_bits, bases in groups.bases:
        if fault(base_bits):
            continue
        meeting = relation.meeting_on(bases)
        for (left_bits, left), (right_bits, right) in combinations([one for one in sound if one[1] & meeting], 2):
            if fault(merged_bits(base_bits, left_bits, right_bits)):
                answers += (
                    Answer(some, others, base_bits, left_bits, right_bits, bases)
                    for some, others in relation.bicliques(left, right, bases)
                )
    return answers


def groups_of(universe: int, masks: Iterable[int]) -> list[tuple[int, int]]:
    """Split ``universe`` into (bits, members): bit i of all members tells whether they are in the i-th mask."""
    groups = [(0, universe)] if universe else []
    for index, mask in enumerate(masks):
        split: list[tuple[int, int]] = []
        for bits, members in groups:
            if inside := members & mask:
                split.append((bits | 1 << index, inside))
            if outside := members & ~mask:
                split.append((bits, outside))
        groups = split
    return groups


class Deed(NamedTuple):
    """What one side did to an atom."""

    place: Place
    added: bool


class Question:
    """Atoms under numbers, to ask which pairs bring a fault about and what each side did to it."""

    def __init__(self, everywhere: Standing) -> None:
        self._everywhere = everywhere
        self._bits: dict[Standing, int] = {}
        self._places: list[list[Place]] = []
        self._groups: Groups | None = None

    def any_of(self, atoms: Iterable[Atom]) -> int:
        """Return the bits of ``atoms``: at least one stands where the tree has one of these bits."""
        found = list(atoms)
        # What stands everywhere answers for all the others.
        constant = [atom for atom in found if atom.standing == self._everywhere]
        mask = 0
        for atom in constant[:1] or found:
            number = self.number(atom.standing)
            self._places[number].append(atom.place)
            mask |= 1 << number
        return mask

    def number(self, standing: Standing) -> int:
        """Return the bit of what stands as ``standing`` says."""
        number = self._bits.setdefault(standing, len(self._bits))
        if number == len(self._places):
            self._places.append([])
            self._groups = None
        return number

    @property
    def standings(self) -> tuple[Standing, ...]:
        """The standings, in the order of their bits."""
        return tuple(self._bits)

    @property
    def varies(self) -> bool:
        """Whether at least two atoms differ from what stands everywhere: fewer cannot make a pair."""
        return len(self._bits.keys() - {self._everywhere}) > 1

    def ask(self, relation: Relation, fault: Callable[[int], bool], taking: int) -> list[Answer]:
        """Return the answers, turned so that the left side is the one that changed an atom of ``taking``."""
        if not self.varies:
            return []
        if self._groups is None:
            self._groups = Groups.of(relation, self.standings)
        answers = arising(relation, self._groups, fault)
        return [answer if (answer.left_bits ^ answer.base_bits) & taking else answer.mirrored() for answer in answers]

    def deeds(self, answer: Answer, taking: int, using: int) -> tuple[Deed, Deed] | None:
        """Return what the left side did to an atom of ``taking``, and the right side to one of ``using``."""
        left = self.deed(answer.base_bits, answer.left_bits, taking)
        right = self.deed(answer.base_bits, answer.right_bits, using)
        return None if left is None or right is None else (left, right)

    def sides(self, answer: Answer, taking: int, using: int) -> tuple[Answer, tuple[Deed, Deed]] | None:
        """Return the answer turned so that the left side did something to ``taking``, the right one to ``using``.

        What one side did may be for both, and what the other did for none: then that it did something is what counts.
        """
        ways = product(((taking, using), (taking | using, taking | using)), (answer, answer.mirrored()))
        for masks, turned in ways:
            deeds = self.deeds(turned, *masks)
            if deeds is not None:
                return turned, deeds
        return None

    def deed(self, base: int, side: int, mask: int) -> Deed | None:
        """Return what a side did to an atom of ``mask``, by its bits and the base's: what it added first."""
        for bits, added in ((side & ~base, True), (base & ~side, False)):
            place = self.place(bits & mask)
            if place is not None:
                return Deed(place, added)
        return None

    def place(self, mask: int) -> Place | None:
        """Return the first place among the atoms of ``mask``."""
        for number, places in enumerate(self._places):
            if mask >> number & 1:
                return places[0]
        return None
