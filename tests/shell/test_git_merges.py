from __future__ import annotations

import itertools
import os
import shlex
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from gatekeeper.core.names import Oid
from gatekeeper.repository.git_merges import GitMerge, merge_commits
from gatekeeper.repository.objects import ObjectStore
from tests.kit import Executable, File, RepositoryBuilder, Submodule, Symlink
from tests.shell.scans import CLASH, LINES, agents, conflicts, scanned, states, stores, two_agents


@pytest.fixture
def store(repository: RepositoryBuilder) -> Iterator[ObjectStore]:
    yield from stores(repository)


def text(name: str) -> str:
    return "".join(f"{name} says {number}\n" for number in range(10))


SIDES: dict[str, dict[str, File]] = {
    "line": {"src/a.rs": text("a").replace("says 4", "line")},
    "line-2": {"src/a.rs": text("a").replace("says 4", "other")},
    "far": {"src/a.rs": text("a").replace("says 9", "far")},
    "rename": {"src/a.rs": None, "src/z.rs": text("a")},
    "rename-2": {"src/a.rs": None, "lib/a.rs": text("a")},
    "directory": {"src/a.rs": None, "src/b.rs": None, "moved/a.rs": text("a"), "moved/b.rs": text("b")},
    "add": {"src/new.rs": "one\n"},
    "add-2": {"src/new.rs": "two\n"},
    "delete": {"src/a.rs": None},
    "mode": {"src/a.rs": Executable(text("a"))},
    "link": {"src/a.rs": Symlink("b.rs")},
    "submodule": {"src/a.rs": Submodule("1" * 40)},
    "file-for-directory": {"lib": "a file\n"},
    "directory-for-file": {"src/a.rs/in.rs": text("a")},
    "binary": {"src/a.rs": b"\0binary"},
    "odd": {'src/odd \udce9\n\t".rs': "1\n"},
    "odd-2": {'src/odd \udce9\n\t".rs': "2\n"},
    "nothing": {},
}


def build(repository: RepositoryBuilder) -> dict[str, str]:
    """Return the tips of branches that do one thing each, by name."""
    repository.commit("main", {"src/a.rs": text("a"), "src/b.rs": text("b"), "lib/d.txt": text("d")})
    tips = {}
    for name, files in SIDES.items():
        repository.branch(name)
        tips[name] = repository.commit(name, files)
    return tips


def test_each_merge_is_that_of_git_alone_in_the_order_asked_for(
    repository: RepositoryBuilder, store: ObjectStore
) -> None:
    tips = build(repository)
    pairs = list(itertools.product(tips, repeat=2))
    merges = merge_commits(store, [(Oid(tips[ours]), Oid(tips[theirs])) for ours, theirs in pairs])
    assert len(merges) == len(pairs) > 64
    for (ours, theirs), merge in zip(pairs, merges, strict=True):
        assert merge is not None
        if ours <= theirs:
            assert merge.conflicts == repository.conflicts(ours, theirs), (ours, theirs)
        assert store.tree_of(merge.tree) == merge.tree
    assert any(merge.conflicts for merge in merges if merge)


def disputed(merge: GitMerge | None) -> list[str] | None:
    return None if merge is None else [str(path) for path in merge.conflicts]


def test_no_question_no_answer(store: ObjectStore) -> None:
    assert merge_commits(store, []) == []


CRASHES: tuple[tuple[dict[str, File], dict[str, File]], ...] = (
    (
        {
            "moved/a.rs": text("a"),
            "moved/deep/c.rs": text("c"),
            "lib/a.rs": text("a"),
            "src/a.rs": None,
            "src/deep/c.rs": None,
        },
        {"src/d.txt": text("d"), "src/a.rs": None, "lib/d.txt": None},
    ),
    (
        {"moved": text("a"), "lib/a.rs": text("b"), "src/a.rs": None, "src/b.rs": None},
        {"src/a.rs": "x\n", "src/z.rs": text("d"), "lib/d.txt": None},
    ),
    (
        {"src/d.txt": text("b"), "src/a.rs": None, "src/b.rs": None, "lib/d.txt": None},
        {
            "lib/b.rs": text("b"),
            "lib/deep/c.rs": text("c"),
            "lib/a.rs": text("d"),
            "moved/a.rs": text("d"),
            **dict.fromkeys(("src/a.rs", "src/b.rs", "src/deep/c.rs", "lib/d.txt")),
        },
    ),
)
"""Pairs of changes on which git 2.39 dies of its own assertions; later versions merge some of them."""
CRASH_BASE = {"src/a.rs": text("a"), "src/b.rs": text("b"), "src/deep/c.rs": text("c"), "lib/d.txt": text("d")}


