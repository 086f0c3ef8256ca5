"""The objects of a user's repository, read and written as they are: for what gatekeeper keeps there on purpose.

Writing an object never changes what a reference names; objects that nothing names go away with git's next prune.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from typing import Literal, Protocol

import pygit2
from pygit2.enums import ObjectType, SortMode

from gatekeeper.core.names import Oid
from gatekeeper.errors import RepositoryError
from gatekeeper.process import environment_for_git, git
from gatekeeper.repository.packs import Pack

Kind = Literal["blob", "tree", "commit"]

_TYPES: Mapping[str, ObjectType] = {"blob": ObjectType.BLOB, "tree": ObjectType.TREE, "commit": ObjectType.COMMIT}


class Objects(Protocol):
    """Where objects are read from and written to."""

    def read(self, oid: Oid) -> bytes:
        """Return an object's contents; raises RepositoryError when it is missing."""
        ...

    def write(self, kind: Kind, data: bytes) -> Oid:
        """Keep an object and return its id."""
        ...


class ObjectDatabase:
    """The repository's own objects."""

    def __init__(self, repository: pygit2.Repository) -> None:
        self._git = repository

    def read(self, oid: Oid) -> bytes:
        """Return an object's contents; raises RepositoryError when it is missing or damaged."""
        try:
            _, data = self._git.read(pygit2.Oid(hex=oid))
        except (KeyError, ValueError, pygit2.GitError) as error:
            raise RepositoryError(f"object {oid} is missing or damaged", "git fsck says more") from error
        return bytes(data)

    def has(self, oid: Oid) -> bool:
        """Return whether the object is there."""
        return oid in self._git

    def write(self, kind: Kind, data: bytes) -> Oid:
        """Write an object and return its id; raises RepositoryError when it cannot be kept."""
        try:
            return Oid(str(self._git.write(_TYPES[kind], data)))
        except (OSError, pygit2.GitError) as error:
            raise RepositoryError(
                f"git cannot keep an object: {error}", "is the disk full, or not writable?"
            ) from error

    def write_pack(self, pack: Pack) -> None:
        """Write many objects at once; raises GitCommandError."""
        env = environment_for_git(hermetic=True) | {"GIT_DIR": self._git.path}
        git(("index-pack", "--stdin", "--fix-thin"), env=env, stdin=pack.to_bytes())

    def is_ancestor(self, ancestor: Oid, descendant: Oid) -> bool:
        """Return whether ``ancestor`` is ``descendant`` or one of its ancestors; a missing commit is nobody's."""
        try:
            one, other = pygit2.Oid(hex=ancestor), pygit2.Oid(hex=descendant)
            return ancestor == descendant or bool(self._git.descendant_of(other, one))
        except (KeyError, ValueError, pygit2.GitError):
            return False

    def merge_base(self, one: Oid, other: Oid) -> Oid | None:
        """Return a best common ancestor; None where there is none, or a commit is missing."""
        try:
            found = self._git.merge_base(pygit2.Oid(hex=one), pygit2.Oid(hex=other))
        except (KeyError, ValueError, pygit2.GitError):
            return None
        # libgit2's stubs leave out that there may be none.
        return Oid(str(found)) if found else None

    def commits(self, tip: Oid, *, hidden: Oid | None = None) -> Iterator[Oid]:
        """Yield the commits of ``tip`` that ``hidden`` lacks, children first; raises RepositoryError."""
        try:
            walker = self._git.walk(pygit2.Oid(hex=tip), SortMode.TOPOLOGICAL)
            if hidden is not None:
                walker.hide(pygit2.Oid(hex=hidden))
            for commit in walker:
                yield Oid(str(commit.id))
        except (KeyError, ValueError, pygit2.GitError) as error:
            raise RepositoryError(f"the history of {tip} is damaged: {error}", "git fsck says more") from error


class PackedObjects:
    """New objects are collected, and written as one pack with ``flush``."""

    def __init__(self, below: ObjectDatabase) -> None:
        self._below = below
        self._pack = Pack(level=1)

    def read(self, oid: Oid) -> bytes:
        """Return an object's contents; what was written here has to be flushed first."""
        return self._below.read(oid)

    def write(self, kind: Kind, data: bytes) -> Oid:
        """Collect an object and return its id."""
        return self._pack.add(kind, data)

    def flush(self) -> None:
        """Write what was collected; raises GitCommandError."""
        self._below.write_pack(self._pack)


class ImaginedObjects:
    """Objects that are only named, to see what would be written."""

    def __init__(self, below: ObjectDatabase) -> None:
        self._below = below
        self._made: dict[Oid, bytes] = {}

    def read(self, oid: Oid) -> bytes:
        """Return an object's contents; raises RepositoryError when it is missing."""
        made = self._made.get(oid)
        return self._below.read(oid) if made is None else made

    def write(self, kind: Kind, data: bytes) -> Oid:
        """Return the id that the object would have."""
        oid = Oid(hashlib.sha1(f"{kind} {len(data)}\0".encode() + data, usedforsecurity=False).hexdigest())
        self._made[oid] = data
        return oid
