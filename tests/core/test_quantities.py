from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gatekeeper.core.quantities import format_duration, parse_duration, parse_memory, spoken_duration


@pytest.mark.parametrize(
    ("text", "seconds"), [("90s", 90), ("60m", 3600), ("2h", 7200), ("1d", 86_400), ("1h30m", 5400), ("0h5s", 5)]
)
def test_spans_of_time(text: str, seconds: int) -> None:
    assert parse_duration(text) == timedelta(seconds=seconds)


@pytest.mark.parametrize(
    "text", ["", "s", "1", "1 h", "1.5h", "-1h", "30m1h", "1h1h", "1w", "0s", "0d0h", "٣s", "9" * 30]
)
def test_what_is_no_span_of_time(text: str) -> None:
    with pytest.raises(ValueError, match=r"span of time|no time"):
        parse_duration(text)


@given(st.integers(1, 36_500 * 86_400).map(lambda seconds: timedelta(seconds=seconds)))
def test_spans_come_back(span: timedelta) -> None:
    assert parse_duration(format_duration(span)) == span


def test_no_time_at_all() -> None:
    assert format_duration(timedelta()) == "0s"


@pytest.mark.parametrize(
    ("text", "size"),
    [
        ("1B", 1),
        ("512MB", 512_000_000),
        ("2 GB", 2_000_000_000),
        ("1.5GiB", 3 << 29),
        ("0.5KiB", 512),
        ("3KB", 3000),
    ],
)
def test_sizes_of_memory(text: str, size: int) -> None:
    assert parse_memory(text) == size


@pytest.mark.parametrize("text", ["", "5", "MB", "5mb", "5 M", "-5MB", "5.MB", "1e3MB", "0MB", "0.1B", "9999999TB"])
def test_what_is_no_size_of_memory(text: str) -> None:
    with pytest.raises(ValueError, match=r"memory|byte"):
        parse_memory(text)


@pytest.mark.parametrize(
    ("seconds", "said"),
    [
        (0, "0 s"),
        (59.9, "59 s"),
        (60, "1 min"),
        (3599, "59 min"),
        (7200, "2 h"),
        (5400, "1 h 30 min"),
        (180_000, "50 h"),
    ],
)
def test_spans_of_time_for_people(seconds: float, said: str) -> None:
    assert spoken_duration(timedelta(seconds=seconds)) == said
