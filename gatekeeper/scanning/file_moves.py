"""Which files changes move, as git sees it: asked only of changes that take away what others go on working on."""

from __future__ import annotations

import json
from collections.abc import Sequence

from gatekeeper.cache import Cache
from gatekeeper.core.bits import members
from gatekeeper.core.file_moves import Moves
from gatekeeper.core.names import Oid, TreePath
from gatekeeper.core.overlay import AgentChange
from gatekeeper.core.rust_source_facts import is_rust
from gatekeeper.core.schema import profile_for
from gatekeeper.core.tool_facts import is_script
from gatekeeper.core.tree_state import Delta
from gatekeeper.errors import BadInputError
from gatekeeper.repository.objects import ObjectStore
from gatekeeper.repository.raw_diffs import Renames

_Pair = tuple[Oid, Oid]


def file_moves(store: ObjectStore, cache: Cache, changes: Sequence[AgentChange]) -> tuple[Moves, ...]:
    """Return what changes move, those that move the same together."""
    asked = {agent: changes[agent] for agent, sorts in _losing(changes).items() if sorts & _added(changes[agent])}
    pairs = {(fork, change.commit): None for change in asked.values() for fork in change.forks}
    known = _renames(store, cache, list(pairs))
    agents: dict[tuple[tuple[TreePath, TreePath], ...], int] = {}
    for agent, change in asked.items():
        names = {old: new for fork in change.forks for old, new in known[fork, change.commit].items()}
        landed = change.overlay
        # What trunk has moved as well is no move of the agent's any more.
        kept = tuple(sorted((old, new) for old, new in names.items() if _is_lost(landed, old) and landed.get(new)))
        if kept:
            agents[kept] = agents.get(kept, 0) | 1 << agent
    return tuple(Moves(dict(names), who) for names, who in agents.items())


def _losing(changes: Sequence[AgentChange]) -> dict[int, set[str]]:
    """Return who takes manifests away, or other files of interest that somebody else has changed; and of what sort."""
    lost: dict[TreePath, int] = {}
    for agent, change in enumerate(changes):
        for path, state in change.overlay.items():
            if state is None and (is_rust(path) or is_script(path) or profile_for(path) is not None):
                lost[path] = lost.get(path, 0) | 1 << agent
    if not lost:
        return {}
    edited = {path for change in changes for path in lost.keys() & change.overlay.keys() if change.overlay[path]}
    losing: dict[int, set[str]] = {}
    for path, who in lost.items():
        if path in edited or _sort(path) == _MANIFEST:
            for agent in members(who):
                losing.setdefault(agent, set()).add(_sort(path))
    return losing


_MANIFEST = "Cargo.toml"


def _sort(path: TreePath) -> str:
    """Return what a file keeps of its name when it moves, if rules go on reading it."""
    name = path.rpartition("/")[2]
    return name if name == _MANIFEST else name.rpartition(".")[2]


def _added(change: AgentChange) -> set[str]:
    return {_sort(path) for path, (before, after) in change.touched.items() if before is None and after is not None}


def _is_lost(overlay: Delta, path: TreePath) -> bool:
    return path in overlay and overlay[path] is None


def _renames(store: ObjectStore, cache: Cache, pairs: Sequence[_Pair]) -> dict[_Pair, Renames]:
    keys = {" ".join(pair): pair for pair in pairs}
    known: dict[_Pair, Renames] = {}
    for key, data in cache.get_many("renames", keys).items():
        renames = _unpacked(data)
        if renames is not None:
            known[keys[key]] = renames
    missing = [pair for pair in pairs if pair not in known]
    try:
        made = dict(zip(missing, store.renames(missing), strict=True))
    except BadInputError:
        # A partial clone lacks contents that git would compare: then files count as lost.
        return known | dict.fromkeys(missing, Renames())
    cache.put_many("renames", {" ".join(pair): json.dumps(renames).encode() for pair, renames in made.items()})
    return known | made


def _unpacked(data: bytes) -> Renames | None:
    try:
        return {TreePath(old): TreePath(new) for old, new in json.loads(data).items()}
    except (ValueError, TypeError, AttributeError, RecursionError):
        return None
