"""What is said of all landed trees together: by the workspace's rules, of target directories, of unreadable files.

A branch moves far more often than a symbol. So the answer is kept under a digest of all that it can depend on.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from gatekeeper.cache import Cache
from gatekeeper.core.findings import Remark, StandingFault
from gatekeeper.core.names import RuleId, TreePath
from gatekeeper.core.rules.registry import Rule
from gatekeeper.core.rules.toml_level import INVALID_ON_ONE_SIDE
from gatekeeper.core.schema import CARGO, CARGO_LOCK, profile_for
from gatekeeper.core.target_dir_files import SOURCE_FILES
from gatekeeper.core.target_dirs import TARGET
from gatekeeper.core.tree_state import State
from gatekeeper.core.workspace_view import WorkspaceHit, WorkspaceView
from gatekeeper.repository.objects import ObjectStore
from gatekeeper.scanning.documents import Documents
from gatekeeper.scanning.fleet import Fleet
from gatekeeper.scanning.remembered_hits import hit_row, read_hit
from gatekeeper.scanning.shared_target_dirs import target_dir_findings
from gatekeeper.scanning.unreadable import UnreadableFile, unreadable_files, unreadable_on_trunk
from gatekeeper.scanning.values_json import from_json, to_json
from gatekeeper.scanning.workspace_hits import WorkspaceStates, workspace_hits, workspace_states


@dataclass(frozen=True, slots=True)
class AcrossFiles:
    """The findings, without the agents' names; ``facts``: what to keep in the cache of the facts that were read."""

    hits: tuple[WorkspaceHit, ...]
    standing: tuple[StandingFault, ...]
    remarks: tuple[Remark, ...]
    unreadable: tuple[UnreadableFile, ...] = ()
    facts: Mapping[str, bytes] = field(default_factory=dict)


@dataclass(slots=True)
class AcrossFilesFinder:
    """Finds them. ``surroundings`` is what worktrees say beside their files."""

    fleet: Fleet
    store: ObjectStore
    documents: Documents
    rules: Sequence[Rule]
    surroundings: Sequence[str]

    def find(self) -> AcrossFiles:
        """Return the findings, all of them made now."""
        states = workspace_states(self.fleet, self.documents)
        return self._complete(self._made(states.view(self.documents)))

    def find_with(self, cache: Cache) -> AcrossFiles:
        """Return the findings; from the cache while nothing has changed on which they depend."""
        states = workspace_states(self.fleet, self.documents)
        key = self._key(states)
        data = cache.get(_KIND, key)
        if data == _ASKS_SOURCES:
            key = _with_sources(key, states)
            data = cache.get(_KIND, key)
        known = None if data is None else _unpacked(data)
        return self._complete(self._made_and_kept(states, key, cache) if known is None else known)

    def _made_and_kept(self, states: WorkspaceStates, key: str, cache: Cache) -> AcrossFiles:
        view = states.view(self.documents)
        made = self._made(view)
        if view.has_read_sources and key == self._key(states):
            # Whether sources are asked follows from the manifests; what they say then counts as well.
            cache.put_many(_KIND, {key: _ASKS_SOURCES, _with_sources(key, states): _packed(made)})
        else:
            cache.put_many(_KIND, {key: _packed(made)})
        return made

    def _made(self, view: WorkspaceView) -> AcrossFiles:
        target_dirs = target_dir_findings(self.fleet, self.store, self.documents, self.rules)
        hits = workspace_hits(view, self.rules)
        return AcrossFiles((*hits, *target_dirs.hits), tuple(target_dirs.standing), tuple(target_dirs.remarks))

    def _complete(self, found: AcrossFiles) -> AcrossFiles:
        told = any(rule.info is INVALID_ON_ONE_SIDE for rule in self.rules)
        return replace(
            found,
            unreadable=tuple(unreadable_files(self.fleet, self.documents)) if told else (),
            standing=(*unreadable_on_trunk(self.fleet, self.documents), *found.standing),
            facts=self.documents.to_keep(),
        )

    def _key(self, states: WorkspaceStates) -> str:
        stated = [
            [rule.info.id for rule in self.rules],
            self.fleet.trunk,
            states.relation.base_count,
            states.relation.meaning_rows,
            [
                (path.path, said, [who for _, who in path.states])
                for path, said in zip(states.paths, states.said, strict=True)
            ],
            states.existence,
            states.edited,
            states.scripts,
            self._target_dir_files(),
            [change.worktree for change in self.fleet.changes],
            list(self.surroundings),
        ]
        return hashlib.sha256(repr(stated).encode("utf-8", "surrogatepass")).hexdigest()

    def _target_dir_files(self) -> dict[tuple[TreePath, State], int]:
        """Return the contents, with who lands them, of all files that could tell a target directory."""
        held: dict[tuple[TreePath, State], int] = {}
        for agent, change in enumerate(self.fleet.changes):
            for path, state in change.overlay.items():
                if path in _SOURCES or profile_for(path) not in _NO_SOURCES:
                    held[path, state] = held.get((path, state), 0) | 1 << agent
        return held


_KIND = "across"
_ASKS_SOURCES = b"sources"
_SOURCES = frozenset({*SOURCE_FILES, TARGET})
_NO_SOURCES = (None, CARGO, CARGO_LOCK)


def _with_sources(key: str, states: WorkspaceStates) -> str:
    """Return the key for what depends on the Rust sources that differ, too."""
    contents = [states.sources.states(path) for path in sorted(states.sources.changed)]
    return hashlib.sha256(repr([key, contents]).encode("utf-8", "surrogatepass")).hexdigest()


def _packed(found: AcrossFiles) -> bytes:
    # Places in the text are looked up anew: they follow the contents, and what is kept here need not.
    hits = [[hit_row(one.hit), [f"{mask:x}" for mask in (one.left, one.right, *one.others)]] for one in found.hits]
    standing = [[fault.rule, fault.path, fault.key, fault.message] for fault in found.standing]
    return to_json([hits, standing, [[remark.path, remark.key, remark.message] for remark in found.remarks]])


def _unpacked(data: bytes) -> AcrossFiles | None:
    try:
        hits, standing, remarks = from_json(data)
        return AcrossFiles(
            tuple(_workspace_hit(row, [int(mask, 16) for mask in masks]) for row, masks in hits),
            tuple(StandingFault(RuleId(rule), TreePath(path), tuple(key), told) for rule, path, key, told in standing),
            tuple(Remark(TreePath(path), tuple(key), told) for path, key, told in remarks),
        )
    except (ValueError, TypeError, KeyError):
        return None


def _workspace_hit(row: list[Any], masks: list[int]) -> WorkspaceHit:
    left, right, *others = masks
    return WorkspaceHit(read_hit(row), left, right, tuple(others))
