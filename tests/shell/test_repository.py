from __future__ import annotations

import os
from pathlib import Path

import pytest

from gatekeeper.errors import (
    NotARepositoryError,
    UnknownRevisionError,
    UnsupportedRepositoryError,
)
from gatekeeper.repository import open_repository
from tests.kit import RepositoryBuilder, Submodule, Symlink
from tests.shell.scans import (
    CLASH,
    LINES,
    agents,
    conflicts,
    opened,
    scanned,
    two_agents,
)


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


@pytest.mark.parametrize(
    "odd", ["plain", 'with "quotes" in it', '"at the start', "new\nline", "colon:semi;", "é ü", "#x", "odd \udce9"]
)
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
    repository.git("fetch", "-q", str(repository.root), "one:one", "two:two", cwd=again)
    assert conflicts(scanned(shared)) == {("a.txt", "one", "two")}
    assert conflicts(scanned(again)) == {CLASH}
