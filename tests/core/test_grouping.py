from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from itertools import permutations

from hypothesis import given
from hypothesis import strategies as st

from gatekeeper.core.bits import members
from gatekeeper.core.grouping import Meet, View, pair_rows, products, rows_of
from gatekeeper.core.meeting import Triple
from gatekeeper.core.names import Oid
from gatekeeper.core.tree_state import EXECUTABLE, REGULAR, Entry, State

AGENTS = 6
Ordered = dict[tuple[int, int], Triple]
"""(landed first, merged second) -> what they do."""

states: st.SearchStrategy[State] = st.sampled_from(
    [None, *(Entry(mode, Oid(digit * 40)) for digit in "abc" for mode in (REGULAR, EXECUTABLE))]
)
few_triples = st.lists(st.builds(Triple, states, states, states), min_size=1, max_size=4, unique=True)


@st.composite
def meetings(draw: st.DrawFn) -> tuple[Ordered, frozenset[Triple]]:
    """Return what each ordered pair does, if anything, and the triples of interest."""
    triples = draw(few_triples)
    ordered = {}
    for pair in permutations(range(AGENTS), 2):
        if draw(st.booleans()):
            ordered[pair] = draw(st.sampled_from(triples))
    return ordered, frozenset(draw(st.lists(st.sampled_from(triples), max_size=4)))


@dataclass(frozen=True)
class Group:
    """One product of one meet."""

    meet: Meet
    left: int
    right: int


def grouped(ordered: Ordered, wanted: frozenset[Triple]) -> list[Group]:
    triples: dict[Triple, dict[int, int]] = {triple: {} for triple in wanted}
    for (first, second), triple in ordered.items():
        users = triples.setdefault(triple, {})
        users[second] = users.get(second, 0) | 1 << first
    found = pair_rows(triples, sorted(wanted, key=str))
    return [Group(meet, left, right) for meet, rows in found.items() for left, right in products(rows)]


def seen_from(one: int, other: int, ordered: Ordered, wanted: frozenset[Triple]) -> Meet:
    """Return what the pair does with ``one`` on the left."""
    ahead, behind = ordered.get((one, other)), ordered.get((other, one))
    return Meet(
        View(ahead.base, ahead.landed, ahead.own) if ahead in wanted and ahead is not None else None,
        View(behind.base, behind.own, behind.landed) if behind in wanted and behind is not None else None,
    )


@given(meetings())
def test_groups_hold_each_pair_of_interest_once_and_say_what_it_does(case: tuple[Ordered, frozenset[Triple]]) -> None:
    ordered, wanted = case
    told: Counter[frozenset[int]] = Counter()
    for group in grouped(ordered, wanted):
        for left in members(group.left):
            for right in members(group.right):
                told[frozenset({left, right})] += 1
                assert group.meet == seen_from(left, right, ordered, wanted)
    assert told == Counter({frozenset(pair) for pair, triple in ordered.items() if triple in wanted})


@given(meetings())
def test_groups_do_not_depend_on_how_agents_are_numbered(case: tuple[Ordered, frozenset[Triple]]) -> None:
    ordered, wanted = case
    last = AGENTS - 1
    renumbered = {(last - first, last - second): triple for (first, second), triple in ordered.items()}

    def pairs(groups: list[Group], shift: int) -> set[tuple[Meet, frozenset[int]]]:
        return {
            (group.meet, frozenset({abs(shift - left), abs(shift - right)}))
            for group in groups
            for left in members(group.left)
            for right in members(group.right)
        }

    assert pairs(grouped(ordered, wanted), 0) == pairs(grouped(renumbered, wanted), last)


@given(st.dictionaries(st.integers(0, 9), st.integers(1, 1023), max_size=10))
def test_products_hold_exactly_the_pairs_of_the_row(row: dict[int, int]) -> None:
    laid = products(row)
    assert rows_of(laid) == row
    told = Counter((left, right) for mine, others in laid for left in members(mine) for right in members(others))
    assert told == Counter((left, right) for left, others in row.items() for right in members(others))
    assert len(laid) == len(set(row.values()))


def test_many_agents_with_one_content_make_one_group() -> None:
    base, one, other = (Entry(REGULAR, Oid(digit * 40)) for digit in "abc")
    left, right = range(20), range(20, 50)
    ordered = {(a, b): Triple(base, one, other) for a in left for b in right}
    ordered |= {(b, a): Triple(base, other, one) for a in left for b in right}
    (group,) = grouped(ordered, frozenset(ordered.values()))
    assert {group.left.bit_count(), group.right.bit_count()} == {20, 30}
    assert group.meet.left_first == group.meet.right_first
