"""Differences between trees in the cache: those of the fleet's commits change only where a branch moves."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from gatekeeper.core.names import Oid, TreePath
from gatekeeper.core.tree_state import Entry, State
from gatekeeper.repository.raw_diffs import TreeDelta

Pair = tuple[Oid, Oid]
"""Two commits."""


@dataclass(slots=True)
class RememberedDeltas:
    """What was kept; each difference is read when it is asked for."""

    _rows: Mapping[Pair, tuple[list[int], list[int]]] = field(default_factory=dict)
    _paths: list[TreePath] = field(default_factory=list)
    _changes: list[tuple[State, State]] = field(default_factory=list)

    def __contains__(self, pair: Pair) -> bool:
        return pair in self._rows

    def delta(self, pair: Pair) -> TreeDelta:
        """Return what differs between two commits; raises KeyError for a pair that was not kept."""
        paths, changes = self._rows[pair]
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


def unpack_deltas(data: bytes) -> RememberedDeltas:
    """Return the differences in ``data``, none when it holds none."""
    try:
        return _read(json.loads(data))
    except (ValueError, KeyError, TypeError):
        return RememberedDeltas()


def _read(document: dict[str, Any]) -> RememberedDeltas:
    entries: list[State] = [Entry(int(row[0]), Oid(row[1])) if row else None for row in document["entries"]]
    changes = [(entries[before], entries[after]) for before, after in document["changes"]]
    rows = {(Oid(old), Oid(new)): (paths, numbers) for old, new, paths, numbers in document["rows"]}
    return RememberedDeltas(rows, [TreePath(path) for path in document["paths"]], changes)
