"""What git's merge driver does with three files: the merge if it is proven, git's own text with markers if not."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from gatekeeper.core.merge import MergeOutcome, Versions
from gatekeeper.errors import BadInputError
from gatekeeper.merging.files import read, replace
from gatekeeper.merging.manifests import merge_manifest
from gatekeeper.merging.text_conflicts import MARKER_SIZE, merge_file, with_markers


@dataclass(frozen=True, slots=True)
class Driven:
    """``said`` is for the person who merges: clashes, or why the merge is git's."""

    clean: bool
    said: tuple[str, ...] = ()


def drive(
    base: Path, ours: Path, theirs: Path, *, path: str, marker_size: int = MARKER_SIZE, versions: Versions = "ask"
) -> Driven:
    """Merge the files into ``ours``, as git asks its drivers to. Raises BadInputError where that cannot be written."""
    before, mine, other = (read(file) for file in (base, ours, theirs))
    try:
        # Git hands over an empty base where both sides have added the file.
        outcome = merge_manifest(before or None, mine, other, path=path, versions=versions)
    except BadInputError as error:
        # What is no TOML is text to git, and may well merge as that.
        return _as_text(before, mine, other, ours, marker_size, error.message)
    if outcome.text is None:
        replace(ours, with_markers(before, mine, other, marker_size=marker_size, clashes=outcome.clashes, path=path))
        return Driven(clean=False, said=clash_lines(path, outcome))
    replace(ours, outcome.text.encode("utf-8"))
    return Driven(clean=True, said=tuple(f"{path}: {note}" for note in outcome.notes))


def _as_text(before: bytes, mine: bytes, other: bytes, ours: Path, marker_size: int, reason: str) -> Driven:
    merged = merge_file(before, mine, other, marker_size=marker_size)
    if merged is None:
        return Driven(clean=False, said=(f"{reason}; git cannot merge it as text",))
    replace(ours, merged.text)
    return Driven(clean=not merged.conflicts, said=(f"{reason}; merged as text",))


def clash_lines(path: str, outcome: MergeOutcome) -> tuple[str, ...]:
    """Return a line for each clash, as people read it."""
    return tuple(f"{path}: {clash}" for clash in outcome.clashes)
