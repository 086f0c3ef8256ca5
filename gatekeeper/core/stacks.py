"""Agents that build on each other's commits: who meets whom on which shared commit."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from gatekeeper.core.bits import mask_of, members, union
from gatekeeper.core.names import Oid, TreePath
from gatekeeper.core.overlay import AgentChange, TreeStates
from gatekeeper.core.relation import Relation
from gatekeeper.core.sites import Site, Users
from gatekeeper.core.tree_state import State


@dataclass(slots=True)
class Stacks:
    """The pairs that share commits beyond trunk: base commit -> (second agent -> first agents). Bases are numbered.

    ``bases_of`` tells in which bases' pairs an agent stands, ``bases_at`` which bases hold something else than trunk;
    ``forks_at`` the forks, with their agents, that do.
    """

    bases: tuple[Oid, ...]
    agents: int
    seconds: Sequence[int]
    firsts: Sequence[int]
    bases_of: Mapping[int, int]
    bases_at: Mapping[TreePath, int]
    forks_at: Mapping[TreePath, list[tuple[Oid, int]]]
    branches: Sequence[list[tuple[int, int]]]

    @classmethod
    def of(cls, changes: Sequence[AgentChange], relation: Relation, states: TreeStates) -> Stacks:
        """Return the stacked pairs of a fleet."""
        by_base = relation.stacked_pairs()
        seconds = [mask_of(users) for users in by_base.values()]
        firsts = [union(users.values()) for users in by_base.values()]
        bases_of: dict[int, int] = {}
        for number, (some, others) in enumerate(zip(seconds, firsts, strict=True)):
            for agent in members(some | others):
                bases_of[agent] = bases_of.get(agent, 0) | 1 << number
        bases_at: dict[TreePath, int] = {}
        for number, base in enumerate(by_base):
            for path in states.deltas[base]:
                bases_at[path] = bases_at.get(path, 0) | 1 << number
        forked: dict[Oid, int] = {}
        for agent in bases_of:
            fork = changes[agent].forks[0]
            forked[fork] = forked.get(fork, 0) | 1 << agent
        forks_at: dict[TreePath, list[tuple[Oid, int]]] = {}
        for fork, agents in forked.items():
            for path in states.deltas[fork]:
                forks_at.setdefault(path, []).append((fork, agents))
        branches = [list(_alike(users)) for users in by_base.values()]
        return cls(tuple(by_base), mask_of(bases_of), seconds, firsts, bases_of, bases_at, forks_at, branches)

    def meetings(self, base: int, firsts: int, seconds: int) -> Iterator[tuple[int, int]]:
        """Yield (b of ``seconds``, agents of ``firsts`` that landed before b have this base).

        Agents in one branch off ``base`` meet the same others on it, so that a whole branch is passed over at once.
        """
        for branch, partners in self.branches[base]:
            met = partners & firsts
            if met:
                for second in members(branch & seconds):
                    yield second, met

    def paths(self, sites: Mapping[TreePath, Site]) -> Iterator[TreePath]:
        """Yield the paths at which stacked agents or their bases hold something of their own."""
        if not self.bases:
            return
        yield from self.bases_at
        for path, site in sites.items():
            if path not in self.bases_at and self.touching(site):
                yield path

    def touching(self, site: Site) -> int:
        """Return the stacked agents that change a path."""
        return (union(site.landed.values()) | mask_of(site.touched)) & self.agents

    def bases_met(self, path: TreePath, touching: int) -> int:
        """Return the bases on which agents can meet at ``path``: those that changed it, and those of agents who did."""
        found = self.bases_at.get(path, 0)
        if found.bit_count() < len(self.bases):
            found |= union(self.bases_of[agent] for agent in members(touching))
        return found

    def owners(self, path: TreePath, site: Site, involved: int, states: TreeStates) -> dict[State, int]:
        """Return what the branches of the agents ``involved`` hold at ``path``."""
        owners: dict[State, int] = {}
        rest = involved
        for agent, (_, own) in site.touched.items():
            if involved >> agent & 1:
                owners[own] = owners.get(own, 0) | 1 << agent
                rest &= ~(1 << agent)
        for fork, agents in self.forks_at.get(path, ()):
            if agents & rest:
                own = states.base(fork, path)
                owners[own] = owners.get(own, 0) | agents & rest
                rest &= ~agents
        if rest:
            trunk = states.trunk(path)
            owners[trunk] = owners.get(trunk, 0) | rest
        return owners


def _alike(users: Users) -> Iterator[tuple[int, int]]:
    """Yield (agents with the same partners, these partners)."""
    by_partners: dict[int, int] = {}
    for second, firsts in users.items():
        by_partners[firsts] = by_partners.get(firsts, 0) | 1 << second
    for firsts, seconds in by_partners.items():
        yield seconds, firsts
