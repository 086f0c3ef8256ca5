"""References that are deleted only where they name what they are known to name (R-27)."""

from __future__ import annotations

import os

import pytest

from gatekeeper.core.names import Oid, RefName
from gatekeeper.errors import RepositoryError
from gatekeeper.repository import open_repository
from gatekeeper.repository.references import NamedReferences
from tests.kit import RepositoryBuilder

REF = RefName("refs/gatekeeper/integrated/x")


@pytest.fixture
def references(repository: RepositoryBuilder) -> NamedReferences:
    repository.commit("main", {"a": "1\n"})
    return open_repository(str(repository.root)).named_references()


@pytest.mark.parametrize("packed", [False, True])
def test_a_reference_is_deleted_where_it_is_as_it_was(
    repository: RepositoryBuilder, references: NamedReferences, *, packed: bool
) -> None:
    tip = Oid(repository.commit_id("main"))
    assert references.swap(REF, old=None, new=tip)
    if packed:
        repository.git("pack-refs", "--all")
    assert references.delete(REF, old=tip)
    assert references.read(REF) is None
    assert repository.git("for-each-ref", "refs/gatekeeper") == ""
    assert not references.delete(REF, old=tip)


def test_one_that_names_something_else_by_now_stays(repository: RepositoryBuilder, references: NamedReferences) -> None:
    old = Oid(repository.commit_id("main"))
    new = Oid(repository.commit("main", {"a": "2\n"}))
    assert references.swap(REF, old=None, new=new)
    assert not references.delete(REF, old=old)
    assert references.read(REF) == new


def test_the_lock_of_a_process_that_has_died_is_taken_away(
    repository: RepositoryBuilder, references: NamedReferences
) -> None:
    tip = Oid(repository.commit_id("main"))
    assert references.swap(REF, old=None, new=tip)
    lock = repository.git_dir / f"{REF}.lock"
    lock.touch()
    os.utime(lock, (0, 0))
    assert references.delete(REF, old=tip)


def test_a_symbolic_one_is_refused(repository: RepositoryBuilder, references: NamedReferences) -> None:
    repository.git("symbolic-ref", REF, "refs/heads/main")
    with pytest.raises(RepositoryError, match="symbolic"):
        references.delete(REF, old=Oid(repository.commit_id("main")))
