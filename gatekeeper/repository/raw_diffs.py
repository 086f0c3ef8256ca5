"""What ``git diff-tree --stdin -r -z`` writes for pairs of trees: raw, or the renames that git sees."""

from __future__ import annotations

from gatekeeper.core.names import Oid, TreePath
from gatekeeper.core.tree_state import Entry, State

TreeDelta = dict[TreePath, tuple[State, State]]
"""Path -> what stood there before and what stands there after."""

Renames = dict[TreePath, TreePath]
"""Old name -> new name."""


def read_raw_diffs(output: bytes) -> dict[tuple[Oid, Oid], TreeDelta]:
    """Return the differences of each pair of trees.

    A pair is announced by a line with its two ids; each difference is ``:modes ids status NUL path NUL``.
    """
    deltas: dict[tuple[Oid, Oid], TreeDelta] = {}
    current: TreeDelta = {}
    # The same files differ in the same way between many pairs.
    known: dict[bytes, tuple[State, State]] = {}
    paths: dict[bytes, TreePath] = {}
    fields = output.split(b"\0")
    for position in range(0, len(fields), 2):
        described = fields[position]
        if b"\n" in described:
            *headers, described = described.split(b"\n")
            for header in headers:
                old, _, new = header.decode().partition(" ")
                current = deltas[Oid(old), Oid(new)] = {}
        if described:
            name = fields[position + 1]
            path = paths.get(name)
            if path is None:
                path = paths[name] = TreePath(name.decode("utf-8", "surrogateescape"))
            states = known.get(described)
            if states is None:
                states = known[described] = _states(described.decode())
            current[path] = states
    return deltas


def read_renames(output: bytes) -> dict[tuple[Oid, Oid], Renames]:
    """Return the renames of each pair of trees, as ``--name-status`` lists them: ``R100 NUL old NUL new NUL``."""
    found: dict[tuple[Oid, Oid], Renames] = {}
    current: Renames = {}
    fields = output.split(b"\0")
    for position in range(0, len(fields), 3):
        for header in fields[position].split(b"\n")[:-1]:
            old, _, new = header.decode().partition(" ")
            current = found[Oid(old), Oid(new)] = {}
        if position + 2 < len(fields):
            before, after = (
                TreePath(name.decode("utf-8", "surrogateescape")) for name in fields[position + 1 : position + 3]
            )
            current[before] = after
    return found


def _states(described: str) -> tuple[State, State]:
    old_mode, new_mode, old, new, _ = described[1:].split(" ")
    return _state(old_mode, old), _state(new_mode, new)


def _state(mode: str, oid: str) -> State:
    return Entry(int(mode, 8), Oid(oid)) if mode != "000000" else None
