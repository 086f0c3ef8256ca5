"""Pairs of agents gathered by what they do at a path, each such encounter with its findings.

What a pair does depends on these two agents and on trunk alone. So what was found for a pair holds for as long as
neither of the two moves, and a later scan compares only the pairs of agents that have moved since.
"""

from __future__ import annotations

from collections.abc import Callable, Container, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from gatekeeper.core.bits import members
from gatekeeper.core.findings import Finding, Order
from gatekeeper.core.grouping import Meet, Rows, View, pair_rows, products, rows_of
from gatekeeper.core.meeting import Triple
from gatekeeper.core.names import TreePath
from gatekeeper.core.rules.model import GitVerdict
from gatekeeper.core.schema import profile_for
from gatekeeper.scanning.cases import Case
from gatekeeper.scanning.path_hits import PathHits
from gatekeeper.scanning.verdicts import Verdicts

Progress = Callable[[str, int, int], None]


class Occasion(NamedTuple):
    """What pairs do at a path, told apart by which side lands first.

    ``seen_by_git`` says in which order only git's own merge of the two shows a conflict; then there are no cases.
    """

    path: TreePath
    left_first: Case | None
    right_first: Case | None
    seen_by_git: Order | None = None

    @property
    def cases(self) -> tuple[Case, ...]:
        """Return what stands there in either order."""
        return tuple(case for case in (self.left_first, self.right_first) if case is not None)

    @property
    def git(self) -> GitVerdict:
        """Return git's verdict on the path: a conflict in one order is one."""
        if self.seen_by_git is not None or any(case.git is GitVerdict.CONFLICT for case in self.cases):
            return GitVerdict.CONFLICT
        return GitVerdict.CLEAN


@dataclass(frozen=True, slots=True)
class Encounter:
    """Every agent of ``left`` meets every agent of ``right`` on one occasion, and what is found."""

    occasion: Occasion
    left: int
    right: int
    findings: tuple[Finding, ...]


@dataclass(slots=True)
class Encounters:
    """All encounters of a fleet, and ``met``: agent -> the agents of lower number that it meets at any path at all."""

    all: list[Encounter] = field(default_factory=list)
    met: Rows = field(default_factory=dict)

    @property
    def pairs_that_meet(self) -> int:
        """Return how many pairs of agents meet at some path, in whichever order."""
        return sum(lower.bit_count() for lower in self.met.values())

    def conflicts(self, paths: Container[TreePath]) -> dict[TreePath, Rows]:
        """Return, for some paths, agent -> the agents with which git conflicts there in either order."""
        found: dict[TreePath, Rows] = {}
        for encounter in self.all:
            path = encounter.occasion.path
            if path in paths and encounter.occasion.git is GitVerdict.CONFLICT:
                rows = found.setdefault(path, {})
                for mine, others in ((encounter.left, encounter.right), (encounter.right, encounter.left)):
                    for agent in members(mine):
                        rows[agent] = rows.get(agent, 0) | others
        return found


def occasions(verdicts: Verdicts, path_hits: PathHits, progress: Progress) -> dict[Occasion, Rows]:
    """Return the pairs about which there is anything to say, by what they do; the rules are asked on the way."""
    progress("asking the rules", 0, len(verdicts.triples))
    path_hits.prepare(
        _case(verdicts, path, View(*triple))
        for path, by_triple in verdicts.triples.items()
        if profile_for(path) is not None
        for triple, users in by_triple.items()
        if any(users.values())
    )
    found: dict[Occasion, Rows] = {}
    for number, (path, by_triple) in enumerate(verdicts.triples.items()):
        progress("reading findings", number, len(verdicts.triples))
        spoken_of = [
            triple
            for triple, users in by_triple.items()
            if any(users.values()) and _speaks(verdicts, path_hits, path, triple)
        ]
        for meet, rows in pair_rows(by_triple, spoken_of).items():
            found[_occasion(verdicts, path, meet)] = rows
    for path, users in verdicts.by_git.items():
        for order, rows in _rows_by_order(users).items():
            found[Occasion(path, None, None, order)] = rows
    return found


