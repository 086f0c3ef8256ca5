"""A clone to try something in: bare, in a directory of its own, borrowing the objects of the repository it is made of.

Nothing is ever written to that repository: it is a source of objects (``objects/info/alternates``), no remote, and
none of its other references, settings and hooks come along.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterable, Mapping
from datetime import datetime
from pathlib import Path

import pygit2
from pygit2.enums import FileMode, ObjectType

from gatekeeper.core.names import Oid, RefName, TreePath
from gatekeeper.errors import BadInputError
from gatekeeper.repository.repository import Repository

_CONFIG = f"""\
[core]
\trepositoryformatversion = 0
\tbare = true
\thooksPath = {os.devnull}
[gc]
\tauto = 0
"""
_BORROWED = "borrowed"


class ScratchClone:
    """A bare repository in ``directory``, which is there and empty; its trunk is ``trunk`` at ``commit``."""

    def __init__(self, directory: Path, source: Repository, trunk: RefName, commit: Oid) -> None:
        self.path = str(directory)
        for name in ("objects/info", "objects/pack", "refs/heads", "info"):
            (directory / name).mkdir(parents=True)
        # By a link of our own: libgit2 cannot read a path with a line break, which git would have quoted here.
        (directory / _BORROWED).symlink_to(Path(source.objects_directory).resolve(), target_is_directory=True)
        (directory / "objects/info/alternates").write_bytes(os.fsencode(directory / _BORROWED) + b"\n")
        (directory / "HEAD").write_text("ref: refs/heads/none\n")
        (directory / "config").write_text(_CONFIG)
        self._know_what_is_missing(directory, source)
        self._git = pygit2.Repository(self.path)
        self.set(trunk, commit)

    def _know_what_is_missing(self, directory: Path, source: Repository) -> None:
        """A shallow or partial repository makes a shallow or partial clone."""
        shallow = source.common_directory / "shallow"
        if shallow.exists():
            shutil.copyfile(shallow, directory / "shallow")
        if any(Path(source.objects_directory, "pack").glob("*.promisor")):
            (directory / "objects/pack/borrowed.promisor").touch()

    def read(self, commit: Oid, path: TreePath) -> bytes | None:
        """Return a file's bytes at a commit, None where there is no such file; raises BadInputError."""
        tree = self._git[pygit2.Oid(hex=commit)].peel(pygit2.Tree)
        try:
            found = tree[path]
        except KeyError:
            return None
        return bytes(found.data) if isinstance(found, pygit2.Blob) else None

    def commit_to(
        self, ref: RefName, changes: Mapping[TreePath, bytes | None], message: str, *, parent: Oid, at: datetime
    ) -> Oid:
        """Put a commit on ``parent`` and let ``ref`` name it; None removes a file or a directory.

        Raises BadInputError where a directory that has to change is missing here.
        """
        tree = self._git[pygit2.Oid(hex=parent)].peel(pygit2.Tree).id
        try:
            for path, data in changes.items():
                tree = self._with(tree, path.split("/"), data) or self._git.TreeBuilder().write()
        except KeyError as error:
            raise BadInputError("a directory is missing", "fetch it: the clone is shallow or partial") from error
        author = pygit2.Signature("gatekeeper drill", "drill@localhost", int(at.timestamp()), 0)
        made = Oid(str(self._git.create_commit(None, author, author, message, tree, [pygit2.Oid(hex=parent)])))
        self.set(ref, made)
        return made

    def set(self, ref: RefName, commit: Oid) -> None:
        """Let ``ref`` name ``commit``."""
        self._git.references.create(ref, pygit2.Oid(hex=commit), force=True)

    def take_back(self, refs: Iterable[RefName]) -> dict[RefName, Oid]:
        """Take those of the references away that are there, and return what they named."""
        named = {ref: Oid(str(self._git.references[ref].target)) for ref in refs if ref in self._git.references}
        for ref in named:
            self._git.references.delete(ref)
        return named

    def close(self) -> None:
        """Let go of open files; what is on disk is the caller's to remove."""
        self._git.free()

    def _with(self, tree: pygit2.Oid | None, parts: list[str], data: bytes | None) -> pygit2.Oid | None:
        """Return a tree in which ``parts`` holds ``data``; None where nothing is left of it."""
        name, *below = parts
        before = None if tree is None else self._git[tree].peel(pygit2.Tree)
        builder = self._git.TreeBuilder() if before is None else self._git.TreeBuilder(before)
        entry = before[name] if before is not None and name in before else None
        mode, found = FileMode.TREE, None
        if below:
            is_directory = entry is not None and entry.type == ObjectType.TREE
            found = self._with(entry.id if entry is not None and is_directory else None, below, data)
        elif data is not None:
            kept = entry is not None and entry.filemode == FileMode.BLOB_EXECUTABLE
            mode, found = (FileMode.BLOB_EXECUTABLE if kept else FileMode.BLOB), self._git.create_blob(data)
        if found is not None:
            builder.insert(name, found, mode)
        elif entry is not None:
            builder.remove(name)
        return builder.write() if len(builder) else None
