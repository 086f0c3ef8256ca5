"""Which agents edit what lies outside of their declared scope."""

from __future__ import annotations

import enum
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass

from gatekeeper.core.changes import changes
from gatekeeper.core.commit_graph import CommitGraph
from gatekeeper.core.document import Document, ParseFailure
from gatekeeper.core.names import KeyPath, TreePath
from gatekeeper.core.overlay import AgentChange
from gatekeeper.core.roster import AgentSpec, Roster
from gatekeeper.core.rules.scope import scope_hit
from gatekeeper.core.schema import profile_for
from gatekeeper.core.tree_state import State
from gatekeeper.core.watch.scope import Outside, in_scope, owners, places_outside
from gatekeeper.core.watch.who import spec_of
from gatekeeper.core.workspace_view import WorkspaceHit
from gatekeeper.errors import BadInputError
from gatekeeper.scanning.documents import Documents
from gatekeeper.scanning.fleet import Fleet
from gatekeeper.scanning.overlays import OverlayBuilder


def scope_hits(
    fleet: Fleet, graph: CommitGraph | None, builder: OverlayBuilder, documents: Documents, roster: Roster
) -> Iterator[WorkspaceHit]:
    """Yield what each agent edits outside of its scope, a hit for a file; nothing where none declares a scope."""
    if graph is None or not any(spec.scope for spec in roster.agents.values()):
        return
    specs = [spec_of(roster, change.ref) for change in fleet.changes]
    edits = _Edits(fleet, graph, builder, documents, specs)
    manifests = [path for path in fleet.listing if path.rpartition("/")[2] == "Cargo.toml"]
    for agent, spec in enumerate(specs):
        if spec is None or not spec.scope:
            continue
        for place in places_outside(spec, edits.of(agent), manifests):
            own = edits.without_those_taken_over(agent, place)
            if own is not None:
                others = [name for name in owners(roster, own) if name != spec.name]
                yield scope_hit(agent, own, others)


class Unreadable(enum.Enum):
    """What cannot be told by keys: no manifest, or one that is not valid."""

    UNREADABLE = "unreadable"


@dataclass(slots=True)
class _Edits:
    """What the agents of a fleet have edited, by their numbers."""

    fleet: Fleet
    graph: CommitGraph
    builder: OverlayBuilder
    documents: Documents
    specs: list[AgentSpec | None]

    def of(self, agent: int) -> dict[TreePath, frozenset[KeyPath] | None]:
        """Return what an agent has changed since it left trunk and trunk does not have yet.

        Where its history and trunk's cross, that is what differs from all commits at which they did.
        """
        change = self.fleet.changes[agent]
        found: dict[TreePath, frozenset[KeyPath] | None] = {}
        for path, own in self._touched(change).items():
            others = [self.fleet.states.base(fork, path) for fork in change.forks]
            others.append(self.fleet.states.trunk(path))
            if own not in others:
                found[path] = self._keys(path, own, others)
        return found

    def without_those_taken_over(self, agent: int, place: Outside) -> Outside | None:
        """Return the place without what the agent has as it stood in commits of an agent who may edit it there."""
        own = self._touched(self.fleet.changes[agent])[place.path]
        left = place.keys
        for other, there in self._shared_states(agent, place.path):
            differing = self._keys(place.path, own, [there])
            if not place.keys and there == own and in_scope(other, place.path, None):
                return None
            if differing is not None:
                left = tuple(key for key in left if key in differing or not in_scope(other, place.path, key))
        return Outside(place.path, left) if left or not place.keys else None

    def _shared_states(self, agent: int, path: TreePath) -> Iterator[tuple[AgentSpec, State]]:
        """Yield what stood at ``path`` in the newest commits that the agent has in common with another one."""
        fork = self.fleet.changes[agent].forks[0]
        for other, spec in enumerate(self.specs):
            shared = self.graph.shared[agent] & self.graph.shared[other]
            if other != agent and spec is not None and shared:
                for junction in self.graph.newest_shared(shared):
                    delta = self.builder.delta(fork, self.graph.junctions[junction])
                    yield spec, delta[path][1] if path in delta else self.fleet.states.base(fork, path)

    def _touched(self, change: AgentChange) -> dict[TreePath, State]:
        """Return what stands where the agent has changed anything, also where that does not merge onto trunk."""
        touched = {path: own for path, (_, own) in change.touched.items()}
        for fork in change.forks if change.conflicts else ():
            delta = self.builder.delta(fork, change.commit)
            touched |= {path: delta[path][1] for path in change.conflicts if path in delta}
        return touched

    def _keys(self, path: TreePath, own: State, others: Sequence[State]) -> frozenset[KeyPath] | None:
        """Return the keys in which a manifest differs from all ``others``; None where it is none, or is unreadable."""
        after = self._document(path, own)
        befores = [self._document(path, state) for state in others]
        if isinstance(after, Unreadable):
            return None
        readable = [before for before in befores if not isinstance(before, Unreadable)]
        if len(readable) < len(befores):
            return None
        found = [{change.key for change in changes(before, after)} for before in readable]
        first, *rest = found
        return frozenset(key for key in first if all(_lies_in(key, keys) for keys in rest))

    def _document(self, path: TreePath, state: State) -> Document | Unreadable | None:
        profile = profile_for(path)
        if profile is None or (state is not None and not state.is_file):
            return Unreadable.UNREADABLE
        try:
            parsed = None if state is None else self.documents.parsed(profile, state.oid)
        except BadInputError:
            # A partial clone lacks it.
            return Unreadable.UNREADABLE
        return Unreadable.UNREADABLE if isinstance(parsed, ParseFailure) else parsed


def _lies_in(key: KeyPath, keys: Collection[KeyPath]) -> bool:
    """Return whether ``key`` is one of ``keys``, lies inside of one, or has one inside."""
    return any(key[:depth] in keys for depth in range(1, len(key) + 1)) or any(
        other[: len(key)] == key for other in keys
    )
