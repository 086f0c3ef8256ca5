"""Branches and worktrees that others have made are taken as they are (R-30)."""

from __future__ import annotations

from pathlib import Path

import pytest

from gatekeeper.errors import UnknownRevisionError
from tests.kit import RepositoryBuilder
from tests.shell.scans import fingerprint
from tests.shell.workplaces import (
    FILES,
    adopted,
    started_in,
)


@pytest.fixture
def fleet(repository: RepositoryBuilder) -> RepositoryBuilder:
    repository.commit("main", FILES)
    return repository


def test_an_existing_branch_is_adopted_as_it_is(fleet: RepositoryBuilder, tmp_path: Path) -> None:
    fleet.branch("feature/x")
    fleet.branch("alone")
    place = fleet.worktree("feature/x", fleet.root / ".claude/worktrees/x")
    before = fingerprint(tmp_path)
    found = adopted(fleet, "feature/x")
    assert (found.name, found.branch, found.worktree, found.target_dir) == (
        "feature/x",
        "refs/heads/feature/x",
        str(place),
        None,
    )
    assert adopted(fleet, "refs/heads/alone").worktree is None
    assert adopted(fleet, "main").worktree == str(fleet.root)
    assert fingerprint(tmp_path) == before


def test_an_own_worktree_is_known_again(fleet: RepositoryBuilder) -> None:
    workplace, _ = started_in(fleet)
    assert adopted(fleet, "one") == workplace


def test_a_branch_that_is_not_there(fleet: RepositoryBuilder) -> None:
    fleet.branch("feature-login")
    with pytest.raises(UnknownRevisionError) as raised:
        adopted(fleet, "feature-logon")
    assert raised.value.hint == "did you mean feature-login?"
    fleet.git("update-ref", "refs/remotes/origin/far/away", "main")
    with pytest.raises(UnknownRevisionError) as raised:
        adopted(fleet, "far/away")
    assert raised.value.hint == "a remote has it: git branch far/away origin/far/away"
