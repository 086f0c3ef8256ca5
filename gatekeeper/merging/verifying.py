"""Whether a merged tree is well: its manifests can be read, and cargo loads the workspace."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator
from dataclasses import dataclass

from gatekeeper.core.document import ParseFailure, parse
from gatekeeper.core.names import Oid
from gatekeeper.core.schema import profile_for
from gatekeeper.merging.cargo_loads import has_cargo, load_faults, workspace_roots
from gatekeeper.repository.objects import ObjectStore
from gatekeeper.repository.raw_diffs import TreeDelta
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
    changes = [differences(store, parent, tree) for parent in trees]
    faults = tuple(_unreadable(store, *changes))
    # Of what cannot be read, cargo would say the same once more.
    if faults or any(map(_loads_alike, changes)):
        return Verified(faults)
    listing = store.listing(tree)
    if not workspace_roots(listing):
        return Verified()
    if not has_cargo():
        return Verified(notes=("cargo is not on PATH, so whether it loads the workspace was not looked at",))
    found = load_faults(store, listing)
    for parent in trees:
        # What a parent has as well is not the merge's; a parent is asked only while something is left.
        known = load_faults(store, store.listing(parent)) if found else ()
        found = tuple(fault for fault in found if fault not in known)
    return Verified(found)


def _unreadable(store: ObjectStore, first: TreeDelta, second: TreeDelta) -> Iterator[str]:
    """Yield the manifests that differ from both parents' and cannot be read."""
    for path in sorted(first.keys() & second.keys()):
        profile, (_, merged) = profile_for(path), first[path]
        if profile is None or merged is None or not merged.is_file:
            continue
        read = parse(store.blob(merged.oid), profile)
        if isinstance(read, ParseFailure):
            yield f"{path}: not valid TOML: {read.message} (line {read.line}, column {read.column})"


def _loads_alike(changes: TreeDelta) -> bool:
    """Return whether cargo sees no difference: it looks at manifests, and at which other files there are."""
    return all(
        before is not None
        and after is not None
        and before.is_file == after.is_file
        and posixpath.basename(path) != "Cargo.toml"
        for path, (before, after) in changes.items()
    )
