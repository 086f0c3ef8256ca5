from __future__ import annotations

import pytest

from tests.kit import Files, RepositoryBuilder, Symlink
from tests.shell.scans import scanned

RULE = "target-dir-shared-by-two-agents"
LINK: Files = {"target": Symlink("/srv/target")}
RANDOM: Files = {"Makefile.toml": '[env]\nCARGO_TARGET_DIR = "/srv/target-${RANDOM}"\n'}


def fleet(repository: RepositoryBuilder, trunk: Files, one: Files, two: Files) -> RepositoryBuilder:
    repository.commit("main", {"a.txt": "a\n", **trunk})
    for name, files in (("one", one), ("two", two)):
        repository.branch(name)
        repository.commit(name, {f"{name}.txt": "new\n", **files})
    return repository


@pytest.mark.parametrize(
    "other",
    [
        LINK,
        {".cargo/config.toml": '[build]\ntarget-dir = "/srv/target"\n'},
        {".env": "CARGO_TARGET_DIR=/srv/target\n"},
    ],
    ids=lambda files: next(iter(files)),
)
def test_a_link_on_a_branch_without_a_worktree_counts(repository: RepositoryBuilder, other: Files) -> None:
    report = scanned(fleet(repository, {}, LINK, other))
    (finding,) = (finding for finding in report.findings if finding.rule == RULE)
    assert {str(side.path) for side in finding.sides} == {"target", *other}


def test_a_relative_link_leads_to_a_place_of_its_own(repository: RepositoryBuilder) -> None:
    link: Files = {"target": Symlink("fast/target")}
    report = scanned(fleet(repository, {}, link, link))
    assert (report.findings, report.notes) == ((), ())


def test_a_link_on_trunk_is_a_standing_fault(repository: RepositoryBuilder) -> None:
    report = scanned(fleet(repository, LINK, {}, {}))
    assert report.findings == ()
    assert [(fault.rule, fault.path) for fault in report.standing] == [(RULE, "target")]


def test_variables_for_the_programs_that_cargo_starts_are_no_clash(repository: RepositoryBuilder) -> None:
    files: Files = {".cargo/config.toml": '[env]\nCARGO_TARGET_DIR = "/srv/target"\n'}
    assert scanned(fleet(repository, {}, files, files)).findings == ()


@pytest.mark.parametrize("trunk", [{}, RANDOM], ids=["agents", "trunk"])
def test_what_is_unique_by_construction_is_said_at_once_and_again(repository: RepositoryBuilder, trunk: Files) -> None:
    fleet(repository, trunk, {} if trunk else RANDOM, {} if trunk else RANDOM)
    first, again = (scanned(repository, cache=True) for _ in range(2))
    assert again.stats.cache_hits == 1
    for report in (first, again):
        (remark,) = report.notes
        assert (remark.path, remark.key) == ("Makefile.toml", ("env", "CARGO_TARGET_DIR"))
        assert remark.message == "`/srv/target-${RANDOM}` differs from run to run: unique by construction."
