"""What became of figures, for people."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from gatekeeper.core.watch.baselines import Baseline, Row
    from gatekeeper.report.page import Page

_STYLES = {"better": "green", "worse": "bold red", "incomparable": "yellow", "missing": "yellow"}
_LONGEST_NAME = 40
_LARGE, _SMALL = 1000, 0.001


def write_comparison(before: Baseline, after: Baseline, rows: Sequence[Row], page: Page) -> None:
    """Write one line a figure: its verdict, its name, what it was and is, and the factor."""
    page.line((f"{before.day.isoformat()} → {after.day.isoformat()}", "bold"))
    column = min(max((len(row.name) for row in rows), default=0), _LONGEST_NAME)
    for row in rows:
        verdict = (f"{row.verdict:<12}", _STYLES.get(row.verdict, ""))
        page.line(verdict, f"  {row.name:<{column}}  {_told(row)}", indent=2)
    if not rows:
        page.line("No figures.", indent=2)


def _told(row: Row) -> str:
    values = " → ".join("none" if figure is None else figure.text for figure in (row.before, row.after))
    if row.problem is not None:
        return f"{values}  {row.problem}"
    return values if row.factor is None else f"{values}  x{_factor(row.factor)}"


def _factor(factor: float) -> str:
    is_usual = factor == 0 or _SMALL <= abs(factor) < _LARGE
    return f"{factor:.2f}" if is_usual else f"{factor:.3g}"
