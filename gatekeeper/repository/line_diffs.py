"""Diffs of many pairs of blobs in one git process, as hunks.

The pairs become two trees with one entry each; git compares the trees. The algorithm and its options are those of
git's ``ort`` merge strategy (histogram, no indent heuristic). One line of context is asked for, because without any,
git first cuts off a common tail and may then line up the rest in another way than a merge does.

A diff follows from which lines are equal and from nothing else. So git is given the texts with a short token in place
of each line: it reads and writes a fifth of the bytes, and lines of one length can be read without a search.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import lru_cache

from gatekeeper.core.line_merge import Hunk, Lines
from gatekeeper.core.names import Oid
from gatekeeper.core.tree_state import REGULAR
from gatekeeper.errors import GitCommandError
from gatekeeper.repository.objects import ObjectStore
from gatekeeper.repository.packs import Pack

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

Pair = tuple[Oid, Oid]
"""Two blobs, the older one first."""


class _Tokens(dict[bytes, bytes]):
    """Line -> its token. All have one length, none has a letter or an ``@``, and git hashes no two of them alike."""

    def of(self, lines: Lines) -> bytes:
        """Return the text with a token for each line."""
        return b"".join(map(self.__getitem__, lines))

    def __missing__(self, line: bytes) -> bytes:
        number = len(self)
        token = self[line] = bytes([32 + (number >> shift & 31) for shift in _SHIFTS] + [10])
        return token


_SHIFTS = range(25, -1, -5)
_LINE = 1 + len(_SHIFTS) + 1
"""The length of a line in a patch: mark, token, newline."""


@dataclass(slots=True)
class LineDiffer:
    """Diffs of blobs; ``lines_of`` reads one. Each blob is read and handed to git once, however many diffs it is in."""

    store: ObjectStore
    lines_of: Callable[[Oid], Lines]
    _tokens: _Tokens = field(default_factory=_Tokens)
    _texts: dict[Oid, Oid] = field(default_factory=dict)

    def hunks(self, pairs: Sequence[Pair]) -> list[tuple[Hunk, ...]]:
        """Return the hunks that lead from the first to the second blob of each pair; raises GitCommandError."""
        if not pairs:
            return []
        pack = Pack()
        new = dict.fromkeys(oid for pair in pairs for oid in pair if oid not in self._texts)
        texts = self._texts | {oid: pack.add_blob(self._tokens.of(self.lines_of(oid))) for oid in new}
        cut = len(pairs) if len(pairs) < _WORTH_SPLITTING else -(-len(pairs) // _PROCESSES)
        batches = [pairs[start : start + cut] for start in range(0, len(pairs), cut)]
        trees = [tuple(_tree(pack, [texts[pair[side]] for pair in batch]) for side in (0, 1)) for batch in batches]
        self.store.write_pack(pack)
        self._texts = texts
        with ThreadPoolExecutor(_PROCESSES) as pool:
            outputs = pool.map(lambda sides: self.store.git("diff-tree", "-p", "-r", *_OPTIONS, *sides), trees)
        return [hunks for batch, output in zip(batches, outputs, strict=True) for hunks in _read_patches(batch, output)]


def _tree(pack: Pack, texts: Iterable[Oid]) -> Oid:
    return pack.add_tree((f"{number:07d}", oid, REGULAR) for number, oid in enumerate(texts))


def _read_patches(pairs: Sequence[Pair], output: bytes) -> list[tuple[Hunk, ...]]:
    """Return the hunks of each pair; a pair of equal texts has no patch."""
    hunks: list[tuple[Hunk, ...]] = [()] * len(pairs)
    for patch in output.split(b"diff --git ")[1:]:
        number = int(patch[:7])
        hunks[number] = tuple(_read_hunks(patch))
        if not hunks[number]:
            raise GitCommandError(f"git diff-tree gave no hunks for {pairs[number][0][:12]}..{pairs[number][1][:12]}")
    return hunks


def _read_hunks(patch: bytes) -> Iterator[Hunk]:
    """Turn runs of removed and added lines into hunks; context lines only move the position."""
    _, *parts = _HEADER.split(patch)
    shift = 0
    for line, body in zip(parts[::2], parts[1::2], strict=True):
        # Only an empty text has no lines around a hunk; its hunk is numbered 0.
        start = max(int(line) - 1, 0)
        for context, removed, added in _runs(body[::_LINE]):
            start += context
            yield Hunk(start, removed, start + shift, added)
            start += removed
            shift += added - removed


@lru_cache(maxsize=4096)
def _runs(marks: bytes) -> tuple[tuple[int, int, int], ...]:
    """Return how many lines are kept, then removed, then added, over and over; few of such patterns are rare ones."""
    return tuple((len(kept), len(removed), len(added)) for kept, removed, added in _RUN.findall(marks))


_RUN = re.compile(rb"( *)(?=[-+])(-*)(\+*)")
_HEADER = re.compile(rb"\n@@ -(\d+).*\n")
