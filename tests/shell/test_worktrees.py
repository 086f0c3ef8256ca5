from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from gatekeeper.repository.worktrees import list_worktrees, with_uncommitted
from tests.kit import Executable, RepositoryBuilder, Symlink
from tests.shell.scans import LINES, agents, conflicts, fingerprint, opened, rules, scanned, states

FOUR = LINES.replace("line 4", "uncommitted")
NEW = ("new.txt", "one", "two")


@pytest.fixture
def fleet(repository: RepositoryBuilder) -> RepositoryBuilder:
    """Trunk, agent one in a linked worktree, agent two that has changed ``b.txt`` and added ``new.txt``."""
    repository.commit("main", {"a.txt": LINES, "b.txt": LINES, ".gitignore": "*.log\n", "run.sh": LINES})
    for name in ("one", "two"):
        repository.branch(name)
    repository.commit("one", {"one.txt": "1\n"})
    repository.commit("two", {"b.txt": LINES.replace("line 4", "two"), "new.txt": "two\n", "run.sh": LINES + "more\n"})
    return repository


def git(where: Path, *arguments: str) -> None:
    subprocess.run(["git", *arguments], cwd=where, check=True, capture_output=True)


def test_all_worktrees_are_listed(fleet: RepositoryBuilder, tmp_path: Path) -> None:
    linked = fleet.worktree("one")
    detached = tmp_path / "odd \udce9\n"
    git(fleet.root, "worktree", "add", "-q", "--detach", os.fsdecode(os.fsencode(str(detached))), "two")
    gone = fleet.worktree("two", tmp_path / "gone")
    gone.rename(tmp_path / "moved away")
    listed = {tree.path: (tree.branch, tree.head) for tree in list_worktrees(opened(fleet))}
    assert listed == {
        str(fleet.root): ("refs/heads/main", fleet.commit_id("main")),
        str(linked): ("refs/heads/one", fleet.commit_id("one")),
        str(detached): (None, fleet.commit_id("two")),
    }


def test_an_unborn_worktree_has_no_head(repository: RepositoryBuilder) -> None:
    (tree,) = list_worktrees(opened(repository))
    assert (tree.branch, tree.head) == ("refs/heads/main", None)


def clean(builder: RepositoryBuilder, where: Path) -> bool:
    (tree,) = with_uncommitted([tree for tree in list_worktrees(opened(builder)) if tree.path == str(where)])
    return not tree.dirty


def unstaged(builder: RepositoryBuilder, where: Path) -> None:
    builder.write(where, {"b.txt": FOUR})


def staged(builder: RepositoryBuilder, where: Path) -> None:
    builder.write(where, {"b.txt": FOUR})
    builder.stage(where)


def staged_and_then_edited(builder: RepositoryBuilder, where: Path) -> None:
    builder.write(where, {"b.txt": "staged\n"})
    builder.stage(where)
    builder.write(where, {"b.txt": FOUR})


def staged_and_then_taken_back(builder: RepositoryBuilder, where: Path) -> None:
    builder.write(where, {"b.txt": FOUR})
    builder.stage(where)
    builder.write(where, {"b.txt": LINES})


def untracked(builder: RepositoryBuilder, where: Path) -> None:
    builder.write(where, {"new.txt": "one\n"})


def ignored(builder: RepositoryBuilder, where: Path) -> None:
    builder.write(where, {"noise.log": "one\n"})


def deleted(builder: RepositoryBuilder, where: Path) -> None:
    builder.write(where, {"b.txt": None})


def deleted_and_staged(builder: RepositoryBuilder, where: Path) -> None:
    builder.write(where, {"b.txt": None})
    builder.stage(where)


def taken_out_of_the_index(builder: RepositoryBuilder, where: Path) -> None:
    builder.git("rm", "-q", "--cached", "b.txt", cwd=where)


def replaced_by_a_link(builder: RepositoryBuilder, where: Path) -> None:
    builder.write(where, {"b.txt": Symlink("a.txt")})


