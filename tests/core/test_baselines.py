"""R-28."""

from __future__ import annotations

import io
import json
from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gatekeeper.core.watch.baselines import Baseline, compare, parse_figure
from gatekeeper.report.baseline_json import comparison_json
from gatekeeper.report.baseline_text import write_comparison
from gatekeeper.report.page import Page

BEFORE, AFTER = date(2026, 1, 1), date(2026, 2, 1)


def baseline(day: date, **figures: str | float) -> Baseline:
    return Baseline(day, {name: parse_figure(figure) for name, figure in figures.items()})


@pytest.mark.parametrize(
    ("text", "amount", "unit"),
    [
        ("120s", "120", "s"),
        ("2 min", "120", "s"),
        ("1h30m", "5400", "s"),
        ("250ms", "0.250", "s"),
        ("1.5GB", "1500000000", "B"),
        ("2 KiB", "2048", "B"),
        (42, "42", ""),
        (0.5, "0.5", ""),
        ("95.5%", "95.5", "%"),
        ("1_000 req/s", "1000", "req/s"),
        ("-3", "-3", ""),
        ("1e3", "1000", ""),
    ],
)
def test_what_a_figure_comes_to(text: str | float, amount: str, unit: str) -> None:
    figure = parse_figure(text)
    assert (figure.amount, figure.unit, figure.text) == (Decimal(amount), unit, str(text))


@pytest.mark.parametrize("text", ["", "fast", "1,000", "1.2.3", "5-3", "nan", "inf", True, "1 " + "x" * 40, "9" * 200])
def test_what_is_no_figure(text: str | float) -> None:
    with pytest.raises(ValueError, match=r"no number|too long"):
        parse_figure(text)


@pytest.mark.parametrize(
    ("before", "after", "verdict", "factor"),
    [
        ("120s", "15s", "better", 0.125),
        ("2min", "126s", "same", 1.05),
        ("120s", "127s", "worse", 127 / 120),
        ("100MB", "95MB", "same", 0.95),
        ("95%", "99.9%", "better", 99.9 / 95),
        ("95%", "80%", "worse", 80 / 95),
        (42, 0, "better", 0.0),
        (0, 0, "same", 1.0),
        (0, 1, "worse", None),
        (-10, -20, "better", 2.0),
    ],
)
def test_what_became_of_a_figure(before: str | float, after: str | float, verdict: str, factor: float | None) -> None:
    more_is_better = ["x"] if isinstance(before, str) and before.endswith("%") else []
    (row,) = compare(baseline(BEFORE, x=before), baseline(AFTER, x=after), more_is_better=more_is_better)
    assert row.verdict == verdict
    assert row.factor == (None if factor is None else pytest.approx(factor))


def test_what_is_new_missing_or_of_another_kind_is_told() -> None:
    rows = compare(baseline(BEFORE, gone=1, odd="3s"), baseline(AFTER, odd="3MB", fresh=2))
    assert [(row.name, row.verdict) for row in rows] == [("gone", "missing"), ("odd", "incomparable"), ("fresh", "new")]
    assert rows[1].problem == "s and B cannot be compared"


_FIGURES = st.dictionaries(st.sampled_from("abc"), st.integers(0, 10**9))


@given(_FIGURES, _FIGURES)
def test_a_comparison_turned_round_says_the_opposite(one: dict[str, int], other: dict[str, int]) -> None:
    first, second = baseline(BEFORE, **one), baseline(AFTER, **other)
    there = {row.name: row.verdict for row in compare(first, second, 0)}
    back = {row.name: row.verdict for row in compare(second, first, 0)}
    opposite = {"better": "worse", "worse": "better", "new": "missing", "missing": "new", "same": "same"}
    assert {name: opposite[verdict] for name, verdict in back.items()} == there
    assert all(row.verdict == "same" for row in compare(first, first))


def test_it_is_told_as_text_and_json() -> None:
    before = baseline(BEFORE, build="120s", locks=42, size="1MB")
    after = baseline(AFTER, build="15s", locks=0, size="3s")
    rows = compare(before, after)
    text = io.StringIO()
    write_comparison(before, after, rows, Page(text))
    assert text.getvalue() == (
        "2026-01-01 → 2026-02-01\n"
        "  better        build  120s → 15s  x0.12\n"
        "  better        locks  42 → 0  x0.00\n"
        "  incomparable  size   1MB → 3s  B and s cannot be compared\n"
    )
    document = json.loads(comparison_json(before, after, rows))
    assert (document["schema"], document["before"]) == ("gatekeeper.baseline/1", "2026-01-01")
    assert document["rows"][0] == {
        "name": "build",
        "verdict": "better",
        "before": {"text": "120s", "amount": 120.0, "unit": "s"},
        "after": {"text": "15s", "amount": 15.0, "unit": "s"},
        "factor": 0.125,
        "problem": None,
    }
