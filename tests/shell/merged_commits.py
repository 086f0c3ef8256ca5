"""Two branches merged by Gatekeeper, beside git's own merge of them."""

from __future__ import annotations

import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from gatekeeper.core.names import Oid, TreePath
from gatekeeper.merging.commits import CommitMerge, merge_commits
from gatekeeper.repository.objects import ObjectStore
from gatekeeper.repository.tree_edits import differences
from tests.kit import RepositoryBuilder
from tests.kit.objects import Files


class GitsMerge(NamedTuple):
    """A tree, and the paths in conflict; git also conflicts on what is no path's, as where a directory went."""

    tree: Oid
    conflicts: set[str]
    is_clean: bool


@dataclass(frozen=True)
class Merging:
    """A repository with branches ``main``, ``ours`` and ``theirs``, and a store to merge in."""

    repository: RepositoryBuilder
    store: ObjectStore

    def branches(self, base: Files, ours: Files, theirs: Files) -> tuple[Oid, Oid]:
        """Make the branches and return the tips of the two sides."""
        self.repository.commit("main", base)
        for name, files in (("ours", ours), ("theirs", theirs)):
            self.repository.branch(name)
            self.repository.commit(name, files)
        return self.tips()

    def tips(self) -> tuple[Oid, Oid]:
        """Return the tips of the two sides."""
        return Oid(self.repository.commit_id("ours")), Oid(self.repository.commit_id("theirs"))

    def merge(self, ruled: Mapping[TreePath, bytes | None] | None = None) -> CommitMerge:
        """Return our merge of the two sides."""
        return merge_commits(self.store, *self.tips(), ruled=ruled or {})

    def read(self, merge: CommitMerge, path: str) -> bytes | None:
        """Return a file of the merged tree."""
        assert merge.tree is not None, merge.conflicts
        entry = self.store.entry(merge.tree, TreePath(path))
        return None if entry is None else self.store.blob(entry.oid)

    def by_git(self) -> GitsMerge:
        """Return what git makes of the two sides."""
        return git_merge(self.repository.git_dir, *self.tips())

    def differs_from_git(self, merge: CommitMerge) -> set[str]:
        """Return the paths in which the merged tree is not git's."""
        assert merge.tree is not None, merge.conflicts
        return set(differences(self.store, merge.tree, self.by_git().tree))


def git_merge(git_dir: Path, ours: str, theirs: str) -> GitsMerge:
    """Return what ``git merge-tree`` makes of two commits; raises AssertionError where it dies."""
    command = ["git", "merge-tree", "--write-tree", "-z", "--name-only", "--no-messages", ours, theirs]
    done = subprocess.run(command, cwd=git_dir, capture_output=True, check=False)
    assert done.returncode in {0, 1}, done.stderr
    tree, *paths = done.stdout.decode("utf-8", "surrogateescape").rstrip("\0").split("\0")
    return GitsMerge(Oid(tree), {path for path in paths if path}, done.returncode == 0)
