from __future__ import annotations

import json
from dataclasses import fields
from datetime import UTC, date, datetime, time
from typing import Any, get_args

import pytest

from gatekeeper.core.findings import AgentState, Order, Report
from gatekeeper.core.names import Severity
from gatekeeper.core.rules.model import GitVerdict
from gatekeeper.report import scan_schema as shape
from gatekeeper.report.scan_json import scan_json, scan_schema
from tests.shell.json_schema import check
from tests.shell.made_reports import agent, finding, full_report, report, side

HOSTILE = b"wild\x1b[2J\xff".decode("utf-8", "surrogateescape")


def parsed(given: Report) -> dict[str, Any]:
    def refuse(constant: str) -> None:
        raise AssertionError(f"{constant} is not JSON")

    text = scan_json(given)
    assert text.isascii()
    document: dict[str, Any] = json.loads(text, parse_constant=refuse)
    check(document, scan_schema())
    return document


def test_everything_is_there_and_fits_the_schema() -> None:
    document = parsed(full_report())
    assert document["schema"] == "gatekeeper.scan/1"
    assert document["trunk"] == {"ref": "refs/heads/main", "commit": "a" * 40}
    assert document["agents"][4] == {
        "name": "erin",
        "ref": "refs/heads/erin",
        "commit": "b" * 40,
        "state": "conflicts-with-trunk",
        "paths": ["src/lib.rs"],
        "worktree": None,
        "uncommitted": False,
        "detail": None,
    }
    first = document["findings"][0]
    assert {name: first[name] for name in ("rule", "severity", "path", "key", "git", "order", "proposal", "docs")} == {
        "rule": "ws-member-removed",
        "severity": "critical",
        "path": "Cargo.toml",
        "key": "workspace.members",
        "git": "clean",
        "order": "left-first",
        "proposal": None,
        "docs": "docs/rules/ws-member-removed.md",
    }
    assert first["sides"][0] == {
        "agents": ["alice"],
        "path": "Cargo.toml",
        "key": "workspace.members",
        "before": ["crates/x"],
        "after": [],
        "span": {"start": {"line": 4, "column": 1}, "end": {"line": 4, "column": 9}},
    }
    assert document["standing"] == [
        {"rule": "dep-cycle", "path": "Cargo.toml", "key": "dependencies.x", "message": "x depends on itself"}
    ]
    assert document["notes"] == [
        {"path": "Makefile.toml", "key": "env.CARGO_TARGET_DIR", "message": "`/t-${RANDOM}` differs: unique."}
    ]
    assert document["stats"] == {
        "agents": 8,
        "pairs_possible": 28,
        "pairs_compared": 2,
        "blob_merges": 7,
        "cache_hits": 3,
        "seconds": 0.123457,
    }


def test_a_report_without_anything_fits_the_schema() -> None:
    document = parsed(report())
    assert document["agents"] == document["findings"] == document["standing"] == document["notes"] == []


def test_each_finding_has_a_line_of_its_own() -> None:
    made = full_report()
    lines = [line for line in scan_json(made).splitlines() if '"rule"' in line and '"sides"' in line]
    assert [json.loads(line.rstrip(","))["id"] for line in lines] == [one.id for one in made.findings]


def test_a_finding_has_the_fields_of_its_document_in_their_order() -> None:
    first = parsed(full_report())["findings"][0]
    written = [first, first["sides"][0], first["sides"][0]["span"], first["sides"][0]["span"]["start"]]
    documents = (shape.FindingDocument, shape.SideDocument, shape.SpanDocument, shape.PositionDocument)
    assert [list(one) for one in written] == [[field.name for field in fields(one)] for one in documents]


def test_what_repeats_is_written_each_time() -> None:
    values = (True, 1, 1.0, "1", None, [1], [True], True)
    made = report(*(finding("r", Severity.NOTE, side("a", after=value), side("a", before=value)) for value in values))
    after = [one["sides"][0]["after"] for one in parsed(made)["findings"]]
    assert list(map(repr, after)) == list(map(repr, values))


@pytest.mark.parametrize(
    ("value", "written"),
    [
        (float("inf"), "inf"),
        (float("-inf"), "-inf"),
        (float("nan"), "nan"),
        (1.5, 1.5),
        (True, True),
        (2**63 - 1, 2**63 - 1),
        (date(1979, 5, 27), "1979-05-27"),
        (time(7, 32), "07:32:00"),
        (datetime(1979, 5, 27, 7, 32, tzinfo=UTC), "1979-05-27T07:32:00+00:00"),
        ({"deep": [{"at": float("nan")}, date(1979, 5, 27)]}, {"deep": [{"at": "nan"}, "1979-05-27"]}),
    ],
)
def test_what_toml_has_and_json_lacks_is_written_as_text(value: object, written: object) -> None:
    one = finding("r", Severity.MAJOR, side("a", after=value), side("b", before=value))
    sides = parsed(report(one))["findings"][0]["sides"]
    assert sides[0]["after"] == sides[1]["before"] == written


def test_names_that_are_no_unicode_stay_valid_json() -> None:
    one = finding("r", Severity.MAJOR, side("x", HOSTILE), message=HOSTILE, proposal=HOSTILE)
    document = parsed(report(one, agents=(agent(HOSTILE, worktree=HOSTILE, detail=HOSTILE),)))
    assert document["agents"][0]["name"] == document["findings"][0]["path"] == "wild\x1b[2J\\xff"


def test_keys_are_spelled_as_toml_spells_them() -> None:
    one = finding("r", Severity.MAJOR, side("x", key=("target", 'cfg(target_os = "linux")', "dependencies")))
    assert parsed(report(one))["findings"][0]["key"] == 'target."cfg(target_os = \\"linux\\")".dependencies'


def test_the_schema_knows_every_word_that_the_core_has() -> None:
    assert set(get_args(shape.AgentStateName)) == {state.value for state in AgentState}
    assert set(get_args(shape.GitVerdictName)) == {verdict.value for verdict in GitVerdict}
    assert set(get_args(shape.OrderName)) == {order.value for order in Order}
    assert set(get_args(shape.SeverityName)) == {severity.label for severity in Severity}
