from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from gatekeeper.errors import (
    BadInputError,
    NotARepositoryError,
    UnknownRevisionError,
    UnsupportedRepositoryError,
)
from gatekeeper.repository import open_repository
from tests.kit import RepositoryBuilder, Submodule, Symlink
from tests.shell.scans import (
    CLASH,
    LINES,
    MANIFEST,
    agents,
    conflicts,
    fingerprint,
    opened,
    scanned,
    states,
    two_agents,
)


def clone(source: RepositoryBuilder, target: Path, *options: str) -> Path:
    source.git("config", "uploadpack.allowFilter", "true")
    source.git("config", "uploadpack.allowAnySHA1InWant", "true")
    source.git("clone", "-q", *options, f"file://{source.root}", str(target))
    return target


def run(root: Path, *arguments: str) -> str:
    return subprocess.run(["git", *arguments], cwd=root, check=True, capture_output=True, text=True).stdout


def missing(root: Path) -> set[str]:
    """Return the objects that a partial clone lacks."""
    listed = run(root, "rev-list", "--objects", "--all", "--missing=print").split()
    return {oid[1:] for oid in listed if oid.startswith("?")}


def test_a_place_without_a_repository(tmp_path: Path) -> None:
    with pytest.raises(NotARepositoryError, match="not in a git repository"):
        open_repository(str(tmp_path))
    with pytest.raises(NotARepositoryError, match="no directory"):
        open_repository(str(tmp_path / "gone"))


def test_any_directory_inside_opens_the_repository(repository: RepositoryBuilder) -> None:
    repository.commit("main", {"deep/er/a.txt": "1"})
    worktree = repository.root
    assert open_repository(str(worktree / "deep/er")).worktree == str(worktree)
    assert open_repository(str(worktree / ".git")).git_directory == worktree / ".git"


def test_a_linked_worktree_shares_the_objects_but_has_its_own_head(repository: RepositoryBuilder) -> None:
    two_agents(repository)
    linked = open_repository(str(repository.worktree("one")))
    assert linked.common_directory == repository.git_dir
    assert linked.git_directory != linked.common_directory
    assert linked.objects_directory == str(repository.git_dir / "objects")
    assert linked.head() == ("refs/heads/one", repository.commit_id("one"))
    assert opened(repository).head() == ("refs/heads/main", repository.commit_id("main"))


def test_heads(repository: RepositoryBuilder) -> None:
    assert opened(repository).head() == ("refs/heads/main", None)
    assert opened(repository).is_empty
    tip = repository.commit("main", {"a": "1"})
    assert not opened(repository).is_empty
    repository.git("checkout", "-q", "--detach")
    assert opened(repository).head() == (None, tip)
    repository.git("branch", "-D", "main")
    assert not opened(repository).is_empty


def test_files_and_revisions(repository: RepositoryBuilder) -> None:
    repository.commit("main", {"a.txt": "1\n", "d/b": "2", "link": Symlink("a.txt"), "sub": Submodule("1" * 40)})
    tip = repository.commit("main", {"a.txt": "1\n2\n", "odd \udce9": "x"})
    read = opened(repository)
    assert read.blob("main", "a.txt") == b"1\n2\n"
    assert [read.blob("main~1", path) for path in ("d", "gone", "d/b/c", "sub")] == [None] * 4
    assert read.resolve("main") == tip
    assert read.changed_paths("main~1", "main") == ("a.txt", "odd \udce9")
    assert b"+2\n" in read.patch("main~1", "main", "a.txt")
    assert read.patch("main~1", "main", "d/b") == b""
    for revision in ("gone", "main:a.txt", "-1", ""):
        with pytest.raises(UnknownRevisionError):
            read.resolve(revision)


@pytest.mark.parametrize("bare", [False, True])
def test_a_scan_works_in_bare_repositories_too(tmp_path: Path, *, bare: bool) -> None:
    builder = RepositoryBuilder(tmp_path / "r", bare=bare)
    two_agents(builder)
    assert opened(builder).is_bare == bare
    assert (opened(builder).worktree is None) == bare
    assert conflicts(scanned(builder)) == {CLASH}


def test_a_bare_repository_with_worktrees(tmp_path: Path) -> None:
    builder = RepositoryBuilder(tmp_path / "r", bare=True)
    two_agents(builder)
    linked = builder.worktree("one")
    builder.write(linked, {"b.txt": "uncommitted\n"})
    report = scanned(linked)
    assert agents(report)["one"].uncommitted
    assert conflicts(report) == {CLASH}


def test_a_detached_head_changes_nothing_for_the_branches(repository: RepositoryBuilder) -> None:
    two_agents(repository)
    repository.git("checkout", "-q", "--detach", "main")
    assert conflicts(scanned(repository)) == {CLASH}


def test_a_detached_head_with_work_of_its_own_is_an_agent(repository: RepositoryBuilder) -> None:
    two_agents(repository)
    repository.git("checkout", "-q", "--detach", "one")
    repository.write(repository.root, {"b.txt": LINES.replace("line 4", "mine")})
    report = scanned(repository)
    (name,) = set(agents(report)) - {"one", "two"}
    assert agents(report)[name].worktree == str(repository.root)
    assert conflicts(report) == {CLASH, ("a.txt", "two", name)}