def crashing(repository: RepositoryBuilder, number: int) -> bool:
    """Build trunk, two agents with a plain conflict, and two more on which git may die; return whether it does."""
    two_agents(repository)
    repository.commit("main", CRASH_BASE)
    for name, files in zip(("x", "y"), CRASHES[number], strict=True):
        repository.branch(name)
        repository.commit(name, files)
    done = subprocess.run(
        ["git", "merge-tree", "--write-tree", "x", "y"], cwd=repository.root, capture_output=True, check=False
    )
    return done.returncode not in {0, 1}


def test_a_history_on_which_this_very_git_dies_is_known(repository: RepositoryBuilder) -> None:
    version = repository.git("version").split()[2].split(".")[:2]
    if version != ["2", "39"]:
        pytest.skip("these histories were found for git 2.39")
    assert crashing(repository, 0)


@pytest.mark.parametrize("number", range(len(CRASHES)))
def test_a_merge_of_which_git_dies_leaves_the_others_alone(
    repository: RepositoryBuilder, store: ObjectStore, number: int
) -> None:
    dies = crashing(repository, number)
    fatal = (Oid(repository.commit_id("x")), Oid(repository.commit_id("y")))
    clash = (Oid(repository.commit_id("one")), Oid(repository.commit_id("two")))
    for place in range(5):
        questions = [clash] * 4
        questions.insert(place, fatal)
        merges = merge_commits(store, questions)
        assert (merges.pop(place) is None) == dies
        assert [disputed(merge) for merge in merges] == [["a.txt"]] * 4
    report = scanned(repository)
    assert set(states(report).values()) == {"mergeable"}
    assert CLASH in conflicts(report)


def test_an_agent_that_cannot_even_be_merged_onto_trunk_is_unreadable(repository: RepositoryBuilder) -> None:
    dies = crashing(repository, 0)
    repository.branch("main", at="x")
    report = scanned(repository, branches=("one", "two", "y"))
    assert (states(report)["y"] == "unreadable") == dies
    assert not dies or agents(report)["y"].detail == "git crashes when it is merged onto trunk"
    assert conflicts(report) == {CLASH}


def test_a_git_that_dies_on_one_pair_whatever_its_version(
    repository: RepositoryBuilder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Two renames of one file are a question for git; this git dies of the agents ``x`` and ``y`` alone."""
    two_agents(repository)
    for name in ("x", "y", "z"):
        repository.branch(name)
        repository.rename(name, "b.txt", f"{name}.txt")
    fatal = [repository.commit_id(name) for name in ("x", "y")]
    wrapper = tmp_path / "bin" / "git"
    wrapper.parent.mkdir()
    real = shlex.quote(str(shutil.which("git")))
    wrapper.write_text(
        f"""#!/bin/sh
case "$*" in
*merge-tree*--stdin*)
    questions=$(cat)
    printf '%s\\n' "$questions" | grep {fatal[0]} | grep -q {fatal[1]} && {{ kill -ABRT $$; exit 134; }}
    printf '%s\\n' "$questions" | {real} "$@" ;;
*) exec {real} "$@" ;;
esac
"""
    )
    wrapper.chmod(0o755)
    expected = conflicts(scanned(repository))
    assert ("b.txt", "x", "z") in expected
    monkeypatch.setenv("PATH", f"{wrapper.parent}{os.pathsep}{os.environ['PATH']}")
    found = conflicts(scanned(repository))
    assert {clash for clash in found if set(clash[1:]) != {"x", "y"}} == {
        clash for clash in expected if set(clash[1:]) != {"x", "y"}
    }
    assert ("b.txt", "x", "y") in found


def test_a_merge_of_missing_commits_gives_none(repository: RepositoryBuilder, store: ObjectStore) -> None:
    two_agents(repository)
    clash = (Oid(repository.commit_id("one")), Oid(repository.commit_id("two")))
    merges = merge_commits(store, [clash, (clash[0], Oid("1" * 40)), clash])
    assert [disputed(merge) for merge in merges] == [["a.txt"], None, ["a.txt"]]


def test_merges_leave_the_repository_alone(repository: RepositoryBuilder, store: ObjectStore) -> None:
    repository.commit("main", {"a.txt": LINES})
    for name, line in (("one", "line 1"), ("two", "line 8")):
        repository.branch(name)
        repository.commit(name, {"a.txt": LINES.replace(line, name)})
    objects = sorted(repository.git_dir.rglob("*"))
    (merge,) = merge_commits(store, [(Oid(repository.commit_id("one")), Oid(repository.commit_id("two")))])
    assert merge is not None
    (entry,) = store.listing(merge.tree).values()
    assert store.blob(entry.oid).decode() == LINES.replace("line 1", "one").replace("line 8", "two")
    assert sorted(repository.git_dir.rglob("*")) == objects
