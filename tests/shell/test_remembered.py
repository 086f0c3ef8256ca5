from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, time

import pytest

from gatekeeper.core.findings import AgentState, Report
from gatekeeper.core.names import Severity
from gatekeeper.scanning.remembered import pack, unpack
from tests.shell.made_reports import agent, finding, full_report, report, side

HOSTILE = b"wild\x1b[2J\xff".decode("utf-8", "surrogateescape")


def again(given: Report) -> Report:
    read = unpack(pack(given))
    assert read is not None
    return replace(read, stats=given.stats)


@pytest.mark.parametrize("given", [full_report(), report()])
def test_a_report_comes_back_as_it_was(given: Report) -> None:
    assert again(given) == given


def test_a_report_from_the_cache_says_so() -> None:
    read = unpack(pack(full_report()))
    assert read is not None
    assert (read.stats.cache_hits, read.stats.seconds) == (1, 0.0)


def test_equal_values_of_different_types_stay_what_they_are() -> None:
    moments = (date(1979, 5, 27), time(7, 32), datetime(1979, 5, 27, 7, 32, tzinfo=UTC))
    values: tuple[object, ...] = (
        True,
        1,
        1.0,
        "1",
        [1],
        [True],
        {"a": [1.0, *moments]},
        {},
        [],
        "",
        None,
        2**70,
        float("inf"),
    )
    given = report(*(finding("r", Severity.NOTE, side("a", before=value, after=[value])) for value in values))
    assert [repr(one.sides[0]) for one in again(given).findings] == [repr(one.sides[0]) for one in given.findings]


def test_bytes_that_are_no_unicode_come_back() -> None:
    one = finding("r", Severity.MAJOR, side("x", HOSTILE, (HOSTILE,), after={HOSTILE: HOSTILE}), message=HOSTILE)
    given = report(one, agents=(agent(HOSTILE, AgentState.UNREADABLE, worktree=HOSTILE, detail=HOSTILE),))
    assert again(given) == given


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"[]",
        b"{}",
        b"\xff",
        pack(full_report())[:-1],
        pack(full_report()).replace(b'"shared":[[', b'"shared":[[],['),
        pack(full_report()).replace(b'"sides":[[', b'"sides":[[0,'),
    ],
)
def test_what_is_no_report_is_none(data: bytes) -> None:
    assert unpack(data) is None
