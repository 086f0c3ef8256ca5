"""Git's verdict on the contents of files, from one diff a side."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from gatekeeper.cache import Cache
from gatekeeper.core.line_merge import Hunk, conflicts, merge_text, split_lines
from gatekeeper.core.names import Oid
from gatekeeper.repository.attributes import MergeKind
from gatekeeper.repository.line_diffs import LineDiffer
from gatekeeper.repository.objects import ObjectStore

_BINARY_PROBE = 8000
"""Git looks for a NUL byte in this many bytes (``xdiff-interface.c``: FIRST_FEW_BYTES)."""
_TEXTS_KEPT = 1024

Contents = tuple[Oid, Oid, Oid]
"""Blob ids of base, ours and theirs."""


@dataclass(slots=True)
class BlobMerges:
    """Three-way merges of blobs as git would do them; n sides on one base cost n diffs."""

    store: ObjectStore
    cache: Cache
    hunks: dict[tuple[Oid, Oid], tuple[Hunk, ...]] = field(default_factory=dict)
    decided: dict[tuple[Contents, MergeKind], bool] = field(default_factory=dict)
    _new: dict[str, tuple[Contents, MergeKind]] = field(default_factory=dict)
    _lines: OrderedDict[Oid, list[bytes]] = field(default_factory=OrderedDict)
    _binary: dict[Oid, bool] = field(default_factory=dict)
    _differ: LineDiffer = field(init=False)

    def __post_init__(self) -> None:
        self._differ = LineDiffer(self.store, self.lines)

    def prepare(self, merges: Iterable[Contents]) -> None:
        """Make all diffs that the merges need, in one go."""
        wanted = {(base, side) for base, ours, theirs in merges for side in (ours, theirs) if base != side}
        missing = sorted(pair for pair in wanted if pair not in self.hunks)
        for pair, hunks in zip(missing, self._differ.hunks(missing), strict=True):
            self.hunks[pair] = hunks

    def decide(self, wanted: Iterable[tuple[Contents, MergeKind]]) -> None:
        """Find out where git conflicts: from the cache, and from diffs for the rest."""
        asked = {
            _key(upright := _upright(contents), kind): (upright, kind)
            for contents, kind in wanted
            if _is_merge(contents)
        }
        for key, said in self.cache.get_many("conflict", asked).items():
            self.decided[asked.pop(key)] = said == b"1"
        self._new = asked
        # The diffs are made in this process: whoever is forked later has them.
        missing = list(asked.values())
        self.decided.update(zip(missing, self._decide_all(missing), strict=True))

    def _decide_all(self, merges: Sequence[tuple[Contents, MergeKind]]) -> list[bool]:
        self.prepare(
            contents
            for contents, kind in merges
            if kind is MergeKind.TEXT and not any(self.is_binary(oid) for oid in contents)
        )
        return [self._decide(contents, kind) for contents, kind in merges]

    def remember(self) -> None:
        """Put into the cache what was decided since ``decide`` began."""
        told = {key: b"1" if self.decided[case] else b"0" for key, case in self._new.items() if case in self.decided}
        self.cache.put_many("conflict", told)

    def conflict(self, contents: Contents, kind: MergeKind) -> bool:
        """Return whether git conflicts on the contents of one file."""
        contents = _upright(contents)
        known = self.decided.get((contents, kind))
        if known is None:
            known = self.decided[contents, kind] = self._decide(contents, kind)
        return known

    def _decide(self, contents: Contents, kind: MergeKind) -> bool:
        base, ours, theirs = contents
        if ours == theirs or base in {ours, theirs}:
            return False
        if kind is MergeKind.BINARY or any(self.is_binary(oid) for oid in contents):
            return True
        if kind is MergeKind.UNION:
            return False
        return conflicts(self.hunks[base, ours], self.hunks[base, theirs], self.lines(ours), self.lines(theirs))

    def merged(self, contents: Contents) -> bytes | None:
        """Return the text of git's clean merge, None where it conflicts."""
        base, ours, theirs = contents
        if ours in {base, theirs}:
            return self.store.blob(theirs)
        if base == theirs:
            return self.store.blob(ours)
        self.prepare([contents])
        return merge_text(self.hunks[base, ours], self.hunks[base, theirs], self.lines(ours), self.lines(theirs))

    def lines(self, oid: Oid) -> list[bytes]:
        """Return a blob cut into lines."""
        known = self._lines.get(oid)
        if known is None:
            text = self.store.blob(oid)
            self._binary[oid] = b"\0" in text[:_BINARY_PROBE]
            known = self._lines[oid] = split_lines(text)
            if len(self._lines) > _TEXTS_KEPT:
                self._lines.popitem(last=False)
        return known

    def is_binary(self, oid: Oid) -> bool:
        """Return whether git takes a blob for binary."""
        if oid not in self._binary:
            # Whoever asks this goes on to the lines of most blobs.
            self.lines(oid)
        return self._binary[oid]


def _upright(contents: Contents) -> Contents:
    """Whether two texts conflict does not depend on which of them comes first."""
    base, ours, theirs = contents
    return (base, ours, theirs) if ours <= theirs else (base, theirs, ours)


def _is_merge(contents: Contents) -> bool:
    return len(set(contents)) == len(contents)


def _key(contents: Contents, kind: MergeKind) -> str:
    return f"{kind.value} {' '.join(contents)}"
