"""What became of figures, as ``gatekeeper.baseline/1``."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Literal

from gatekeeper.core.safe_text import without_surrogates as text
from gatekeeper.report.json_lines import document_text, plain

if TYPE_CHECKING:
    from collections.abc import Sequence

    from gatekeeper.core.watch.baselines import Baseline, Figure, Row

SCHEMA: Final = "gatekeeper.baseline/1"


@dataclass(slots=True)
class FigureDocument:
    """A figure as it was written, and what it comes to in seconds, bytes, or its own unit."""

    text: str
    amount: float | str
    unit: str


@dataclass(slots=True)
class BaselineRowDocument:
    """What became of one figure. ``factor`` is after / before; null where there is none."""

    name: str
    verdict: Literal["better", "same", "worse", "new", "missing", "incomparable"]
    before: FigureDocument | None
    after: FigureDocument | None
    factor: float | str | None
    problem: str | None


@dataclass(slots=True)
class BaselineDocument:
    """Two baselines, and what became of each figure."""

    schema: Literal["gatekeeper.baseline/1"]
    before: str
    after: str
    rows: list[BaselineRowDocument]


def comparison_json(before: Baseline, after: Baseline, rows: Sequence[Row]) -> str:
    """Return the comparison of two baselines as JSON."""
    documents = [_row(row) for row in rows]
    return document_text(BaselineDocument(SCHEMA, before.day.isoformat(), after.day.isoformat(), documents))


def _row(row: Row) -> BaselineRowDocument:
    problem = None if row.problem is None else text(row.problem)
    before, after = _figure(row.before), _figure(row.after)
    return BaselineRowDocument(text(row.name), row.verdict, before, after, plain(row.factor), problem)


def _figure(figure: Figure | None) -> FigureDocument | None:
    if figure is None:
        return None
    return FigureDocument(text(figure.text), plain(float(figure.amount)), text(figure.unit))
