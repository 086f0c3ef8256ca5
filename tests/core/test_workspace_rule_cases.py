"""The golden cases of rules over a whole workspace, each with its rule and without."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from gatekeeper.core.rules.registry import WorkspaceRule, all_rules
from tests.core.small_fleet import CASES, changed, hits, read_tree, view_of

_OURS = {str(rule.info.id) for rule in all_rules().values() if isinstance(rule, WorkspaceRule)}


def _is_ours(case: Path) -> bool:
    return case.name.partition("--")[0] in _OURS


_CASES = sorted(case for case in CASES.iterdir() if _is_ours(case))


def _found(case: Path, without: str | None = None, *, one_sided: bool = False) -> list[dict[str, object]]:
    base, left, right = (read_tree(case / side) for side in ("base", "left", "right"))
    rules = all_rules()
    return [
        {
            "rule": hit.hit.rule,
            "severity": (hit.hit.severity or rules[hit.hit.rule].info.severity).label,
            "path": hit.hit.left.path,
            "key": list(hit.hit.key),
        }
        for hit in hits(view_of([left, right], [base]), without)
        if bool(hit.right) is not one_sided
    ]


def _expected(case: Path, sides: str = "findings") -> list[dict[str, object]]:
    findings = json.loads((case / "expected.json").read_text()).get(sides, [])
    return [
        {name: finding[name] for name in ("rule", "severity", "path", "key")}
        for finding in findings
        if finding["rule"] in _OURS
    ]


@pytest.mark.parametrize("case", _CASES, ids=lambda case: case.name)
def test_golden_case(case: Path) -> None:
    assert _found(case) == _expected(case)
    assert _found(case, one_sided=True) == _expected(case, "one_sided")


@pytest.mark.parametrize("case", _CASES, ids=lambda case: case.name)
def test_golden_case_needs_its_rule(case: Path) -> None:
    rule = case.name.partition("--")[0]
    without = [*_found(case, without=rule), *_found(case, without=rule, one_sided=True)]
    assert all(finding["rule"] != rule for finding in without)
    assert any(finding["rule"] == rule for finding in [*_found(case), *_found(case, one_sided=True)])


@pytest.mark.parametrize("case", _CASES, ids=lambda case: case.name)
def test_golden_case_is_quiet_when_one_side_does_both(case: Path) -> None:
    base, left, right = (read_tree(case / side) for side in ("base", "left", "right"))
    both = changed(base, {path: left.get(path) for path in {*base, *left} if left.get(path) != base.get(path)})
    both = changed(both, {path: right.get(path) for path in {*base, *right} if right.get(path) != base.get(path)})
    assert [str(found.hit.rule) for found in hits(view_of([both, base], [base])) if found.right] == []


def test_every_rule_has_its_cases() -> None:
    named = {fixture for rule in all_rules().values() if str(rule.info.id) in _OURS for fixture in rule.info.fixtures}
    assert named == {case.name for case in _CASES}
