"""Git objects without a git process: a commit in well under a millisecond, with the ids that git would give.

Only writing is done here; trees that git itself wrote (merges, packs) are read back through git.
"""

from __future__ import annotations

import hashlib
import os
import zlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

REGULAR = "100644"
EXECUTABLE = "100755"
SYMLINK = "120000"
SUBMODULE = "160000"
DIRECTORY = "40000"


@dataclass(frozen=True)
class Executable:
    """A file with the executable bit."""

    content: str | bytes


@dataclass(frozen=True)
class Symlink:
    """A symbolic link to a path, which need not exist."""

    target: str


@dataclass(frozen=True)
class Submodule:
    """A submodule at a commit, which need not exist."""

    commit: str


@dataclass(frozen=True)
class TreeEntry:
    """A mode and an object, as they stand in a tree."""

    mode: str
    oid: str


Content = str | bytes | Executable | Symlink | Submodule | TreeEntry
"""What a path can hold; a tree entry is something that is in the repository already."""

File = Content | None
"""What a path shall hold; None deletes it, be it a file or a directory."""
Files = Mapping[str, File]

Tree = dict[bytes, TreeEntry]


def as_bytes(content: str | bytes) -> bytes:
    """Return text as UTF-8, bytes as they are."""
    return content.encode() if isinstance(content, str) else content


class ObjectStore:
    """An object directory that is written loose, and a cache of the trees in it."""

    def __init__(self, directory: Path, object_format: str, read_tree: Callable[[str], bytes]) -> None:
        self.directory = directory
        self._hash = hashlib.sha256 if object_format == "sha256" else hashlib.sha1
        self._oid_bytes = 32 if object_format == "sha256" else 20
        self._read_tree = read_tree
        self._trees: dict[str, Tree] = {}

    def write(self, kind: str, data: bytes) -> str:
        """Write an object unless it is there, and return its id."""
        content = f"{kind} {len(data)}\0".encode() + data
        oid = self._hash(content).hexdigest()
        path = self.directory / oid[:2] / oid[2:]
        if not path.exists():
            path.parent.mkdir(exist_ok=True)
            path.write_bytes(zlib.compress(content, 1))
        return oid

    def write_file(self, file: Content) -> TreeEntry:
        """Write a file's blob and return the entry that a tree has for it."""
        match file:
            case TreeEntry():
                return file
            case Submodule(commit):
                return TreeEntry(SUBMODULE, commit)
            case Symlink(target):
                return TreeEntry(SYMLINK, self.write("blob", os.fsencode(target)))
            case Executable(content):
                return TreeEntry(EXECUTABLE, self.write("blob", as_bytes(content)))
            case _:
                return TreeEntry(REGULAR, self.write("blob", as_bytes(file)))

    def tree(self, oid: str) -> Tree:
        """Return a tree's entries by name."""
        if oid not in self._trees:
            self._trees[oid] = self._parse_tree(self._read_tree(oid))
        return self._trees[oid]

    def find(self, tree: str, path: str) -> TreeEntry | None:
        """Return the entry at a path, which may be a directory's, or None."""
        entry: TreeEntry | None = TreeEntry(DIRECTORY, tree)
        for part in os.fsencode(path).split(b"/"):
            if entry is None or entry.mode != DIRECTORY:
                return None
            entry = self.tree(entry.oid).get(part)
        return entry

    def update(self, tree: str | None, files: Files) -> str:
        """Write a tree that differs from another in some paths; a directory gives way to a file, and the reverse."""
        entries = dict(self.tree(tree)) if tree else {}
        here: dict[bytes, File] = {}
        below: dict[bytes, dict[str, File]] = {}
        for path, file in files.items():
            first, slash, rest = path.partition("/")
            if slash:
                below.setdefault(os.fsencode(first), {})[rest] = file
            else:
                here[os.fsencode(path)] = file
        for name, file in here.items():
            if file is None and entries.pop(name, None) is None:
                message = f"nothing to delete at {os.fsdecode(name)!r}"
                raise KeyError(message)
        for name, inner in below.items():
            self._update_directory(entries, name, inner)
        entries |= {name: self.write_file(file) for name, file in here.items() if file is not None}
        return self._write_tree(entries)

    def _update_directory(self, entries: Tree, name: bytes, inner: Files) -> None:
        old = entries.get(name)
        oid = self.update(old.oid if old and old.mode == DIRECTORY else None, inner)
        if self.tree(oid):
            entries[name] = TreeEntry(DIRECTORY, oid)
        else:
            entries.pop(name, None)

    def _write_tree(self, entries: Tree) -> str:
        ordered = sorted(entries.items(), key=lambda item: item[0] + b"/" * (item[1].mode == DIRECTORY))
        data = b"".join(entry.mode.encode() + b" " + name + b"\0" + bytes.fromhex(entry.oid) for name, entry in ordered)
        oid = self.write("tree", data)
        self._trees[oid] = entries
        return oid

    def _parse_tree(self, data: bytes) -> Tree:
        entries: Tree = {}
        at = 0
        while at < len(data):
            end = data.index(b"\0", at)
            mode, _, name = data[at:end].partition(b" ")
            at = end + 1 + self._oid_bytes
            entries[name] = TreeEntry(mode.decode(), data[end + 1 : at].hex())
        return entries
