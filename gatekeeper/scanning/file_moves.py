"""Which files changes move, as git sees it: asked only of changes that take away what others go on working on."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from gatekeeper.cache import Cache
from gatekeeper.core.bits import members
from gatekeeper.core.file_moves import Moves
from gatekeeper.core.names import Oid, TreePath
from gatekeeper.core.overlay import AgentChange
from gatekeeper.core.rust_source_facts import is_rust
from gatekeeper.core.schema import profile_for
from gatekeeper.core.similarity import Fingerprint, fingerprint, may_be_rename
from gatekeeper.core.tool_facts import is_script
from gatekeeper.core.tree_state import Delta
from gatekeeper.errors import BadInputError
from gatekeeper.repository.objects import ObjectStore
from gatekeeper.repository.raw_diffs import Renames

_Pair = tuple[Oid, Oid]


class MovesFinder:
    """Finds what changes move. What git says of two commits is kept; ``KIND`` is its kind in the cache."""

    KIND = "renames"

    def __init__(self, store: ObjectStore, cache: Cache, changes: Sequence[AgentChange]) -> None:
        self._store = store
        self._asked = {
            agent: changes[agent] for agent, sorts in _losing(changes).items() if sorts & _added(changes[agent])
        }
        pairs = {(fork, change.commit): None for change in self._asked.values() for fork in change.forks}
        self._known = _remembered(cache, pairs)
        self._missing = [pair for pair in pairs if pair not in self._known]
        self._complete = True

    @property
    def is_quick(self) -> bool:
        """Whether git has to be asked about few commits at most."""
        return len(self._missing) <= _FEW

    def moves(self) -> tuple[Moves, ...]:
        """Return what changes move, those that move the same together. Asks git about what is not known."""
        renames = self._renames()
        agents: dict[tuple[tuple[TreePath, TreePath], ...], int] = {}
        for agent, change in self._asked.items():
            told = (renames[fork, change.commit] for fork in change.forks)
            names = {old: new for one in told for old, new in one.items() if _sort(old) == _sort(new)}
            landed = change.overlay
            # What trunk has moved as well is no move of the agent's any more.
            kept = tuple(sorted((old, new) for old, new in names.items() if _is_lost(landed, old) and landed.get(new)))
            if kept:
                agents[kept] = agents.get(kept, 0) | 1 << agent
        return tuple(Moves(dict(names), who) for names, who in agents.items())

    def to_keep(self) -> dict[str, bytes]:
        """Return the entries of the cache for what git was asked, or did not have to be."""
        if not self._complete:
            return {}
        return {" ".join(pair): json.dumps(self._known[pair]).encode() for pair in self._missing if pair in self._known}

    def _renames(self) -> dict[_Pair, Renames]:
        unknown = dict.fromkeys(pair for pair in self._missing if pair not in self._known)
        resembling = _Resembling(self._store)
        for change in self._asked.values():
            # Two commits are asked about, whatever trunk is. What the change touches says as much as they do only
            # where it has one fork and no path in conflict with trunk.
            pairs = [(fork, change.commit) for fork in change.forks]
            is_told = len(pairs) == 1 and pairs[0] in unknown and not change.conflicts
            if is_told and not resembling.may_move(change):
                self._known[pairs[0]] = Renames()
                del unknown[pairs[0]]
        try:
            self._known.update(zip(unknown, self._store.renames(list(unknown)), strict=True))
        except BadInputError:
            # A partial clone lacks contents that git would compare: then files count as lost.
            self._known.update((pair, Renames()) for pair in unknown)
            self._complete = False
        return self._known


_FEW = 16
_MOST_COMPARED = 2000


@dataclass(slots=True)
class _Resembling:
    """Tells of a change that it cannot have moved a file: to know that costs less than to ask git."""

    store: ObjectStore
    _prints: dict[Oid, Fingerprint] = field(default_factory=dict)
    _unlike: dict[Oid, set[Oid]] = field(default_factory=dict)

    def may_move(self, change: AgentChange) -> bool:
        """Return False where no file that ``change`` adds can be one that it takes away, under a name of its sort."""
        lost, added = _by_sort(change, lost=True), _by_sort(change, lost=False)
        for sort in lost.keys() & added.keys():
            if not lost[sort].isdisjoint(added[sort]) or len(lost[sort]) * len(added[sort]) > _MOST_COMPARED:
                return True
            if any(self._is_like_any(old, added[sort]) for old in lost[sort]):
                return True
        return False

    def _is_like_any(self, lost: Oid, added: set[Oid]) -> bool:
        unlike = self._unlike.setdefault(lost, set())
        for new in added - unlike:
            if self._may_be_one(lost, new):
                return True
            unlike.add(new)
        return False

    def _may_be_one(self, lost: Oid, new: Oid) -> bool:
        try:
            return may_be_rename(self._print(lost), self._print(new))
        except BadInputError:
            # A partial clone lacks one of them: git says so when it is asked.
            return True

    def _print(self, oid: Oid) -> Fingerprint:
        known = self._prints.get(oid)
        if known is None:
            known = self._prints[oid] = fingerprint(self.store.blob(oid))
        return known


def _by_sort(change: AgentChange, *, lost: bool) -> dict[str, set[Oid]]:
    """Return the contents of the files that a change takes away, or adds, by sort."""
    found: dict[str, set[Oid]] = {}
    for path, (before, after) in change.touched.items():
        held, empty = (before, after) if lost else (after, before)
        if empty is None and held is not None:
            found.setdefault(_sort(path), set()).add(held.oid)
    return found


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


def _remembered(cache: Cache, pairs: Iterable[_Pair]) -> dict[_Pair, Renames]:
    keys = {" ".join(pair): pair for pair in pairs}
    found = {keys[key]: _unpacked(data) for key, data in cache.get_many(MovesFinder.KIND, keys).items()}
    return {pair: renames for pair, renames in found.items() if renames is not None}


def _unpacked(data: bytes) -> Renames | None:
    try:
        told = json.loads(data)
    except (ValueError, RecursionError):
        return None
    if not isinstance(told, dict) or not all(isinstance(new, str) for new in told.values()):
        return None
    return {TreePath(old): TreePath(new) for old, new in told.items()}
