"""What git's merge of a manifest still defines: asked only where a rule's hit depends on it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from gatekeeper.core.bits import members
from gatekeeper.core.document import ParseFailure
from gatekeeper.core.names import Oid, TreePath
from gatekeeper.core.schema import profile_for
from gatekeeper.core.symbols import Symbol
from gatekeeper.core.tree_state import State
from gatekeeper.core.workspace import file_facts
from gatekeeper.core.workspace_view import WorkspaceHit
from gatekeeper.scanning.blob_merges import BlobMerges, Contents
from gatekeeper.scanning.documents import Documents
from gatekeeper.scanning.fleet import Fleet


@dataclass(slots=True)
class MergedDefinitions:
    """Asks each distinct combination of contents once."""

    fleet: Fleet
    documents: Documents
    texts: BlobMerges
    _known: dict[tuple[TreePath, Contents], frozenset[Symbol]] = field(default_factory=dict)

    def standing(self, hit: WorkspaceHit, left: int, right: int) -> Iterator[tuple[int, int]]:
        """Yield those of the pairs, which git merges cleanly, whose merge still holds what the hit depends on."""
        if hit.remains is None:
            yield left, right
            return
        path = hit.hit.left.path
        for number in members(hit.remains.bases):
            base = _file(self.fleet.states.base(self.fleet.relation.meaning_bases[number], path))
            for some, others in self.fleet.relation.bicliques(left, right, 1 << number):
                for mine, ours in self._by_content(path, some):
                    for its, theirs in self._by_content(path, others):
                        if base and ours and theirs and hit.remains.symbol in self._merged(path, (base, ours, theirs)):
                            yield mine, its

    def _by_content(self, path: TreePath, agents: int) -> list[tuple[int, Oid | None]]:
        found: dict[Oid | None, int] = {}
        for agent in members(agents):
            overlay = self.fleet.changes[agent].overlay
            oid = _file(overlay[path] if path in overlay else self.fleet.listing.get(path))
            found[oid] = found.get(oid, 0) | 1 << agent
        return [(mask, oid) for oid, mask in found.items()]

    def _merged(self, path: TreePath, contents: Contents) -> frozenset[Symbol]:
        known = self._known.get((path, contents))
        if known is None:
            known = self._known[path, contents] = frozenset(self._read(path, contents))
        return known

    def _read(self, path: TreePath, contents: Contents) -> Iterator[Symbol]:
        profile, text = profile_for(path), self.texts.merged(contents)
        document = None if profile is None or text is None else self.documents.merged(profile, text)[0]
        # A merge that is no TOML any more is told of by itself.
        facts = None if document is None or isinstance(document, ParseFailure) else file_facts(path, document)
        if facts is not None:
            yield from (definition.symbol for definition in facts.definitions)


def _file(state: State) -> Oid | None:
    return state.oid if state is not None and state.is_file else None
