"""What is said of all landed trees together: by the workspace's rules, of target directories, of unreadable files.

A branch moves far more often than a symbol. So the answer is kept under a digest of all that it can depend on.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, ClassVar

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
    """The findings, without the agents' names; ``answers`` and ``facts`` are what to keep of them in the cache."""

    hits: tuple[WorkspaceHit, ...]
    standing: tuple[StandingFault, ...]
    remarks: tuple[Remark, ...]
    unreadable: tuple[UnreadableFile, ...]
    answers: Mapping[str, bytes] = field(default_factory=dict)
    facts: Mapping[str, bytes] = field(default_factory=dict)


@dataclass(slots=True)
class AcrossFilesFinder:
    """Finds them."""

    fleet: Fleet
    store: ObjectStore
    documents: Documents
    rules: Sequence[Rule]

    KIND: ClassVar = "across"

    def find(self) -> AcrossFiles:
        """Return the findings, all of them made now; nothing is kept."""
        states = workspace_states(self.fleet, self.documents)
        return self._with(workspace_hits(states.view(self.documents), self.rules))

    def remembered(self, cache: Cache) -> AcrossFiles | None:
        """Return the findings from the cache, while nothing has changed on which they depend."""
        if not self.documents.remembered.said:
            # Nothing has been kept yet; to find that out by reading everything would be the work itself.
            return None
        states, said = told_apart(workspace_states(self.fleet, self.documents), self.documents)
        key = self._key(states, said)
        data = cache.get(self.KIND, key)
        if data == _ASKS_SOURCES:
            data = cache.get(self.KIND, _with_sources(key, states))
        hits = None if data is None else _unpacked(data)
        return None if hits is None else replace(self._with(hits), facts=self.documents.to_keep())

    def find_and_keep(self) -> AcrossFiles:
        """Return the findings, all of them made now, and what to keep of them and of the facts that were read."""
        states, said = told_apart(workspace_states(self.fleet, self.documents), self.documents)
        view = states.view(self.documents)
        hits = workspace_hits(view, self.rules)
        key, packed = self._key(states, said), _packed(hits)
        # Whether sources are asked follows from the manifests; what they say then counts as well.
        asked = {key: _ASKS_SOURCES, _with_sources(key, states): packed}
        answers = asked if view.has_read_sources else {key: packed}
        return replace(self._with(hits), answers=answers, facts=self.documents.to_keep())

    def _with(self, hits: Sequence[WorkspaceHit]) -> AcrossFiles:
        """Return the hits of the workspace's rules with all else that is found."""
        target_dirs = target_dir_findings(self.fleet, self.store, self.rules)
        told = any(rule.info is INVALID_ON_ONE_SIDE for rule in self.rules)
        return AcrossFiles(
            hits=(*hits, *target_dirs.hits),
            standing=(*unreadable_on_trunk(self.fleet, self.documents), *target_dirs.standing),
            remarks=tuple(target_dirs.remarks),
            unreadable=tuple(unreadable_files(self.fleet, self.documents)) if told else (),
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
