"""A tree in memory, as gates read one."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping

from gatekeeper.core.gates.tree import Unreadable
from gatekeeper.core.names import Oid, TreePath
from gatekeeper.core.tree_state import REGULAR, SUBMODULE, SYMLINK, Entry


class MemoryTree:
    """Files by path; ``reads`` are the paths that were read, in order."""

    id = Oid("7" * 40)

    def __init__(self, files: Mapping[str, str | bytes | Unreadable], *, links: str = "", modules: str = "") -> None:
        self._files = {
            TreePath(path): content.encode() if isinstance(content, str) else content for path, content in files.items()
        }
        self._entries = {path: Entry(REGULAR, _id_of(content)) for path, content in self._files.items()}
        self._entries |= {TreePath(path): Entry(SYMLINK, Oid("1" * 40)) for path in links.split()}
        self._entries |= {TreePath(path): Entry(SUBMODULE, Oid("2" * 40)) for path in modules.split()}
        self.reads: list[TreePath] = []

    def paths(self) -> Mapping[TreePath, Entry]:
        """Return what stands where."""
        return self._entries

    def read(self, path: TreePath) -> bytes | Unreadable:
        """Return a file, and note that it was read."""
        self.reads.append(path)
        return self._files[path]


def _id_of(content: bytes | Unreadable) -> Oid:
    return Oid(hashlib.sha1(repr(content).encode(), usedforsecurity=False).hexdigest())
