from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
import tomli

from gatekeeper.core.document import ParseFailure, parse
from gatekeeper.core.rules.evaluate import fill_message
from gatekeeper.core.rules.model import Family, Hit, PathCase
from gatekeeper.core.rules.registry import PathRule, StatedRule, all_rules
from gatekeeper.core.schema import CARGO
from tests.core.path_cases import CASES, case_of, found, merged_by_git, read_texts, severity_of, single_file_cases
from tests.kit import RepositoryBuilder

_INVALID = "toml-invalid-on-one-side"
_FOLDERS = [folder for folder in single_file_cases() if folder.name != _INVALID]


_merged: dict[Path, str | None] = {}


@pytest.fixture
def case(request: pytest.FixtureRequest, new_repository: Callable[[], RepositoryBuilder]) -> PathCase:
    texts = read_texts(request.param)
    if request.param not in _merged:
        _merged[request.param] = merged_by_git(new_repository(), texts)
    return case_of(texts, _merged[request.param])


def _expected(folder: Path) -> list[dict[str, object]]:
    findings: list[dict[str, object]] = json.loads((folder / "expected.json").read_text())["findings"]
    return findings


def _told(case: PathCase, hits: tuple[Hit, ...]) -> list[dict[str, object]]:
    git = case.git.value
    return [{"rule": hit.rule, "severity": severity_of(hit), "key": list(hit.key), "git": git} for hit in hits]


@pytest.mark.parametrize(("case", "folder"), [(f, f) for f in _FOLDERS], indirect=["case"], ids=lambda f: f.name)
def test_golden_case(case: PathCase, folder: Path) -> None:
    assert _told(case, found(case)) == _expected(folder)


@pytest.mark.parametrize(
    ("case", "folder"),
    [(folder, folder) for folder in _FOLDERS if _expected(folder)],
    indirect=["case"],
    ids=lambda folder: folder.name,
)
def test_golden_case_fails_without_its_rule(case: PathCase, folder: Path) -> None:
    for finding in _expected(folder):
        left = _told(case, found(case, without=str(finding["rule"])))
        assert finding not in left


@pytest.mark.parametrize("case", _FOLDERS, indirect=True, ids=lambda folder: folder.name)
def test_messages_and_proposals_speak_of_this_case(case: PathCase) -> None:
    for hit in found(case):
        assert "{left}" in hit.message
        assert "{right}" in hit.message
        assert "\n" not in hit.message
        said = fill_message(hit.message, "ada", "bob")
        assert "ada" in said
        assert "bob" in said
        assert hit.left.path == case.path
        assert hit.right is not None
        if hit.proposal is not None:
            tomli.loads(hit.proposal)


def test_a_branch_with_invalid_toml_is_told_where() -> None:
    texts = read_texts(CASES / _INVALID)
    failure = parse(texts.left.encode(), CARGO)
    [expected] = json.loads((CASES / _INVALID / "expected.json").read_text())["one_sided"]
    assert isinstance(failure, ParseFailure)
    assert failure.line == expected["line"]
    assert isinstance(all_rules()[expected["rule"]], StatedRule)


def test_every_path_rule_has_golden_cases_and_every_case_its_rule() -> None:
    shown: set[str] = set()
    for rule in all_rules().values():
        if isinstance(rule, PathRule) or rule.info.family in {Family.TOML, Family.TEXT}:
            assert rule.info.fixtures, rule.info.id
            for name in rule.info.fixtures:
                assert (CASES / name / "expected.json").is_file(), name
                assert name.partition("--")[0] == rule.info.id
            shown.update(rule.info.fixtures)
    unshown = {folder.name for folder in single_file_cases()} - shown
    assert all(name.startswith("quiet--") for name in unshown), unshown


def test_rules_are_asked_in_the_same_order_whatever_was_imported_first() -> None:
    code = (
        "import gatekeeper.core.rules.toml_level\n"
        "from gatekeeper.core.rules.registry import all_rules\n"
        "print(*all_rules(), sep=chr(10))"
    )
    printed = subprocess.run(
        [sys.executable, "-c", code], cwd=CASES.parents[1], capture_output=True, text=True, check=True
    )
    assert printed.stdout.split() == list(all_rules())


@pytest.mark.parametrize("case", [CASES / "feature-array-both-edited"], indirect=True)
def test_the_union_is_proposed_as_toml(case: PathCase) -> None:
    [hit] = found(case)
    assert hit.proposal is not None
    assert tomli.loads(hit.proposal) == {"features": {"default": ["std", "http", "metrics", "tracing"]}}
    assert fill_message(hit.message, "ada", "bob") == 'in features.default, ada adds "metrics", bob adds "tracing"'
