"""What must not change the answer: the cache, work elsewhere, trunk moving on, the agents' names."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from gatekeeper.report.scan_json import scan_json
from gatekeeper.scanning import ScanRequest, scan
from tests.e2e.golden_cases import GOLDEN_CASES, GoldenCase
from tests.kit import RepositoryBuilder

_SOME = GOLDEN_CASES[::5]


def document(repository: RepositoryBuilder, *, cache: bool) -> dict[str, Any]:
    told: dict[str, Any] = json.loads(scan_json(scan(ScanRequest(str(repository.root), cache=cache))))
    del told["stats"]
    return told


def ids(told: dict[str, Any]) -> list[str]:
    return sorted(finding["id"] for finding in told["findings"])


@pytest.mark.parametrize("case", _SOME, ids=lambda case: case.name)
def test_a_cache_changes_nothing_and_ids_stay(
    case: GoldenCase, new_repository: Callable[[], RepositoryBuilder]
) -> None:
    repository = new_repository()
    case.build(repository)
    first = document(repository, cache=False)
    assert document(repository, cache=True) == first
    assert document(repository, cache=True) == first
    for branch in ("right", "main"):
        repository.commit(branch, {f"{branch}.txt": "something else\n"})
        after = document(repository, cache=True)
        assert after == document(repository, cache=False)
        assert ids(after) == ids(first)


@pytest.mark.parametrize("case", GOLDEN_CASES, ids=lambda case: case.name)
def test_the_sides_can_change_places(case: GoldenCase, new_repository: Callable[[], RepositoryBuilder]) -> None:
    repository = new_repository()
    case.build(repository)
    told = document(repository, cache=False)
    left, right = repository.commit_id("left"), repository.commit_id("right")
    repository.branch("left", right)
    repository.branch("right", left)
    assert unsided(document(repository, cache=False)) == unsided(told)


def unsided(told: dict[str, Any]) -> list[tuple[str, ...]]:
    names = ("rule", "severity", "path", "key", "git")
    return sorted(tuple(finding[name] for name in names) for finding in told["findings"])
