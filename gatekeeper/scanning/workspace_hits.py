"""What the workspace rules and the environment rules say of the whole fleet."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from typing import NamedTuple

from gatekeeper.core.bits import union
from gatekeeper.core.combination import Standing
from gatekeeper.core.file_moves import FileMoves, Moves
from gatekeeper.core.names import Oid, TreePath
from gatekeeper.core.new_names import hits_of
from gatekeeper.core.relation import TRUNK_BASE, Relation
from gatekeeper.core.rules.registry import WorkspaceRule
from gatekeeper.core.rust_source_facts import is_rust
from gatekeeper.core.schema import CARGO, CARGO_CONFIG, CARGO_LOCK, profile_for
from gatekeeper.core.symbol_index import NOWHERE, PathStates
from gatekeeper.core.symbols import Kind
from gatekeeper.core.tool_facts import is_script
from gatekeeper.core.tree_state import Delta, parents
from gatekeeper.core.workspace import is_toolchain_file
from gatekeeper.core.workspace_view import SourceReader, WorkspaceHit, WorkspaceView
from gatekeeper.scanning.documents import Documents
from gatekeeper.scanning.fleet import Fleet

_TOOLCHAIN_FILES = frozenset({"rust-toolchain.toml", "rust-toolchain"})


@dataclass(frozen=True, slots=True)
class WorkspaceStates:
    """All that the workspace rules can learn: what is at each path of interest in every landed tree and base."""

    relation: Relation
    paths: tuple[PathStates, ...]
    existence: Mapping[TreePath, Standing]
    trunk_paths: Collection[TreePath]
    edited: Mapping[TreePath, int]
    scripts: tuple[PathStates, ...]
    sources: SourceReader
    moves: tuple[Moves, ...]

    def view(self, documents: Documents) -> WorkspaceView:
        """Return the view that the rules look at."""
        return WorkspaceView(
            relation=self.relation,
            paths=self.paths,
            facts=documents.facts,
            existence=self.existence,
            trunk_paths=self.trunk_paths,
            edited=self.edited,
            scripts=self.scripts,
            sources=self.sources,
            moves=FileMoves(self.moves),
        )


def workspace_states(fleet: Fleet, documents: Documents, moves: tuple[Moves, ...]) -> WorkspaceStates:
    """Return what stands in all landed trees and bases, and which files have moved."""
    holders = _holders(fleet)
    manifests = sorted(path for path in {*fleet.listing, *holders.agents, *holders.bases} if _is_manifest(path))
    scripts = sorted(path for path in holders.agents | holders.bases if is_script(path))
    return WorkspaceStates(
        relation=fleet.relation,
        paths=tuple(_path_states(fleet, path, holders.at(path)) for path in manifests),
        existence=_existence(fleet, holders),
        trunk_paths=fleet.listing.keys(),
        edited=_edited(fleet, holders),
        scripts=tuple(_path_states(fleet, path, holders.at(path)) for path in scripts),
        sources=SourceReader(
            frozenset(path for path in holders.agents | holders.bases if is_rust(path)),
            lambda path: _path_states(fleet, path, holders.at(path)),
            documents.text,
            documents.facts,
        ),
        moves=moves,
    )


def told_apart(states: WorkspaceStates, documents: Documents) -> WorkspaceStates:
    """Return the states with contents of a manifest as one that say the same.

    Where trunk or an agent lacks the manifest all contents stay as they are: then who makes or edits it counts.
    """
    return replace(
        states,
        paths=tuple(found if is_lacked(found) else told_as_one(found, documents)[0] for found in states.paths),
    )


def is_lacked(found: PathStates) -> bool:
    """Return whether trunk or an agent lacks the file."""
    return any(oid is None and (standing.agents or standing.bases & 1 << TRUNK_BASE) for oid, standing in found.states)


def told_as_one(found: PathStates, documents: Documents) -> tuple[PathStates, tuple[str | None, ...]]:
    """Return the contents of a manifest with those as one that say the same, and what each of them says."""
    states: dict[str | None, tuple[Oid | None, Standing]] = {}
    for oid, standing in found.states:
        told = oid if oid is None else documents.said(found.path, oid) or oid
        first, known = states.get(told, (oid, NOWHERE))
        states[told] = first, known | standing
    return PathStates(found.path, tuple(states.values())), tuple(states)


def is_of_cargo(path: TreePath) -> bool:
    """Return whether cargo or rustup reads the manifest; else it may be a makefile."""
    return profile_for(path) in {CARGO, CARGO_CONFIG} or path.rpartition("/")[2] in _TOOLCHAIN_FILES


def workspace_hits(view: WorkspaceView, rules: Collection[WorkspaceRule]) -> list[WorkspaceHit]:
    """Return the hits of ``rules``."""
    return hits_of(view, lambda seen: (hit for rule in rules for hit in rule.check(seen)))


_Contents = dict[TreePath, dict[Oid | None, int]]
"""Path -> what stands there instead of trunk's (None: nothing) -> who has it."""


