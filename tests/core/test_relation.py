from __future__ import annotations

from collections import Counter
from itertools import combinations

from hypothesis import given
from hypothesis import strategies as st

from gatekeeper.core.bits import mask_of, members, union
from gatekeeper.core.names import Oid
from gatekeeper.core.relation import TRUNK_BASE, Relation, relate
from tests.core.dags import Dag, dags, graph_of, made_up_oids, named

related = dags(most_agents=7).map(lambda dag: dag.related)


def relation_of(dag: Dag) -> tuple[Relation, list[Oid]]:
    oids = made_up_oids(dag)
    return relate(graph_of(dag, oids), oids[dag.trunk]), oids


@given(related)
def test_every_ordered_pair_stands_on_the_bases_that_git_uses(dag: Dag) -> None:
    relation, oids = relation_of(dag)
    agents = range(len(dag.tips))
    assert relation.agent_count == len(dag.tips)
    for second in agents:
        told = [(first, bases) for bases, mask in relation.text_rows[second].items() for first in members(mask)]
        wanted = [(first, named(dag.bases_after_landing(first, second), oids)) for first in agents if first != second]
        assert sorted(told) == wanted


@given(related)
def test_meaning_bases_are_symmetric_and_the_newest_shared_commits(dag: Dag) -> None:
    relation, oids = relation_of(dag)
    base_of = {
        (agent, other): number
        for agent, row in enumerate(relation.meaning_rows)
        for number, mask in row.items()
        for other in members(mask)
    }
    assert relation.meaning_bases[TRUNK_BASE] == oids[dag.trunk]
    assert len(base_of) == len(dag.tips) * (len(dag.tips) - 1)
    for one, other in combinations(range(len(dag.tips)), 2):
        number = base_of[one, other]
        assert base_of[other, one] == number
        shared = dag.newest(dag.beyond(one) & dag.beyond(other))
        assert relation.meaning_bases[number] in (named(shared, oids) or (oids[dag.trunk],))
        assert (number == TRUNK_BASE) == (not shared)


@given(dag=related, left=st.integers(0, 127), right=st.integers(0, 127), bases=st.integers(0, 63))
def test_bicliques_hold_each_pair_on_a_wanted_base_once(dag: Dag, left: int, right: int, bases: int) -> None:
    relation, _ = relation_of(dag)
    left, right = left & relation.everyone, right & relation.everyone
    told: Counter[frozenset[int]] = Counter()
    for mine, others in relation.bicliques(left, right, bases):
        assert mine & ~left == 0
        assert others & ~right == 0
        told.update(frozenset({a, b}) for a in members(mine) for b in members(others))
    wanted = {
        frozenset({a, b})
        for a in members(left)
        for base, partners in relation.meaning_rows[a].items()
        if bases >> base & 1
        for b in members(partners & right)
    }
    assert told == Counter(wanted)


@given(related)
def test_stacked_pairs_are_those_whose_one_base_is_not_the_fork(dag: Dag) -> None:
    relation, oids = relation_of(dag)
    forks = [named(dag.newest(dag.reach[tip] & dag.reach[dag.trunk]), oids) for tip in dag.tips]
    told = {
        (first, second, base)
        for base, users in relation.stacked_pairs().items()
        for second, mask in users.items()
        for first in members(mask)
    }
    wanted = set()
    for second in range(len(dag.tips)):
        for first in range(len(dag.tips)):
            bases = named(dag.bases_after_landing(first, second), oids)
            if first != second and len(bases) == 1 and bases != forks[second]:
                wanted.add((first, second, bases[0]))
    assert told == wanted


@given(st.frozensets(st.integers(0, 200)), st.frozensets(st.integers(0, 200)))
def test_bit_sets_are_sets(one: frozenset[int], other: frozenset[int]) -> None:
    assert list(members(mask_of(one))) == sorted(one)
    assert frozenset(members(union([mask_of(one), mask_of(other)]))) == one | other
    assert union([]) == mask_of([]) == 0
