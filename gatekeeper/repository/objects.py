"""Reading a repository's objects, and a scratch store for the ones that a scan has to make.

Nothing is ever written into the user's repository: the scratch store is a bare repository in a temporary directory that
borrows the user's objects (``objects/info/alternates``); what git or libgit2 write goes there and goes away with it.
"""

from __future__ import annotations

import contextlib
import os
import shutil
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

import pygit2
from pygit2.enums import ObjectType, SortMode

from gatekeeper.core.commit_graph import Commit
from gatekeeper.core.names import Oid, TreePath
from gatekeeper.core.tree_state import Entry, State
from gatekeeper.errors import BadInputError, GitCommandError
from gatekeeper.process import environment_for_git, git
from gatekeeper.repository.packs import Pack
from gatekeeper.repository.raw_diffs import Renames, TreeDelta, read_raw_diffs, read_renames
from gatekeeper.scratch import ScratchDirectory, memory_directory

_SCRATCH_CONFIG = f"""\
[core]
\tattributesFile = {os.devnull}
\trepositoryformatversion = 0
\tbare = true
\tcompression = 0
\tlooseCompression = 0
\tfsync = none
[gc]
\tauto = 0
"""


_RENAMES = ("diff-tree", "--stdin", "-r", "-z", "-M", "-l7000", "--diff-filter=R", "--name-status")
"""Merges look for renames among so many files at most (``merge.renameLimit``)."""

FETCH = "fetch it: the clone is shallow or partial"


