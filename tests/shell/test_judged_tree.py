"""The tree of a commit as gates read it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from gatekeeper.core.document import MAX_BYTES
from gatekeeper.core.gates.evaluate import Circumstances, judge
from gatekeeper.core.gates.spec import FilesGate, ManifestGate
from gatekeeper.core.gates.tree import JudgedTree, Unreadable
from gatekeeper.core.names import Oid, TreePath
from gatekeeper.core.roster import GateName
from gatekeeper.errors import BadInputError
from gatekeeper.repository import open_repository
from gatekeeper.repository.judged_tree import CommitTree
from gatekeeper.repository.objects import ObjectStore
from tests.kit import RepositoryBuilder


@pytest.fixture
def objects(repository: RepositoryBuilder) -> Iterator[ObjectStore]:
    repository.commit("main", {"docs/a.md": "one\ntwo\n", "Cargo.toml": "[package]\nname = 'a'\n"})
    store = open_repository(str(repository.root)).object_store()
    yield store
    store.close()


def tree_of(repository: RepositoryBuilder, objects: ObjectStore) -> CommitTree:
    return CommitTree(objects, Oid(repository.commit_id("main")))


def test_it_is_what_git_lists(repository: RepositoryBuilder, objects: ObjectStore) -> None:
    tree: JudgedTree = tree_of(repository, objects)
    assert tree.id == repository.git("rev-parse", "main^{tree}").strip()
    listed = repository.git("ls-tree", "-r", "--name-only", "main").split()
    assert sorted(tree.paths()) == sorted(listed)
    assert tree.read(TreePath("docs/a.md")) == b"one\ntwo\n"
    about = Circumstances(tree, None, 1)
    assert judge(GateName("g"), FilesGate(("docs/*.md",), 2, ("two",)), about).is_passed
    assert judge(GateName("g"), ManifestGate(("Cargo.toml#package.name",)), about).is_passed


def test_a_commit_is_judged_as_it_was(repository: RepositoryBuilder, objects: ObjectStore) -> None:
    before = tree_of(repository, objects)
    repository.commit("main", {"docs/a.md": "changed"})
    assert before.read(TreePath("docs/a.md")) == b"one\ntwo\n"
    assert tree_of(repository, objects).id != before.id


def test_a_huge_file_is_not_read(repository: RepositoryBuilder, objects: ObjectStore) -> None:
    repository.commit("main", {"fits.txt": "x" * MAX_BYTES, "huge.txt": "x" * (MAX_BYTES + 1)})
    tree = tree_of(repository, objects)
    assert tree.read(TreePath("huge.txt")) == Unreadable("is larger than 8 MiB")
    assert tree.read(TreePath("fits.txt")) == b"x" * MAX_BYTES


def test_a_file_that_is_lost_stands_against_the_gate(repository: RepositoryBuilder, objects: ObjectStore) -> None:
    tree = tree_of(repository, objects)
    oid = tree.paths()[TreePath("docs/a.md")].oid
    directory = Path(repository.git("rev-parse", "--absolute-git-dir").strip())
    (directory / "objects" / oid[:2] / oid[2:]).unlink()
    read = tree.read(TreePath("docs/a.md"))
    assert isinstance(read, Unreadable)
    assert f"object {oid[:12]} is missing" in read.reason
    verdict = judge(GateName("g"), FilesGate(("docs/a.md",)), Circumstances(tree, None, 1))
    assert [blocker.where for blocker in verdict.blockers] == ["docs/a.md"]


def test_a_commit_that_is_not_there_is_told(objects: ObjectStore) -> None:
    with pytest.raises(BadInputError, match="000000000000 is missing"):
        CommitTree(objects, Oid("0" * 40))
