"""The catalogue of what two independent edits can break, against what there is: rules, quiet cases, known gaps."""

from __future__ import annotations

import json

import pytest

from gatekeeper.cli.main import run
from tests.e2e.golden_cases import CASES, GOLDEN_CASES, KNOWN_GAPS

CATALOGUE: dict[str, str] = json.loads((CASES.parent / "catalogue.json").read_text(encoding="utf-8"))
_BENIGN = {
    "mk-cargo-exclude-missing": "quiet--command-excludes-removed-crate",
    # Git conflicts on it, and that is told, as a note.
    "toml-adjacent-additions": "text-only-conflict",
}
_OTHER_SEVERITY = {
    # The union is a set that neither side has built.
    "feature-array-both-edited": "major",
}


@pytest.fixture
def severities(capsys: pytest.CaptureFixture[str]) -> dict[str, str]:
    """Return the rules that the command line lists, with the severities of those that have a fixture."""
    assert run(["rules", "--format", "json"]) == 0
    document = json.loads(capsys.readouterr().out)
    folders = {case.name for case in GOLDEN_CASES}
    return {rule["id"]: rule["severity"] for rule in document["rules"] if {*rule["fixtures"]} & folders}


@pytest.mark.parametrize("name", CATALOGUE)
def test_every_row_of_the_catalogue_is_a_rule_a_quiet_case_or_a_known_gap(
    name: str, severities: dict[str, str]
) -> None:
    if CATALOGUE[name] == "none":
        assert name not in severities
        assert (CASES / _BENIGN.get(name, f"quiet--{name}")).is_dir()
    elif name in severities:
        assert severities[name] == _OTHER_SEVERITY.get(name, CATALOGUE[name])
    else:
        assert name in {gap.name.partition("--")[0] for gap in KNOWN_GAPS}


def test_the_command_lists_every_row_with_fixtures_that_there_are(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["rules", "--format", "json"]) == 0
    document = json.loads(capsys.readouterr().out)
    listed = {row["id"]: row["fixtures"] for row in (*document["rules"], *document["unreported"])}
    assert CATALOGUE.keys() <= listed.keys()
    gaps = {f"known_gaps/{gap.name}" for gap in KNOWN_GAPS}
    there = {case.name for case in GOLDEN_CASES} | gaps
    assert [name for name in CATALOGUE if not listed[name] or not there.issuperset(listed[name])] == []
    harmless = {row["id"] for row in document["unreported"] if row["is_harmless"]}
    assert harmless == {name for name, severity in CATALOGUE.items() if severity == "none"}


def test_no_exception_is_made_for_what_the_catalogue_does_not_have() -> None:
    assert CATALOGUE.keys() >= _OTHER_SEVERITY.keys() | _BENIGN.keys()
