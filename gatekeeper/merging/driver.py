"""What git's merge driver does with three files: the merge if it is proven, git's own text with markers if not."""

from __future__ import annotations

from dataclasses import dataclass

from gatekeeper.core.merge import MergeOutcome, Versions
from gatekeeper.errors import BadInputError
from gatekeeper.merging.manifests import is_toml, merge_manifest
from gatekeeper.merging.text_conflicts import LABELS, MARKER_SIZE, merge_file, with_markers
from gatekeeper.merging.unreadable_base import merge_on_unreadable_base


@dataclass(frozen=True, slots=True)
class Merge:
    """What git hands over; ``labels`` name ours, base and theirs in conflict markers."""

    base: bytes
    ours: bytes
    theirs: bytes
    path: str
    marker_size: int = MARKER_SIZE
    labels: tuple[str, str, str] = LABELS
    versions: Versions = "ask"


@dataclass(frozen=True, slots=True)
class Driven:
    """``text`` is clean only if it is proven; ``said`` is for the person who merges: clashes, and what was decided."""

    text: bytes
    clean: bool
    said: tuple[str, ...] = ()


def drive(merge: Merge) -> Driven:
    """Return what git shall have for the file. Raises BadInputError where git cannot mark the conflict."""
    outcome, complaint = outcome_of(merge)
    said = (f"{merge.path}: {complaint}",) if complaint else ()
    return _as_text(merge, said) if outcome is None else _driven(merge, outcome, said)


def outcome_of(merge: Merge) -> tuple[MergeOutcome | None, str]:
    """Return the merge of the values, None where a side is no TOML, and what is wrong with what git hands over."""
    try:
        # Git hands over an empty base where both sides have added the file.
        return _on_base(merge, merge.base or None), ""
    except BadInputError as error:
        complaint = error.message
    if not all(is_toml(side, path=merge.path) for side in (merge.ours, merge.theirs)):
        return None, complaint
    outcome = merge_on_unreadable_base(
        merge.base,
        lambda base: _on_base(merge, base),
        sides=(merge.ours, merge.theirs),
        marker_size=merge.marker_size,
    )
    return outcome, complaint


def _on_base(merge: Merge, base: bytes | None) -> MergeOutcome:
    return merge_manifest(base, merge.ours, merge.theirs, path=merge.path, versions=merge.versions)


def _driven(merge: Merge, outcome: MergeOutcome, said: tuple[str, ...]) -> Driven:
    if outcome.text is not None:
        notes = (f"{merge.path}: {note}" for note in outcome.notes)
        return Driven(outcome.text.encode("utf-8"), clean=True, said=(*said, *notes))
    text = with_markers(
        merge.base,
        merge.ours,
        merge.theirs,
        marker_size=merge.marker_size,
        clashes=outcome.clashes,
        path=merge.path,
        labels=merge.labels,
    )
    return Driven(text, clean=False, said=(*said, *clash_lines(merge.path, outcome)))


def _as_text(merge: Merge, said: tuple[str, ...]) -> Driven:
    """Return git's merge of what is no TOML; it is clean only if it is the text that has become TOML by it."""
    merged = merge_file(merge.base, merge.ours, merge.theirs, marker_size=merge.marker_size, labels=merge.labels)
    if merged is None:
        # What git does with files that it takes for binary.
        return Driven(merge.ours, clean=False, said=(*said, f"{merge.path}: git cannot merge it as text; ours stays"))
    clean = not merged.conflicts and is_toml(merged.text, path=merge.path)
    if not clean and not merged.conflicts:
        said = (*said, f"{merge.path}: the lines merge, but what comes out is not TOML")
    return Driven(merged.text, clean=clean, said=(*said, *((f"{merge.path}: merged as text",) if clean else ())))


def clash_lines(path: str, outcome: MergeOutcome) -> tuple[str, ...]:
    """Return a line for each clash, as people read it."""
    return tuple(f"{path}: {clash}" for clash in outcome.clashes)
