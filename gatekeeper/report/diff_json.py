"""Differences between manifests as ``gatekeeper.diff/1``."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, Literal

from gatekeeper.core.changes import ABSENT
from gatekeeper.core.names import format_key
from gatekeeper.core.safe_text import without_surrogates as text
from gatekeeper.manifest_diff import set_edit
from gatekeeper.report.json_lines import document_text, plain

if TYPE_CHECKING:
    from collections.abc import Sequence

    from gatekeeper.core.changes import Change
    from gatekeeper.manifest_diff import FileDiff, Hunk

SCHEMA: Final = "gatekeeper.diff/1"


@dataclass(slots=True)
class ChangeDocument:
    """One key that differs. ``added`` and ``removed``: entries of an array whose order means nothing, else null."""

    key: str
    kind: Literal["added", "removed", "changed"]
    before: Any
    after: Any
    added: list[Any] | None
    removed: list[Any] | None


@dataclass(slots=True)
class LineDocument:
    """One line of a hunk; a number is null on the side that lacks the line."""

    kind: Literal["context", "removed", "added"]
    text: str
    old: int | None
    new: int | None


@dataclass(slots=True)
class HunkDocument:
    """Lines that changed together."""

    old_start: int
    old_count: int
    new_start: int
    new_count: int
    lines: list[LineDocument]


@dataclass(slots=True)
class FileDocument:
    """One file. ``changes`` is null where it is no TOML or not valid; ``hunks`` is null without ``--lines``.

    ``problem`` says why it cannot be read, ``note`` what neither keys nor lines can tell (a symbolic link, a binary).
    """

    path: str
    status: Literal["added", "removed", "changed"]
    changes: list[ChangeDocument] | None
    hunks: list[HunkDocument] | None
    problem: str | None
    note: str | None


@dataclass(slots=True)
class DiffDocument:
    """What ``gatekeeper diff`` prints; ``before`` and ``after`` are its arguments."""

    schema: Literal["gatekeeper.diff/1"]
    before: str
    after: str
    files: list[FileDocument]


def diff_json(files: Sequence[FileDiff], *, before: str, after: str) -> str:
    """Return the differences as JSON."""
    return document_text(DiffDocument(SCHEMA, text(before), text(after), [_file(file) for file in files]))


def _file(file: FileDiff) -> FileDocument:
    return FileDocument(
        path=text(file.path),
        status=file.status,
        changes=None if file.changes is None else [change_document(change, file.path) for change in file.changes],
        hunks=None if file.hunks is None else [_hunk(hunk) for hunk in file.hunks],
        problem=None if file.problem is None else text(file.problem),
        note=None if file.note is None else text(file.note),
    )


def change_document(change: Change, path: str) -> ChangeDocument:
    """Return a change of a manifest in the shape of its JSON."""
    edit = set_edit(change, path=path)
    return ChangeDocument(
        key=text(format_key(change.key)),
        kind=change.kind,
        before=None if change.before is ABSENT else plain(change.before),
        after=None if change.after is ABSENT else plain(change.after),
        added=None if edit is None else plain(edit.added),
        removed=None if edit is None else plain(edit.removed),
    )


def _hunk(hunk: Hunk) -> HunkDocument:
    lines = [LineDocument(line.kind, text(line.text), line.old, line.new) for line in hunk.lines]
    return HunkDocument(hunk.old_start, hunk.old_count, hunk.new_start, hunk.new_count, lines)
