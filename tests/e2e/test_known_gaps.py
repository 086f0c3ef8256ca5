from __future__ import annotations

import pytest

from gatekeeper.scanning import ScanRequest, scan
from tests.e2e.golden_cases import KNOWN_GAPS, GoldenCase
from tests.e2e.test_golden_cases import in_order, one_sided, rows
from tests.kit import RepositoryBuilder


@pytest.mark.parametrize("gap", KNOWN_GAPS, ids=lambda gap: gap.name)
def test_a_known_gap_says_why_and_is_still_open(gap: GoldenCase, repository: RepositoryBuilder) -> None:
    assert gap.expected["why"].strip().endswith("."), "one sentence"
    gap.build(repository)
    report = scan(ScanRequest(str(repository.root), cache=False))
    closed = rows(report) == in_order(gap.findings()) and one_sided(report) == gap.findings(sides=1)
    assert not closed, f"this is found now: move fixtures/known_gaps/{gap.name} to fixtures/cases"
