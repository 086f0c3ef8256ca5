"""What differs between two trees, with counts of lines and the renames that git sees."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from gatekeeper.core.names import Oid, TreePath
from gatekeeper.core.tree_state import Entry, State
from gatekeeper.errors import BadInputError, GitCommandError
from gatekeeper.repository.objects import ObjectStore

_COMMAND = ("diff-tree", "-r", "-z", "-M", "-l7000", "--raw", "--numstat", "--no-abbrev")


@dataclass(frozen=True, slots=True)
class CountedFile:
    """A file that differs. Counts are None for a binary one."""

    path: TreePath
    before: State
    after: State
    added: int | None
    removed: int | None
    renamed_from: TreePath | None = None


def counted_files(store: ObjectStore, old: Oid, new: Oid) -> list[CountedFile]:
    """Return the files that differ between two commits or trees; raises BadInputError where an object is missing."""
    trees = store.tree_of(old), store.tree_of(new)
    try:
        output = store.git(*_COMMAND, *trees)
    except GitCommandError as error:
        raise BadInputError("a file is missing", "fetch it: the clone is shallow or partial") from error
    return list(read_counts(output))


def read_counts(output: bytes) -> Iterator[CountedFile]:
    """Yield the files in what git writes: first ``:MODES IDS STATUS NUL PATH NUL`` for each, then their counts.

    Of a rename there are two paths. A count is ``ADDED TAB REMOVED TAB PATH NUL``; of a rename, both paths follow it.
    """
    fields = output.split(b"\0")
    position = 0
    states: dict[bytes, tuple[State, State]] = {}
    while position < len(fields) and fields[position].startswith(b":"):
        old_mode, new_mode, old, new, status = fields[position][1:].decode().split(" ")
        paths = 2 if status[0] in "RC" else 1
        states[fields[position + paths]] = _state(old_mode, old), _state(new_mode, new)
        position += 1 + paths
    while position < len(fields) and fields[position]:
        added, removed, path = fields[position].split(b"\t", 2)
        renamed_from = None
        if not path:
            renamed_from, path = _path(fields[position + 1]), fields[position + 2]
            position += 2
        yield CountedFile(_path(path), *states[path], _count(added), _count(removed), renamed_from)
        position += 1


def _state(mode: str, oid: str) -> State:
    return Entry(int(mode, 8), Oid(oid)) if mode != "000000" else None


def _path(name: bytes) -> TreePath:
    return TreePath(name.decode("utf-8", "surrogateescape"))


def _count(text: bytes) -> int | None:
    return None if text == b"-" else int(text)
