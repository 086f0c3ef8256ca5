"""What stands at a path of a tree, and how trees differ from trunk's."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import NamedTuple

from gatekeeper.core.names import Oid, TreePath

REGULAR = 0o100644
EXECUTABLE = 0o100755
SYMLINK = 0o120000
SUBMODULE = 0o160000

EMPTY_BLOB = Oid("e69de29bb2d1d6434b8b29ae775ad8c2e48c5391")


class Entry(NamedTuple):
    """A file, symbolic link or submodule in a tree."""

    mode: int
    oid: Oid

    @property
    def is_file(self) -> bool:
        """Whether it is a file, executable or not."""
        return self.mode in {REGULAR, EXECUTABLE}


State = Entry | None
"""What stands at a path; None where nothing does."""

Delta = Mapping[TreePath, State]
"""The paths at which a tree differs from another one, with what stands there now."""


@lru_cache(maxsize=1 << 16)
def parents(path: TreePath) -> tuple[TreePath, ...]:
    """Return the directories above ``path``, innermost first, without the root."""
    directory = path.rpartition("/")[0]
    return (TreePath(directory), *parents(TreePath(directory))) if directory else ()