class ObjectStore:
    """The objects of one repository and of its scratch store, read alike."""

    def __init__(self, objects_directory: str, shallow_file: Path | None) -> None:
        self._scratch = ScratchDirectory(memory_directory())
        self.directory = str(self._scratch.path)
        try:
            self._objects = self._borrowing(objects_directory, shallow_file)
        except BaseException:
            # An interrupt comes at any moment.
            self._scratch.close()
            raise
        self.attributes_id = "none"
        """Tells the attributes that merges in the scratch store follow from any others."""
        self.is_partial = any(Path(objects_directory, "pack").glob("*.promisor"))

    def _borrowing(self, objects_directory: str, shallow_file: Path | None) -> pygit2.Repository:
        root = Path(self.directory)
        for name in ("objects/info", "objects/pack", "refs/heads", "info"):
            (root / name).mkdir(parents=True)
        (root / "objects/info/alternates").write_bytes(os.fsencode(_quoted_alternate(objects_directory) + "\n"))
        (root / "HEAD").write_text("ref: refs/heads/none\n")
        (root / "config").write_text(_SCRATCH_CONFIG)
        if shallow_file is not None and shallow_file.exists():
            shutil.copyfile(shallow_file, root / "shallow")
        made = pygit2.Repository(self.directory)
        if "\n" in objects_directory:
            # libgit2 cannot read the C string that git needs here.
            made.odb.add_disk_alternate(objects_directory)
        return made

    @property
    def is_shallow(self) -> bool:
        """Whether the repository has only the newest part of its history."""
        return Path(self.directory, "shallow").exists()

    @property
    def is_whole(self) -> bool:
        """Whether all history is here, and all that it names: then what is missing is damage."""
        return not (self.is_shallow or self.is_partial)

    def close(self) -> None:
        """Remove the scratch store."""
        self._objects.free()
        self._scratch.close()

    @property
    def environment(self) -> dict[str, str]:
        """The environment in which git works on the scratch store."""
        return environment_for_git(hermetic=True) | {"GIT_DIR": self.directory}

    def git(self, *arguments: str, stdin: bytes = b"") -> bytes:
        """Run git on the scratch store; raises GitCommandError."""
        return git(arguments, env=self.environment, cwd=self.directory, stdin=stdin)

    def has(self, oid: Oid) -> bool:
        """Return whether the object is there."""
        return oid in self._objects

    def tree_of(self, tree_ish: Oid) -> Oid:
        """Return the tree of a commit, or the tree itself; raises BadInputError where it is missing."""
        try:
            return Oid(str(self._objects[tree_ish].peel(pygit2.Tree).id))
        except (KeyError, pygit2.GitError) as error:
            raise BadInputError(f"object {tree_ish[:12]} is missing", FETCH) from error

    def blob(self, oid: Oid) -> bytes:
        """Return a blob's bytes; raises BadInputError where it is missing."""
        try:
            kind, data = self._objects.read(oid)
        except (KeyError, pygit2.GitError) as error:
            raise BadInputError(f"object {oid[:12]} is missing", FETCH) from error
        if kind != ObjectType.BLOB:
            raise BadInputError(f"object {oid[:12]} is not a file")
        return data

    def blob_size(self, oid: Oid) -> int:
        """Return how many bytes a blob has, without reading them; raises BadInputError where it is missing."""
        try:
            _, size = self._objects.odb.read_header(oid)
        except (KeyError, pygit2.GitError) as error:
            raise BadInputError(f"object {oid[:12]} is missing", FETCH) from error
        return int(size)

    def read(self, oid: Oid) -> bytes:
        """Return the contents of an object of any kind; raises BadInputError where it is missing."""
        try:
            return bytes(self._objects.read(oid)[1])
        except (KeyError, pygit2.GitError) as error:
            raise BadInputError(f"object {oid[:12]} is missing", FETCH) from error

    def entry(self, tree_ish: Oid, path: TreePath) -> State:
        """Return what stands at a path that is no directory; raises BadInputError where the tree is missing."""
        found = self._tree_entry(tree_ish, path)
        if found is None or found.type == ObjectType.TREE or found.filemode is None:
            return None
        return Entry(int(found.filemode), Oid(str(found.id)))

    def tree_entries(self, tree: Oid) -> list[tuple[str, Oid, int]]:
        """Return name, id and mode of what stands in one tree; raises BadInputError where it is missing."""
        try:
            found = self._objects[tree].peel(pygit2.Tree)
        except (KeyError, pygit2.GitError) as error:
            raise BadInputError(f"object {tree[:12]} is missing", FETCH) from error
        named = ((os.fsdecode(entry.raw_name or b""), entry) for entry in found)
        return [(name, Oid(str(entry.id)), int(entry.filemode)) for name, entry in named]

    def is_scratch(self, oid: Oid) -> bool:
        """Return whether the object lies in the scratch store, and so goes away with it."""
        return Path(self.directory, "objects", oid[:2], oid[2:]).exists()

    def write_blob(self, data: bytes) -> Oid:
        """Write a blob to the scratch store and return its id."""
        return Oid(str(self._objects.create_blob(data)))

    def write_tree(self, entries: Iterable[tuple[str, Oid, int]]) -> Oid:
        """Write one flat tree to the scratch store; raises BadInputError where an object of it is missing."""
        builder = self._objects.TreeBuilder()
        for name, oid, mode in entries:
            try:
                builder.insert(name, pygit2.Oid(hex=oid), mode)
            except pygit2.GitError as error:
                raise BadInputError(f"object {oid[:12]} is missing", FETCH) from error
        return Oid(str(builder.write()))

    def write_pack(self, pack: Pack) -> None:
        """Write all objects of ``pack`` to the scratch store; raises GitCommandError."""
        self.git("index-pack", "--stdin", stdin=pack.to_bytes())

    def write_commit(self, tree: Oid, parents: Iterable[Oid]) -> Oid:
        """Write a commit to the scratch store; its identity and dates are fixed."""
        author = pygit2.Signature("gatekeeper", "gatekeeper@localhost", 0, 0)
        made = self._objects.create_commit(
            None, author, author, "", pygit2.Oid(hex=tree), [pygit2.Oid(hex=parent) for parent in parents]
        )
        return Oid(str(made))

    def has_directory(self, commit: Oid, path: TreePath) -> bool:
        """Return whether ``path`` is a directory of ``commit``."""
        entry = self._tree_entry(commit, path)
        return entry is not None and entry.type == ObjectType.TREE

    def _tree_entry(self, commit: Oid, path: TreePath) -> pygit2.Object | None:
        tree = self._objects[self.tree_of(commit)].peel(pygit2.Tree)
        with contextlib.suppress(KeyError):
            return tree[path]
        return None

    def tree_deltas(self, pairs: Sequence[tuple[Oid, Oid]]) -> list[TreeDelta]:
        """Return path -> (before, after) for each pair of commits or trees; raises BadInputError for a missing one.

        One process compares all pairs: git is many times faster at this than libgit2 on trees of thousands of files.
        """
        trees = [(self.tree_of(old), self.tree_of(new)) for old, new in pairs]
        asked = "".join(f"{old} {new}\n" for old, new in dict.fromkeys(trees))
        if not asked:
            return []
        try:
            output = self.git("diff-tree", "--stdin", "-r", "-z", "--raw", "--no-renames", stdin=asked.encode())
        except GitCommandError as error:
            raise BadInputError("a tree is missing", FETCH) from error
        deltas = read_raw_diffs(output)
        return [deltas[pair] for pair in trees]

    def renames(self, pairs: Sequence[tuple[Oid, Oid]]) -> list[Renames]:
        """Return the renames that git sees between each pair of commits, as its merges do by default.

        Raises BadInputError for a missing one.
        """
        trees = [(self.tree_of(old), self.tree_of(new)) for old, new in pairs]
        asked = "".join(f"{old} {new}\n" for old, new in dict.fromkeys(trees))
        if not asked:
            return []
        try:
            output = self.git(*_RENAMES, stdin=asked.encode())
        except GitCommandError as error:
            raise BadInputError("a file is missing", FETCH) from error
        found = read_renames(output)
        return [found.get(pair, {}) for pair in trees]

    def listing(self, commit: Oid) -> dict[TreePath, Entry]:
        """Return every path of a commit's tree with what stands there."""
        listed = self.git("ls-tree", "-r", "-z", "--full-tree", self.tree_of(commit))
        found: dict[TreePath, Entry] = {}
        for line in listed.split(b"\0"):
            head, _, path = line.partition(b"\t")
            if path:
                mode, _, oid = head.decode().split(" ")
                found[TreePath(path.decode("utf-8", "surrogateescape"))] = Entry(int(mode, 8), Oid(oid))
        return found

    def commits_beyond(self, trunk: Oid, tips: Iterable[Oid]) -> Iterator[Commit]:
        """Yield the commits that tips have and trunk lacks, parents first; raises BadInputError for a missing one."""
        tips = list(dict.fromkeys(tips))
        if not tips:
            return
        try:
            walker = self._objects.walk(pygit2.Oid(hex=tips[0]), SortMode.TOPOLOGICAL | SortMode.REVERSE)
            for tip in tips[1:]:
                walker.push(pygit2.Oid(hex=tip))
            walker.hide(pygit2.Oid(hex=trunk))
            for commit in walker:
                yield Commit(Oid(str(commit.id)), tuple(Oid(str(parent)) for parent in commit.parent_ids))
        except (KeyError, ValueError, pygit2.GitError) as error:
            raise BadInputError("a part of its history is missing", FETCH) from error

    def require(self, oids: Iterable[Oid]) -> None:
        """Raise BadInputError when an object is missing; only a partial clone can lack one that a tree names."""
        if not self.is_partial:
            return
        for oid in oids:
            if oid not in self._objects:
                raise BadInputError(f"object {oid[:12]} is missing", FETCH)

    def is_ancestor(self, ancestor: Oid, descendant: Oid) -> bool:
        """Return whether ``ancestor`` is ``descendant`` or one of its ancestors."""
        return ancestor == descendant or self._objects.descendant_of(
            pygit2.Oid(hex=descendant), pygit2.Oid(hex=ancestor)
        )


def _quoted_alternate(directory: str) -> str:
    """A path that starts with a quote or holds a newline has to be written as a C string."""
    if directory.startswith('"') or "\n" in directory:
        escaped = directory.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
        return f'"{escaped}"'
    return directory
