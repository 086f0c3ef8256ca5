"""Which agents edit what lies outside of their declared scope."""

from __future__ import annotations

import enum
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from gatekeeper.core.bits import members
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
from gatekeeper.repository.raw_diffs import TreeDelta
from gatekeeper.scanning.documents import Documents
from gatekeeper.scanning.fleet import Fleet
from gatekeeper.scanning.overlays import OverlayBuilder


def scope_hits(
    fleet: Fleet,
    graph: CommitGraph | None,
    builder: OverlayBuilder,
    documents: Documents,
    roster: Roster,
    asked: int,
) -> Iterator[WorkspaceHit]:
    """Yield what each agent of ``asked`` edits outside of its scope, a hit for a file.

    Nothing, at no cost, where nobody declares a scope.
    """
    if graph is None or not any(spec.scope for spec in roster.agents.values()):
        return
    specs = [spec_of(roster, change.ref) for change in fleet.changes]
    manifests = [path for path in fleet.listing if path.rpartition("/")[2] == "Cargo.toml"]
    for agent in members(asked):
        spec, change = specs[agent], fleet.changes[agent]
        if spec is None or not spec.scope:
            continue
        edits = _Edits(fleet, documents, change, _touched(builder, change))
        places = places_outside(spec, edits.places(), manifests)
        below = list(_agents_below(agent, specs, graph, builder, change)) if places else []
        for place in places:
            own = edits.without_those_of(below, place)
            if own is not None:
                yield scope_hit(agent, own, [name for name in owners(roster, own) if name != spec.name])


def _touched(builder: OverlayBuilder, change: AgentChange) -> dict[TreePath, State]:
    """Return what stands where the agent has changed anything, also where that does not merge onto trunk."""
    touched = {path: own for path, (_, own) in change.touched.items()}
    for fork in change.forks if change.conflicts else ():
        delta = builder.delta(fork, change.commit)
        touched |= {path: delta[path][1] for path in change.conflicts if path in delta}
    return touched


def _agents_below(
    agent: int, specs: Sequence[AgentSpec | None], graph: CommitGraph, builder: OverlayBuilder, change: AgentChange
) -> Iterator[_Below]:
    """Yield the declared agents that share commits with this one, and what those commits changed."""
    for other, spec in enumerate(specs):
        shared = graph.shared[agent] & graph.shared[other]
        if other != agent and spec is not None and shared:
            for junction in graph.newest_shared(shared):
                yield _Below(spec, builder.delta(change.forks[0], graph.junctions[junction]))


class _Below(NamedTuple):
    """An agent on whose work another one is built, and what that work changed: path -> (before, after)."""

    spec: AgentSpec
    delta: TreeDelta


class _Unreadable(enum.Enum):
    """What cannot be told by keys: no manifest, or one that is not valid."""

    UNREADABLE = "unreadable"


@dataclass(frozen=True, slots=True)
class _Edits:
    """What one agent has edited; ``touched`` is what stands there on its branch."""

    fleet: Fleet
    documents: Documents
    change: AgentChange
    touched: Mapping[TreePath, State]

    def places(self) -> dict[TreePath, frozenset[KeyPath] | None]:
        """Return what the agent has changed since it left trunk and trunk does not have yet.

        Where its history and trunk's cross, that is what differs from all commits at which they did.
        """
        found: dict[TreePath, frozenset[KeyPath] | None] = {}
        for path, own in self.touched.items():
            others = [self.fleet.states.base(fork, path) for fork in self.change.forks]
            others.append(self.fleet.states.trunk(path))
            if own not in others:
                found[path] = self._keys(path, own, others)
        return found

    def without_those_of(self, below: Iterable[_Below], place: Outside) -> Outside | None:
        """Return the place without what stands there as an agent left it who may edit it; None if nothing is left."""
        path, own, left = place.path, self.touched[place.path], place.keys
        for spec, delta in below:
            there = delta[path][1] if path in delta else self.fleet.states.base(self.change.forks[0], path)
            if not place.keys and there == own and in_scope(spec, path, None):
                return None
            differing = self._keys(path, own, [there])
            if differing is not None:
                left = tuple(key for key in left if key in differing or not in_scope(spec, path, key))
        return Outside(path, left) if left or not place.keys else None

    def _keys(self, path: TreePath, own: State, others: Sequence[State]) -> frozenset[KeyPath] | None:
        """Return the keys in which a manifest differs from all ``others``; None where it is none, or is unreadable."""
        after = self._document(path, own)
        befores = [self._document(path, state) for state in others]
        if isinstance(after, _Unreadable):
            return None
        readable = [before for before in befores if not isinstance(before, _Unreadable)]
        if len(readable) < len(befores):
            return None
        found = [{change.key for change in changes(before, after)} for before in readable]
        first, *rest = found
        return frozenset(key for key in first if all(_lies_in(key, keys) for keys in rest))

    def _document(self, path: TreePath, state: State) -> Document | _Unreadable | None:
        profile = profile_for(path)
        if profile is None or (state is not None and not state.is_file):
            return _Unreadable.UNREADABLE
        try:
            parsed = None if state is None else self.documents.parsed(profile, state.oid)
        except BadInputError:
            # A partial clone lacks it.
            return _Unreadable.UNREADABLE
        return _Unreadable.UNREADABLE if isinstance(parsed, ParseFailure) else parsed


def _lies_in(key: KeyPath, keys: Collection[KeyPath]) -> bool:
    """Return whether ``key`` is one of ``keys``, lies inside of one, or has one inside."""
    return any(key[:depth] in keys for depth in range(1, len(key) + 1)) or any(
        other[: len(key)] == key for other in keys
    )
