"""One agent landed by git: what it changes in trunk, and how that is kept in the cache."""

from __future__ import annotations

import base64
from dataclasses import dataclass

from gatekeeper.core.names import Oid, TreePath
from gatekeeper.core.tree_state import SUBMODULE, Delta, Entry
from gatekeeper.repository.git_merges import GitMerge
from gatekeeper.repository.objects import ObjectStore
from gatekeeper.repository.raw_diffs import TreeDelta
from gatekeeper.scanning.values_json import from_json, to_json


@dataclass(frozen=True, slots=True)
class Landing:
    """What merging a commit onto trunk changes, and the paths on which git conflicts (not in ``overlay``)."""

    overlay: Delta
    conflicts: frozenset[TreePath]


def read_landing(delta: TreeDelta, trunk: Oid, commit: Oid, merge: GitMerge) -> Landing:
    """Return the landing that git's merge of ``commit`` onto ``trunk`` describes; ``delta``: its tree against trunk's.

    Files that git moved out of the way of a directory carry a commit's name; they belong to the conflict.
    """
    aside = {path for path in delta if f"~{commit}" in path or f"~{trunk}" in path}
    overlay = {path: after for path, (_, after) in delta.items() if path not in merge.conflicts and path not in aside}
    return Landing(overlay, merge.conflicts)


def pack_landing(store: ObjectStore, landing: Landing) -> bytes:
    """Return the landing as bytes, with the contents of the files that only the merge has made."""
    made = {
        entry.oid: base64.b64encode(store.blob(entry.oid)).decode()
        for entry in landing.overlay.values()
        if entry is not None and entry.mode != SUBMODULE and store.is_scratch(entry.oid)
    }
    overlay = [[path, *(entry or ())] for path, entry in landing.overlay.items()]
    return to_json([overlay, sorted(landing.conflicts), list(made.values())])


def unpack_landing(store: ObjectStore, data: bytes) -> Landing | None:
    """Return the landing in ``data``, its new files written to the scratch store; None when it holds none."""
    try:
        overlay, conflicts, made = from_json(data)
        for content in made:
            store.write_blob(base64.b64decode(content))
        entries = {TreePath(path): Entry(int(entry[0]), Oid(entry[1])) if entry else None for path, *entry in overlay}
    except (ValueError, TypeError):
        return None
    return Landing(entries, frozenset(TreePath(path) for path in conflicts))