def test_an_unborn_head_beside_other_branches(repository: RepositoryBuilder) -> None:
    two_agents(repository)
    repository.git("symbolic-ref", "HEAD", "refs/heads/unborn")
    assert opened(repository).head() == ("refs/heads/unborn", None)
    assert conflicts(scanned(repository)) == {CLASH}


def test_a_repository_of_sha256_objects_is_refused_with_the_reason(tmp_path: Path) -> None:
    builder = RepositoryBuilder(tmp_path / "r", object_format="sha256")
    two_agents(builder)
    with pytest.raises(UnsupportedRepositoryError, match="SHA-256") as raised:
        open_repository(str(builder.root))
    assert raised.value.hint


def test_an_extension_that_nobody_knows_is_refused(repository: RepositoryBuilder) -> None:
    repository.git("config", "core.repositoryFormatVersion", "1")
    repository.git("config", "extensions.fromTheFuture", "true")
    with pytest.raises(UnsupportedRepositoryError, match="cannot be opened"):
        open_repository(str(repository.root))


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a repository to somebody else")
def test_a_repository_of_somebody_else_is_refused_with_the_way_out(tmp_path: Path) -> None:
    builder = RepositoryBuilder(tmp_path / "r")
    two_agents(builder)
    for path in (builder.root, builder.git_dir, *builder.git_dir.rglob("*")):
        os.chown(path, 12345, 12345)
    with pytest.raises(UnsupportedRepositoryError, match="belongs to another user") as raised:
        open_repository(str(builder.root))
    assert "safe.directory" in str(raised.value.hint)


def test_unrelated_history_is_listed_and_stops_nobody(repository: RepositoryBuilder) -> None:
    two_agents(repository)
    repository.commit("island", {"a.txt": "elsewhere\n"}, root=True)
    report = scanned(repository)
    assert states(report) == {"island": "unrelated-history", "one": "mergeable", "two": "mergeable"}
    assert conflicts(report) == {CLASH}


def test_a_shallow_clone_compares_what_it_has(repository: RepositoryBuilder, tmp_path: Path) -> None:
    repository.commit("main", {"old.txt": LINES})
    repository.branch("old", at="main")
    repository.commit("old", {"old.txt": "changed\n"})
    two_agents(repository)
    target = clone(repository, tmp_path / "clone", "--depth=2", "--no-single-branch")
    before = fingerprint(target)
    report = scanned(target)
    assert open_repository(str(target)).is_shallow
    assert states(report)["origin/one"] == states(report)["origin/two"] == "mergeable"
    assert conflicts(report) == {("a.txt", "origin/one", "origin/two")}
    run(target, "fetch", "-q", "--depth=1", "--update-shallow", "origin", "main")
    cut = clone(repository, tmp_path / "cut", "--depth=1", "--no-single-branch")
    assert states(scanned(cut)) == {"main": "landed"} | dict.fromkeys(("origin/old", "origin/one", "origin/two"), "unrelated-history")
    assert {path: said for path, said in fingerprint(target).items() if path in before and "/objects/" in path} == {
        path: said for path, said in before.items() if "/objects/" in path
    }


def partial_clone(repository: RepositoryBuilder, tmp_path: Path) -> Path:
    """A clone without file contents but for those of ``main``, ``one`` and ``two``; ``three`` and ``four`` are bare names."""
    two_agents(repository)
    for name in ("three", "four"):
        repository.branch(name)
        repository.commit(name, {"b.txt": LINES.replace("line 4", name), "Cargo.toml": MANIFEST})
    target = clone(repository, tmp_path / "clone", "--filter=blob:none")
    for name in ("one", "two", "main"):
        run(target, "checkout", "-q", name)
    return target


def test_a_partial_clone_lists_what_is_missing_and_compares_the_rest(
    repository: RepositoryBuilder, tmp_path: Path
) -> None:
    target = partial_clone(repository, tmp_path)
    lacking = missing(target)
    report = scanned(target)
    assert lacking
    assert states(report) == {
        "main": "landed",
        "one": "mergeable",
        "origin/four": "unreadable",
        "origin/three": "unreadable",
        "two": "mergeable",
    }
    assert "is missing" in str(agents(report)["origin/three"].detail)
    assert conflicts(report) == {CLASH}
    assert missing(target) == lacking, "a scan must not fetch"


def test_a_partial_clone_is_not_completed_for_uncommitted_work(repository: RepositoryBuilder, tmp_path: Path) -> None:
    target = partial_clone(repository, tmp_path)
    linked = tmp_path / "linked"
    run(target, "worktree", "add", "-q", "--no-checkout", "-b", "three", str(linked), "origin/three")
    run(linked, "read-tree", "HEAD")
    (linked / "a.txt").write_text(LINES.replace("line 4", "three"))
    (linked / "renamed.txt").write_text(LINES.replace("line 9", "three"))
    run(linked, "add", "renamed.txt")
    run(linked, "rm", "-q", "--cached", "b.txt")
    lacking = missing(target)
    report = scanned(target)
    assert missing(target) == lacking, "a scan must not fetch"
    assert agents(report)["three"].uncommitted
    assert conflicts(report) >= {CLASH, ("a.txt", "one", "three"), ("a.txt", "three", "two")}


