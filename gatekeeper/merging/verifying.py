"""Whether a merged tree is well: its manifests can be read, and cargo loads the workspace."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from gatekeeper.core.document import ParseFailure, parse
from gatekeeper.core.names import Oid, TreePath
from gatekeeper.core.schema import profile_for
from gatekeeper.core.tree_state import Entry
from gatekeeper.merging.cargo_loads import has_cargo, load_faults, workspace_roots
from gatekeeper.repository.objects import ObjectStore
from gatekeeper.repository.tree_edits import differences


@dataclass(frozen=True, slots=True)
class Verified:
    """``faults`` that none of the parents has by itself; ``notes`` say what could not be looked at."""

    faults: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()


def verify_tree(store: ObjectStore, tree: Oid, parents: tuple[Oid, Oid]) -> Verified:
    """Return what is wrong with the merge of two commits (or trees) that is right with each of them.

    Raises BadInputError where objects are missing.
    """
    trees = [store.tree_of(parent) for parent in parents]
    if tree in trees:
        return Verified()
    listing = store.listing(tree)
    faults = list(_unreadable(store, listing, tree, trees))
    if faults:
        # Cargo would say the same of the first of them once more.
        return Verified(tuple(faults))
    if not workspace_roots(listing):
        return Verified()
    if not has_cargo():
        return Verified(notes=("cargo is not on PATH, so whether it loads the workspace was not looked at",))
    found = load_faults(store, listing)
    known = {fault for parent in trees for fault in load_faults(store, store.listing(parent))} if found else set()
    return Verified(tuple(fault for fault in found if fault not in known))


def _unreadable(store: ObjectStore, listing: Mapping[TreePath, Entry], tree: Oid, parents: list[Oid]) -> Iterator[str]:
    """Yield the manifests that differ from both parents' and cannot be read."""
    first, second = (differences(store, parent, tree) for parent in parents)
    for path in sorted(first.keys() & second.keys()):
        profile = profile_for(path)
        if profile is None or path not in listing or not listing[path].is_file:
            continue
        read = parse(store.blob(listing[path].oid), profile)
        if isinstance(read, ParseFailure):
            yield f"{path}: not valid TOML: {read.message} (line {read.line}, column {read.column})"
