"""Two commits merged in memory: git's merge of them, with our merge of every manifest that both sides have changed.

Git's verdict is taken without custom merge drivers. What is made lies in the scratch store; nothing of the user's
repository changes before ``commit_merge``, and no reference ever.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from gatekeeper.core.names import Oid, TreePath
from gatekeeper.core.tree_state import parents as directories_of
from gatekeeper.merging.relocking import relock
from gatekeeper.merging.tree_merge import PathConflict, TreeMerge
from gatekeeper.repository.attributes import lay_attributes
from gatekeeper.repository.objects import ObjectStore
from gatekeeper.repository.repository import Repository
from gatekeeper.repository.tree_edits import differences, keep_tree
from gatekeeper.repository.whole_merges import merge_bases, merge_whole

__all__ = ["CommitMerge", "Identity", "PathConflict", "commit_merge", "merge_commits"]

_UNNAMEABLE = str.maketrans("", "", "<>\n\r\0")


@dataclass(frozen=True, slots=True)
class CommitMerge:
    """A merge of commits. ``tree``, in the scratch store, is None when conflicts are left.

    ``settled`` are the paths where our merge decided what git's could not, or decided otherwise; ``notes`` say what was
    decided, and where git's merge was kept although ours could not be made.
    """

    tree: Oid | None
    conflicts: tuple[PathConflict, ...] = ()
    notes: tuple[str, ...] = ()
    settled: tuple[TreePath, ...] = ()


@dataclass(frozen=True, slots=True)
class Identity:
    """Who a commit is by; what git cannot have in a name is left out."""

    name: str
    email: str

    def __str__(self) -> str:
        name, email = (part.translate(_UNNAMEABLE).strip() for part in (self.name, self.email))
        return f"{name or email} <{email}>"


def merge_commits(
    store: ObjectStore,
    ours: Oid,
    theirs: Oid,
    *,
    ruled: Mapping[TreePath, bytes | None] | None = None,
    regenerates_locks: bool = False,
) -> CommitMerge:
    """Merge two commits of the repository that ``store`` borrows from.

    Args:
        store: where the merge is made; the tree of the result lasts as long.
        ours: the commit that is merged into.
        theirs: the commit that is merged.
        ruled: whole contents (None: no file) that were decided for paths; each counts where its path is in conflict, or
            where both sides have changed it.
        regenerates_locks: whether cargo makes the lock files that both sides have changed, from the merged manifests.

    Raises BadInputError for histories that share nothing, for objects that are missing, and for a decided content that
    cannot be read; GitCommandError where git itself fails.
    """
    decided = ruled or {}
    bases = merge_bases(store, ours, theirs)
    if theirs in bases or ours in bases:
        ahead = ours if theirs in bases else theirs
        return CommitMerge(store.tree_of(ahead), notes=tuple(_unneeded(decided)))
    differing = differences(store, ours, theirs)
    _lay_attributes(store, ours, differing)
    merge = TreeMerge(store, (ours, theirs), bases, differing, merge_whole(store, ours, theirs))
    merge.merge_manifests()
    merge.rule(decided)
    if regenerates_locks:
        relock(merge)
    conflicts = merge.conflicts()
    return CommitMerge(None if conflicts else merge.tree(), conflicts, tuple(merge.notes), tuple(sorted(merge.settled)))


def _unneeded(decided: Iterable[TreePath]) -> Iterable[str]:
    return (f"{path}: only one side has changed it, so what was decided for it does not count" for path in decided)


def _lay_attributes(store: ObjectStore, commit: Oid, paths: Iterable[TreePath]) -> None:
    """Let merges in ``store`` follow the attributes that ``commit`` has for the paths."""
    directories = {directory for path in paths for directory in directories_of(path)}
    files = (TreePath(f"{directory}/.gitattributes".removeprefix("/")) for directory in ("", *sorted(directories)))
    found = ((file, store.entry(commit, file)) for file in files)
    lay_attributes(store, {file: entry for file, entry in found if entry is not None})


def commit_merge(
    repository: Repository,
    store: ObjectStore,
    tree: Oid,
    parents: Sequence[Oid],
    message: str,
    *,
    identity: Identity,
    at: datetime,
) -> Oid:
    """Write a commit of ``tree``, with all that lies in ``store`` alone, into the user's repository; return its id.

    No reference is moved. Raises RepositoryError when an object cannot be kept.
    """
    database = repository.database()
    keep_tree(store, database, tree)
    # Git knows no time before 1970.
    when = f"{identity} {max(0, int(at.timestamp()))} +0000"
    head = [f"tree {tree}", *(f"parent {parent}" for parent in parents), f"author {when}", f"committer {when}"]
    text = "\n".join([*head, "", message.rstrip("\n").replace("\0", ""), ""])
    return database.write("commit", text.encode("utf-8", "backslashreplace"))
