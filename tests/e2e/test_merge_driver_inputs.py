"""The merge driver on files that are no manifests, or very large ones: both sides can always be had."""

from __future__ import annotations

import pytest
import tomli

from tests.e2e.merge_driver_kit import BASE, MERGED, OURS, THEIRS, git, leftovers, manifest, set_up
from tests.kit import RepositoryBuilder

AHEAD = BASE.replace('name = "buoy"', 'name = "beacon"')
"""Lies apart from what the other sides change, so that the lines merge."""

MARKERS = "<<<<<<< x\nwind = 1\n=======\nwind = 2\n>>>>>>> y\n"


@pytest.mark.parametrize(
    ("ours", "said"),
    [
        (f"{{{{ template }}}}\n{AHEAD}", "ours is not valid TOML"),
        (f"{MARKERS}{AHEAD}", "ours is not valid TOML: conflict markers committed"),
        (f"# caf\xe9\n{AHEAD}".encode("latin-1"), "ours is not UTF-8: byte 0xe9"),
    ],
    ids=["no TOML", "markers", "no UTF-8"],
)
def test_lines_that_merge_to_what_is_no_toml_are_no_clean_merge(
    repository: RepositoryBuilder, ours: str | bytes, said: str
) -> None:
    worktree = set_up(repository, BASE, ours, THEIRS)
    done = git(worktree, "merge", "theirs", "-m", "m")
    assert done.returncode == 1
    assert said in done.stderr
    assert "the lines merge, but what comes out is not TOML" in done.stderr
    content = (worktree / "Cargo.toml").read_bytes()
    assert b'name = "beacon"' in content
    assert b'tide = "2"' in content
    assert len(git(worktree, "ls-files", "--unmerged").stdout.splitlines()) == 3
    assert leftovers(worktree) == []


def test_lines_that_merge_to_toml_are_a_clean_merge(repository: RepositoryBuilder) -> None:
    broken = BASE.replace('version = "0.1.0"', "version = ")
    worktree = set_up(repository, broken, BASE, broken.replace('anchor = "1"', 'anchor = "2"'))
    done = git(worktree, "merge", "theirs", "-m", "m")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "merged as text" in done.stderr
    assert manifest(worktree) == BASE.replace('anchor = "1"', 'anchor = "2"')


def test_on_a_base_that_is_no_toml_additions_merge(repository: RepositoryBuilder) -> None:
    broken = BASE.replace('version = "0.1.0"', "version = ")
    worktree = set_up(repository, broken, OURS, THEIRS)
    done = git(worktree, "merge", "theirs", "-m", "m")
    assert done.returncode == 0, done.stdout + done.stderr
    assert manifest(worktree) == MERGED


def test_on_a_base_that_is_no_toml_nothing_comes_back_that_a_side_has_taken_away(
    repository: RepositoryBuilder,
) -> None:
    broken = BASE.replace('version = "0.1.0"', "version = ")
    worktree = set_up(repository, broken, BASE.replace('anchor = "1"\n', ""), THEIRS)
    done = git(worktree, "merge", "theirs", "-m", "m")
    assert done.returncode == 1, manifest(worktree)
    assert "base is not valid TOML" in done.stderr


def test_an_empty_file_is_a_manifest_without_keys(repository: RepositoryBuilder) -> None:
    worktree = set_up(repository, BASE, "", THEIRS)
    assert git(worktree, "merge", "theirs", "-m", "m").returncode == 0
    assert tomli.loads(manifest(worktree)) == {"dependencies": {"tide": "2"}}


def test_an_empty_base_is_none(repository: RepositoryBuilder) -> None:
    worktree = set_up(repository, "", OURS, THEIRS)
    assert git(worktree, "merge", "theirs", "-m", "m").returncode == 0
    assert manifest(worktree) == MERGED


@pytest.mark.parametrize("deleted", ["ours", "theirs"])
def test_where_one_side_has_deleted_the_file_git_keeps_the_other(repository: RepositoryBuilder, deleted: str) -> None:
    worktree = set_up(repository)
    git(worktree, "checkout", "-q", deleted)
    git(worktree, "rm", "-q", "Cargo.toml")
    git(worktree, "commit", "-qm", "no manifest")
    git(worktree, "checkout", "-q", "ours")
    done = git(worktree, "merge", "theirs", "-m", "m")
    assert done.returncode == 1
    assert "CONFLICT (modify/delete)" in done.stdout
    assert manifest(worktree) == (THEIRS if deleted == "ours" else OURS)


@pytest.mark.parametrize("seconds", [0.3, 60], ids=["out of time", "in time"])
def test_a_manifest_of_five_megabytes(repository: RepositoryBuilder, seconds: float) -> None:
    lines = [f'key-{number:06} = "{"value " * 6}"\n' for number in range(100_000)]
    base = "".join(["[package.metadata]\n", *lines])
    assert len(base) > 5_000_000
    ours, theirs = base.replace("key-000100", "ours-000100"), base.replace("key-094000", "theirs-094000")
    worktree = set_up(repository, base, ours, theirs, seconds=seconds)
    done = git(worktree, "merge", "theirs", "-m", "m")
    assert done.returncode == 0, done.stderr
    assert ("git merges the lines" in done.stderr) == (seconds < 1)
    assert manifest(worktree) == ours.replace("key-094000", "theirs-094000")
    assert leftovers(worktree) == []
