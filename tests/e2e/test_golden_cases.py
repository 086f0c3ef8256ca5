from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from gatekeeper.core.findings import AgentState, Finding, Report
from gatekeeper.core.names import RuleId
from gatekeeper.core.rules.registry import all_rules
from gatekeeper.scanning import ScanRequest, scan
from tests.e2e.golden_cases import CASES, GOLDEN_CASES, GoldenCase
from tests.kit import RepositoryBuilder

Row = dict[str, Any]

_built: dict[str, Path] = {}
_WITH_FINDINGS = [case for case in GOLDEN_CASES if case.rules]


@pytest.fixture
def repository_of(new_repository: Callable[[], RepositoryBuilder]) -> Callable[[GoldenCase], Path]:
    """Return a function that builds the repository of a case, once for all tests."""

    def build(case: GoldenCase) -> Path:
        if case.name not in _built:
            repository = new_repository()
            case.build(repository)
            _built[case.name] = repository.root
        return _built[case.name]

    return build


def scanned(repository: Path, without: str | None = None) -> Report:
    rules = {name: rule for name, rule in all_rules().items() if name != without}
    return scan(ScanRequest(str(repository), cache=False), rules=rules)


def rows(report: Report) -> list[Row]:
    return in_order([row(finding) for finding in report.findings if len(finding.sides) > 1])


def row(finding: Finding) -> Row:
    """Return a finding in the shape of expected.json."""
    return {
        "rule": finding.rule,
        "severity": finding.severity.label,
        "path": finding.path,
        "key": list(finding.key),
        "git": finding.git.value,
    }


def in_order(findings: list[Row]) -> list[Row]:
    return sorted(findings, key=lambda finding: (finding["rule"], finding["path"], finding["key"]))


@pytest.mark.parametrize("case", GOLDEN_CASES, ids=lambda case: case.name)
def test_a_scan_finds_exactly_what_is_expected(case: GoldenCase, repository_of: Callable[[GoldenCase], Path]) -> None:
    report = scanned(repository_of(case))
    assert {agent.name: agent.state for agent in report.agents} == dict.fromkeys(
        ("left", "right"), AgentState.MERGEABLE
    )
    assert rows(report) == in_order(case.findings())
    assert one_sided(report) == case.findings(sides=1)
    assert report.standing == ()
    for finding in report.findings:
        assert_names_both_sides(finding)


def assert_names_both_sides(finding: Finding) -> None:
    if len(finding.sides) > 1:
        assert sorted(name for side in finding.sides for name in side.agents) == ["left", "right"]
    assert "{left}" not in finding.message
    assert "{right}" not in finding.message


def one_sided(report: Report) -> list[Row]:
    """Return the findings about a single change, in the shape of expected.json."""
    found = []
    for finding in report.findings:
        if len(finding.sides) == 1:
            [side] = finding.sides
            told = row(finding) | {"side": side.agents[0], "line": side.span.line if side.span else None}
            found.append({name: value for name, value in told.items() if name != "git"})
    return found


@pytest.mark.parametrize("case", _WITH_FINDINGS, ids=lambda case: case.name)
def test_without_its_rule_an_expected_finding_is_gone(
    case: GoldenCase, repository_of: Callable[[GoldenCase], Path]
) -> None:
    for rule in sorted(case.rules):
        report = scanned(repository_of(case), without=rule)
        assert rule not in {finding.rule for finding in report.findings}


def test_every_rule_has_a_case_that_expects_it() -> None:
    folders = {case.name: case for case in GOLDEN_CASES}
    for rule in all_rules().values():
        assert rule.info.fixtures, rule.info.id
        for name in rule.info.fixtures:
            assert name in folders, f"{rule.info.id} names {name}, which is not in {CASES}"
            assert rule.info.id in folders[name].rules, f"{name} does not expect {rule.info.id}"


def test_every_case_belongs_to_a_rule_or_is_quiet() -> None:
    named = {name for rule in all_rules().values() for name in rule.info.fixtures}
    for case in GOLDEN_CASES:
        if case.name.startswith("quiet--"):
            assert not case.rules, case.name
        else:
            assert case.name in named, f"no rule names {case.name}"


@pytest.mark.parametrize("case", GOLDEN_CASES, ids=lambda case: case.name)
def test_expected_findings_are_written_in_one_form(case: GoldenCase) -> None:
    single = (case.folder / "base.toml").is_file()
    for finding in case.expected["findings"]:
        assert finding.keys() == {"rule", "severity", "key", "git"} | (set() if single else {"path"})
        assert isinstance(finding["key"], list)
        assert all(isinstance(part, str) for part in finding["key"])
        assert RuleId(finding["rule"]) in all_rules()
