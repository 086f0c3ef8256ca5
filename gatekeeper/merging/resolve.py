"""Conflicts that a merge has left in a worktree, and what of them can be settled without anybody."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from gatekeeper.core.merge import MergeOutcome, Versions
from gatekeeper.core.names import Oid, TreePath
from gatekeeper.core.schema import CARGO_LOCK, profile_for
from gatekeeper.errors import BadInputError, GitCommandError
from gatekeeper.merging.cargo_lock import regenerate
from gatekeeper.merging.driver import clash_lines
from gatekeeper.merging.files import read, replace
from gatekeeper.merging.left_by_git import Left
from gatekeeper.merging.lock_seed import lock_seed
from gatekeeper.merging.marked_text import Look
from gatekeeper.merging.text_conflicts import labels_of, marked, without_labels
from gatekeeper.merging.unmerged import Unmerged, asked_for, unmerged
from gatekeeper.merging.worktree_files import WorktreeFiles, marker_size, put_back


@dataclass(frozen=True, slots=True)
class Resolved:
    """What became of one path; ``left`` says why it is still in conflict, line by line."""

    path: TreePath
    is_resolved: bool
    left: tuple[str, ...] = ()


class Resolver:
    """Resolves paths of the worktree at ``root``."""

    def __init__(self, root: Path, versions: Versions, *, regenerates_locks: bool = False) -> None:
        self._root = root
        self._versions = versions
        self._regenerates_locks = regenerates_locks
        self._files = WorktreeFiles(root, dict(os.environ))

    def resolve(self, directory: Path, named: Sequence[str]) -> Iterator[Resolved]:
        """Yield every manifest in conflict: resolved and staged, or left.

        ``named``: only these paths, relative to ``directory``, and what is below them. Raises BadInputError or
        UsageError for one that is not in conflict.
        """
        found = asked_for(self._root, directory, named)
        # Cargo makes lock files from manifests: those come first.
        for conflict in sorted(found, key=_is_lock):
            if profile_for(conflict.path) is not None:
                yield self._attempted(conflict)
        self._files.refresh_index()

    def _attempted(self, conflict: Unmerged) -> Resolved:
        try:
            return self._resolved(conflict)
        except BadInputError as error:
            return _left(conflict, error.message)
        except GitCommandError as error:
            return _left(conflict, f"{error.message}: {error.hint}" if error.hint else error.message)

    def _resolved(self, conflict: Unmerged) -> Resolved:
        reason = why_not(self._root, conflict)
        if reason is not None:
            return _left(conflict, reason)
        found = read(self._root / conflict.path)
        base, ours, theirs = (
            b"" if stage is None else self._files.blob(stage.oid)
            for stage in (conflict.base, conflict.ours, conflict.theirs)
        )
        attributes = self._files.attributes(conflict.path)
        left = Left(self._files, conflict, (base, ours, theirs), attributes)
        if not left.is_untouched(found):
            return _left(conflict, "somebody has begun to edit it")
        outcome = left.outcome(self._versions)
        if self._regenerates_locks and _is_lock(conflict):
            return self._regenerated(left, outcome)
        if outcome.text is None:
            self._mark(left, outcome, found)
            return Resolved(conflict.path, is_resolved=False, left=clash_lines(conflict.path, outcome))
        self._settle(conflict, outcome.text.encode("utf-8"), found)
        return Resolved(conflict.path, is_resolved=True)

    def _regenerated(self, left: Left, outcome: MergeOutcome) -> Resolved:
        """Let cargo make a lock file, starting from the merge, or else from what the sides do not clash on."""
        path, clashes = left.conflict.path, clash_lines(left.conflict.path, outcome)
        waiting = [one.path for one in unmerged(self._root) if _is_manifest_of(one.path, path)]
        if waiting:
            reason = f"it can be regenerated once no manifest is in conflict any more ({', '.join(waiting)})"
            return _left(left.conflict, reason, *clashes)
        base, ours, theirs = left.texts
        try:
            if outcome.text is not None:
                seed = outcome.text.encode("utf-8")
            else:
                seed = lock_seed(base if left.conflict.base is not None else None, ours, theirs)
            with put_back(self._root / path):
                seeded = self._files.checked_out(path, self._files.write_blob(seed))
                made = self._files.cleaned(path, regenerate(self._root / path, seeded))
                # Cargo ends lines as it likes.
                self._write(path, made)
                self._stage(left.conflict, made)
        except BadInputError as error:
            return _left(left.conflict, error.message, *clashes)
        return Resolved(path, is_resolved=True)

    def _settle(self, conflict: Unmerged, text: bytes, found: bytes) -> None:
        """Write the merge and stage just that; where it cannot be staged, the file is as it was."""
        oid = self._files.write_blob(text)
        self._require(conflict.path, found)
        with put_back(self._root / conflict.path):
            self._write(conflict.path, oid)
            self._stage(conflict, oid)

    def _stage(self, conflict: Unmerged, oid: Oid) -> None:
        self._files.stage(conflict.path, conflict.mode or 0, oid)

    def _mark(self, left: Left, outcome: MergeOutcome, found: bytes) -> None:
        """Mark the clashes that git has passed over."""
        size = marker_size(left.attributes)
        look = Look(size, labels_of(found, size))
        path = left.conflict.path
        text = marked(*left.texts, look=look, clashes=outcome.clashes, path=path)
        # A file without markers may be what somebody has made of it who takes both sides, clash or not.
        has_markers = b"<" * size in found
        if has_markers and without_labels(text, size) != without_labels(
            marked(*left.texts, look=look, path=path), size
        ):
            oid = self._files.write_blob(text)
            self._require(path, found)
            self._write(path, oid)

    def _require(self, path: TreePath, found: bytes) -> None:
        """Raise BadInputError if somebody has saved the file since it was looked at."""
        if read(self._root / path) != found:
            raise BadInputError("somebody has begun to edit it")

    def _write(self, path: TreePath, oid: Oid) -> None:
        replace(self._root / path, self._files.checked_out(path, oid))


def why_not(root: Path, conflict: Unmerged) -> str | None:
    """Return why a path is not for us to resolve; None if it is."""
    file = root / conflict.path
    if conflict.why_not is not None:
        return conflict.why_not
    if file.is_symlink() or file.parent.resolve() != (root.resolve() / conflict.path).parent:
        return "there is a symbolic link in its place"
    if not file.exists():
        return "the file is missing in the worktree"
    return None


def _is_lock(conflict: Unmerged) -> bool:
    return profile_for(conflict.path) is CARGO_LOCK


def _is_manifest_of(path: TreePath, lock: TreePath) -> bool:
    folder, _, name = path.rpartition("/")
    return name == "Cargo.toml" and f"{folder}/".startswith(lock.removesuffix("Cargo.lock"))


def _left(conflict: Unmerged, reason: str, *more: str) -> Resolved:
    return Resolved(conflict.path, is_resolved=False, left=(f"{conflict.path}: {reason}", *more))
