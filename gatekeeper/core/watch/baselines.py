"""Figures that were measured on a day, and what has become of them since."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Literal

TOLERANCE = 0.05
"""By so much of the figure before may one differ and still be the same."""

Verdict = Literal["better", "same", "worse", "new", "missing", "incomparable"]

_NUMBER = re.compile(r"([+-]?(?:\d[\d_]*)(?:\.\d+)?(?:[eE][+-]?\d{1,3})?)\s*([^\d\s+,.-].*)?\Z")
_DURATION = re.compile(r"(?:(\d+)d)?\s*(?:(\d+)h)?\s*(?:(\d+)m(?:in)?)?\s*(?:(\d+(?:\.\d+)?)s)?\Z")
_SECONDS = (86_400, 3_600, 60, 1)
_LONGEST = 100
_LONGEST_UNIT = 30

_TIME = "s"
_SIZE = "B"
_UNITS: Mapping[str, tuple[str, Decimal]] = {
    "ns": (_TIME, Decimal("1e-9")),
    "us": (_TIME, Decimal("1e-6")),
    "µs": (_TIME, Decimal("1e-6")),
    "μs": (_TIME, Decimal("1e-6")),
    "ms": (_TIME, Decimal("1e-3")),
    "s": (_TIME, Decimal(1)),
    "sec": (_TIME, Decimal(1)),
    "m": (_TIME, Decimal(60)),
    "min": (_TIME, Decimal(60)),
    "h": (_TIME, Decimal(3_600)),
    "d": (_TIME, Decimal(86_400)),
    "B": (_SIZE, Decimal(1)),
    **{f"{prefix}B": (_SIZE, Decimal(1000) ** power) for power, prefix in enumerate("kMGT", 1)},
    "KB": (_SIZE, Decimal(1000)),
    **{f"{prefix}iB": (_SIZE, Decimal(1024) ** power) for power, prefix in enumerate("KMGT", 1)},
}


@dataclass(frozen=True, slots=True)
class Figure:
    """A number with its unit: ``text`` as it was written, ``amount`` in ``unit`` (``""`` for a mere count)."""

    text: str
    amount: Decimal
    unit: str


@dataclass(frozen=True, slots=True)
class Baseline:
    """What was measured on a day, by name."""

    day: date
    figures: Mapping[str, Figure]


@dataclass(frozen=True, slots=True)
class Row:
    """What became of one figure. ``factor`` is after / before; None where there is none."""

    name: str
    verdict: Verdict
    before: Figure | None
    after: Figure | None
    factor: float | None = None
    problem: str | None = None


def parse_figure(written: str | float) -> Figure:
    """Return the figure that a text (``120s``, ``1.5GB``, ``42``) or a number means; raises ValueError.

    Times come to seconds (``m`` is minutes, ``1h30m`` is fine) and sizes to bytes; ``kB`` is 1,000 bytes, ``KiB``
    1,024. Any other unit stands for itself, so that figures in it can be compared with each other.
    """
    text = str(written).strip()
    if isinstance(written, bool) or len(text) > _LONGEST:
        raise ValueError(f"{text[:_LONGEST]} is no number")
    found = _NUMBER.match(text)
    if found is None:
        raise ValueError(f"{text or 'nothing'} is no number with a unit: write 120s, 1.5GB or 42")
    unit = (found[2] or "").strip()
    duration = _DURATION.match(text)
    if duration is not None and unit not in _UNITS:
        parts = zip(duration.groups(), _SECONDS, strict=True)
        return Figure(text, sum((Decimal(part) * size for part, size in parts if part), Decimal()), _TIME)
    if len(unit) > _LONGEST_UNIT:
        raise ValueError(f"the unit of {text} is too long")
    dimension, size = _UNITS.get(unit, (unit, Decimal(1)))
    return Figure(text, Decimal(found[1].replace("_", "")) * size, dimension)


def compare(
    before: Baseline,
    after: Baseline,
    tolerance: float = TOLERANCE,
    more_is_better: Collection[str] = (),
) -> tuple[Row, ...]:
    """Return a row for each figure, in the order of ``before``, then what is new.

    Less is better, except for those named in ``more_is_better``. Figures that differ by no more than ``tolerance`` (a
    part of the figure before) are the same.
    """
    rows = [
        _row(name, figure, after.figures.get(name), Decimal(str(tolerance)), more=name in more_is_better)
        for name, figure in before.figures.items()
    ]
    new = ((name, figure) for name, figure in after.figures.items() if name not in before.figures)
    return (*rows, *(Row(name, "new", None, figure) for name, figure in new))


def _row(name: str, before: Figure, after: Figure | None, tolerance: Decimal, *, more: bool) -> Row:
    if after is None:
        return Row(name, "missing", before, None)
    if before.unit != after.unit:
        units = " and ".join(figure.unit or "a count" for figure in (before, after))
        return Row(name, "incomparable", before, after, problem=f"{units} cannot be compared")
    change = after.amount - before.amount
    verdict: Verdict = "better" if (change > 0) is more else "worse"
    if abs(change) <= tolerance * abs(before.amount):
        verdict = "same"
    return Row(name, verdict, before, after, _factor(before, after))


def _factor(before: Figure, after: Figure) -> float | None:
    if before.amount == 0:
        return 1.0 if after.amount == 0 else None
    return float(after.amount / before.amount)