class _Holders(NamedTuple):
    agents: _Contents
    bases: _Contents

    def at(self, path: TreePath) -> dict[Oid | None, Standing]:
        agents, bases = self.agents.get(path, {}), self.bases.get(path, {})
        return {oid: Standing(agents.get(oid, 0), bases.get(oid, 0)) for oid in agents | bases}


def _holders(fleet: Fleet) -> _Holders:
    deltas = fleet.states.deltas
    return _Holders(
        _contents(change.overlay for change in fleet.changes),
        _contents(deltas[base] for base in fleet.relation.meaning_bases),
    )


def _contents(deltas: Iterable[Delta]) -> _Contents:
    contents: _Contents = {}
    for number, delta in enumerate(deltas):
        bit = 1 << number
        for path, state in delta.items():
            held = contents.get(path)
            if held is None:
                held = contents[path] = {}
            oid = None if state is None else state.oid
            held[oid] = held.get(oid, 0) | bit
    return contents


def _is_manifest(path: TreePath) -> bool:
    profile = profile_for(path)
    return (profile is not None and profile is not CARGO_LOCK) or is_toolchain_file(path)


def _path_states(fleet: Fleet, path: TreePath, held: dict[Oid | None, Standing]) -> PathStates:
    rest = _rest(fleet, held.values())
    trunk = fleet.listing.get(path)
    oid = None if trunk is None else trunk.oid
    held[oid] = held.get(oid, NOWHERE) | rest
    return PathStates(path, tuple(held.items()))


def _rest(fleet: Fleet, held: Iterable[Standing]) -> Standing:
    """Who has what trunk has."""
    agents, bases = fleet.relation.everyone, (1 << fleet.relation.base_count) - 1
    for standing in held:
        agents, bases = agents & ~standing.agents, bases & ~standing.bases
    return Standing(agents, bases)


def _existence(fleet: Fleet, holders: _Holders) -> dict[TreePath, Standing]:
    existence = {}
    for path in holders.agents | holders.bases:
        held = holders.at(path)
        away = held.pop(None, None)
        if path not in fleet.listing:
            existence[path] = Standing(union(s.agents for s in held.values()), union(s.bases for s in held.values()))
        elif away is not None:
            existence[path] = _rest(fleet, [away])
    return existence


def _edited(fleet: Fleet, holders: _Holders) -> dict[TreePath, int]:
    """Return who edits files of trunk below a manifest that somebody deletes, and who edits build scripts."""
    lost = {
        path.rpartition("/")[0]
        for path, held in holders.agents.items()
        if None in held and path.rpartition("/")[2] == "Cargo.toml"
    }
    return {
        path: union(holders.agents.get(path, {}).values())
        for path in holders.agents | holders.bases
        if path in fleet.listing
        and (path.rpartition("/")[2] == "build.rs" or "" in lost or not lost.isdisjoint(parents(path)))
    }


def package_names(fleet: Fleet, documents: Documents) -> frozenset[str]:
    """Return the names of the packages in trunk's tree."""
    manifests = (
        documents.facts(path, entry.oid)
        for path, entry in fleet.listing.items()
        if path.rpartition("/")[2] == "Cargo.toml" and entry.is_file
    )
    return frozenset(
        definition.symbol.name[1]
        for facts in manifests
        if facts is not None
        for definition in facts.definitions
        if definition.symbol.kind == Kind.PACKAGE
    )
