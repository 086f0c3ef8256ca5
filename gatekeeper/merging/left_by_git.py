"""Whether somebody has begun to edit a file in conflict, or it is as git or Gatekeeper has left it."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import get_args

from gatekeeper.core.merge import MergeClash, MergeOutcome, Versions
from gatekeeper.errors import BadInputError
from gatekeeper.merging.git_again import GitAgain
from gatekeeper.merging.manifests import merge_manifest
from gatekeeper.merging.marked_text import Look
from gatekeeper.merging.text_conflicts import LABELS, STYLES, marked, without_labels
from gatekeeper.merging.unmerged import Unmerged
from gatekeeper.merging.worktree_files import WorktreeFiles, marker_size

_LINES = frozenset({"set", "text"})


@dataclass(frozen=True, slots=True)
class Left:
    """A conflict, with its three versions (empty for one that is not there) and the attributes of its path."""

    files: WorktreeFiles
    conflict: Unmerged
    texts: tuple[bytes, bytes, bytes]
    attributes: Mapping[str, str]

    def is_untouched(self, found: bytes) -> bool:
        """Return whether ``found`` is what a merge has left, whatever its markers say of whose lines they hold."""
        size = marker_size(self.attributes)
        bare = without_labels(found, size)
        with tempfile.TemporaryDirectory(prefix="gatekeeper-") as scratch:
            again = GitAgain.beside(self.files, Path(scratch))
            return any(bare == without_labels(text, size) for text in self._possible(again))

    def _possible(self, again: GitAgain) -> Iterator[bytes]:
        """Yield what may stand there: the merge of a custom driver comes last, since that is another program."""
        yield from again.merges(self.conflict, {**self.attributes, "merge": "set"})
        for text in self._written_by_us():
            yield again.files.checked_out(self.conflict.path, again.files.write_blob(text))
        if self.attributes.get("merge", "set") not in _LINES:
            yield from again.merges(self.conflict, self.attributes)

    def _written_by_us(self) -> Iterator[bytes]:
        """Yield what the merge driver and an earlier ``gatekeeper resolve`` write, and ``git checkout --merge``."""
        ways: tuple[Versions, ...] = get_args(Versions)
        clashing = [(), *map(self.clashes, ways)]
        for style in STYLES:
            look = Look(marker_size(self.attributes), LABELS, style)
            try:
                yield from {
                    marked(*self.texts, look=look, clashes=clashes, path=self.conflict.path) for clashes in clashing
                }
            except BadInputError:
                # Git does not know the style, or takes a side for binary.
                continue

    def clashes(self, versions: Versions) -> tuple[MergeClash, ...]:
        """Return what the sides clash on, which is nothing where they cannot be read."""
        try:
            return self.outcome(versions).clashes
        except BadInputError:
            return ()

    def outcome(self, versions: Versions) -> MergeOutcome:
        """Return the merge; raises BadInputError where a side is no TOML."""
        base, ours, theirs = self.texts
        before = None if self.conflict.base is None else base
        return merge_manifest(before, ours, theirs, path=self.conflict.path, versions=versions)
