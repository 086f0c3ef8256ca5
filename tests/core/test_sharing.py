from __future__ import annotations

import pytest
from hypothesis import given

from gatekeeper.core.document import same
from gatekeeper.core.sharing import Pool
from tests.core.toml_texts import TREES, Tree, document, generic


def test_what_documents_have_alike_is_one_object() -> None:
    pool = Pool()
    one = pool.shared(document('[package]\nname = "a"\n[workspace.dependencies]\nx = "1"\ny = { path = "y" }\n'))
    other = pool.shared(document('[package]\nname = "b"\n[workspace.dependencies]\nz = "1"\ny = { path = "y" }\n'))
    again = pool.shared(document('[workspace.dependencies]\nx = "1"\ny = { path = "y" }\n'))
    (first, second, third) = (found.tree["workspace"]["dependencies"] for found in (one, other, again))  # type: ignore[index,call-overload]
    assert first["y"] is second["y"]  # type: ignore[index,call-overload]
    assert first is third
    assert one.tree["package"] is not other.tree["package"]
    assert one.numbers is other.numbers


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("a = [1]", "a = [true]"),
        ("a = [1]", "a = [1.0]"),
        ("a = [0.0]", "a = [-0.0]"),
        ('a = ["1"]', "a = [1]"),
        ("a = { x = 1, y = 2 }", "a = { y = 2, x = 1 }"),
        ("a = [2020-01-01T00:00:00Z]", "a = [2020-01-01T01:00:00+01:00]"),
    ],
)
def test_what_is_only_equal_stays_apart(one: str, other: str) -> None:
    pool = Pool()
    found = [pool.shared(document(text)).tree for text in (one, other)]
    assert [repr(tree) for tree in found] == [repr(document(text).tree) for text in (one, other)]


@given(TREES, TREES)
def test_sharing_changes_nothing_that_a_document_says(first: Tree, second: Tree) -> None:
    pool = Pool()
    for tree in (first, second, first):
        read = generic(tree)
        shared = pool.shared(read)
        assert same(shared.tree, read.tree)
        assert repr(shared.tree) == repr(read.tree)
        assert (shared.profile, shared.aliases, shared.numbers) == (read.profile, read.aliases, read.numbers)
