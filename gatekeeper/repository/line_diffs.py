"""Diffs of many pairs of blobs in one git process, as hunks.

The pairs become two trees with one entry each; git compares the trees. The algorithm and its options are those of
git's ``ort`` merge strategy (histogram, no indent heuristic). One line of context is asked for, because without any,
git first cuts off a common tail and may then line up the rest in another way than a merge does.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise

from gatekeeper.core.line_merge import Hunk
from gatekeeper.core.names import Oid
from gatekeeper.core.tree_state import REGULAR
from gatekeeper.errors import GitCommandError
from gatekeeper.repository.objects import ObjectStore

_OPTIONS = (
    "--diff-algorithm=histogram",
    "--no-indent-heuristic",
    "--unified=1",
    "--inter-hunk-context=0",
    "--text",
    "--no-renames",
    "--no-ext-diff",
    "--no-textconv",
    "--no-color",
    "--no-prefix",
    "--full-index",
)
_PROCESSES = 2
_WORTH_SPLITTING = 256


def line_diffs(store: ObjectStore, pairs: Sequence[tuple[Oid, Oid]]) -> list[tuple[Hunk, ...]]:
    """Return the hunks that lead from the first to the second blob of each pair; raises GitCommandError."""
    if len(pairs) < _WORTH_SPLITTING:
        return _diff_batch(store, pairs)
    cut = -(-len(pairs) // _PROCESSES)
    batches = [pairs[start : start + cut] for start in range(0, len(pairs), cut)]
    with ThreadPoolExecutor(_PROCESSES) as pool:
        return [hunks for batch in pool.map(lambda batch: _diff_batch(store, batch), batches) for hunks in batch]


def _diff_batch(store: ObjectStore, pairs: Sequence[tuple[Oid, Oid]]) -> list[tuple[Hunk, ...]]:
    if not pairs:
        return []
    names = [f"{number:07d}" for number in range(len(pairs))]
    old = store.write_tree((name, pair[0], REGULAR) for name, pair in zip(names, pairs, strict=True))
    new = store.write_tree((name, pair[1], REGULAR) for name, pair in zip(names, pairs, strict=True))
    output = store.git("diff-tree", "-p", "-r", *_OPTIONS, old, new)
    hunks: list[tuple[Hunk, ...]] = [()] * len(pairs)
    for number, found in _read_patches(output):
        if not found:
            raise GitCommandError(f"git diff-tree gave no hunks for {pairs[number][0][:12]}..{pairs[number][1][:12]}")
        hunks[number] = found
    return hunks


def _read_patches(output: bytes) -> Iterator[tuple[int, tuple[Hunk, ...]]]:
    starts = [match.start() for match in re.finditer(rb"^diff --git \d{7} \d{7}$", output, re.MULTILINE)]
    starts.append(len(output))
    for start, end in pairwise(starts):
        number = int(output[start + 11 : start + 18])
        yield number, tuple(_read_hunks(output[start:end]))


def _read_hunks(patch: bytes) -> Iterator[Hunk]:
    """Turn runs of removed and added lines into hunks; context lines only move the position."""
    old = new = old_count = new_count = 0
    in_body = False
    for line in patch.split(b"\n"):
        mark = line[:1]
        if in_body and mark == b"-":
            old_count += 1
        elif in_body and mark == b"+":
            new_count += 1
        elif mark in {b" ", b"@"}:
            if old_count or new_count:
                yield Hunk(old, old_count, new, new_count)
                old, new, old_count, new_count = old + old_count, new + new_count, 0, 0
            if mark == b"@":
                old, new = _positions(line)
                in_body = True
            else:
                old, new = old + 1, new + 1
    if old_count or new_count:
        yield Hunk(old, old_count, new, new_count)


_HEADER = re.compile(rb"@@ -(\d+)(?:,(\d+))? \+(\d+)(?:,(\d+))? @@")


def _positions(header: bytes) -> tuple[int, int]:
    """Return the lines, from 0, at which a hunk starts; a side of no lines is numbered by the line before it."""
    match = _HEADER.match(header)
    if match is None:
        raise GitCommandError("git diff-tree wrote a hunk header that cannot be read")
    old, old_count, new, new_count = match.groups()
    return int(old) - (old_count != b"0"), int(new) - (new_count != b"0")
