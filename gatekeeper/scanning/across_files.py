"""What is said of all landed trees together: by the workspace's rules, of target directories, of unreadable files.

A branch moves far more often than a symbol. So the answer is kept under a digest of all that it can depend on.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from gatekeeper.cache import Cache
from gatekeeper.core.findings import Remark, StandingFault
from gatekeeper.core.rules.registry import Rule
from gatekeeper.core.rules.toml_level import INVALID_ON_ONE_SIDE
from gatekeeper.core.workspace_view import WorkspaceHit
from gatekeeper.repository.objects import ObjectStore
from gatekeeper.scanning.documents import Documents
from gatekeeper.scanning.fleet import Fleet
from gatekeeper.scanning.remembered_hits import hit_row, read_hit
from gatekeeper.scanning.shared_target_dirs import target_dir_findings
from gatekeeper.scanning.unreadable import UnreadableFile, unreadable_files, unreadable_on_trunk
from gatekeeper.scanning.values_json import from_json, to_json
from gatekeeper.scanning.workspace_hits import WorkspaceStates, told_apart, workspace_hits, workspace_states


@dataclass(frozen=True, slots=True)
class AcrossFiles:
    """The findings, without the agents' names; ``facts``: what to keep in the cache of the facts that were read."""

    hits: tuple[WorkspaceHit, ...]
    standing: tuple[StandingFault, ...]
    remarks: tuple[Remark, ...]
    unreadable: tuple[UnreadableFile, ...]
    facts: Mapping[str, bytes]


@dataclass(slots=True)
class AcrossFilesFinder:
    """Finds them."""

    fleet: Fleet
    store: ObjectStore
    documents: Documents
    rules: Sequence[Rule]

    def find(self) -> AcrossFiles:
        """Return the findings, all of them made now; nothing is kept."""
        return self._with(self._hits(), {})

    def find_and_keep_facts(self) -> AcrossFiles:
        """Return the findings, all of them made now, and what to keep of the facts that were read."""
        found = self._with(self._hits(), {})
        return replace(found, facts=self.documents.to_keep())

    def _hits(self) -> list[WorkspaceHit]:
        states = workspace_states(self.fleet, self.documents)
        return workspace_hits(states.view(self.documents), self.rules)

    def find_with(self, cache: Cache) -> AcrossFiles:
        """Return the findings; from the cache while nothing has changed on which they depend."""
        states, said = told_apart(workspace_states(self.fleet, self.documents), self.documents)
        key = manifests = self._key(states, said)
        data = cache.get(_KIND, key)
        if data == _ASKS_SOURCES:
            key = _with_sources(key, states)
            data = cache.get(_KIND, key)
        known = None if data is None else _unpacked(data)
        if known is not None:
            return self._with(known, self.documents.to_keep())
        view = states.view(self.documents)
        hits = workspace_hits(view, self.rules)
        found = self._with(hits, self.documents.to_keep())
        if view.has_read_sources and key == manifests:
            # Whether sources are asked follows from the manifests; what they say then counts as well.
            cache.put_many(_KIND, {key: _ASKS_SOURCES, _with_sources(key, states): _packed(hits)})
        else:
            cache.put_many(_KIND, {key: _packed(hits)})
        return found

    def _with(self, hits: Sequence[WorkspaceHit], facts_to_keep: Mapping[str, bytes]) -> AcrossFiles:
        """Return the hits of the workspace's rules with all else that is found."""
        target_dirs = target_dir_findings(self.fleet, self.store, self.rules)
        told = any(rule.info is INVALID_ON_ONE_SIDE for rule in self.rules)
        return AcrossFiles(
            hits=(*hits, *target_dirs.hits),
            standing=(*unreadable_on_trunk(self.fleet, self.documents), *target_dirs.standing),
            remarks=tuple(target_dirs.remarks),
            unreadable=tuple(unreadable_files(self.fleet, self.documents)) if told else (),
            facts=facts_to_keep,
        )

    def _key(self, states: WorkspaceStates, said: Sequence[tuple[str | None, ...]]) -> str:
        stated = [
            [rule.info.id for rule in self.rules],
            self.fleet.trunk,
            states.relation.base_count,
            states.relation.meaning_rows,
            [
                (path.path, contents, [who for _, who in path.states])
                for path, contents in zip(states.paths, said, strict=True)
            ],
            states.existence,
            states.edited,
            states.scripts,
        ]
        return hashlib.sha256(repr(stated).encode("utf-8", "surrogatepass")).hexdigest()


_KIND = "across"
_ASKS_SOURCES = b"sources"


def _with_sources(key: str, states: WorkspaceStates) -> str:
    """Return the key for what depends on the Rust sources that differ, too."""
    contents = [states.sources.states(path) for path in sorted(states.sources.changed)]
    return hashlib.sha256(repr([key, contents]).encode("utf-8", "surrogatepass")).hexdigest()


def _packed(found: Iterable[WorkspaceHit]) -> bytes:
    # Places in the text are looked up anew: they follow the contents, and what is kept here need not.
    return to_json([[hit_row(one.hit), [f"{mask:x}" for mask in (one.left, one.right, *one.others)]] for one in found])


def _unpacked(data: bytes) -> list[WorkspaceHit] | None:
    try:
        return [_workspace_hit(row, [int(mask, 16) for mask in masks]) for row, masks in from_json(data)]
    except (ValueError, TypeError, KeyError, RecursionError):
        return None


def _workspace_hit(row: list[Any], masks: list[int]) -> WorkspaceHit:
    left, right, *others = masks
    return WorkspaceHit(read_hit(row), left, right, tuple(others))
