from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from tests.cli.run import gatekeeper
from tests.kit import RepositoryBuilder


@pytest.fixture
def worktree(repository: RepositoryBuilder) -> Path:
    repository.commit("main", {"Cargo.toml": "[workspace]\n"})
    repository.branch("work")
    return repository.worktree("work")


def config(where: Path, *arguments: str) -> str:
    done = subprocess.run(["git", "config", *arguments], cwd=where, capture_output=True, text=True, check=False)
    return done.stdout.strip()


@pytest.mark.parametrize("option", ["--local", "--worktree"])
def test_it_is_set_up_once_and_taken_back(worktree: Path, option: str) -> None:
    first = gatekeeper("install", "merge-driver", option, "--pattern", "deny.toml", cwd=worktree)
    assert (first.returncode, first.stdout.split()[0]) == (0, "written")
    attributes = (worktree / ".gitattributes").read_text()
    assert [line for line in attributes.splitlines() if not line.startswith("#")] == [
        f"{name} merge=gatekeeper" for name in ("Cargo.toml", "Makefile.toml", "Cargo.lock", "deny.toml")
    ]
    assert "%O %A %B %L %P" in config(worktree, option, "merge.gatekeeper.driver")
    again = gatekeeper("install", "merge-driver", option, "--pattern", "deny.toml", cwd=worktree)
    assert again.stdout.startswith("already in ")
    assert (worktree / ".gitattributes").read_text() == attributes
    assert gatekeeper("install", "merge-driver", option, "--uninstall", cwd=worktree).returncode == 0
    assert not (worktree / ".gitattributes").exists()
    assert config(worktree, option, "--get-regexp", "merge.gatekeeper.*") == ""
    gone = gatekeeper("install", "merge-driver", option, "--uninstall", cwd=worktree)
    assert gone.stdout.startswith("not in ")


def test_what_else_stands_in_the_attributes_stays(worktree: Path) -> None:
    (worktree / ".gitattributes").write_bytes(b"*.png binary\r\n\xff.txt text")
    gatekeeper("install", "merge-driver", cwd=worktree)
    gatekeeper("install", "merge-driver", "--pattern", "x.toml", cwd=worktree)
    text = (worktree / ".gitattributes").read_bytes()
    assert text.startswith(b"*.png binary\r\n\xff.txt text\n# gatekeeper")
    assert text.count(b"# gatekeeper merge driver: begin") == 1
    gatekeeper("install", "merge-driver", "--uninstall", cwd=worktree)
    assert (worktree / ".gitattributes").read_bytes() == b"*.png binary\r\n\xff.txt text\n"


def test_without_a_configuration_of_the_user_nothing_is_written(worktree: Path) -> None:
    assert os.environ["GIT_CONFIG_GLOBAL"] == os.devnull
    done = gatekeeper("install", "merge-driver", "--global", cwd=worktree)
    assert done.returncode == 2
    assert "there is no configuration of this user" in done.stderr


def test_all_repositories_of_a_user(worktree: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", str(tmp_path / "gitconfig"))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    done = gatekeeper("install", "merge-driver", "--global", "--versions", "max", cwd=worktree)
    assert done.returncode == 0, done.stderr
    assert "Cargo.toml merge=gatekeeper" in (tmp_path / "config" / "git" / "attributes").read_text()
    assert ' 10 max "$room/merged"' in config(worktree, "--global", "merge.gatekeeper.driver")
    assert not (worktree / ".gitattributes").exists()
    assert gatekeeper("install", "merge-driver", "--global", "--uninstall", cwd=worktree).returncode == 0
    assert config(worktree, "--global", "--get-regexp", "merge.gatekeeper.*") == ""
