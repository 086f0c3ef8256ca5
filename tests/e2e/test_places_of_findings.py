"""Names, keys, lines and values on both sides, also where a side takes something away or no manifest is concerned."""

from __future__ import annotations

import pytest

from gatekeeper.core.findings import Side
from gatekeeper.scanning import ScanRequest, scan
from tests.e2e.golden_cases import GOLDEN_CASES
from tests.kit import RepositoryBuilder


def sides_of(name: str, repository: RepositoryBuilder) -> tuple[Side, ...]:
    next(case for case in GOLDEN_CASES if case.name == name).build(repository)
    [finding] = scan(ScanRequest(str(repository.root), cache=False)).findings
    return finding.sides


@pytest.mark.parametrize(
    ("name", "line", "column", "after"),
    [
        ("mk-script-calls-task", 8, 40, "pack"),
        ("mk-cargo-p-missing--workflow", 11, 22, "-p cellar"),
        ("mk-cargo-p-missing--loop", 3, 3, "-p cellar"),
        ("mk-cargo-p-missing--recipe", 2, 24, "-p cellar"),
    ],
)
def test_a_command_in_a_script_has_its_place(
    name: str, line: int, column: int, after: str, repository: RepositoryBuilder
) -> None:
    _, side = sides_of(name, repository)
    assert side.span is not None
    assert (side.span.line, side.span.column, side.after) == (line, column, after)


def test_what_is_taken_away_is_shown_as_it_was(repository: RepositoryBuilder) -> None:
    side, _ = sides_of("mk-script-calls-task", repository)
    assert (side.key, side.after, side.span) == (("tasks", "pack"), None, None)
    assert side.before == {"command": "tar", "args": ["cf", "pack.tar", "crates"]}
