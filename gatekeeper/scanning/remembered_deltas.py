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

    _rows: Mapping[Pair, list[int]] = field(default_factory=dict)
    _paths: list[TreePath] = field(default_factory=list)
    _entries: list[State] = field(default_factory=list)

    def __contains__(self, pair: Pair) -> bool:
        return pair in self._rows

    def delta(self, pair: Pair) -> TreeDelta:
        """Return what differs between two commits; raises KeyError for a pair that was not kept."""
        flat, paths, entries = iter(self._rows[pair]), self._paths, self._entries
        return {
            paths[path]: (entries[before], entries[after]) for path, before, after in zip(flat, flat, flat, strict=True)
        }


def pack_deltas(deltas: Mapping[Pair, TreeDelta]) -> bytes:
    """Return differences as bytes. They have much in common: each path and each entry is written once."""
    paths: dict[TreePath, int] = {}
    entries: dict[State, int] = {}
    rows = []
    for (old, new), delta in deltas.items():
        flat = [
            number
            for path, (before, after) in delta.items()
            for number in (
                paths.setdefault(path, len(paths)),
                entries.setdefault(before, len(entries)),
                entries.setdefault(after, len(entries)),
            )
        ]
        rows.append([old, new, flat])
    document = {"rows": rows, "paths": list(paths), "entries": [list(entry or ()) for entry in entries]}
    return json.dumps(document, separators=(",", ":")).encode()


def unpack_deltas(data: bytes) -> RememberedDeltas:
    """Return the differences in ``data``, none when it holds none."""
    try:
        return _read(json.loads(data))
    except (ValueError, KeyError, TypeError):
        return RememberedDeltas()


def _read(document: dict[str, Any]) -> RememberedDeltas:
    entries: list[State] = [Entry(int(row[0]), Oid(row[1])) if row else None for row in document["entries"]]
    rows = {(Oid(old), Oid(new)): flat for old, new, flat in document["rows"]}
    return RememberedDeltas(rows, [TreePath(path) for path in document["paths"]], entries)
