"""Lock files that both sides of a merge of commits have changed, made anew by cargo from the merged manifests."""

from __future__ import annotations

from collections.abc import Iterator

from gatekeeper.core.names import TreePath
from gatekeeper.core.schema import CARGO_LOCK, profile_for
from gatekeeper.errors import BadInputError
from gatekeeper.merging.cargo_loads import lay_workspaces
from gatekeeper.merging.cargo_lock import regenerate
from gatekeeper.merging.driver import Merge
from gatekeeper.merging.lock_seed import lock_seed
from gatekeeper.merging.tree_merge import TreeMerge
from gatekeeper.scratch import ScratchDirectory, memory_directory


def relock(merge: TreeMerge) -> None:
    """Let cargo make every lock file that both sides have changed; where it cannot, say why, and leave the merge of it.

    What both sides have locked stays locked, as far as it goes together.
    """
    for path, (contested, text) in merge.contested.items():
        if profile_for(path) is not CARGO_LOCK:
            continue
        waiting = sorted(_manifests_in_conflict(merge, path))
        if waiting:
            merge.explain(
                path, f"it can be regenerated once no manifest is in conflict any more ({', '.join(waiting)})"
            )
            continue
        try:
            made = _made_by_cargo(merge, contested, text)
        except BadInputError as error:
            merge.explain(path, f"it was not regenerated: {error.message}")
        else:
            if made != text:
                merge.settle(path, made)
                merge.notes.append(f"{path}: made by cargo from the merged manifests")


def _manifests_in_conflict(merge: TreeMerge, lock: TreePath) -> Iterator[TreePath]:
    inside = lock.removesuffix("Cargo.lock")
    for conflict in merge.conflicts():
        folder, _, name = conflict.path.rpartition("/")
        if name == "Cargo.toml" and f"{folder}/".startswith(inside):
            yield conflict.path


def _made_by_cargo(merge: TreeMerge, contested: Merge, text: bytes | None) -> bytes:
    seed = lock_seed(contested.base or None, contested.ours, contested.theirs) if text is None else text
    scratch = ScratchDirectory(memory_directory())
    try:
        place = scratch.path / "tree"
        place.mkdir()
        lay_workspaces(merge.store, merge.store.listing(merge.tree()), place)
        lock = place / contested.path
        lock.write_bytes(contested.ours)
        return regenerate(lock, seed)
    except BadInputError as error:
        # Nobody finds the scratch directory any more who reads this.
        raise BadInputError(error.message.replace(f"{scratch.path}/tree/", ""), error.hint) from error
    finally:
        scratch.close()
