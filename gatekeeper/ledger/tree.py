"""The state in a tree of the ledger: read file by file, written by what has changed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from gatekeeper.core.ledger.record_kinds import R, Record
from gatekeeper.core.ledger.state import THE_ONLY, Changes
from gatekeeper.core.names import Oid
from gatekeeper.errors import DamagedLedgerError, RepositoryError
from gatekeeper.ledger.codec import read_record, record_text
from gatekeeper.ledger.places import directory_of, key_of, path_of
from gatekeeper.repository.object_database import Objects

_FILE = b"100644"
_DIRECTORY = b"40000"
_Entries = Mapping[str, tuple[bytes, Oid]]
_OID_BYTES = 20


class StateTree:
    """The records in one tree; None: an empty one.

    What was read once is kept: a poll asks for every agent and every finding several times.
    """

    def __init__(self, objects: Objects, tree: Oid | None) -> None:
        self._objects = objects
        self._directories: dict[Oid, _Entries] = {}
        self._records: dict[tuple[type[Record], Oid], Record] = {}
        self.oid = tree

    def get(self, kind: type[R], key: str = THE_ONLY, /) -> R | None:
        """Return one record, None where there is none; raises DamagedLedgerError."""
        path = path_of(kind, key)
        tree = self.oid
        for part in path[:-1]:
            if tree is None:
                return None
            tree = self._child(tree, part, _DIRECTORY)
        found = None if tree is None else self._child(tree, path[-1], _FILE)
        return None if found is None else self._record(kind, found, "/".join(path))

    def each(self, kind: type[R], /) -> Iterator[tuple[str, R]]:
        """Yield every record of a kind with its key, by key; raises DamagedLedgerError."""
        for key, where, oid in self._placed(kind):
            yield key, self._record(kind, oid, where)

    def _record(self, kind: type[R], oid: Oid, where: str) -> R:
        known = self._records.get((kind, oid))
        if not isinstance(known, kind):
            known = self._records[kind, oid] = read_record(kind, self._read(oid), where=where)
        return known

    def require_whole(self) -> None:
        """Read every file; raises DamagedLedgerError where one is missing."""
        waiting = [] if self.oid is None else [self.oid]
        while waiting:
            for mode, oid in self._entries(waiting.pop()).values():
                if mode == _DIRECTORY:
                    waiting.append(oid)
                else:
                    self._read(oid)

    def _placed(self, kind: type[Record]) -> list[tuple[str, str, Oid]]:
        top = directory_of(kind)
        return sorted((key_of(kind, path), "/".join((top, *path)), oid) for path, oid in self._files(top))

    def _files(self, name: str) -> Iterator[tuple[tuple[str, ...], Oid]]:
        entry = None if self.oid is None else self._entries(self.oid).get(name)
        if entry is None:
            return
        if entry[0] == _FILE:
            yield (name,), entry[1]
            return
        waiting: list[tuple[tuple[str, ...], Oid]] = [((), entry[1])]
        while waiting:
            path, tree = waiting.pop()
            for child, (mode, oid) in self._entries(tree).items():
                if mode == _DIRECTORY:
                    waiting.append(((*path, child), oid))
                else:
                    yield (*path, child), oid

    def _child(self, tree: Oid, name: str, mode: bytes) -> Oid | None:
        entry = self._entries(tree).get(name)
        return entry[1] if entry is not None and entry[0] == mode else None

    def _entries(self, tree: Oid) -> _Entries:
        """Return what is in a directory; not to be changed."""
        known = self._directories.get(tree)
        if known is None:
            known = self._directories[tree] = _parsed(self._read(tree))
        return known

    def _read(self, oid: Oid) -> bytes:
        try:
            return self._objects.read(oid)
        except RepositoryError as error:
            raise DamagedLedgerError(f"the ledger lacks a part: {error.message}") from error

    def with_changes(self, changes: Changes, objects: Objects) -> Oid | None:
        """Write the tree after ``changes`` to ``objects`` and return its id; None: nothing is left."""
        files: dict[tuple[str, ...], bytes | None] = {
            path_of(kind, key): None if record is None else record_text(record)
            for (kind, key), record in changes.items()
        }
        return self._written(self.oid, files, objects)

    def _written(self, tree: Oid | None, files: Mapping[tuple[str, ...], bytes | None], objects: Objects) -> Oid | None:
        entries = {} if tree is None else dict(self._entries(tree))
        below: dict[str, dict[tuple[str, ...], bytes | None]] = {}
        for path, text in files.items():
            name = path[0]
            if len(path) > 1:
                below.setdefault(name, {})[path[1:]] = text
            elif text is None:
                entries.pop(name, None)
            else:
                entries[name] = _FILE, objects.write("blob", text)
        for name, inner in below.items():
            mode, known = entries.get(name, (_DIRECTORY, None))
            made = self._written(known if mode == _DIRECTORY else None, inner, objects)
            if made is None:
                entries.pop(name, None)
            else:
                entries[name] = _DIRECTORY, made
        return objects.write("tree", _spelled(entries)) if entries else None


def _parsed(tree: bytes) -> _Entries:
    entries: dict[str, tuple[bytes, Oid]] = {}
    start = 0
    while start < len(tree):
        space, end = tree.find(b" ", start), tree.find(b"\0", start)
        after = end + 1 + _OID_BYTES
        if not start < space < end or after > len(tree):
            raise DamagedLedgerError("a directory of the ledger is damaged")
        name = tree[space + 1 : end].decode("utf-8", "surrogateescape")
        entries[name] = tree[start:space], Oid(tree[end + 1 : after].hex())
        start = after
    return entries


def _spelled(entries: _Entries) -> bytes:
    """Git sorts directories as if their names ended in a slash."""
    rows = sorted(
        (name.encode("utf-8", "surrogateescape") + (b"/" if mode == _DIRECTORY else b""), mode, oid)
        for name, (mode, oid) in entries.items()
    )
    return b"".join(mode + b" " + name.rstrip(b"/") + b"\0" + bytes.fromhex(oid) for name, mode, oid in rows)
