"""Properties of merges of commits over generated histories and manifests, with git as the oracle (R-11)."""

from __future__ import annotations

from collections.abc import Callable

from hypothesis import assume, event, given
from hypothesis import strategies as st

from gatekeeper.core.names import Oid, TreePath
from gatekeeper.core.schema import CARGO, profile_for
from gatekeeper.errors import GitCommandError
from gatekeeper.merging.commits import PathConflict, merge_commits
from gatekeeper.merging.driver import Merge, outcome_of
from gatekeeper.merging.manifests import is_toml
from gatekeeper.repository.tree_edits import differences
from tests.core.manifest_texts import Triple, triples
from tests.kit import RepositoryBuilder
from tests.kit.histories import History, build, histories
from tests.shell.merged_commits import Merging, git_merge
from tests.shell.scans import stores


@given(histories(agents=(2, 3)), st.data())
def test_all_but_manifests_is_as_git_merges_it(
    new_repository: Callable[[], RepositoryBuilder], history: History, data: st.DataObject
) -> None:
    repository = new_repository()
    agents = build(history, repository)
    ours, theirs = (Oid(agents[name]) for name in data.draw(st.permutations(sorted(agents))).copy()[:2])
    for store in stores(repository):
        try:
            merge = merge_commits(store, ours, theirs)
        except GitCommandError:
            # Git 2.39 dies of some merges with renames.
            assume(False)  # noqa: FBT003
        tree, conflicts, is_clean = git_merge(repository.git_dir, ours, theirs)
        own = {path for path in (*merge.settled, *(one.path for one in merge.conflicts)) if profile_for(path)}
        event(f"settled {len(merge.settled)}, left {len(merge.conflicts)}")
        if merge.tree is not None:
            assert set(differences(store, merge.tree, tree)) <= set(merge.settled)
            assert {path for path in conflicts if not profile_for(TreePath(path))} == set()
        else:
            left = {one.path for one in merge.conflicts}
            assert {path.partition("~")[0] for path in conflicts} - own <= left | set(merge.settled)
        assert all(profile_for(path) for path in merge.settled)
        if not own:
            assert (merge.tree is not None) == is_clean
            assert merge.tree in {None, tree}


@given(histories(agents=(2, 2)))
def test_the_other_order_merges_the_same_paths(
    new_repository: Callable[[], RepositoryBuilder], history: History
) -> None:
    repository = new_repository()
    one, other = (Oid(commit) for _, commit in sorted(build(history, repository).items()))
    for store in stores(repository):
        try:
            here, there = merge_commits(store, one, other), merge_commits(store, other, one)
        except GitCommandError:
            assume(False)  # noqa: FBT003
        if here.tree is not None and there.tree is not None:
            assert set(differences(store, here.tree, there.tree)) <= {*here.settled, *there.settled}
            assert here.settled == there.settled
        elif git_merge(repository.git_dir, one, other).is_clean:
            assert {left.path for left in here.conflicts} == {left.path for left in there.conflicts}
        assert merge_commits(store, one, one).tree == store.tree_of(one)


@given(triples())
def test_a_manifest_is_merged_as_the_driver_merges_it(
    new_repository: Callable[[], RepositoryBuilder], triple: Triple
) -> None:
    base, ours, theirs, profile = triple
    path = TreePath("x/Cargo.toml" if profile is CARGO else "x/Makefile.toml")
    repository = new_repository()
    for store in stores(repository):
        merging = Merging(repository, store)
        merging.branches({path: base}, {path: ours, "a": "a"}, {path: theirs, "b": "b"})
        merge = merging.merge()
        tree, conflicts, _ = merging.by_git()
        outcome, _ = outcome_of(Merge(base.encode(), ours.encode(), theirs.encode(), path))
        by_git = None if conflicts else repository.git("show", f"{tree}:{path}")
        event(f"git {'conflicts' if conflicts else 'is clean'}, we {'are' if merge.tree else 'clash'}: {merge.settled}")
        if outcome is None:
            # What is no TOML on a side is git's to merge, if it is TOML then.
            assert (merge.tree is not None) == (by_git is not None and is_toml(by_git.encode(), path=path))
        elif outcome.text is None:
            assert merge.conflicts == (PathConflict(path, tuple(map(str, outcome.clashes))),)
        else:
            assert merging.read(merge, path) == outcome.text.encode()
            assert (path in merge.settled) == (by_git != outcome.text)
            assert merging.differs_from_git(merge) <= {path}
