"""Conflicts that a merge has left in a worktree, and what of them can be settled without anybody."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from gatekeeper import process
from gatekeeper.core.merge import Versions
from gatekeeper.core.names import TreePath
from gatekeeper.core.schema import profile_for
from gatekeeper.errors import BadInputError
from gatekeeper.merging.driver import clash_lines
from gatekeeper.merging.files import read, replace
from gatekeeper.merging.manifests import merge_manifest
from gatekeeper.merging.text_conflicts import STYLES, merge_file, without_labels

_BASE, _OURS, _THEIRS = "1", "2", "3"


@dataclass(frozen=True, slots=True)
class Resolved:
    """What became of one path; ``left`` says why it is still in conflict, line by line."""

    path: TreePath
    is_resolved: bool
    left: tuple[str, ...] = ()


class Resolver:
    """Resolves paths of the worktree at ``root``."""

    def __init__(self, root: Path, versions: Versions) -> None:
        self._root = root
        self._versions = versions
        self._env = dict(os.environ)

    def resolve(self, only: Sequence[str]) -> Iterator[Resolved]:
        """Yield every manifest in conflict, or those below ``only``: resolved and staged, or left as it is."""
        stages = self._stages(only)
        for path, blobs in stages.items():
            if profile_for(path) is not None:
                try:
                    yield self._resolved(path, blobs)
                except BadInputError as error:
                    yield Resolved(path, is_resolved=False, left=(f"{path}: {error.message}",))

    def _resolved(self, path: TreePath, blobs: dict[str, str]) -> Resolved:
        if _OURS not in blobs or _THEIRS not in blobs:
            return Resolved(path, is_resolved=False, left=(f"{path}: one side has deleted the file",))
        base, ours, theirs = (self._blob(blobs.get(stage)) for stage in (_BASE, _OURS, _THEIRS))
        file = self._root / path
        if not _is_untouched(read(file), base, ours, theirs):
            return Resolved(path, is_resolved=False, left=(f"{path}: somebody has begun to edit it",))
        before = base if _BASE in blobs else None
        outcome = merge_manifest(before, ours, theirs, path=path, versions=self._versions)
        if outcome.text is None:
            return Resolved(path, is_resolved=False, left=clash_lines(path, outcome))
        replace(file, outcome.text.encode("utf-8"))
        self._git("add", "--", f":(top,literal){path}")
        return Resolved(path, is_resolved=True)

    def _stages(self, only: Iterable[str]) -> dict[TreePath, dict[str, str]]:
        listed = self._git("ls-files", "--unmerged", "--full-name", "-z", "--", *only)
        stages: dict[TreePath, dict[str, str]] = {}
        for line in listed.split(b"\0"):
            head, _, name = line.partition(b"\t")
            if name:
                _, oid, stage = head.decode().split(" ")
                stages.setdefault(TreePath(os.fsdecode(name)), {})[stage] = oid
        return stages

    def _blob(self, oid: str | None) -> bytes:
        return b"" if oid is None else self._git("cat-file", "blob", oid)

    def _git(self, *arguments: str) -> bytes:
        return process.git(arguments, env=self._env, cwd=str(self._root))


def _is_untouched(found: bytes, base: bytes, ours: bytes, theirs: bytes) -> bool:
    """Return whether the file is as git has left it, in whichever style it writes conflicts."""
    bare = without_labels(found)
    merges = (merge_file(base, ours, theirs, style=style) for style in STYLES)
    return any(merged is not None and bare == without_labels(merged.text) for merged in merges)
