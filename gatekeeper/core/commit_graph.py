"""Who shares which commits: the part of history that trunk does not have, indexed once for the whole fleet.

Asking git for the merge base of every pair costs minutes on a fleet; here one walk over the commits that trunk lacks
answers for all pairs. Only *junctions* can be the newest common commit of two agents: a commit with several children,
or the tip of one agent that another builds upon, or the tip of two. Each agent's history is a bit set over junctions.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field

from gatekeeper.core.names import Oid

Bases = tuple[Oid, ...]
"""The merge bases of two commits, sorted; several for a criss-cross, none for unrelated histories."""

IsAncestor = Callable[[Oid, Oid], bool]
"""``is_ancestor(a, b)``: whether trunk's commit ``a`` is ``b`` or an ancestor of it."""


@dataclass(frozen=True, slots=True)
class Commit:
    """A commit that trunk does not have."""

    id: Oid
    parents: tuple[Oid, ...]


@dataclass(slots=True)
class CommitGraph:
    """What each agent's history holds beyond trunk.

    ``shared[i]`` is agent i's bit set of junctions, ``forks[i]`` its merge bases with trunk.
    """

    shared: tuple[int, ...]
    forks: tuple[Bases, ...]
    junctions: tuple[Oid, ...]
    _junction_reach: tuple[int, ...]
    _junction_forks: tuple[Bases, ...]
    _is_ancestor: IsAncestor
    _heads: dict[int, tuple[int, ...]] = field(default_factory=dict)

    def of_agents(self, agents: Sequence[int]) -> CommitGraph:
        """Return the same graph for some of the agents, renumbered in the order given."""
        return CommitGraph(
            tuple(self.shared[agent] for agent in agents),
            tuple(self.forks[agent] for agent in agents),
            self.junctions,
            self._junction_reach,
            self._junction_forks,
            self._is_ancestor,
        )

    def newest_shared(self, common: int) -> tuple[int, ...]:
        """Return the junctions in the bit set ``common`` that no other one in it descends from."""
        heads = self._heads.get(common)
        if heads is None:
            found = []
            left = common
            while left:
                newest = left.bit_length() - 1
                found.append(newest)
                left &= ~self._junction_reach[newest]
            heads = self._heads[common] = tuple(found)
        return heads

    def merge_bases(self, common: int, second: int) -> Bases:
        """Return the merge bases of agent ``second`` and any landed agent that shares exactly ``common`` with it.

        The landed agent also has all of trunk, so the bases are the newest shared junctions, and those merge bases of
        ``second`` with trunk that no shared junction already contains.
        """
        heads = self.newest_shared(common)
        if not heads:
            return self.forks[second]
        kept = [
            fork
            for fork in self.forks[second]
            if not any(self._contains(self._junction_forks[head], fork) for head in heads)
        ]
        return tuple(sorted([self.junctions[head] for head in heads] + kept))

    def _contains(self, forks: Bases, commit: Oid) -> bool:
        return commit in forks or any(self._is_ancestor(commit, fork) for fork in forks)


def build_graph(commits: Sequence[Commit], tips: Sequence[Oid], trunk: Oid, is_ancestor: IsAncestor) -> CommitGraph:
    """Index the commits that trunk lacks.

    ``commits`` must hold every ancestor of a tip that trunk does not have, parents before children. A tip outside
    ``commits`` is one that trunk contains: its merge base is itself.
    """
    outside = {commit.id for commit in commits}
    junction_of = _junctions(commits, tips)
    reach: dict[Oid, int] = {}
    edge: dict[Oid, frozenset[Oid]] = {}
    for commit in commits:
        bits = 0
        borders: frozenset[Oid] = frozenset()
        for parent in commit.parents:
            if parent in outside:
                bits = bits | reach[parent] if bits else reach[parent]
                borders = borders | edge[parent] if borders else edge[parent]
            else:
                borders = borders | {parent}
        number = junction_of.get(commit.id)
        reach[commit.id] = bits if number is None else bits | 1 << number
        edge[commit.id] = borders
    newest_of: dict[frozenset[Oid], Bases] = {}

    def forks(commit: Oid) -> Bases:
        if commit not in outside:
            return (commit,)
        borders = edge[commit]
        if borders not in newest_of:
            newest_of[borders] = _newest(borders, trunk, is_ancestor)
        return newest_of[borders]

    junctions = tuple(junction_of)
    return CommitGraph(
        shared=tuple(reach.get(tip, 0) for tip in tips),
        forks=tuple(forks(tip) for tip in tips),
        junctions=junctions,
        _junction_reach=tuple(reach[junction] for junction in junctions),
        _junction_forks=tuple(forks(junction) for junction in junctions),
        _is_ancestor=is_ancestor,
    )


def _junctions(commits: Iterable[Commit], tips: Iterable[Oid]) -> dict[Oid, int]:
    """Number the commits at which the histories of two agents can part, ancestors first."""
    uses: dict[Oid, int] = {}
    for commit in commits:
        for parent in commit.parents:
            uses[parent] = uses.get(parent, 0) + 1
    for tip in tips:
        uses[tip] = uses.get(tip, 0) + 1
    return {
        commit: number for number, commit in enumerate(commit.id for commit in commits if uses.get(commit.id, 0) > 1)
    }


def _newest(borders: frozenset[Oid], trunk: Oid, is_ancestor: IsAncestor) -> Bases:
    """Return the commits of ``borders`` (all in trunk) that are not ancestors of another one."""
    if trunk in borders:
        return (trunk,)
    return tuple(
        sorted(
            border for border in borders if not any(other != border and is_ancestor(border, other) for other in borders)
        )
    )