def test_a_base_that_is_missing_makes_its_agents_unreadable(repository: RepositoryBuilder, tmp_path: Path) -> None:
    """Two agents build on a shared commit whose contents nobody has fetched, nor has git's merge."""
    two_agents(repository)
    repository.branch("shared")
    repository.commit("shared", {"b.txt": LINES.replace("line 4", "shared")})
    for name in ("three", "four"):
        repository.branch(name, at="shared")
        repository.commit(name, {"b.txt": LINES.replace("line 4", name)})
    repository.branch("five")
    repository.commit("five", {"b.txt": None, "c.txt": LINES + "moved\n"})
    target = clone(repository, tmp_path / "clone", "--filter=blob:none")
    for name in ("one", "two", "three", "four", "main"):
        run(target, "checkout", "-q", name)
    lacking = missing(target)
    report = scanned(target)
    assert conflicts(report) == {CLASH}
    assert {name for name, state in states(report).items() if state == "unreadable"} == {
        "four",
        "origin/five",
        "origin/shared",
        "three",
    }
    assert missing(target) == lacking, "a scan must not fetch"


def test_contents_of_a_fork_that_trunk_has_left_may_be_missing(repository: RepositoryBuilder, tmp_path: Path) -> None:
    repository.commit("main", {"b.txt": "the old text\n" * 4})
    for name in ("old", "older"):
        repository.branch(name)
        repository.commit(name, {f"{name}.txt": "new\n"})
    repository.branch("deep")
    repository.commit("deep", {"b.txt": "the old text\nand more\n"})
    two_agents(repository)
    target = clone(repository, tmp_path / "clone", "--filter=blob:none")
    for name in ("one", "two", "old", "older", "deep", "main"):
        run(target, "checkout", "-q", name)
    run(target, "cat-file", "-e", "origin/old")
    shutil.rmtree(repository.root)
    report = scanned(target)
    assert states(report)["old"] == states(report)["older"] == "mergeable"
    assert conflicts(report) >= {CLASH}


def test_objects_that_are_damaged_are_a_matter_of_their_branch(repository: RepositoryBuilder) -> None:
    two_agents(repository)
    repository.branch("three")
    repository.commit("three", {"c.txt": "only here\n"})
    tree = repository.git("rev-parse", "three^{tree}").strip()
    (repository.git_dir / "objects" / tree[:2] / tree[2:]).unlink()
    report = scanned(repository)
    assert states(report) == {"one": "mergeable", "three": "unreadable", "two": "mergeable"}
    assert conflicts(report) == {CLASH}


def test_history_that_is_cut_off_is_a_matter_of_its_branch(repository: RepositoryBuilder) -> None:
    two_agents(repository)
    repository.branch("three")
    cut = repository.commit("three", {"c.txt": "1\n"})
    repository.commit("three", {"c.txt": "2\n"})
    (repository.git_dir / "objects" / cut[:2] / cut[2:]).unlink()
    report = scanned(repository)
    assert states(report) == {"one": "mergeable", "three": "unreadable", "two": "mergeable"}
    assert agents(report)["three"].detail == "a part of its history is missing"
    assert conflicts(report) == {CLASH}


def test_a_missing_trunk_is_an_error(repository: RepositoryBuilder) -> None:
    two_agents(repository)
    tip = repository.commit_id("main")
    (repository.git_dir / "objects" / tip[:2] / tip[2:]).unlink()
    with pytest.raises(BadInputError):
        scanned(repository)


@pytest.mark.parametrize("odd", ["plain", 'with "quotes" in it', '"at the start', "new\nline", "colon:semi;", "é ü", "#x", "odd \udce9"])
def test_repositories_may_stand_at_odd_places(tmp_path: Path, odd: str) -> None:
    builder = RepositoryBuilder(tmp_path / odd)
    two_agents(builder)
    linked = builder.worktree("one")
    builder.write(linked, {"b.txt": "uncommitted\n"})
    report = scanned(builder)
    assert agents(report)["one"].uncommitted
    assert conflicts(report) == {CLASH}


def test_objects_borrowed_from_another_repository_are_found(repository: RepositoryBuilder, tmp_path: Path) -> None:
    two_agents(repository)
    shared = tmp_path / "shared"
    repository.git("clone", "-q", "--shared", str(repository.root), str(shared))
    again = tmp_path / "again"
    repository.git("clone", "-q", "--shared", str(shared), str(again))
    run(again, "fetch", "-q", str(repository.root), "one:one", "two:two")
    assert conflicts(scanned(shared)) == {("a.txt", "origin/one", "origin/two")}
    assert conflicts(scanned(again)) == {CLASH}
