"""What the workspace rules and the environment rules say of the whole fleet."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from gatekeeper.core.bits import union
from gatekeeper.core.combination import Standing
from gatekeeper.core.names import Oid, TreePath
from gatekeeper.core.rules.registry import Rule, WorkspaceRule
from gatekeeper.core.schema import CARGO_LOCK, profile_for
from gatekeeper.core.symbol_index import NOWHERE, PathStates
from gatekeeper.core.symbols import Kind
from gatekeeper.core.tree_state import Delta
from gatekeeper.core.workspace_view import WorkspaceHit, WorkspaceView
from gatekeeper.scanning.documents import Documents
from gatekeeper.scanning.fleet import Fleet


def workspace_view(fleet: Fleet, documents: Documents) -> WorkspaceView:
    """Return the view of all landed trees and bases that the workspace rules look at."""
    holders = _holders(fleet)
    manifests = [path for path in {*fleet.listing, *holders.agents, *holders.bases} if _is_manifest(path)]
    return WorkspaceView(
        relation=fleet.relation,
        paths=[_path_states(fleet, path, holders.at(path)) for path in sorted(manifests)],
        facts=documents.facts,
        existence=_existence(fleet, holders),
        trunk_paths=fleet.listing.keys(),
        edited=_edited(fleet, holders),
    )


def workspace_hits(view: WorkspaceView, rules: Sequence[Rule]) -> list[WorkspaceHit]:
    """Return the hits of all workspace rules."""
    return [hit for rule in rules if isinstance(rule, WorkspaceRule) for hit in rule.check(view)]


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
    return profile is not None and profile is not CARGO_LOCK


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
    return {
        path: union(holders.agents.get(path, {}).values())
        for path in holders.agents | holders.bases
        if path in fleet.listing
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
