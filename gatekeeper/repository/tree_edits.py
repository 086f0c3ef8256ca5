"""Trees with other files in them than before, and their way from the scratch store to the user's repository."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from gatekeeper.core.names import Oid, TreePath
from gatekeeper.core.tree_state import SUBMODULE, Entry, State
from gatekeeper.repository.object_database import ObjectDatabase
from gatekeeper.repository.objects import ObjectStore
from gatekeeper.repository.raw_diffs import TreeDelta

_TREE = 0o040000

_Edit = tuple[Sequence[str], State]


def with_entries(store: ObjectStore, tree: Oid, changes: Mapping[TreePath, State]) -> Oid:
    """Return ``tree`` (written to the scratch store) with what shall stand at each path; None removes what is there.

    Directories that are left empty go as well. Raises BadInputError where a tree is missing.
    """
    edits = [(path.split("/"), state) for path, state in changes.items()]
    return _edited(store, tree, edits) or store.write_tree(())


def _edited(store: ObjectStore, tree: Oid | None, edits: Sequence[_Edit]) -> Oid | None:
    entries = {} if tree is None else {name: (oid, mode) for name, oid, mode in store.tree_entries(tree)}
    below: dict[str, list[_Edit]] = {}
    for parts, state in edits:
        if len(parts) > 1:
            below.setdefault(parts[0], []).append((parts[1:], state))
        elif state is not None:
            entries[parts[0]] = (state.oid, state.mode)
        else:
            entries.pop(parts[0], None)
    for name, inner in below.items():
        oid, mode = entries.get(name, (None, 0))
        made = _edited(store, oid if mode == _TREE else None, inner)
        if made is not None:
            entries[name] = (made, _TREE)
        elif mode == _TREE:
            del entries[name]
    return store.write_tree((name, oid, mode) for name, (oid, mode) in entries.items()) if entries else None


def differences(store: ObjectStore, one: Oid, other: Oid) -> TreeDelta:
    """Return path -> what the trees of two commits have there, where that differs; raises BadInputError.

    For a pair or two; where many are compared, git's one process is faster (``ObjectStore.tree_deltas``).
    """
    found: TreeDelta = {}
    _compare(store, "", (store.tree_of(one), store.tree_of(other)), found)
    return found


def _compare(store: ObjectStore, directory: str, trees: tuple[Oid | None, Oid | None], found: TreeDelta) -> None:
    olds, news = (
        {} if tree is None else {name: Entry(mode, oid) for name, oid, mode in store.tree_entries(tree)}
        for tree in trees
    )
    for name in olds.keys() | news.keys():
        old, new = olds.get(name), news.get(name)
        if old == new:
            continue
        inner = tuple(entry.oid if entry is not None and entry.mode == _TREE else None for entry in (old, new))
        if inner != (None, None):
            _compare(store, f"{directory}{name}/", (inner[0], inner[1]), found)
        files = tuple(entry if entry is not None and entry.mode != _TREE else None for entry in (old, new))
        if files != (None, None):
            found[TreePath(directory + name)] = (files[0], files[1])


def keep_tree(store: ObjectStore, database: ObjectDatabase, tree: Oid) -> None:
    """Write to ``database`` what it lacks of a tree; raises RepositoryError.

    What it has already, git has marked as new while it merged, so that no gc takes it meanwhile.
    """
    if database.has(tree):
        return
    for _, oid, mode in store.tree_entries(tree):
        if mode == _TREE:
            keep_tree(store, database, oid)
        elif mode != SUBMODULE and not database.has(oid):
            database.write("blob", store.blob(oid))
    database.write("tree", store.read(tree))
