"""A work log as it was recorded when its agent finished, for people: the branch that it tells of may be gone."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from datetime import datetime

    from gatekeeper.report.page import Page

_COMMITS_SHOWN = 10
_FILES_SHOWN = 20
_SHORT_OID = 10


def write_recorded_work(
    agent: str, at: datetime, document: Mapping[str, Any], page: Page, *, everything: bool = False
) -> None:
    """Write the work log; without ``everything`` only some commits and files.

    What a ledger holds was written by any version of the program, or by hand: what is not as expected is left out.
    """
    branch = _text(document, "branch").removeprefix("refs/heads/")
    page.line((agent, "bold"), f" on {branch}, as recorded when it finished, {at:%Y-%m-%d %H:%M} UTC")
    page.line(f"{_text(document, 'base')[:_SHORT_OID]}..{_text(document, 'head')[:_SHORT_OID]}")
    commits, files = _rows(document, "commits"), _rows(document, "files")
    if commits:
        page.blank()
        page.line((f"Commits ({len(commits)})", "bold"))
        shown = commits if everything else commits[-_COMMITS_SHOWN:]
        if len(shown) < len(commits):
            page.line((f"{len(commits) - len(shown)} earlier ones (--all)", "dim"), indent=2)
        for commit in shown:
            page.line((_text(commit, "commit")[:_SHORT_OID], "dim"), f"  {_text(commit, 'subject')}", indent=2)
    if files:
        page.blank()
        count = f"{len(files)} {'file' if len(files) == 1 else 'files'}"
        page.line((f"Changed: {count}, {_lines(document)} lines", "bold"))
        shown = files if everything else files[:_FILES_SHOWN]
        for file in shown:
            status = _text(file, "status")
            mark = "" if status in {"", "changed"} else f" ({status})"
            page.line(f"{_lines(file):>12}  {_text(file, 'path')}{mark}", indent=2)
        if len(shown) < len(files):
            page.line((f"and {len(files) - len(shown)} more files (--all)", "dim"), indent=2)
    _compatibility(document, page)


def _compatibility(document: Mapping[str, Any], page: Page) -> None:
    compatible = document.get("backward_compatible")
    if isinstance(compatible, bool):
        lost = page.list_of(_text(item, "name") for item in _rows(document, "compatibility"))
        page.blank()
        said = "Backward compatible." if compatible else f"Not backward compatible: {lost or 'not all could be told'}"
        page.line((said, "bold"))


def _text(row: Mapping[str, Any], name: str) -> str:
    found = row.get(name)
    return found if isinstance(found, str) else ""


def _rows(document: Mapping[str, Any], name: str) -> Sequence[Mapping[str, Any]]:
    found = document.get(name)
    # What the ledger gives is a list or a tuple.
    return [row for row in found if isinstance(row, Mapping)] if isinstance(found, (list, tuple)) else []


def _lines(row: Mapping[str, Any]) -> str:
    added, removed = row.get("lines_added"), row.get("lines_removed")
    return f"+{added} -{removed}" if isinstance(added, int) and isinstance(removed, int) else "binary"
