"""What tests build repositories with: small, hermetic, the same commit ids everywhere."""

from __future__ import annotations

from tests.kit.objects import Executable, File, Files, Submodule, Symlink
from tests.kit.repository_builder import MergeConflictError, RepositoryBuilder

__all__ = ["Executable", "File", "Files", "MergeConflictError", "RepositoryBuilder", "Submodule", "Symlink"]
