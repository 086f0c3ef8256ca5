from __future__ import annotations

from pathlib import Path

from gatekeeper.core.tree_state import EXECUTABLE, REGULAR
from gatekeeper.repository import open_repository
from gatekeeper.repository.packs import Pack
from tests.kit import RepositoryBuilder


def test_what_is_packed_can_be_read_by_git_and_by_libgit2(tmp_path: Path) -> None:
    store = open_repository(str(RepositoryBuilder(tmp_path / "r", bare=True).root)).object_store()
    pack = Pack()
    texts = [b"", b"one\n", bytes(15), bytes(16), bytes(2047), bytes(2048), b"long\n" * 70_000]
    blobs = [pack.add_blob(text) for text in [*texts, *texts]]
    tree = pack.add_tree([("a", blobs[0], EXECUTABLE), ("b", blobs[1], REGULAR)])
    store.write_pack(pack)
    assert [store.blob(oid) for oid in blobs] == [*texts, *texts]
    assert store.tree_of(tree) == tree
    assert [(entry.mode, entry.oid) for entry in store.listing(tree).values()] == [
        (EXECUTABLE, blobs[0]),
        (REGULAR, blobs[1]),
    ]
    listed = store.git("cat-file", "--batch-all-objects", "--batch-check").split(b"\n")
    assert len(listed) == len(texts) + len([tree]) + 1
    assert store.git("fsck", "--strict", "--no-dangling") == b""
    store.close()