def _occasion(verdicts: Verdicts, path: TreePath, meet: Meet) -> Occasion:
    ahead, behind = (None if view is None else _case(verdicts, path, view) for view in meet)
    return Occasion(path, ahead, behind)


def _case(verdicts: Verdicts, path: TreePath, view: View) -> Case:
    base, left, right = view
    conflicting = verdicts.conflicting
    if (path, Triple(base, left, right)) in conflicting or (path, Triple(base, right, left)) in conflicting:
        return Case(path, view, GitVerdict.CONFLICT)
    return Case(path, view, GitVerdict.CLEAN)


def _speaks(verdicts: Verdicts, path_hits: PathHits, path: TreePath, triple: Triple) -> bool:
    if (path, triple) in verdicts.conflicting:
        return True
    return profile_for(path) is not None and bool(path_hits.find(_case(verdicts, path, View(*triple))))


def _rows_by_order(users: Mapping[int, int]) -> dict[Order, Rows]:
    """Return the pairs of (b -> set of a landed before) by the orders in which they stand, the lower number left."""
    orders: dict[tuple[int, int], Order] = {}
    for second, firsts in users.items():
        for first in members(firsts):
            pair = (min(first, second), max(first, second))
            order = Order.LEFT_FIRST if first < second else Order.RIGHT_FIRST
            orders[pair] = order if orders.get(pair, order) is order else Order.BOTH
    found: dict[Order, Rows] = {}
    for (low, high), order in orders.items():
        row = found.setdefault(order, {})
        row[low] = row.get(low, 0) | 1 << high
    return found


def met_by(verdicts: Verdicts) -> Rows:
    """Return agent -> the agents of lower number that it meets at any path, in whichever order."""
    met: Rows = {}
    told = (users for triples in verdicts.triples.values() for users in triples.values())
    for users in (*told, *verdicts.by_git.values()):
        for second, firsts in users.items():
            met[second] = met.get(second, 0) | firsts
    below: Rows = {}
    for second, firsts in met.items():
        below[second] = below.get(second, 0) | firsts & (1 << second) - 1
        for first in members(firsts >> second + 1 << second + 1):
            below[first] = below.get(first, 0) | 1 << second
    return below


@dataclass(slots=True)
class Earlier:
    """What an earlier scan found and still holds, in the numbers of this one's agents.

    ``intact`` are encounters of agents that are all as they were; ``loosened`` are the pairs that are left of others.
    Agents that moved are in neither, nor in ``met``.
    """

    intact: list[Encounter] = field(default_factory=list)
    loosened: dict[Occasion, Rows] = field(default_factory=dict)
    met: Rows = field(default_factory=dict)


def settle(earlier: Earlier, found: Mapping[Occasion, Rows]) -> tuple[list[Encounter], list[tuple[Occasion, int, int]]]:
    """Return the encounters that hold, and (occasion, left, right) of those that are new or other than before.

    The same pairs are laid out in the same way whether they were found at once or one after another, so that the
    whole is what a scan of everything would give.
    """
    rows: dict[Occasion, Rows] = {}
    for told in (earlier.loosened, found):
        for occasion, new in told.items():
            joined = rows.setdefault(occasion, {})
            for left, right in new.items():
                joined[left] = joined.get(left, 0) | right
    kept: list[Encounter] = []
    known: dict[Occasion, dict[tuple[int, int], Encounter]] = {}
    for encounter in earlier.intact:
        if encounter.occasion in rows:
            known.setdefault(encounter.occasion, {})[encounter.left, encounter.right] = encounter
        else:
            kept.append(encounter)
    new_ones: list[tuple[Occasion, int, int]] = []
    for occasion, joined in rows.items():
        before = known.get(occasion, {})
        for left, right in rows_of(before).items():
            joined[left] = joined.get(left, 0) | right
        for product in products(joined):
            if product in before:
                kept.append(before[product])
            else:
                new_ones.append((occasion, *product))
    return kept, new_ones
