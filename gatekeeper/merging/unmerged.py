"""The paths that git's index has in conflict: which are asked for, and what it knows of each."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from gatekeeper import process
from gatekeeper.core.names import Oid, TreePath
from gatekeeper.errors import BadInputError, UsageError

_BASE, _OURS, _THEIRS = "1", "2", "3"
_REGULAR = 0o100000
_KIND = 0o170000


@dataclass(frozen=True, slots=True)
class Stage:
    """One version of a path."""

    mode: int
    oid: Oid

    @property
    def is_regular(self) -> bool:
        """Whether it is a file, and no link or submodule."""
        return self.mode & _KIND == _REGULAR


@dataclass(frozen=True, slots=True)
class Unmerged:
    """A path in conflict; None where a version has no such file."""

    path: TreePath
    base: Stage | None
    ours: Stage | None
    theirs: Stage | None

    @property
    def stages(self) -> tuple[Stage, ...]:
        """The versions that are there."""
        return tuple(stage for stage in (self.base, self.ours, self.theirs) if stage is not None)

    @property
    def mode(self) -> int | None:
        """The mode of the merge; None where both sides have changed it, and not to the same."""
        base, ours, theirs = (None if stage is None else stage.mode for stage in (self.base, self.ours, self.theirs))
        if theirs in (ours, base):
            return ours
        return theirs if ours == base else None

    @property
    def why_not(self) -> str | None:
        """Why this is no conflict of contents alone; None if it is."""
        if self.ours is None or self.theirs is None:
            return "one side has deleted the file"
        if not all(stage.is_regular for stage in self.stages):
            return "one side has something else there than a file"
        return "the sides have given it different modes" if self.mode is None else None


def unmerged(root: Path, paths: Sequence[TreePath] = ()) -> list[Unmerged]:
    """Return the paths in conflict of the worktree at ``root``, or those of ``paths`` and below."""
    asked = [f":(top,literal){path}" for path in paths if path]
    listed = process.git(
        ["ls-files", "--unmerged", "--full-name", "-z", "--", *(asked if all(paths) else ())],
        env=dict(os.environ),
        cwd=str(root),
    )
    stages: dict[TreePath, dict[str, Stage]] = {}
    for line in listed.split(b"\0"):
        head, _, name = line.partition(b"\t")
        if name:
            mode, oid, stage = head.decode().split(" ")
            stages.setdefault(TreePath(os.fsdecode(name)), {})[stage] = Stage(int(mode, 8), Oid(oid))
    return [_unmerged(path, found) for path, found in stages.items()]


def _unmerged(path: TreePath, found: Mapping[str, Stage]) -> Unmerged:
    return Unmerged(path, found.get(_BASE), found.get(_OURS), found.get(_THEIRS))


def asked_for(root: Path, directory: Path, named: Sequence[str]) -> list[Unmerged]:
    """Return the conflicts at and below the paths, which are relative to ``directory``; all if none is named.

    Raises UsageError for a path outside of the worktree, BadInputError for one that is not in conflict.
    """
    paths = [_in_worktree(root, directory, name) for name in named]
    found = unmerged(root, paths)
    for path, name in zip(paths, named, strict=True):
        if not any(one.path == path or not path or one.path.startswith(f"{path}/") for one in found):
            raise _not_in_conflict(root / path, name)
    return found


def _in_worktree(root: Path, directory: Path, name: str) -> TreePath:
    """Return the path from the root. Links on the way there are followed, the last part is taken as it is."""
    given = Path(os.path.abspath(directory / name))  # noqa: PTH100 -- resolving would follow a link in conflict
    real = given.parent.resolve() / given.name
    top = root.resolve()
    if real == top or given.resolve() == top:
        return TreePath("")
    if not real.is_relative_to(top):
        raise UsageError(f"{name} is outside of the worktree {top}", "name paths in it, relative to where you are")
    return TreePath(real.relative_to(top).as_posix())


def _not_in_conflict(file: Path, name: str) -> BadInputError:
    hint = "paths are relative to the current directory; `git status` lists what is in conflict"
    if file.is_dir():
        return BadInputError(f"nothing in {name} is in conflict", hint)
    if not os.path.lexists(file):
        return BadInputError(f"there is no {name}", hint)
    return BadInputError(f"{name} is not in conflict", hint)
