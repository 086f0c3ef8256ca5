"""Moments as people write them on a command line."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from gatekeeper.cli.durations import moment
from gatekeeper.errors import UsageError

NOW = datetime(2026, 1, 1, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("2026-12-31", "2027-01-01T00:00Z"),
        ("20261231", "2027-01-01T00:00Z"),
        ("2026-12-31T18:00", "2026-12-31T18:00Z"),
        ("20261231T180000+0200", "2026-12-31T16:00Z"),
        ("14d", "2026-01-15T12:00Z"),
        ("1h30m", "2026-01-01T13:30Z"),
    ],
)
def test_moments(text: str, wanted: str) -> None:
    assert moment(text, option="--until", now=NOW) == datetime.fromisoformat(wanted)


@pytest.mark.parametrize("text", ["", "soon", "2026-02-30", "9999-12-31", "0001-01-01T00:00+10:00", "\udce9", "1w"])
def test_no_moments(text: str) -> None:
    with pytest.raises(UsageError, match="--until: "):
        moment(text, option="--until", now=NOW)
