from __future__ import annotations

import os
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.kit import Executable, Files, MergeConflictError, RepositoryBuilder, Submodule, Symlink

LINES = "".join(f"line {number}\n" for number in range(9))


def edited(first: str | None = None, last: str | None = None) -> str:
    lines = LINES.splitlines(keepends=True)
    return "".join([f"{first}\n" if first else lines[0], *lines[1:-1], f"{last}\n" if last else lines[-1]])


def show(repo: RepositoryBuilder, revision: str, path: str) -> str:
    return repo.git("show", f"{revision}:{path}")


def names(repo: RepositoryBuilder, revision: str) -> list[str]:
    return repo.git("ls-tree", "-r", "--name-only", "-z", revision).split("\0")[:-1]


@pytest.fixture
def forked(repository: RepositoryBuilder) -> RepositoryBuilder:
    repository.commit("main", {"text.txt": LINES, "other.txt": "other\n"}, message="base")
    repository.branch("a", at="main")
    repository.branch("b", at="main")
    return repository


@pytest.mark.parametrize("object_format", ["sha1", "sha256"])
def test_what_is_written_is_what_git_reads(tmp_path: Path, object_format: str) -> None:
    repo = RepositoryBuilder(tmp_path / "r", bare=True, object_format=object_format)
    first = repo.commit("main", {"top.txt": "naïve\n", "raw": b"\0\xff", "run.sh": Executable("#!/bin/sh\n")})
    files: Files = {"dir.x": "", "dir/inner": "1", "dir-y": "", "link": Symlink("top.txt"), "sub": Submodule(first)}
    second = repo.commit("main", files)

    repo.git("fsck", "--strict", "--no-dangling")
    listing = [line.split() for line in repo.git("ls-tree", "-r", "main").splitlines()]
    assert [(entry[3], entry[0]) for entry in listing] == [
        ("dir-y", "100644"),
        ("dir.x", "100644"),
        ("dir/inner", "100644"),
        ("link", "120000"),
        ("raw", "100644"),
        ("run.sh", "100755"),
        ("sub", "160000"),
        ("top.txt", "100644"),
    ]
    assert show(repo, "main", "top.txt") == "naïve\n"
    assert repo.git("rev-parse", "main^").strip() == first
    assert repo.commit_id("main") == second == repo.commit_id("main~0")


def test_same_calls_give_same_ids_and_a_moving_clock(tmp_path: Path) -> None:
    one, two = RepositoryBuilder(tmp_path / "one"), RepositoryBuilder(tmp_path / "two")
    for repo in (one, two):
        repo.commit("main", {"f": "1"})
        repo.commit("main", {"f": "2"}, message="second", author="Agent A")
    assert one.commit_id("main") == two.commit_id("main")
    assert one.git("log", "--format=%an|%cn|%ct|%s").splitlines() == [
        "Agent A|Gatekeeper Test|1767225660|second",
        "Gatekeeper Test|Gatekeeper Test|1767225600|change",
    ]


def test_unicode_and_undecodable_names(repository: RepositoryBuilder) -> None:
    odd = os.fsdecode(b"caf\xe9 'x'\n.txt")
    repository.commit("main", {odd: "1", "ünï/côdé": "2"})
    assert names(repository, "main") == sorted([odd, "ünï/côdé"], key=os.fsencode)


def test_none_deletes_files_and_directories(repository: RepositoryBuilder) -> None:
    repository.commit("main", {"a/b/c": "1", "a/d": "2", "e": "3", "f/g": "4"})
    repository.commit("main", {"a/b/c": None, "f": None})
    assert names(repository, "main") == ["a/d", "e"]
    with pytest.raises(KeyError, match="nothing to delete at 'missing'"):
        repository.commit("main", {"missing": None})


def test_files_and_directories_replace_each_other(repository: RepositoryBuilder) -> None:
    repository.commit("main", {"a": "file", "b/c": "1"})
    repository.commit("main", {"a/inner": "2", "b": "file"})
    assert names(repository, "main") == ["a/inner", "b"]
    repository.rename("main", "a/inner", "a")
    repository.rename("main", "b", "b/b")
    assert names(repository, "main") == ["a", "b/b"]


def test_a_branch_does_not_start_by_accident(forked: RepositoryBuilder) -> None:
    with pytest.raises(subprocess.CalledProcessError):
        forked.commit("agnet", {"f": "1"})
    forked.commit("unrelated", {"f": "1"}, root=True)
    assert forked.git("rev-list", "--count", "unrelated").strip() == "1"


def test_checked_out_branches_stay_clean(forked: RepositoryBuilder) -> None:
    worktree = forked.worktree("a")
    forked.commit("a", {"text.txt": None, "new/file": "1", "run": Executable("")})
    forked.commit("main", {"other.txt": "changed\n"})
    assert forked.git("status", "--porcelain") == ""
    assert forked.git("status", "--porcelain", cwd=worktree) == ""
    assert (worktree / "new" / "file").read_text() == "1"
    assert (forked.root / "other.txt").read_text() == "changed\n"


