"""An upper bound on git's similarity of two files, to rule renames out without asking git.

Git (``diffcore-delta.c``, ``diffcore-rename.c``) cuts files into lines of at most 64 bytes, counts by hash what the
two have in common, and takes a pair for a rename from half of the larger file on. Hash collisions can only raise its
figure: git's own hash, slow to compute here, is looked at where they could tip the scales.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import NamedTuple, TypeVar

from gatekeeper.core.line_merge import split_lines
from gatekeeper.core.names import Oid

K = TypeVar("K")

_CHUNK = 64
_BINARY_PROBE = 8000
"""A NUL byte in so many bytes makes a file binary to git."""
_LEAST_SHARE = 0.5
_LEAST_COUNTED = 0.45
"""So much must be in common before collisions are taken to make up for the rest."""
_REPEATED = b"-" * _CHUNK


class Fingerprint(NamedTuple):
    """A file's chunks with the bytes that each accounts for, and its size."""

    bytes_of: dict[bytes, int]
    size: int


def fingerprint(text: bytes) -> Fingerprint:
    """Return the fingerprint of a file's contents."""
    counts: Counter[bytes] = Counter()
    for line in split_lines(text if b"\0" in text[:_BINARY_PROBE] else text.replace(b"\r\n", b"\n")):
        if len(line) < _CHUNK:
            counts[line] += 1
        else:
            counts.update(line[start : start + _CHUNK] for start in range(0, len(line), _CHUNK))
    bytes_of: dict[bytes, int] = {}
    for chunk, count in counts.items():
        hashed = _as_hashed(chunk)
        bytes_of[hashed] = bytes_of.get(hashed, 0) + count * len(chunk)
    return Fingerprint(bytes_of, len(text))


def _as_hashed(chunk: bytes) -> bytes:
    """Git's hash skips leading NULs, and gives all full chunks of one repeated byte (dashes, say) one value."""
    chunk = chunk.lstrip(b"\0")
    return _REPEATED if chunk.count(chunk[:1]) == _CHUNK else chunk


@lru_cache(maxsize=1 << 16)
def _hash(chunk: bytes) -> int:
    """Return git's own hash of a chunk (``hash_chars``)."""
    low = high = 0
    for byte in chunk:
        low, high = (((low << 7 ^ high >> 25) & _WORD) + byte) & _WORD, (high << 7 ^ low >> 25) & _WORD
    return (low + high * 0x61 & _WORD) % _HASHES


_WORD = 0xFFFFFFFF
_HASHES = 107927


def may_be_rename(one: Fingerprint, other: Fingerprint) -> bool:
    """Return False when git cannot take the two for the old and new name of one file. Empty files never are."""
    small, large = sorted((one.size, other.size))
    if small == 0 or small < _LEAST_SHARE * large:
        return False
    common = _common(one.bytes_of, other.bytes_of)
    if _LEAST_COUNTED * large <= common < _LEAST_SHARE * large:
        common = _common(_by_hash(one.bytes_of), _by_hash(other.bytes_of))
    return common >= _LEAST_SHARE * large


def _common(one: Mapping[K, int], other: Mapping[K, int]) -> int:
    fewer, more = sorted((one, other), key=len)
    return sum(min(fewer[chunk], more[chunk]) for chunk in fewer.keys() & more.keys())


def _by_hash(bytes_of: Mapping[bytes, int]) -> dict[int, int]:
    hashed: dict[int, int] = {}
    for chunk, count in bytes_of.items():
        key = _hash(chunk)
        hashed[key] = hashed.get(key, 0) + count
    return hashed


@dataclass(frozen=True, slots=True)
class KnownResemblance:
    """What has been found out about a set of files: lost file -> which of them could be another name of it."""

    files: frozenset[Oid] = frozenset()
    answers: Mapping[Oid, frozenset[Oid]] = field(default_factory=dict)


@dataclass(slots=True)
class Resemblance:
    """Which of a set of files could be another name of a given one. Every file is read once, when it is first needed.

    Two files that share so much must share one of the lost file's rarer chunks, so only files with such a chunk are
    compared: commonplace lines bring no candidates. ``before`` tells of files that need not be compared again.
    """

    read: Callable[[Oid], bytes]
    files: frozenset[Oid]
    before: KnownResemblance
    _prints: dict[Oid, Fingerprint] = field(default_factory=dict)
    _indexes: dict[bool, dict[bytes, list[Oid]]] = field(default_factory=dict)
    _answers: dict[Oid, frozenset[Oid]] = field(default_factory=dict)

    @property
    def known(self) -> KnownResemblance:
        """Return what is known now."""
        return KnownResemblance(self.files, self._answers)

    def to(self, lost: Oid) -> frozenset[Oid]:
        """Return the files that git could take for a new name of ``lost``; a file of the same contents is one."""
        found = self._answers.get(lost)
        if found is None:
            before = self.before.answers.get(lost)
            found = frozenset(self._find(lost, among_all=before is None))
            if before is not None:
                found |= before & self.files
            self._answers[lost] = found
        return found

    def _find(self, lost: Oid, *, among_all: bool) -> Iterable[Oid]:
        holders = self._index(among_all=among_all)
        if not holders:
            return []
        wanted = self._print(lost)
        rarest_first = sorted(wanted.bytes_of, key=lambda chunk: len(holders.get(chunk, ())))
        candidates: dict[Oid, None] = {}
        passed = 0
        for chunk in rarest_first:
            if passed > (1 - _LEAST_COUNTED) * wanted.size:
                break
            passed += wanted.bytes_of[chunk]
            candidates.update(dict.fromkeys(holders.get(chunk, ())))
        return [oid for oid in candidates if oid == lost or may_be_rename(wanted, self._print(oid))]

    def _index(self, *, among_all: bool) -> dict[bytes, list[Oid]]:
        """Return chunk -> the files that have it: all, or those that were not known before."""
        if among_all not in self._indexes:
            holders = self._indexes[among_all] = {}
            for oid in sorted(self.files if among_all else self.files - self.before.files):
                for chunk in self._print(oid).bytes_of:
                    holders.setdefault(chunk, []).append(oid)
        return self._indexes[among_all]

    def _print(self, oid: Oid) -> Fingerprint:
        known = self._prints.get(oid)
        if known is None:
            known = self._prints[oid] = fingerprint(self.read(oid))
        return known
