"""Who reorganises, told of each rule about it by its golden case: that one pauses, and nobody else (R-14)."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from gatekeeper.coordinator.poll import PollRequest, poll
from gatekeeper.core.policy.matters import REORGANISATIONS, authors, kind_of
from gatekeeper.core.roster import Roster
from tests.e2e.golden_cases import CASES, GoldenCase
from tests.kit import RepositoryBuilder

NOW = datetime(2026, 1, 1, tzinfo=UTC)
AUTHOR_IS_RIGHT = {"ws-member-vs-exclude-explicit--directory-above"}
CASES_OF_RULES = [CASES / rule for rule in sorted(REORGANISATIONS)] + [CASES / name for name in AUTHOR_IS_RIGHT]


@pytest.mark.parametrize("folder", CASES_OF_RULES, ids=lambda folder: folder.name)
def test_who_takes_away_what_another_one_relies_on_is_the_author(folder: Path, repository: RepositoryBuilder) -> None:
    case = GoldenCase(folder)
    case.build(repository)
    done = poll(PollRequest(str(repository.root), fetch=False), clock=lambda: NOW)
    found = [problem for problem in done.standing if problem.rule in REORGANISATIONS]
    author = "right" if case.name in AUTHOR_IS_RIGHT else "left"
    assert {authors(problem) for problem in found} == {(author,)}
    assert {kind_of(problem, Roster()) for problem in found} == {"reorganisation"}
    assert [decision.agent for decision in done.stopped] == [author]
