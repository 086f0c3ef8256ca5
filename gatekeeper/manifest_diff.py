"""What changed between two manifests, by key path; and git's patches as hunks of lines.

Pure: bytes in, values out. Where the bytes come from is the caller's matter.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from io import StringIO
from typing import TYPE_CHECKING, Literal

from gatekeeper.core.changes import ABSENT, Change, changes, group_changes
from gatekeeper.core.document import Document, ParseFailure, parse
from gatekeeper.core.names import TreePath
from gatekeeper.core.schema import GENERIC, ArrayKind, profile_for
from gatekeeper.errors import BadInputError

if TYPE_CHECKING:
    from collections.abc import Iterable

    from gatekeeper.core.document import Value
    from gatekeeper.core.schema import Profile

__all__ = [
    "ABSENT",
    "Change",
    "FileDiff",
    "Hunk",
    "HunkLine",
    "SetEdit",
    "diff_manifests",
    "diff_versions",
    "read_hunks",
    "set_edit",
]


@dataclass(frozen=True, slots=True)
class SetEdit:
    """A change of an array whose order means nothing: what it gained and lost."""

    added: tuple[Value, ...]
    removed: tuple[Value, ...]


@dataclass(frozen=True, slots=True)
class HunkLine:
    """One line of a hunk, without its line end; the numbers are those of the sides that have it."""

    kind: Literal["context", "removed", "added"]
    text: str
    old: int | None
    new: int | None


@dataclass(frozen=True, slots=True)
class Hunk:
    """Lines that changed together, with those around them; starts and counts as in the ``@@`` line."""

    old_start: int
    old_count: int
    new_start: int
    new_count: int
    lines: tuple[HunkLine, ...]


@dataclass(frozen=True, slots=True)
class FileDiff:
    """What differs in one file. ``changes`` is None where it is no TOML file or ``problem`` says why it is unreadable.

    ``hunks`` is None where nobody asked for lines; ``note`` tells what neither keys nor lines can.
    """

    path: str
    status: Literal["added", "removed", "changed"]
    changes: tuple[Change, ...] | None
    hunks: tuple[Hunk, ...] | None = None
    problem: str | None = None
    note: str | None = None


def diff_manifests(before: bytes | str, after: bytes | str, *, path: str) -> tuple[Change, ...]:
    """Return what ``after`` changes in ``before``; a table that is added or removed whole is one change.

    Args:
        before: the text of the file before; empty where it did not exist.
        after: the text after.
        path: says which kind of manifest it is, and how messages call it.

    Raises:
        BadInputError: one of the texts is not valid TOML; the message holds line and column.
    """
    return diff_versions(before, after, before_name=path, after_name=path, path=path)


def diff_versions(
    before: bytes | str | None, after: bytes | str | None, *, before_name: str, after_name: str, path: str
) -> tuple[Change, ...]:
    """Return what differs between two versions of a file that messages call by different names."""
    profile = profile_for(TreePath(path)) or GENERIC
    old = _document(before, profile, before_name)
    new = _document(after, profile, after_name)
    return group_changes(changes(old, new), old, new)


def set_edit(change: Change, *, path: str) -> SetEdit | None:
    """Return what a set gained and lost; None when the change is about anything else."""
    before, after = change.before, change.after
    if not isinstance(before, list) or not isinstance(after, list):
        return None
    profile = profile_for(TreePath(path)) or GENERIC
    if profile.array_kind(change.key, [*before, *after]) is not ArrayKind.SET:
        return None
    return SetEdit(_without(after, before), _without(before, after))


def read_hunks(patch: bytes) -> tuple[Hunk, ...]:
    """Return the hunks of git's patch of one file; none when it is binary or only its mode changed.

    Raises:
        BadInputError: the text is no patch.
    """
    from unidiff.errors import UnidiffParseError  # noqa: PLC0415
    from unidiff.patch import PatchSet  # noqa: PLC0415 - only where a person wants lines

    # A stream keeps lines apart at \n alone, as git does; as a string the text would be cut at form feeds, too.
    try:
        files = PatchSet(StringIO(patch.decode("utf-8", "surrogateescape"), newline="\n"))
    except UnidiffParseError as error:
        raise BadInputError(f"git's patch cannot be read: {error}") from error
    return tuple(
        Hunk(
            hunk.source_start,
            hunk.source_length,
            hunk.target_start,
            hunk.target_length,
            tuple(
                HunkLine(_kind(line.line_type), line.value.removesuffix("\n"), line.source_line_no, line.target_line_no)
                for line in hunk
                if line.line_type in _KINDS
            ),
        )
        for file in files
        for hunk in file
    )


_KINDS: dict[str, Literal["context", "removed", "added"]] = {" ": "context", "-": "removed", "+": "added"}


def _kind(line_type: str) -> Literal["context", "removed", "added"]:
    return _KINDS[line_type]


def _document(source: bytes | str | None, profile: Profile, name: str) -> Document | None:
    if source is None:
        return None
    parsed = parse(source.encode("utf-8", "surrogatepass") if isinstance(source, str) else source, profile)
    if isinstance(parsed, ParseFailure):
        raise BadInputError(f"{name}:{parsed.line}:{parsed.column}: {parsed.message}")
    return parsed


def _without(entries: Iterable[Value], others: Iterable[Value]) -> tuple[Value, ...]:
    known = Counter(map(repr, others))
    kept = []
    for entry in entries:
        if known[repr(entry)]:
            known[repr(entry)] -= 1
        else:
            kept.append(entry)
    return tuple(kept)
