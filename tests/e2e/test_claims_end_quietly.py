"""Claims whose change is committed end with the poll that sees it, and leave nothing for the next one to say."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cli.run import gatekeeper
from tests.kit import RepositoryBuilder

MAKEFILE = '[tasks.check]\ndescription = "{}"\n{}\n'


@pytest.fixture
def place(repository: RepositoryBuilder) -> Path:
    """Return a repository in which ``build`` is about to change what ``tests`` changes as well."""
    repository.commit("main", {"Makefile.toml": MAKEFILE.format("Check", 'command = "cargo"')})
    for name in ("build", "tests"):
        repository.branch(name, "main")
        repository.commit(name, {f"{name}.txt": "begun\n"})
        assert gatekeeper("agent", "adopt", name, cwd=repository.root).returncode == 0
    claimed = gatekeeper("claim", "--as", "build", "Makefile.toml#tasks.check", cwd=repository.root)
    assert claimed.returncode == 0, claimed.stderr
    repository.commit("tests", {"Makefile.toml": MAKEFILE.format("Check it", 'command = "cargo"')})
    return repository.root


def poll(place: Path) -> str:
    done = gatekeeper("poll", cwd=place)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_a_claim_that_is_committed_by_the_next_poll_alarms_nobody(place: Path, repository: RepositoryBuilder) -> None:
    repository.commit("build", {"Makefile.toml": MAKEFILE.format("Check", 'command = "make"')})
    told = poll(place)
    assert "committed" in told
    assert "claim-touched" not in told
    assert poll(place) == ""


def test_the_note_of_a_claim_goes_with_the_claim(place: Path, repository: RepositoryBuilder) -> None:
    assert "claim-touched" in poll(place)
    repository.commit("build", {"Makefile.toml": MAKEFILE.format("Check", 'command = "make"')})
    assert "nobody touches the claim any more" in poll(place)
    assert poll(place) == ""
