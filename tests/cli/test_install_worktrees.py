"""``install merge-driver --worktree``: one worktree's setting among those of others."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from tests.cli.run import gatekeeper
from tests.kit import RepositoryBuilder


@pytest.fixture
def worktrees(tmp_path: Path) -> tuple[Path, Path, Path]:
    """Return a bare repository and two worktrees of it."""
    builder = RepositoryBuilder(tmp_path / "repository.git", bare=True)
    builder.commit("main", {"Cargo.toml": "[workspace]\n"})
    builder.branch("one")
    builder.branch("two")
    return builder.git_dir, builder.worktree("one"), builder.worktree("two")


def git(where: Path, *arguments: str) -> tuple[int, str]:
    done = subprocess.run(["git", *arguments], cwd=where, capture_output=True, text=True, check=False)
    return done.returncode, done.stdout.strip()


def install(where: Path, *options: str) -> subprocess.CompletedProcess[str]:
    return gatekeeper("install", "merge-driver", *options, cwd=where)


def test_worktrees_of_a_bare_repository_stay_worktrees(worktrees: tuple[Path, Path, Path]) -> None:
    bare, one, two = worktrees
    assert git(bare, "config", "--get", "core.bare") == (0, "true")
    assert install(one, "--worktree").returncode == 0
    for where in (one, two):
        assert git(where, "status", "--porcelain")[0] == 0
        assert git(where, "rev-parse", "--is-bare-repository") == (0, "false")
    assert git(bare, "rev-parse", "--is-bare-repository") == (0, "true")
    assert git(one, "config", "--get", "merge.gatekeeper.name")[0] == 0
    assert git(two, "config", "--get", "merge.gatekeeper.name")[0] == 1
    assert install(one, "--worktree").stdout.startswith("already in ")
    assert install(one, "--worktree", "--uninstall").stdout.startswith("taken out of ")
    assert git(one, "config", "--get", "merge.gatekeeper.name")[0] == 1
    assert git(two, "config", "--get", "extensions.worktreeConfig") == (0, "true")
    assert git(two, "status", "--porcelain")[0] == 0


def test_a_main_worktree_that_lies_elsewhere_stays_there(repository: RepositoryBuilder, tmp_path: Path) -> None:
    repository.commit("main", {"Cargo.toml": "[workspace]\n"})
    repository.branch("one")
    one = repository.worktree("one")
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    repository.git("config", "core.worktree", str(elsewhere))
    assert install(one, "--worktree").returncode == 0
    assert git(one, "rev-parse", "--show-toplevel") == (0, str(one))
    assert git(repository.git_dir, "rev-parse", "--show-toplevel") == (0, str(elsewhere))


def test_where_it_is_not_installed_nothing_is_taken_out(worktrees: tuple[Path, Path, Path]) -> None:
    _, one, two = worktrees
    done = install(one, "--worktree", "--uninstall")
    assert (done.returncode, done.stdout.split()[0]) == (0, "not")
    install(two, "--worktree")
    done = install(one, "--worktree", "--uninstall")
    assert (done.returncode, done.stdout.split()[0]) == (0, "not")


@pytest.mark.parametrize(("first", "second"), [("--local", "--worktree"), ("--worktree", "--local")])
def test_the_attributes_stay_while_the_other_setting_needs_them(
    worktrees: tuple[Path, Path, Path], first: str, second: str
) -> None:
    _, one, _ = worktrees
    install(one, first)
    install(one, second)
    attributes = (one / ".gitattributes").read_text()
    done = install(one, second, "--uninstall")
    assert done.stdout.startswith("taken out of ")
    assert done.stderr == f"{one / '.gitattributes'} stays: {first} needs it\n"
    assert (one / ".gitattributes").read_text() == attributes
    assert install(one, first, "--uninstall").stdout.startswith("taken out of ")
    assert not (one / ".gitattributes").exists()


def test_without_worktree_settings_those_of_the_repository_are_left_alone(worktrees: tuple[Path, Path, Path]) -> None:
    _, one, _ = worktrees
    install(one)
    assert install(one, "--worktree", "--uninstall").stdout.startswith("not in ")
    assert (one / ".gitattributes").exists()
    assert git(one, "config", "--get", "merge.gatekeeper.name")[0] == 0
