from __future__ import annotations

import subprocess
from collections.abc import Iterator

import pytest
from hypothesis import example, given

from gatekeeper.core.commit_graph import build_graph
from gatekeeper.core.names import Oid
from gatekeeper.core.tree_state import REGULAR
from gatekeeper.repository import open_repository
from gatekeeper.repository.objects import ObjectStore
from tests.core.dags import Dag, dags, graph_of, made_up_oids, named
from tests.kit import RepositoryBuilder

CRISS_CROSS = Dag(((), (0,), (0,), (1, 2), (2, 1), (3,), (4,)), trunk=3, tips=(5, 6, 4))
STACK_WITH_LATER_FORK = Dag(((), (0,), (0,), (2, 1), (2,)), trunk=1, tips=(3, 4, 2))


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ObjectStore]:
    builder = RepositoryBuilder(tmp_path_factory.mktemp("graphs") / "r", bare=True)
    opened = open_repository(str(builder.root)).object_store()
    yield opened
    opened.close()


def build(store: ObjectStore, dag: Dag) -> list[Oid]:
    """Write the graph's commits; each has a tree of its own, so that no two are one."""
    oids: list[Oid] = []
    for number, parents in enumerate(dag.parents):
        tree = store.write_tree([("n", store.write_blob(b"%d" % number), REGULAR)])
        oids.append(store.write_commit(tree, [oids[parent] for parent in parents]))
    return oids


def gits_bases(store: ObjectStore, one: Oid, other: Oid) -> tuple[str, ...]:
    command = ["git", "merge-base", "--all", one, other]
    done = subprocess.run(command, env=store.environment, capture_output=True, text=True, check=False)
    assert done.returncode in {0, 1}, done.stderr
    return tuple(sorted(done.stdout.split()))


@given(dag=dags(most_agents=4))
@example(CRISS_CROSS)
@example(STACK_WITH_LATER_FORK)
def test_merge_bases_are_those_that_git_names(store: ObjectStore, dag: Dag) -> None:
    oids = build(store, dag)
    graph = graph_of(dag, oids)
    trunk = oids[dag.trunk]
    for agent, tip in enumerate(dag.tips):
        assert graph.forks[agent] == gits_bases(store, trunk, oids[tip])
    for first, tip in enumerate(dag.tips):
        if not graph.forks[first]:
            continue
        landed = store.write_commit(store.tree_of(trunk), (trunk, oids[tip]))
        for second in range(len(dag.tips)):
            common = graph.shared[first] & graph.shared[second]
            if first != second and graph.forks[second]:
                assert graph.merge_bases(common, second) == gits_bases(store, landed, oids[dag.tips[second]])


@given(dag=dags())
@example(CRISS_CROSS)
@example(STACK_WITH_LATER_FORK)
def test_merge_bases_are_those_of_the_definition(dag: Dag) -> None:
    dag = dag.related
    oids = made_up_oids(dag)
    graph = graph_of(dag, oids)
    for first in range(len(dag.tips)):
        for second in range(len(dag.tips)):
            common = graph.shared[first] & graph.shared[second]
            newest = {graph.junctions[head] for head in graph.newest_shared(common)}
            if first != second:
                assert newest == set(named(dag.newest(dag.beyond(first) & dag.beyond(second)), oids))
                assert graph.merge_bases(common, second) == named(dag.bases_after_landing(first, second), oids)


@given(dag=dags())
def test_some_agents_of_a_graph_are_numbered_anew(dag: Dag) -> None:
    graph = graph_of(dag, made_up_oids(dag))
    kept = list(range(len(dag.tips)))[::-2]
    some = graph.of_agents(kept)
    assert [some.shared[new] for new in range(len(kept))] == [graph.shared[old] for old in kept]
    assert [some.merge_bases(0, new) for new in range(len(kept))] == [graph.forks[old] for old in kept]


def test_a_chain_without_branches_has_one_junction_for_each_shared_tip() -> None:
    chain = Dag(tuple((number - 1,) if number else () for number in range(1000)), trunk=0, tips=(999, 999, 500))
    oids = [Oid(f"{number:040x}") for number in range(1000)]
    graph = graph_of(chain, oids)
    assert graph.junctions == (oids[500], oids[999])
    assert graph.merge_bases(graph.shared[0] & graph.shared[2], 2) == (oids[500],)


def test_a_fleet_of_none() -> None:
    graph = build_graph([], [], Oid("0" * 40), lambda _a, _b: False)
    assert (graph.shared, graph.forks, graph.junctions) == ((), (), ())
