"""Differences between trees in the cache: those of the fleet's commits change only where a branch moves."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from gatekeeper.cache import Cache
from gatekeeper.core.names import Oid, TreePath
from gatekeeper.core.tree_state import Entry, State
from gatekeeper.repository.raw_diffs import TreeDelta

Pair = tuple[Oid, Oid]
"""Two commits."""


_MANY_NEW = 4
"""When a quarter as many are new as are kept, all are kept anew, without those that have gone out of use."""


class RememberedDeltas:
    """What was kept for one trunk: most differences in one entry, what is new since in another."""

    KIND = "deltas"

    def __init__(self, cache: Cache, trunk: Oid) -> None:
        self._keys = (f"most {trunk}", f"recent {trunk}")
        entries = cache.get_many(self.KIND, self._keys)
        self._most, self._recent = (unpack_deltas(entries.get(key, b"")) for key in self._keys)

    def __contains__(self, pair: Pair) -> bool:
        return pair in self._recent or pair in self._most

    def delta(self, pair: Pair) -> TreeDelta:
        """Return what differs between two commits; raises KeyError for a pair that was not kept."""
        return (self._recent if pair in self._recent else self._most).delta(pair)

    def to_keep(self, used: Mapping[Pair, TreeDelta]) -> dict[str, bytes]:
        """Return the entries to keep after a scan that ``used`` these: none where nothing in them is new."""
        new = {pair: delta for pair, delta in used.items() if pair not in self}
        if not new:
            return {}
        recent = {pair: self._recent.delta(pair) for pair in self._recent.rows} | new
        most, newest = self._keys
        if len(recent) * _MANY_NEW > len(self._most.rows):
            return {most: pack_deltas(used), newest: pack_deltas({})}
        return {newest: pack_deltas(recent)}


@dataclass(slots=True)
class PackedDeltas:
    """Differences as they are kept; each is read when it is asked for."""

    rows: Mapping[Pair, tuple[list[int], list[int]]] = field(default_factory=dict)
    _paths: list[TreePath] = field(default_factory=list)
    _changes: list[tuple[State, State]] = field(default_factory=list)

    def __contains__(self, pair: Pair) -> bool:
        return pair in self.rows

    def delta(self, pair: Pair) -> TreeDelta:
        """Return what differs between two commits; raises KeyError for a pair that is not there."""
        paths, changes = self.rows[pair]
        return dict(zip(map(self._paths.__getitem__, paths), map(self._changes.__getitem__, changes), strict=True))


def pack_deltas(deltas: Mapping[Pair, TreeDelta]) -> bytes:
    """Return differences as bytes. They have much in common: each path, entry and change is written once."""
    paths: dict[TreePath, int] = {}
    entries: dict[State, int] = {}
    changes: dict[tuple[State, State], int] = {}
    rows = [
        [
            old,
            new,
            [paths.setdefault(path, len(paths)) for path in delta],
            [changes.setdefault(change, len(changes)) for change in delta.values()],
        ]
        for (old, new), delta in deltas.items()
    ]
    numbered = [[entries.setdefault(state, len(entries)) for state in change] for change in changes]
    document = {
        "rows": rows,
        "paths": list(paths),
        "changes": numbered,
        "entries": [list(entry or ()) for entry in entries],
    }
    return json.dumps(document, separators=(",", ":"), check_circular=False).encode()


def unpack_deltas(data: bytes) -> PackedDeltas:
    """Return the differences in ``data``, none when it holds none."""
    try:
        return _read(json.loads(data))
    except (ValueError, KeyError, TypeError, IndexError, RecursionError):
        return PackedDeltas()


def _read(document: dict[str, Any]) -> PackedDeltas:
    entries: list[State] = [Entry(int(row[0]), Oid(row[1])) if row else None for row in document["entries"]]
    changes = [(entries[before], entries[after]) for before, after in document["changes"]]
    rows = {(Oid(old), Oid(new)): (paths, numbers) for old, new, paths, numbers in document["rows"]}
    return PackedDeltas(rows, [TreePath(path) for path in document["paths"]], changes)
