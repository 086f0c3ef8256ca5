"""The one door to git: references, objects, diffs, merges in memory, worktrees."""

from __future__ import annotations

from gatekeeper.repository.repository import Repository, open_repository

__all__ = ["Repository", "open_repository"]