def replaced_by_a_directory(builder: RepositoryBuilder, where: Path) -> None:
    builder.write(where, {"b.txt": None})
    builder.write(where, {"b.txt/inner": "1\n"})


def meant_to_be_added(builder: RepositoryBuilder, where: Path) -> None:
    builder.write(where, {"new.txt": "one\n"})
    builder.git("add", "--intent-to-add", "new.txt", cwd=where)


B = ("b.txt", "one", "two")


@pytest.mark.parametrize(
    ("work", "clashes"),
    [
        (unstaged, {B}),
        (staged, {B}),
        (staged_and_then_edited, {B}),
        (staged_and_then_taken_back, set()),
        (untracked, {NEW}),
        (ignored, set()),
        (deleted, {B}),
        (deleted_and_staged, {B}),
        (taken_out_of_the_index, set()),
        (replaced_by_a_link, {B}),
        (replaced_by_a_directory, {B}),
        (meant_to_be_added, {NEW}),
    ],
)
@pytest.mark.parametrize("in_main_worktree", [False, True])
def test_uncommitted_work_is_part_of_the_change_and_stays_as_it_is(
    fleet: RepositoryBuilder, work: object, clashes: set[tuple[str, str, str]], *, in_main_worktree: bool
) -> None:
    assert callable(work)
    if in_main_worktree:
        where = fleet.root
        fleet.git("checkout", "-q", "one")
    else:
        where = fleet.worktree("one")
    work(fleet, where)
    before = fingerprint(fleet.root, where)
    report = scanned(fleet)
    assert fingerprint(fleet.root, where) == before
    assert agents(report)["one"].worktree == str(where)
    assert agents(report)["one"].uncommitted == (work is not ignored)
    assert conflicts(report) == clashes
    assert conflicts(scanned(where)) == clashes
    assert conflicts(scanned(fleet, worktrees=False)) == set()


@pytest.mark.parametrize("staged_too", [False, True])
def test_an_executable_bit_is_work_too(fleet: RepositoryBuilder, *, staged_too: bool) -> None:
    where = fleet.worktree("one")
    fleet.write(where, {"run.sh": Executable(LINES), "new.txt": Executable("two\n")})
    if staged_too:
        fleet.stage(where)
    before = fingerprint(fleet.root, where)
    report = scanned(fleet)
    assert fingerprint(fleet.root, where) == before
    assert agents(report)["one"].uncommitted
    assert conflicts(report) == {NEW}


def test_work_in_the_middle_of_a_merge(fleet: RepositoryBuilder) -> None:
    fleet.commit("one", {"b.txt": LINES.replace("line 4", "mine"), "Makefile.toml": '[env]\nA = "1"\n'})
    fleet.branch("three", at="main")
    fleet.commit("three", {"b.txt": LINES.replace("line 4", "three"), "Makefile.toml": '[env]\nA = "2"\n'})
    where = fleet.worktree("one")
    with pytest.raises(subprocess.CalledProcessError):
        git(where, "merge", "-q", "three")
    before = fingerprint(fleet.root, where)
    report = scanned(fleet)
    assert fingerprint(fleet.root, where) == before
    assert agents(report)["one"].uncommitted
    assert conflicts(report) >= {("b.txt", "one", "two"), ("b.txt", "one", "three")}
    assert ("toml-invalid-on-one-side", "Makefile.toml") in rules(report)


def test_a_detached_worktree_is_an_agent_of_its_own(fleet: RepositoryBuilder, tmp_path: Path) -> None:
    for parent in ("x", "y"):
        where = tmp_path / parent / "same"
        git(fleet.root, "worktree", "add", "-q", "--detach", str(where), "main")
        fleet.write(where, {"b.txt": f"{parent}\n"})
    git(fleet.root, "worktree", "add", "-q", "--detach", str(tmp_path / "idle"), "main")
    report = scanned(fleet)
    detached = {status.worktree: str(status.name) for status in report.agents if status.worktree}
    assert sorted(detached) == [str(tmp_path / parent / "same") for parent in ("x", "y")]
    assert len(set(detached.values())) == 2
    assert {pair for pair in conflicts(report) if "two" not in pair} == {("b.txt", *sorted(detached.values()))}


