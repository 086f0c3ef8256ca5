"""Small commit graphs made up by Hypothesis, and what their definition says of them, without an index."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

from hypothesis import strategies as st

from gatekeeper.core.commit_graph import Bases, Commit, CommitGraph, build_graph
from gatekeeper.core.names import Oid


@dataclass(frozen=True)
class Dag:
    """Commits as the numbers of their parents, oldest first; which of them are trunk's tip and the agents' tips."""

    parents: tuple[tuple[int, ...], ...]
    trunk: int
    tips: tuple[int, ...]

    @cached_property
    def reach(self) -> tuple[frozenset[int], ...]:
        """Each commit's ancestors, itself included."""
        found: list[frozenset[int]] = []
        for number, parents in enumerate(self.parents):
            found.append(frozenset({number}).union(*(found[parent] for parent in parents)))
        return tuple(found)

    @property
    def related(self) -> Dag:
        """The same graph without the agents that have nothing in common with trunk."""
        return Dag(
            self.parents, self.trunk, tuple(tip for tip in self.tips if self.reach[tip] & self.reach[self.trunk])
        )

    def beyond(self, agent: int) -> frozenset[int]:
        """Return the commits that an agent has and trunk lacks."""
        return self.reach[self.tips[agent]] - self.reach[self.trunk]

    def newest(self, commits: frozenset[int]) -> frozenset[int]:
        """Return those from which no other one descends."""
        return frozenset(
            commit for commit in commits if not any(commit in self.reach[other] - {other} for other in commits)
        )

    def bases_after_landing(self, first: int, second: int) -> frozenset[int]:
        """Return the merge bases of ``second`` and the merge of ``first`` onto trunk, by their definition."""
        landed = self.reach[self.trunk] | self.reach[self.tips[first]]
        return self.newest(landed & self.reach[self.tips[second]])


def dags(most_agents: int = 5) -> st.SearchStrategy[Dag]:
    """Return graphs with merges, criss-crosses, stacks, shared tips, tips inside trunk, and at times several roots."""
    return st.integers(2, 14).flatmap(
        lambda size: st.builds(
            Dag,
            st.tuples(*(_parents(number) for number in range(size))),
            st.integers(0, size - 1),
            st.lists(st.integers(0, size - 1), min_size=2, max_size=most_agents).map(tuple),
        )
    )


def _parents(number: int) -> st.SearchStrategy[tuple[int, ...]]:
    if number == 0:
        return st.just(())
    back = st.integers(1, min(number, 5)).map(lambda distance: number - distance)
    several = st.lists(back, min_size=1, max_size=3, unique=True).map(tuple)
    return st.one_of(several, several, several, st.lists(back, min_size=0, max_size=1).map(tuple))


def graph_of(dag: Dag, oids: Sequence[Oid]) -> CommitGraph:
    """Return the product's index of a graph whose commits have these ids."""
    number_of = {oid: number for number, oid in enumerate(oids)}
    wanted = sorted(frozenset().union(*(dag.beyond(agent) for agent in range(len(dag.tips)))))
    return build_graph(
        [Commit(oids[number], tuple(oids[parent] for parent in dag.parents[number])) for number in wanted],
        [oids[tip] for tip in dag.tips],
        oids[dag.trunk],
        lambda ancestor, descendant: number_of[ancestor] in dag.reach[number_of[descendant]],
    )


def made_up_oids(dag: Dag) -> list[Oid]:
    """Return an id for each commit; their order is not the commits' order."""
    return [Oid(f"{number * 7919 % 101:040x}") for number in range(len(dag.parents))]


def named(commits: frozenset[int], oids: Sequence[Oid]) -> Bases:
    return tuple(sorted(oids[commit] for commit in commits))
