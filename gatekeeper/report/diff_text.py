"""Differences between manifests, for people: by key path, and as lines where they are wanted."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gatekeeper.core.changes import ABSENT
from gatekeeper.core.names import format_key
from gatekeeper.manifest_diff import set_edit
from gatekeeper.report.values import value_text

if TYPE_CHECKING:
    from collections.abc import Sequence

    from gatekeeper.core.changes import Change
    from gatekeeper.manifest_diff import FileDiff, Hunk
    from gatekeeper.report.page import Page, Part

_MARKS = {"added": ("+", "green"), "removed": ("-", "red"), "changed": ("~", "yellow"), "context": (" ", "")}


def write_diff(files: Sequence[FileDiff], page: Page, *, everything: bool = True) -> None:
    """Write what differs in each file; files that cannot be told by keys stand in one line at the end."""
    told = [file for file in files if file.changes is not None or file.hunks or file.problem or file.note]
    for number, file in enumerate(told):
        if number:
            page.blank()
        _file(file, page)
    others = [file.path for file in files if file not in told] if everything else []
    if others:
        if told:
            page.blank()
        page.line((f"No TOML ({len(others)}, --lines shows text): {page.list_of(others)}", "dim"))
    if not files:
        page.line("No difference.")


def _file(file: FileDiff, page: Page) -> None:
    note = "" if file.status == "changed" else f" ({file.status})"
    page.line((file.path, "bold"), note)
    if file.problem:
        page.line((file.problem, "yellow"), indent=2)
    if file.note:
        page.line((file.note, "dim"), indent=2)
    for change in file.changes or ():
        write_change(change, page, path=file.path, indent=2)
    if file.changes is not None and not file.changes and not file.problem and not file.note:
        page.line(("the values are the same; only comments, order or spelling differ", "dim"), indent=2)
    for hunk in file.hunks or ():
        _hunk(hunk, page)


def write_change(change: Change, page: Page, *, path: str, indent: int = 0) -> None:
    """Write one change as one line."""
    mark, style = _MARKS[change.kind]
    page.line(
        (mark, style), " ", (format_key(change.key), "bold"), *_values(change, path), indent=indent, hang=indent + 4
    )


def _values(change: Change, path: str) -> list[Part]:
    edit = set_edit(change, path=path)
    if edit is not None and (edit.added or edit.removed):
        gained = [(f"  +{value_text(entry)}", "green") for entry in edit.added]
        return [*gained, *((f"  -{value_text(entry)}", "red") for entry in edit.removed)]
    if change.before is ABSENT:
        return [" = ", value_text(change.after)]
    if change.after is ABSENT:
        return ["  was ", value_text(change.before)]
    return ["  ", value_text(change.before), " → ", value_text(change.after)]


def _hunk(hunk: Hunk, page: Page) -> None:
    place = f"@@ -{hunk.old_start},{hunk.old_count} +{hunk.new_start},{hunk.new_count} @@"
    page.line((place, "cyan"), indent=2)
    for line in hunk.lines:
        mark, style = _MARKS[line.kind]
        page.verbatim(mark + line.text, style=style, indent=2)
