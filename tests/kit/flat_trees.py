"""Trees of files without directories, written many at a time where a test needs hundreds."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from gatekeeper.core.names import Oid
from gatekeeper.repository.objects import ObjectStore


def write_trees(store: ObjectStore, trees: Iterable[Mapping[str, bytes]]) -> list[Oid]:
    """Write the trees, name to contents, to the scratch store by one call of git, and return their ids in order."""
    listed = (
        "".join(f"100644 blob {store.write_blob(text)}\t{name}\0" for name, text in files.items()) for files in trees
    )
    return [
        Oid(line) for line in store.git("mktree", "-z", "--batch", stdin="\0".join(listed).encode()).decode().split()
    ]
