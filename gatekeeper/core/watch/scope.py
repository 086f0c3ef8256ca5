"""Which edits of an agent lie outside of the scope that it has declared."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass

from gatekeeper.core.names import AgentName, KeyPath, TreePath
from gatekeeper.core.roster import AgentSpec, PlacePattern, Roster
from gatekeeper.core.tree_paths import directory_of
from gatekeeper.core.watch.places import ChangedPlaces

_LOCK = "Cargo.lock"
_MANIFEST = "Cargo.toml"


@dataclass(frozen=True, slots=True)
class Outside:
    """A file that an agent has edited outside of its scope: these keys of it, or all of it where there are none."""

    path: TreePath
    keys: tuple[KeyPath, ...] = ()


def places_outside(
    spec: AgentSpec, changed: ChangedPlaces, manifests: Collection[TreePath] = ()
) -> tuple[Outside, ...]:
    """Return what of a change lies outside of the agent's scope, by path; nothing for an agent without a scope.

    A manifest may be edited at each key that a pattern covers, added or removed if all its keys are covered, and its
    comments may be edited by whoever may edit anything in it. ``Cargo.lock`` follows from the manifests, which cargo
    writes it after: it may be changed by whoever may edit anything in a ``Cargo.toml`` of its directory or below, of
    those in ``manifests`` (all that there are) and in the change itself.
    """
    if not spec.scope:
        return ()
    known = {path for path in (*manifests, *changed) if _name(path) == _MANIFEST}
    found = []
    for path, keys in sorted(changed.items()):
        patterns = [pattern for pattern in spec.scope if _speaks_of(pattern, path)]
        if any(pattern.key is None for pattern in patterns) or _follows(path, spec.scope, known):
            continue
        uncovered = sorted(key for key in keys or () if not any(pattern.covers(path, key) for pattern in patterns))
        if uncovered or keys is None or not patterns:
            found.append(Outside(path, tuple(uncovered)))
    return tuple(found)


def in_scope(spec: AgentSpec, path: TreePath, key: KeyPath | None) -> bool:
    """Return whether an agent may edit a place, ``key`` None: the whole file; one without a scope may edit any."""
    return not spec.scope or any(pattern.covers(path, key) for pattern in spec.scope)


def owners(roster: Roster, place: Outside) -> tuple[AgentName, ...]:
    """Return the agents whose declared scope covers all of a place, in the order of the roster."""
    return tuple(
        name
        for name, spec in roster.agents.items()
        if spec.scope and all(in_scope(spec, place.path, key) for key in place.keys or (None,))
    )


def _follows(path: TreePath, scope: Iterable[PlacePattern], manifests: Iterable[TreePath]) -> bool:
    if _name(path) != _LOCK:
        return False
    directory = directory_of(path)
    below = f"{directory}/" if directory else ""
    return any(
        _speaks_of(pattern, manifest) for manifest in manifests if manifest.startswith(below) for pattern in scope
    )


def _speaks_of(pattern: PlacePattern, path: TreePath) -> bool:
    return pattern.path.matches(path.split("/"))


def _name(path: TreePath) -> str:
    return path.rpartition("/")[2]
