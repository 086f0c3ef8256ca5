"""Worktrees in the middle of a merge that git has left conflicts in."""

from __future__ import annotations

import subprocess
from pathlib import Path

from tests.kit.objects import Files
from tests.kit.repository_builder import RepositoryBuilder

BASE = '[dependencies]\nanchor = "1"\n'
OURS = f'{BASE}chain = "2"\n'
THEIRS = f'{BASE}tide = "3"\n'
MERGED = f'{BASE}chain = "2"\ntide = "3"\n'


def conflicted(repository: RepositoryBuilder, ours: Files, theirs: Files) -> Path:
    """Return a worktree in the middle of a merge of two branches that come from the same manifests."""
    repository.commit("main", {"Cargo.toml": BASE, "a/Cargo.toml": BASE, "notes.txt": "x\n"})
    return merging(repository, ours, theirs)


def merging(repository: RepositoryBuilder, ours: Files, theirs: Files) -> Path:
    """Return a worktree in the middle of a merge of two branches that come from ``main``."""
    for name, files in (("ours", ours), ("theirs", theirs)):
        repository.branch(name)
        repository.commit(name, files)
    worktree = repository.worktree("ours")
    merged = git(worktree, "merge", "theirs")
    if merged.returncode != 1:
        message = f"git has merged cleanly, or failed: {merged.stdout}{merged.stderr}"
        raise RuntimeError(message)
    return worktree


def git(worktree: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run git in a worktree, however it ends."""
    return subprocess.run(["git", *arguments], cwd=worktree, capture_output=True, text=True, check=False)


def unmerged(worktree: Path) -> set[str]:
    """Return the paths that are in conflict."""
    return {line.split("\t")[1] for line in git(worktree, "ls-files", "-u").stdout.splitlines()}
