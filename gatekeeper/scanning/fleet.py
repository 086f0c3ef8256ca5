"""The fleet of one scan: trunk, the agents' changes, who meets on which base, and git's verdicts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from gatekeeper.core.bits import mask_of
from gatekeeper.core.meeting import meet
from gatekeeper.core.names import AgentName, Oid, TreePath
from gatekeeper.core.overlay import AgentChange, TreeStates
from gatekeeper.core.relation import Relation, relate
from gatekeeper.core.tree_shape import TreeQuestions, TreeShapes, TrunkSince
from gatekeeper.core.tree_state import Entry, parents
from gatekeeper.repository.objects import ObjectStore
from gatekeeper.scanning.blob_merges import BlobMerges
from gatekeeper.scanning.overlays import OverlayBuilder, Overlays
from gatekeeper.scanning.remembered_resemblance import remember_resemblance, remembered_resemblance
from gatekeeper.scanning.verdicts import Verdicts, judge


@dataclass(slots=True)
class Fleet:
    """What the rules and the report work on. Agents are numbered as in ``changes``."""

    trunk: Oid
    listing: Mapping[TreePath, Entry]
    changes: list[AgentChange]
    relation: Relation
    states: TreeStates

    def only(self, agents: int) -> Fleet:
        """Return the fleet with the pairs that have at least one of ``agents``."""
        if agents == self.relation.everyone:
            return self
        return Fleet(self.trunk, self.listing, self.changes, self.relation.only(agents), self.states)

    def numbered(self, focus: AgentName | None) -> int:
        """Return the agent named ``focus`` as a set of agents; None: all of them."""
        return self.relation.everyone if focus is None else _numbered(self.changes, focus)


def _numbered(changes: list[AgentChange], name: AgentName) -> int:
    return mask_of(number for number, change in enumerate(changes) if change.name == name)


def gather(
    builder: OverlayBuilder, overlays: Overlays, listing: Mapping[TreePath, Entry], focus: AgentName | None
) -> Fleet:
    """Return the fleet with its bases; with a ``focus``, only the pairs of which that agent is one count."""
    if overlays.graph is None:
        raise ValueError("overlays have not been built")
    trunk, changes = builder.trunk, overlays.changes
    relation = relate(overlays.graph, trunk)
    if focus is not None:
        relation = relation.only(_numbered(changes, focus))
    bases = {base for row in relation.text_rows for bases in row for base in bases}
    bases |= {fork for change in changes for fork in change.forks}
    bases |= set(relation.meaning_bases)
    # Forks have been compared with trunk already.
    builder.prefetch((base, trunk) for base in bases)
    deltas = {base: builder.base_states(base) for base in bases}
    return Fleet(trunk, listing, changes, relation, TreeStates(listing.get, deltas))


def compare(store: ObjectStore, texts: BlobMerges, fleet: Fleet) -> Verdicts:
    """Find where the agents meet, and what git says about it."""
    questions = TreeQuestions(store.has_directory, _FilesBelow(fleet.listing), store.blob)
    before = remembered_resemblance(texts.cache, fleet.trunk)
    shapes = TreeShapes(fleet.changes, fleet.states, _trunk_since(fleet), questions, before)
    meeting = meet(fleet.changes, fleet.relation, fleet.states, shapes)
    remember_resemblance(texts.cache, fleet.trunk, before, shapes.resembling)
    return judge(store, texts, fleet.trunk, fleet.relation, meeting, shapes)


def _trunk_since(fleet: Fleet) -> dict[Oid, TrunkSince]:
    """Return fork -> what trunk lost since; a delta tells what the fork holds where trunk differs."""
    since = {}
    holding = {path.rpartition("/")[0] for path in fleet.listing}
    standing = {directory for path in holding for directory in (path, *parents(TreePath(path)))}
    for fork in {fork for change in fleet.changes for fork in change.forks} - {fleet.trunk}:
        lost = frozenset(path for path in fleet.states.deltas[fork] if path not in fleet.listing)
        directories = {directory for path in lost for directory in parents(path)}
        since[fork] = TrunkSince(lost, frozenset(directories - standing))
    return since


@dataclass(frozen=True, slots=True)
class _FilesBelow:
    listing: Mapping[TreePath, Entry]

    def __call__(self, directory: TreePath) -> list[TreePath]:
        prefix = f"{directory}/"
        return [path for path in self.listing if path.startswith(prefix)]