def test_dirty_and_staged_edits(forked: RepositoryBuilder, tmp_path: Path) -> None:
    worktree = forked.worktree("a", tmp_path / "tree")
    forked.write(worktree, {"text.txt": "staged", "dir/new": Executable("x"), "link": Symlink("dir")})
    forked.stage(worktree, "text.txt", "link")
    forked.write(worktree, {"text.txt": "unstaged", "other.txt": None})
    status = forked.git("status", "--porcelain", cwd=worktree).splitlines()
    assert sorted(status) == [" D other.txt", "?? dir/", "A  link", "MM text.txt"]
    forked.write(worktree, {"dir": "a file now"})
    forked.stage(worktree)
    assert "A  dir" in forked.git("status", "--porcelain", cwd=worktree).splitlines()
    with pytest.raises(TypeError, match="only git"):
        forked.write(worktree, {"sub": Submodule("0" * 40)})


def test_merge_keeps_both_sides(forked: RepositoryBuilder) -> None:
    forked.commit("a", {"text.txt": edited(first="A")})
    forked.commit("main", {"text.txt": edited(last="M")})
    merged = forked.merge("a", "main")
    assert show(forked, "a", "text.txt") == edited(first="A", last="M")
    assert forked.git("rev-list", "--parents", "-1", merged).split()[1:] == [
        forked.commit_id("a^1"),
        forked.commit_id("main"),
    ]
    forked.commit("a", {"after": "1"})
    assert names(forked, "a") == ["after", "other.txt", "text.txt"]


def test_a_conflict_needs_an_answer(forked: RepositoryBuilder) -> None:
    forked.commit("a", {"text.txt": edited(first="A")})
    forked.commit("b", {"text.txt": edited(first="B")})
    with pytest.raises(MergeConflictError, match=r"conflicts in text\.txt") as caught:
        forked.merge("a", "b")
    assert caught.value.paths == {"text.txt"}
    forked.merge("a", "b", resolve={"text.txt": "settled\n"})
    assert show(forked, "a", "text.txt") == "settled\n"


def test_squash_lands_as_one_commit(forked: RepositoryBuilder) -> None:
    forked.commit("a", {"text.txt": edited(first="A")})
    forked.commit("a", {"new": "1"})
    forked.squash("a", onto="main", message="land a")
    assert forked.git("log", "--format=%s", "main").split("\n")[:2] == ["land a", "base"]
    assert names(forked, "main") == ["new", "other.txt", "text.txt"]
    assert forked.git("status", "--porcelain") == ""


def test_criss_cross(forked: RepositoryBuilder) -> None:
    forked.commit("a", {"a": "1"})
    forked.commit("b", {"b": "1"})
    tip = forked.commit_id("a")
    forked.merge("a", "b")
    forked.merge("b", tip)
    assert len(forked.git("merge-base", "--all", "a", "b").split()) == 2


def test_rename_is_what_git_calls_one(forked: RepositoryBuilder) -> None:
    forked.commit("main", {"dir/x": LINES + "x", "dir/y": LINES + "y"})
    forked.rename("main", "dir", "moved/here", also={"other.txt": "also\n"})
    changes = forked.git("diff", "--name-status", "-M", "main~1", "main").splitlines()
    assert changes == ["R100\tdir/x\tmoved/here/x", "R100\tdir/y\tmoved/here/y", "M\tother.txt"]
    with pytest.raises(KeyError, match="nothing to rename"):
        forked.rename("main", "text.txt/none", "x")


def test_conflicts_after_landing_leaves_no_trace(forked: RepositoryBuilder) -> None:
    forked.commit("a", {"text.txt": edited(first="A"), "shared": "a"})
    forked.commit("b", {"text.txt": edited(first="B", last="B"), "shared": "b", "free": "1"})
    forked.branch("c", at="main")
    forked.commit("c", {"other.txt": "c\n"})
    before = sorted(forked.git_dir.rglob("*"))
    assert forked.conflicts_after_landing("main", "a", "b") == {"shared", "text.txt"}
    assert forked.conflicts_after_landing("main", "a", "c") == frozenset()
    assert forked.conflicts("a", "b") == {"shared", "text.txt"}
    assert sorted(forked.git_dir.rglob("*")) == before


def test_conflicts_name_the_path_before_git_moves_it_aside(forked: RepositoryBuilder) -> None:
    forked.commit("a", {"thing": "a file"})
    forked.commit("b", {"thing/inside": "a directory", "kept~1": "x"})
    assert forked.conflicts_after_landing("main", "a", "b") == {"thing"}
    assert forked.conflicts_after_landing("main", "b", "a") == {"thing"}


def test_conflicts_with_trunk_forbid_landing(forked: RepositoryBuilder) -> None:
    forked.commit("a", {"text.txt": edited(first="A")})
    forked.commit("main", {"text.txt": edited(first="M")})
    with pytest.raises(MergeConflictError):
        forked.conflicts_after_landing("main", "a", "b")


@given(trees=st.lists(st.dictionaries(st.sampled_from(["a", "a.b", "a/b", "a-c", "a0", "z/a"]), st.text()), min_size=1))
def test_any_files_make_a_valid_repository(
    new_repository: Callable[[], RepositoryBuilder], trees: list[dict[str, str]]
) -> None:
    repo = new_repository()
    for files in trees:
        repo.commit("main", files)
    repo.git("fsck", "--strict")


def test_commits_are_quick(new_repository: Callable[[], RepositoryBuilder]) -> None:
    repo = new_repository()
    repo.commit("main", {f"d{number % 10}/f{number}": str(number) for number in range(200)})
    started = time.perf_counter()
    for number in range(200):
        repo.branch(f"agent-{number}")
        repo.commit(f"agent-{number}", {"d1/f1": f"{number} changed"})
    assert (time.perf_counter() - started) / 200 < 0.02
