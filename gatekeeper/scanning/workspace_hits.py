"""What the workspace rules and the environment rules say of the whole fleet."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from gatekeeper.core.combination import Standing
from gatekeeper.core.names import Oid, TreePath
from gatekeeper.core.rules.registry import Rule, WorkspaceRule
from gatekeeper.core.schema import CARGO_LOCK, profile_for
from gatekeeper.core.symbol_index import PathStates
from gatekeeper.core.tree_state import State
from gatekeeper.core.workspace_view import WorkspaceHit, WorkspaceView
from gatekeeper.scanning.documents import Documents
from gatekeeper.scanning.fleet import Fleet


def workspace_view(fleet: Fleet, documents: Documents) -> WorkspaceView:
    """Return the view of all landed trees and bases that the workspace rules look at."""
    holders = _holders(fleet)
    manifests = [path for path in {*fleet.listing, *holders} if _is_manifest(path)]
    return WorkspaceView(
        relation=fleet.relation,
        paths=[_path_states(fleet, path, holders.get(path, {})) for path in sorted(manifests)],
        facts=documents.facts,
        existence=_existence(fleet, holders),
        trunk_paths=fleet.listing.keys(),
        edited={path: _agents(held) for path, held in holders.items() if path in fleet.listing},
    )


def workspace_hits(view: WorkspaceView, rules: Sequence[Rule]) -> list[WorkspaceHit]:
    """Return the hits of all workspace rules."""
    return [hit for rule in rules if isinstance(rule, WorkspaceRule) for hit in rule.check(view)]


_Held = dict[State, Standing]


def _holders(fleet: Fleet) -> dict[TreePath, _Held]:
    """Return path -> what stands there instead of trunk's -> who has it."""
    holders: dict[TreePath, _Held] = {}
    for agent, change in enumerate(fleet.changes):
        for path, state in change.overlay.items():
            held = holders.setdefault(path, {})
            held[state] = held.get(state, Standing(0, 0)) | Standing(1 << agent, 0)
    for number, base in enumerate(fleet.relation.meaning_bases):
        for path, state in fleet.states.deltas[base].items():
            held = holders.setdefault(path, {})
            held[state] = held.get(state, Standing(0, 0)) | Standing(0, 1 << number)
    return holders


def _is_manifest(path: TreePath) -> bool:
    profile = profile_for(path)
    return profile is not None and profile is not CARGO_LOCK


def _path_states(fleet: Fleet, path: TreePath, held: _Held) -> PathStates:
    rest = _rest(fleet, held)
    trunk = fleet.listing.get(path)
    states = {(state.oid if state is not None else None): standing for state, standing in held.items()}
    oid = None if trunk is None else trunk.oid
    states[oid] = states.get(oid, Standing(0, 0)) | rest
    return PathStates(path, tuple(states.items()))


def _rest(fleet: Fleet, held: _Held) -> Standing:
    """Who has what trunk has."""
    rest = Standing(fleet.relation.everyone, (1 << fleet.relation.base_count) - 1)
    for standing in held.values():
        rest = Standing(rest.agents & ~standing.agents, rest.bases & ~standing.bases)
    return rest


def _existence(fleet: Fleet, holders: Mapping[TreePath, _Held]) -> dict[TreePath, Standing]:
    existence = {}
    for path, held in holders.items():
        in_trunk = path in fleet.listing
        if in_trunk and None not in held:
            continue
        standing = _rest(fleet, held) if in_trunk else Standing(0, 0)
        for state, having in held.items():
            if state is not None:
                standing = standing | having
        existence[path] = standing
    return existence


def _agents(held: _Held) -> int:
    mask = 0
    for standing in held.values():
        mask |= standing.agents
    return mask


def package_names(fleet: Fleet, documents: Documents) -> frozenset[str]:
    """Return the names of the packages in trunk's tree."""
    names = set()
    for path, entry in fleet.listing.items():
        if path.rpartition("/")[2] == "Cargo.toml" and entry.is_file:
            names.add(_package_name(documents, path, entry.oid))
    return frozenset(name for name in names if name is not None)


def _package_name(documents: Documents, path: TreePath, oid: Oid) -> str | None:
    profile = profile_for(path)
    tree = getattr(documents.parsed(profile, oid), "tree", {}) if profile is not None else {}
    package = tree.get("package")
    name = package.get("name") if isinstance(package, dict) else None
    return name if isinstance(name, str) else None
