from __future__ import annotations

from itertools import combinations, pairwise

from hypothesis import given
from hypothesis import strategies as st

from gatekeeper.core.bits import mask_of, members
from gatekeeper.core.combination import Atom, Place, Standing
from gatekeeper.core.cycles import Edge
from gatekeeper.core.names import TreePath
from gatekeeper.core.wide_cycles import wide_cycles

AGENTS = 4
NODES = "abcd"
EVERYWHERE = Standing((1 << AGENTS) - 1, 1)

edges = st.tuples(st.sampled_from(NODES), st.sampled_from(NODES)).filter(lambda edge: edge[0] != edge[1])
graphs = st.frozensets(edges, max_size=3)


def atoms_of(trunk: frozenset[Edge], agents: list[frozenset[Edge]]) -> dict[Edge, list[Atom]]:
    found: dict[Edge, list[Atom]] = {}
    for edge in sorted(trunk.union(*agents)):
        standing = Standing(mask_of(n for n, has in enumerate(agents) if edge in has), int(edge in trunk))
        found[edge] = [Atom(standing, Place(TreePath(f"{edge[0]}/Cargo.toml"), edge))]
    return found


def has_cycle(graph: frozenset[Edge]) -> bool:
    left = set(graph)
    while ends := [edge for edge in left if not any(other[1] == edge[0] for other in left)]:
        left.difference_update(ends)
    return bool(left)


def landed(trunk: frozenset[Edge], agents: list[frozenset[Edge]]) -> frozenset[Edge]:
    """Return the edges once all these agents have landed."""
    kept = trunk.intersection(*agents) if agents else trunk
    return kept.union(*(agent - trunk for agent in agents))


@given(trunk=graphs, agents=st.lists(graphs, min_size=AGENTS, max_size=AGENTS))
def test_a_wide_cycle_is_one_that_its_sides_close_and_no_two_of_all_agents_do(
    trunk: frozenset[Edge], agents: list[frozenset[Edge]]
) -> None:
    for cycle in wide_cycles(EVERYWHERE, atoms_of(trunk, agents)):
        steps = set(pairwise((*cycle.nodes, cycle.nodes[0])))
        chosen = [agents[next(members(mask))] for mask, _ in cycle.sides]
        assert len(cycle.sides) >= 3
        assert steps <= landed(trunk, chosen)
        for pair in combinations(agents, 2):
            assert not steps <= landed(trunk, list(pair))
        for mask, place in cycle.sides:
            for agent in members(mask):
                assert place.key in steps
                assert place.key in agents[agent] - trunk


@given(agents=st.lists(graphs, min_size=AGENTS, max_size=AGENTS))
def test_where_only_all_together_close_a_cycle_one_is_told(agents: list[frozenset[Edge]]) -> None:
    nothing: frozenset[Edge] = frozenset()
    told = list(wide_cycles(EVERYWHERE, atoms_of(nothing, agents)))
    if any(has_cycle(landed(nothing, list(pair))) for pair in combinations(agents, 2)):
        return
    assert bool(told) == has_cycle(landed(nothing, agents))


def test_three_agents_close_a_ring() -> None:
    nothing: frozenset[Edge] = frozenset()
    agents = [frozenset({edge}) for edge in (("a", "b"), ("b", "c"), ("c", "a"))] + [nothing]
    (cycle,) = wide_cycles(EVERYWHERE, atoms_of(nothing, agents))
    assert cycle.nodes == ("a", "b", "c")
    assert [mask for mask, _ in cycle.sides] == [1, 2, 4]
