"""Git's own verdict on whole merges, many in one process (``git merge-tree --stdin``, git >= 2.39)."""

from __future__ import annotations

import re
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from gatekeeper.core.names import Oid, TreePath
from gatekeeper.errors import GitCommandError
from gatekeeper.repository.objects import ObjectStore

_MOVED_ASIDE = re.compile(r"~[0-9a-f]{40}(_\d+)?\Z")
_PROCESSES = 2
_WORTH_SPLITTING = 64


@dataclass(frozen=True, slots=True)
class GitMerge:
    """The tree that a merge gives, and the paths on which git conflicts (that tree holds markers there)."""

    tree: Oid
    conflicts: frozenset[TreePath]


def merge_commits(store: ObjectStore, pairs: Sequence[tuple[Oid, Oid]]) -> list[GitMerge | None]:
    """Merge each pair of commits and return git's results in order, None for a pair on which git itself crashes.

    Every object must be there: ``merge-tree --stdin`` stops at the first missing one.
    """
    if len(pairs) < _WORTH_SPLITTING:
        return _merge_batch(store, pairs)
    cut = -(-len(pairs) // _PROCESSES)
    batches = [pairs[start : start + cut] for start in range(0, len(pairs), cut)]
    with ThreadPoolExecutor(_PROCESSES) as pool:
        return [merge for batch in pool.map(lambda batch: _merge_batch(store, batch), batches) for merge in batch]


def _merge_batch(store: ObjectStore, pairs: Sequence[tuple[Oid, Oid]]) -> list[GitMerge | None]:
    """Git dies of some merges (an assertion of its own in 2.39) and takes the batch along: halve until it is alone."""
    if not pairs:
        return []
    lines = "".join(f"{ours} {theirs}\n" for ours, theirs in pairs)
    try:
        merges = _read_merges(store.git("merge-tree", "--stdin", "--name-only", "--no-messages", stdin=lines.encode()))
    except GitCommandError:
        merges = []
    if len(merges) == len(pairs):
        return [*merges]
    if len(pairs) == 1:
        return [None]
    half = len(pairs) // 2
    return [*_merge_batch(store, pairs[:half]), *_merge_batch(store, pairs[half:])]


def _read_merges(output: bytes) -> list[GitMerge]:
    """Each merge is: status NUL tree NUL (path NUL)* NUL; the last NUL ends the merge."""
    merges: list[GitMerge] = []
    fields = output.split(b"\0")
    position = 0
    while position + 1 < len(fields):
        clean = fields[position] == b"1"
        tree = Oid(fields[position + 1].decode())
        position += 2
        paths: set[TreePath] = set()
        while position < len(fields) and fields[position]:
            paths.add(original_path(fields[position]))
            position += 1
        position += 1
        merges.append(GitMerge(tree, frozenset() if clean else frozenset(paths)))
    return merges


def original_path(name: bytes) -> TreePath:
    """A path that git had to move aside is reported as ``path~COMMIT``; its own name is what people know."""
    return TreePath(_MOVED_ASIDE.sub("", name.decode("utf-8", "surrogateescape")))
