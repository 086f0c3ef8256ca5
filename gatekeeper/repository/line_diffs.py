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
    """Turn runs of removed and added lines into hunks; context lines only move the position.

    Lines are reduced to their marks first, so that no loop goes over them one by one.
    """
    body = patch[patch.find(b"\n@@ ") + 1 :]
    marks = b"".join(_MARK.findall(body)).split(b"@")[1:]
    for (old_start, old_count, new_start, new_count), lines in zip(_HEADER.findall(body), marks, strict=True):
        # A side of no lines is numbered by the line before it.
        old = int(old_start) - (old_count != b"0")
        new = int(new_start) - (new_count != b"0")
        position = 0
        for run in _RUN.finditer(lines):
            context = run.start() - position
            removed = run.group().count(b"-")
            added = run.end() - run.start() - removed
            old, new, position = old + context, new + context, run.end()
            yield Hunk(old, removed, new, added)
            old, new = old + removed, new + added


_MARK = re.compile(rb"^[-+ @]", re.MULTILINE)
_RUN = re.compile(rb"[-+]+")
_HEADER = re.compile(rb"^@@ -(\d+)(?:,(\d+))? \+(\d+)(?:,(\d+))? @@", re.MULTILINE)
