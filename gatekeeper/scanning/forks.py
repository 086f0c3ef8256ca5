"""Where a branch left another one: what its change counts from."""

from __future__ import annotations

from functools import reduce

from gatekeeper.core.commit_graph import Bases, Commit, build_graph
from gatekeeper.core.names import Oid
from gatekeeper.repository.git_merges import merge_commits
from gatekeeper.repository.objects import ObjectStore

UNSHALLOW = "git fetch --unshallow gets the rest of a shallow clone's history"


def forks(store: ObjectStore, trunk: Oid, head: Oid) -> Bases:
    """Return the merge bases of ``head`` and ``trunk``; none for unrelated histories. Raises BadInputError."""
    commits: list[Commit] = list(store.commits_beyond(trunk, [head]))
    (bases,) = build_graph(commits, [head], trunk, store.is_ancestor).forks
    return bases


def base_tree(store: ObjectStore, bases: Bases) -> Oid:
    """Return what a change started from; where two histories cross, what git's merges start from."""

    def merged(one: Oid, other: Oid) -> Oid:
        (merge,) = merge_commits(store, [(one, other)])
        return one if merge is None else store.write_commit(merge.tree, (one, other))

    return reduce(merged, bases)
