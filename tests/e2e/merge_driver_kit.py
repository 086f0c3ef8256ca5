"""What the tests of the merge driver have in common: two sides, a worktree in which it is installed, and git."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from gatekeeper.merging import SECONDS
from gatekeeper.merging.install import Scope, install
from gatekeeper.merging.wrapper import driver_command, this_program
from tests.kit import RepositoryBuilder

BASE = """\
[package]
name = "buoy"
version = "0.1.0"

[dependencies]
anchor = "1"
"""
OURS = f'{BASE}# for the chain\nchain = {{ version = "1", features = ["steel"] }}\n'
THEIRS = f'{BASE}tide = "2"\n'
MERGED = f'{OURS}tide = "2"\n'
CLASHING = BASE.replace('anchor = "1"', 'anchor = "2"')
CLASHES = BASE.replace('anchor = "1"', 'anchor = "3"')

MISSING = ("/nowhere/gatekeeper",)
TRACEBACK = (sys.executable, "-c", "raise SystemError('boom')")
"""Exits with 1, as a clash does."""


def set_up(
    repository: RepositoryBuilder,
    *sides: str | bytes,
    program: Sequence[str] = (),
    seconds: float = SECONDS,
    name: str = "Cargo.toml",
) -> Path:
    """Return a worktree of the branch ``ours`` with the driver installed; ``sides`` are base, ours and theirs."""
    base, ours, theirs = sides or (BASE, OURS, THEIRS)
    repository.commit("main", {name: base})
    for branch, text in (("ours", ours), ("theirs", theirs)):
        repository.branch(branch)
        repository.commit(branch, {name: text})
    worktree = repository.worktree("ours")
    use_driver(worktree, program=program, seconds=seconds)
    return worktree


def use_driver(worktree: Path, *, program: Sequence[str] = (), seconds: float = SECONDS) -> None:
    """Install the driver with another program or limit."""
    install(worktree, Scope.LOCAL, versions="ask")
    command = driver_command(program or this_program(), "ask", seconds=seconds)
    git(worktree, "config", "merge.gatekeeper.driver", command)


def git(worktree: Path, *arguments: str, **more: Any) -> subprocess.CompletedProcess[str]:
    """Run git, and return how it ended."""
    environment = os.environ | more.pop("env", {})
    options: dict[str, Any] = {"capture_output": True, "text": True, "timeout": 60} | more
    return subprocess.run(["git", *arguments], cwd=worktree, env=environment, check=False, **options)


def manifest(worktree: Path) -> str:
    """Return what the worktree has."""
    return (worktree / "Cargo.toml").read_text()


def leftovers(worktree: Path) -> list[str]:
    """Return the files of the worktree that neither a commit nor the installation has put there."""
    status = git(worktree, "status", "--porcelain", "--untracked-files=all", "--ignored").stdout
    return [line for line in status.splitlines() if line[:2] in {"??", "!!"} and line[3:] != ".gitattributes"]


def git_version() -> tuple[int, ...]:
    """Return the version of the git that the tests run with."""
    said = subprocess.run(["git", "--version"], capture_output=True, text=True, check=True).stdout
    return tuple(map(int, re.findall(r"\d+", said)[:2]))


def shell_line(command: str, *values: str) -> str:
    """Return the driver's command with what git puts in place of its placeholders, in their order."""
    replaced = dict(zip("OABLPSXY", values, strict=False)) | {"%": "%"}
    return re.sub(r"%(.)", lambda match: replaced.get(match[1], match[0]), command)
