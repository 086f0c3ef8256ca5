"""What landing each agent would do to trunk, with as few merges as possible.

A change that is up to date, or touches nothing that trunk has moved since, is its own overlay; git merges the others.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from gatekeeper.cache import Cache
from gatekeeper.core.bits import members
from gatekeeper.core.commit_graph import Bases, Commit, CommitGraph, build_graph
from gatekeeper.core.names import Oid, TreePath
from gatekeeper.core.overlay import AgentChange, can_compose
from gatekeeper.core.tree_state import SUBMODULE, Delta, State
from gatekeeper.errors import BadInputError
from gatekeeper.repository.git_merges import merge_commits
from gatekeeper.repository.objects import ObjectStore
from gatekeeper.repository.raw_diffs import TreeDelta
from gatekeeper.scanning.agents import Agent
from gatekeeper.scanning.landing import Landing, pack_landing, read_landing, unpack_landing
from gatekeeper.scanning.remembered_deltas import Pair, RememberedDeltas


@dataclass(slots=True)
class Overlays:
    """The changes of all agents that have one, and how the others stand.

    ``graph`` numbers agents as ``changes`` does. ``landed``: already in trunk; ``unrelated``: no commit in common with
    trunk; ``unreadable``: agent -> why.
    """

    changes: list[AgentChange] = field(default_factory=list)
    graph: CommitGraph | None = None
    landed: list[Agent] = field(default_factory=list)
    unrelated: list[Agent] = field(default_factory=list)
    unreadable: list[tuple[Agent, str]] = field(default_factory=list)


_SHALLOW = "the clone is shallow and lacks the commit at which it left trunk: git fetch --unshallow"


class OverlayBuilder:
    """Computes overlays over one trunk; diffs between the same two commits are made once."""

    def __init__(self, store: ObjectStore, cache: Cache, trunk: Oid) -> None:
        self.store = store
        self.cache = cache
        self.trunk = trunk
        self._deltas: dict[Pair, TreeDelta] = {}
        self._remembered = RememberedDeltas(cache, trunk)

    def delta(self, old: Oid, new: Oid) -> TreeDelta:
        """Return what differs between two commits; raises BadInputError for a missing one."""
        self.prefetch([(old, new)])
        return self._deltas[old, new]

    def prefetch(self, pairs: Iterable[Pair]) -> None:
        """Compare many pairs of commits at once; raises BadInputError when anything is missing."""
        wanted = []
        for pair in dict.fromkeys(pairs):
            if pair in self._deltas:
                continue
            if pair in self._remembered:
                self._deltas[pair] = self._remembered.delta(pair)
            else:
                wanted.append(pair)
        self._deltas.update(zip(wanted, self.store.tree_deltas(wanted), strict=True))

    def base_states(self, commit: Oid) -> Delta:
        """Return what stands in a commit where trunk differs; raises BadInputError for a missing one."""
        return {path: there for path, (there, _) in self.delta(commit, self.trunk).items()}

    def remember(self) -> None:
        """Put the differences between commits that this scan used into the cache, where any of them is new there."""
        if self.cache.is_on:
            self.cache.put_many(RememberedDeltas.KIND, self._remembered.to_keep(self._deltas))

    def build(self, agents: Sequence[Agent]) -> Overlays:
        """Return every agent's overlay or the reason why it has none. Bad agents never stop the others."""
        overlays = Overlays()
        readable, commits = self._readable(agents, overlays)
        graph = build_graph(
            commits,
            [agent.commit for agent in readable],
            self.trunk,
            self.store.is_ancestor,
        )
        with contextlib.suppress(BadInputError):
            # What is missing shows again, one agent at a time.
            tips = zip(readable, graph.forks, strict=True)
            pairs = [
                pair for agent, forks in tips for fork in forks for pair in ((fork, agent.commit), (fork, self.trunk))
            ]
            self.prefetch(pairs)
        changes: dict[int, AgentChange] = {}
        to_merge: list[tuple[int, Agent, TreeDelta]] = []
        for number, agent in enumerate(readable):
            self._place(number, agent, graph, overlays, changes, to_merge)
        self._merge(to_merge, graph, changes, overlays)
        kept = sorted(changes)
        overlays.changes = [changes[number] for number in kept]
        overlays.graph = graph.of_agents(kept)
        return overlays

    def _readable(self, agents: Sequence[Agent], overlays: Overlays) -> tuple[list[Agent], list[Commit]]:
        """Return the agents whose history can be walked, and all their commits that trunk lacks."""
        readable = [agent for agent in agents if agent.problem is None]
        overlays.unreadable += [(agent, agent.problem) for agent in agents if agent.problem is not None]
        try:
            return readable, self._commits(readable)
        except BadInputError:
            walkable = []
            for agent in readable:
                try:
                    self._commits([agent])
                    walkable.append(agent)
                except BadInputError as error:
                    overlays.unreadable.append((agent, error.message))
            return walkable, self._commits(walkable)

    def _commits(self, agents: Sequence[Agent]) -> list[Commit]:
        return list(self.store.commits_beyond(self.trunk, [agent.commit for agent in agents]))

    def _place(
        self,
        number: int,
        agent: Agent,
        graph: CommitGraph,
        overlays: Overlays,
        changes: dict[int, AgentChange],
        to_merge: list[tuple[int, Agent, TreeDelta]],
    ) -> None:
        forks = graph.forks[number]
        if not forks:
            if self.store.is_shallow:
                overlays.unreadable.append((agent, _SHALLOW))
            else:
                overlays.unrelated.append(agent)
            return
        try:
            touched = self._touched(agent, forks)
            self._require_contents(
                touched, forks, [graph.junctions[shared] for shared in members(graph.shared[number])]
            )
            moved = self.delta(forks[0], self.trunk) if forks != (self.trunk,) else {}
        except BadInputError as error:
            overlays.unreadable.append((agent, error.message))
            return
        if not touched:
            overlays.landed.append(agent)
        elif len(forks) == 1 and can_compose(touched, moved):
            overlay = {path: own for path, (_, own) in touched.items()}
            changes[number] = _change(agent, forks, touched, overlay, frozenset())
        else:
            to_merge.append((number, agent, touched))

    def _require_contents(self, touched: TreeDelta, forks: Bases, shared: Sequence[Oid]) -> None:
        """Raise BadInputError where a partial clone lacks what the agent changed, or commits it shares with others."""
        if self.store.is_partial:
            states = [state for pair in touched.values() for state in pair]
            states += [own for commit in shared for _, own in self.delta(forks[0], commit).values()]
            self.store.require(state.oid for state in states if state is not None and state.mode != SUBMODULE)

    def _touched(self, agent: Agent, forks: Bases) -> TreeDelta:
        touched: dict[TreePath, tuple[State, State]] = {}
        for fork in forks:
            for path, pair in self.delta(fork, agent.commit).items():
                touched.setdefault(path, pair)
        return touched

    def _merge(
        self,
        to_merge: Sequence[tuple[int, Agent, TreeDelta]],
        graph: CommitGraph,
        changes: dict[int, AgentChange],
        overlays: Overlays,
    ) -> None:
        landings = self._land([agent.commit for _, agent, _ in to_merge])
        for number, agent, touched in to_merge:
            landing = landings[agent.commit]
            if landing is None:
                overlays.unreadable.append((agent, "git crashes when it is merged onto trunk"))
            elif not landing.overlay and not landing.conflicts:
                overlays.landed.append(agent)
            else:
                aside = landing.conflicts
                kept = {path: pair for path, pair in touched.items() if path not in aside}
                changes[number] = _change(agent, graph.forks[number], kept, landing.overlay, aside)

    def _land(self, commits: Sequence[Oid]) -> dict[Oid, Landing | None]:
        """Return what merging each commit onto trunk gives, from the cache where it is known."""
        keys = {f"{self.trunk} {commit} {self.store.attributes_id}": commit for commit in commits}
        landings: dict[Oid, Landing | None] = {}
        for key, data in self.cache.get_many("landing", keys).items():
            known = unpack_landing(self.store, data)
            if known is not None:
                landings[keys[key]] = known
        missing = [commit for commit in keys.values() if commit not in landings]
        merges = merge_commits(self.store, [(self.trunk, commit) for commit in missing])
        trees = list(dict.fromkeys(merge.tree for merge in merges if merge is not None))
        deltas = dict(zip(trees, self.store.tree_deltas([(self.trunk, tree) for tree in trees]), strict=True))
        made = {
            commit: None if merge is None else read_landing(deltas[merge.tree], self.trunk, commit, merge)
            for commit, merge in zip(missing, merges, strict=True)
        }
        self.cache.put_many(
            "landing",
            {key: pack_landing(self.store, landing) for key, commit in keys.items() if (landing := made.get(commit))},
        )
        return landings | made


def _change(
    agent: Agent, forks: Bases, touched: TreeDelta, overlay: Mapping[TreePath, State], conflicts: frozenset[TreePath]
) -> AgentChange:
    return AgentChange(
        agent.name, agent.ref, agent.commit, forks, touched, overlay, conflicts, agent.worktree, agent.uncommitted
    )