def test_work_on_trunk_itself_is_an_agent(fleet: RepositoryBuilder) -> None:
    assert "main" not in states(scanned(fleet))
    fleet.write(fleet.root, {"b.txt": FOUR})
    report = scanned(fleet)
    assert agents(report)["main"].uncommitted
    assert conflicts(report) == {("b.txt", "main", "two")}


def test_a_choice_of_branches_leaves_other_worktrees_out(fleet: RepositoryBuilder) -> None:
    where = fleet.worktree("one")
    fleet.write(where, {"b.txt": FOUR})
    fleet.write(fleet.root, {"b.txt": "trunk\n"})
    assert list(states(scanned(fleet, branches=("two",)))) == ["two"]
    assert conflicts(scanned(fleet, branches=("*",))) == {B}


def test_a_worktree_that_cannot_be_read_is_listed_and_stops_nobody(fleet: RepositoryBuilder) -> None:
    fleet.commit("one", {"b.txt": "one\n"})
    where = fleet.worktree("one")
    (fleet.git_dir / "worktrees" / where.name / "index").write_bytes(b"not an index")
    two_more(fleet)
    report = scanned(fleet)
    assert states(report)["one"] == "unreadable"
    assert str(agents(report)["one"].detail).startswith("its uncommitted work cannot be read: ")
    assert conflicts(report) == {("c.txt", "three", "four")} or conflicts(report) == {("c.txt", "four", "three")}


def two_more(builder: RepositoryBuilder) -> None:
    for name in ("three", "four"):
        builder.branch(name, at="main")
        builder.commit(name, {"c.txt": f"{name}\n"})


def test_a_submodule_s_own_worktree_counts(fleet: RepositoryBuilder, tmp_path: Path) -> None:
    outer = RepositoryBuilder(tmp_path / "outer")
    outer.commit("main", {"x": "1\n"})
    outer.git("submodule", "add", "-q", str(fleet.root), "inner")
    inner = outer.root / "inner"
    git(inner, "checkout", "-q", "-b", "mine", "origin/one")
    (inner / "b.txt").write_text(FOUR)
    report = scanned(inner)
    assert agents(report)["mine"].worktree == str(inner)
    assert ("b.txt", "mine", "two") in conflicts(report)


def test_a_git_directory_that_stands_apart(fleet: RepositoryBuilder, tmp_path: Path) -> None:
    where = tmp_path / "work"
    git(tmp_path, "clone", "-q", f"--separate-git-dir={tmp_path / 'apart.git'}", str(fleet.root), str(where))
    git(where, "checkout", "-q", "-b", "mine", "origin/one")
    (where / "b.txt").write_text(FOUR)
    assert ("b.txt", "mine", "two") in conflicts(scanned(where))


def test_an_edit_of_equal_size_within_the_same_second_counts(fleet: RepositoryBuilder) -> None:
    """Git tells such a change by the time of the index, which a copy of the index has to keep."""
    linked = fleet.worktree("one")
    fleet.git("config", "core.trustctime", "false")
    index = Path((linked / ".git").read_text().partition(": ")[2].strip(), "index")
    long_ago = (1_700_000_000, 1_700_000_000)
    os.utime(linked / "b.txt", long_ago)
    git(linked, "update-index", "--refresh")
    (linked / "b.txt").write_text(LINES.replace("line 4", "LINE 4"))
    for path in (linked / "b.txt", index):
        os.utime(path, long_ago)
    report = scanned(fleet.root)
    assert {str(agent.name): agent.uncommitted for agent in report.agents}["one"] is True
    assert ("b.txt", "one", "two") in conflicts(report)
