"""The tree of a commit as gates read it: listed once, each file only when it is asked for."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property

from gatekeeper.core.document import MAX_BYTES
from gatekeeper.core.gates.tree import Unreadable
from gatekeeper.core.names import Oid, TreePath
from gatekeeper.core.tree_state import Entry
from gatekeeper.errors import BadInputError
from gatekeeper.repository.objects import ObjectStore

_MEBIBYTE = 2**20


class CommitTree:
    """What ``core.gates.tree.JudgedTree`` asks for, of a commit or a tree."""

    def __init__(self, objects: ObjectStore, tree_ish: Oid) -> None:
        """Take the tree; raises BadInputError where it is missing."""
        self._objects = objects
        self.id = objects.tree_of(tree_ish)

    def paths(self) -> Mapping[TreePath, Entry]:
        """Return every path with what stands there; raises GitCommandError where a part of the tree is missing."""
        return self._listing

    @cached_property
    def _listing(self) -> Mapping[TreePath, Entry]:
        return self._objects.listing(self.id)

    def read(self, path: TreePath) -> bytes | Unreadable:
        """Return the bytes of the file at one of ``paths``, or why they cannot be had."""
        oid = self._listing[path].oid
        try:
            if self._objects.blob_size(oid) > MAX_BYTES:
                return Unreadable(f"is larger than {MAX_BYTES // _MEBIBYTE} MiB")
            return self._objects.blob(oid)
        except BadInputError as error:
            return Unreadable(f"cannot be read: {error.message}")
