from __future__ import annotations

import copy

from hypothesis import given

from gatekeeper.core.changes import ABSENT, Change, ChangeSet, changes, changes_below, group_changes
from gatekeeper.core.document import Document, Value, same
from gatekeeper.core.names import KeyPath
from gatekeeper.core.schema import GENERIC
from tests.core.toml_texts import TREES, Tree, document, generic


def test_leaves_in_the_order_of_after_then_what_is_gone() -> None:
    before = document('[dependencies]\ngone = "1"\nkept = "1"\n[features]\nf = ["a"]\n')
    after = document('[features]\nf = ["a", "b"]\n[dependencies]\nnew = { path = "x", optional = true }\nkept = "2"\n')
    found = changes(before, after)
    assert found == (
        Change(("features", "f"), ["a"], ["a", "b"]),
        Change(("dependencies", "new", "path"), ABSENT, "x"),
        Change(("dependencies", "new", "optional"), ABSENT, after=True),
        Change(("dependencies", "kept", "version"), "1", "2"),
        Change(("dependencies", "gone", "version"), "1", ABSENT),
    )
    assert [change.kind for change in found] == ["changed", "added", "added", "changed", "removed"]
    assert repr(found[1].before) == "ABSENT"


def test_files_added_and_removed() -> None:
    file = document("[workspace]\n[package]\nname = 'a'\n")
    assert changes(None, file) == (
        Change(("workspace",), ABSENT, {}),
        Change(("package", "name"), ABSENT, "a"),
    )
    assert [change.kind for change in changes(file, None)] == ["removed", "removed"]
    assert changes(None, None) == ()


def test_a_table_that_loses_all_its_keys_is_not_a_table_that_goes() -> None:
    full, empty, none = document("[workspace]\nmembers = []"), document("[workspace]"), document("")
    gone = Change(("workspace", "members"), [], ABSENT)
    assert changes(full, empty) == (Change(("workspace",), {"members": []}, {}), gone)
    assert changes(full, none) == (gone,)
    assert changes(empty, full) == (Change(("workspace", "members"), ABSENT, []),)


def test_a_table_against_a_scalar_is_one_change() -> None:
    inherited = document("[package]\nversion.workspace = true")
    own = document("[package]\nversion = '1.0.0'")
    assert changes(own, inherited) == (Change(("package", "version"), "1.0.0", {"workspace": True}),)


def test_numbers_and_booleans_that_python_takes_for_equal() -> None:
    before, after = document("[profile.dev]\ndebug = 1\na = 1"), document("[profile.dev]\ndebug = true\na = 1")
    assert [change.key for change in changes(before, after)] == [("profile", "dev", "debug")]
    assert changes(document("a = nan"), document("a = nan")) == ()


def test_groups_fold_tables_that_come_or_go_whole() -> None:
    before = document("[dependencies]\na = '1'\n[profile.dev]\nlto = true\npanic = 'abort'\n")
    after = document("[dependencies]\na = '2'\nb = { path = 'b', optional = true }\n")
    assert group_changes(changes(before, after), before, after) == (
        Change(("dependencies", "a", "version"), "1", "2"),
        Change(("dependencies", "b"), ABSENT, {"path": "b", "optional": True}),
        Change(("profile",), {"dev": {"lto": True, "panic": "abort"}}, ABSENT),
    )
    assert group_changes(changes(None, after), None, after) == (
        Change(("dependencies",), ABSENT, after.tree["dependencies"]),
    )


@given(TREES, TREES)
def test_changes_are_empty_exactly_for_equal_trees(before: Tree, after: Tree) -> None:
    old, new = generic(before), generic(after)
    assert (changes(old, new) == ()) == same(old.tree, new.tree)
    assert changes(old, generic(before)) == ()


@given(TREES, TREES)
def test_changes_lead_from_before_to_after(before: Tree, after: Tree) -> None:
    old, new = generic(before), generic(after)
    assert same(_apply(old.tree, changes(old, new)), new.tree)
    assert changes(Document(GENERIC, old.tree), Document(GENERIC, new.tree)) == changes(old, new)


@given(TREES, TREES)
def test_groups_lead_there_too(before: Tree, after: Tree) -> None:
    old, new = generic(before), generic(after)
    groups = group_changes(changes(old, new), old, new)
    assert len({change.key for change in groups}) == len(groups)
    assert same(_apply(old.tree, groups), new.tree)


def _apply(tree: Tree, all_changes: tuple[Change, ...]) -> Tree:
    result = copy.deepcopy(tree)
    for change in sorted(all_changes, key=lambda change: change.kind != "removed"):
        if change.after is ABSENT:
            _remove(result, change.key)
            continue
        table = result
        for part in change.key[:-1]:
            inner = table.setdefault(part, {})
            assert isinstance(inner, dict)
            table = inner
        table[change.key[-1]] = copy.deepcopy(change.after)
    return result


def _remove(table: Tree, key: tuple[str, ...]) -> None:
    inner: Value | None = table.get(key[0])
    if len(key) == 1:
        del table[key[0]]
    elif isinstance(inner, dict):
        _remove(inner, key[1:])
        if not inner:
            del table[key[0]]


def _prefixes(one: Document, other: Document) -> set[KeyPath]:
    keys = [change.key for change in (*changes(None, one), *changes(None, other))]
    return {key[:depth] for key in keys for depth in range(1, len(key) + 1)}


@given(TREES, TREES)
def test_changes_below_a_key_are_those_of_all_that_lie_there(before: Tree, after: Tree) -> None:
    old, new = generic(before), generic(after)
    for one, other in ((old, new), (None, new), (old, None)):
        for key in _prefixes(old, new):
            wanted = [change for change in changes(one, other) if change.key[: len(key)] == key]
            assert repr(list(changes_below(one, other, key))) == repr(wanted)


@given(TREES, TREES)
def test_a_change_set_holds_all_changes_by_key(before: Tree, after: Tree) -> None:
    old, new = generic(before), generic(after)
    found = ChangeSet(old, new)
    by_key = {change.key: change for change in changes(old, new)}
    assert list(found) == list(by_key)
    assert (len(found), repr(dict(found.items()))) == (len(by_key), repr(by_key))
    assert all(repr(found[key]) == repr(change) for key, change in by_key.items())
