"""Which agents build into one directory: from their worktrees where they have one, else from their trees."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import NamedTuple

from gatekeeper.core.findings import Remark, StandingFault
from gatekeeper.core.makefile_extends import extended_files
from gatekeeper.core.names import Oid, TreePath
from gatekeeper.core.rules.environment import (
    TARGET_DIR_SHARED,
    standing_target_dirs,
    target_dir_hits,
    target_dir_remarks,
)
from gatekeeper.core.rules.registry import Rule
from gatekeeper.core.target_dir_files import MAKEFILE, SOURCE_FILES, makefile_source, tree_sources
from gatekeeper.core.target_dirs import TARGET, AgentTargetDirs, shared_target_dirs, target_dirs
from gatekeeper.core.tree_state import SYMLINK, State
from gatekeeper.core.workspace_view import WorkspaceHit
from gatekeeper.environment import worktree_target_dirs
from gatekeeper.repository.objects import ObjectStore
from gatekeeper.scanning.fleet import Fleet

_NO_AGENT = -1


class TargetDirFindings(NamedTuple):
    """The collisions of target directories, those that trunk itself causes, and what clashes with nobody's and why."""

    hits: list[WorkspaceHit]
    standing: list[StandingFault]
    remarks: list[Remark]


def target_dir_findings(fleet: Fleet, store: ObjectStore, rules: Sequence[Rule]) -> TargetDirFindings:
    """Return what there is to say about the target directories of trunk and of all agents."""
    if not any(rule.info is TARGET_DIR_SHARED for rule in rules):
        return TargetDirFindings([], [], [])
    trees = _TreeTargetDirs(fleet, store)
    of_trunk = trees.of(None)
    of_agents = list(_of_agents(fleet, trees, of_trunk))
    shared = shared_target_dirs(of_agents, of_trunk)
    return TargetDirFindings(
        list(target_dir_hits(shared)), list(standing_target_dirs(shared)), target_dir_remarks([of_trunk, *of_agents])
    )


def _of_agents(fleet: Fleet, trees: _TreeTargetDirs, of_trunk: AgentTargetDirs) -> Iterator[AgentTargetDirs]:
    fixed = tuple(found for found in of_trunk.directories if found.directory is not None)
    sources = {*SOURCE_FILES, TARGET, *trees.files(None)}
    for agent, change in enumerate(fleet.changes):
        if change.worktree is not None:
            yield worktree_target_dirs(agent, Path(change.worktree))
        elif not sources.isdisjoint(change.overlay):
            yield trees.of(agent)
        elif fixed:
            yield AgentTargetDirs(agent, fixed)


@dataclass(slots=True)
class _TreeTargetDirs:
    """What the files of landed trees, and links in place of ``target``, say; trees with the same ones are read once."""

    fleet: Fleet
    store: ObjectStore
    _extended: dict[tuple[TreePath, Oid], tuple[TreePath, ...]] = field(default_factory=dict)
    _known: dict[tuple[object, ...], AgentTargetDirs] = field(default_factory=dict)

    def of(self, agent: int | None) -> AgentTargetDirs:
        """Return what trunk (None), or trunk with the agent landed, says."""
        overlay = {} if agent is None else self.fleet.changes[agent].overlay
        files = self.files(agent)
        target = overlay[TARGET] if TARGET in overlay else self.fleet.listing.get(TARGET)
        link = target.oid if target is not None and target.mode == SYMLINK else None
        key = (link, *files.items())
        if key not in self._known:
            contents = {path: self.store.blob(oid) for path, oid in files.items()}
            leads_to = None if link is None else self.store.blob(link).decode("utf-8", "surrogateescape")
            self._known[key] = target_dirs(tree_sources(_NO_AGENT, contents, leads_to))
        return replace(self._known[key], agent=_NO_AGENT if agent is None else agent)

    def files(self, agent: int | None) -> dict[TreePath, Oid]:
        """Return the files that tell: those of fixed names, and all that the makefile extends."""
        overlay = {} if agent is None else self.fleet.changes[agent].overlay
        files: dict[TreePath, Oid] = {}
        waiting = list(SOURCE_FILES)
        while waiting:
            path = waiting.pop()
            state: State = overlay[path] if path in overlay else self.fleet.listing.get(path)
            if path in files or state is None or not state.is_file:
                continue
            files[path] = state.oid
            if path == MAKEFILE or path not in SOURCE_FILES:
                waiting += self._extends(path, state.oid)
        return files

    def _extends(self, path: TreePath, oid: Oid) -> tuple[TreePath, ...]:
        known = self._extended.get((path, oid))
        if known is None:
            source = makefile_source(path, self.store.blob(oid))
            known = () if source is None else tuple(extended_files(path, source.tree))
            self._extended[path, oid] = known
        return known
