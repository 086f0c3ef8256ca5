from __future__ import annotations

import pytest

from gatekeeper.core.changes import ABSENT
from gatekeeper.core.document import same
from gatekeeper.core.names import KeyPath
from gatekeeper.core.schema import CARGO, CARGO_MAKE, Profile
from gatekeeper.core.value_merge import Clash, ClashReason, United, ValueMerge, merge_values
from tests.core.toml_texts import document


def _merge(base: str | None, ours: str, theirs: str, profile: Profile = CARGO) -> ValueMerge:
    parsed = document(base, profile) if base is not None else None
    return merge_values(parsed, document(ours, profile), document(theirs, profile))


def _reasons(merge: ValueMerge) -> dict[KeyPath, ClashReason]:
    return {clash.key: clash.reason for clash in merge.clashes}


def _dependency(base: str, ours: str, theirs: str) -> tuple[str, str, str]:
    head = "[dependencies]\na ="
    return f"{head} {base}", f"{head} {ours}", f"{head} {theirs}"


def test_string_and_table_of_one_dependency_combine() -> None:
    merge = _merge(*_dependency('"1.0"', '"1.2"', '{ version = "1.0", features = ["x"] }'))
    assert merge == ValueMerge({"dependencies": {"a": {"version": "1.2", "features": ["x"]}}})


def test_both_changed_proposes_what_the_schema_would_take() -> None:
    (clash,) = _merge(*_dependency('"1.0"', '"1.2"', '"1.10"')).clashes
    assert clash == Clash(("dependencies", "a", "version"), "1.0", "1.2", "1.10", ClashReason.BOTH_CHANGED, "1.10")
    (clash,) = _merge(*_dependency('"1.0"', '"=1.2"', '"1.10"')).clashes
    assert clash.proposal is None
    (clash,) = _merge(None, "[package]\nname = 'a'", "[package]\nname = 'b'").clashes
    assert (clash.base, clash.ours, clash.theirs, clash.proposal) == (ABSENT, "a", "b", None)


def test_equal_changes_never_clash() -> None:
    assert _merge("a = 1", "a = 2\nb = [1]", "b = [1]\na = 2") == ValueMerge({"a": 2, "b": [1]})


def test_keys_keep_the_order_of_ours_then_theirs() -> None:
    assert list(_merge("b = 1\na = 1", "c = 1\nb = 1\na = 1", "a = 1\nd = 1\nb = 1").tree) == ["c", "b", "a", "d"]


def test_removed_here_and_changed_inside_there() -> None:
    base, changed = "[profile.dev.package.a]\nlto = 1\ndebug = 1", "[profile.dev.package.a]\nlto = 2\ndebug = 1"
    (clash,) = _merge(base, "", changed).clashes
    assert (clash.key, clash.reason) == (("profile",), ClashReason.CHANGED_AND_REMOVED)
    assert (clash.ours, clash.theirs) == (ABSENT, {"dev": {"package": {"a": {"lto": 2, "debug": 1}}}})
    assert _merge(base, "", changed).tree == {}
    assert _merge(base, changed, "").tree == document(changed).tree
    kept = "[profile.dev.package]"
    assert _reasons(_merge(base, kept, changed)) == {
        ("profile", "dev", "package", "a"): ClashReason.CHANGED_AND_REMOVED
    }


def test_type_clashes() -> None:
    assert _reasons(_merge("", "[x]\ny = 1", "x = 1")) == {("x",): ClashReason.TYPE_CLASH}
    assert _reasons(_merge("", "[[bin]]\nname = 'a'", "bin = 1")) == {("bin",): ClashReason.TYPE_CLASH}
    assert _reasons(_merge("x = 1", "x = [1]", "x = 2")) == {("x",): ClashReason.TYPE_CLASH}
    assert _merge("x = 1", "x = { a = 1 }", "x = { b = 1 }").tree == {"x": {"a": 1, "b": 1}}


def test_one_is_not_true() -> None:
    merge = _merge("[profile.dev]\ndebug = true", "[profile.dev]\ndebug = 1", "[profile.dev]\ndebug = true\nlto = 1")
    assert same(merge.tree, {"profile": {"dev": {"debug": 1, "lto": 1}}})
    assert _merge("a = nan", "a = nan\nb = 1", "a = nan\nc = 1").clashes == ()


@pytest.mark.parametrize(
    ("forms", "members"),
    [
        (('"1"', "{ workspace = true }", '"2"'), (("version",), ("workspace",))),
        (('"1"', "{ workspace = true }", '{ version = "1", path = "p" }'), (("path",), ("workspace",))),
        (('"1"', '{ path = "p" }', '{ git = "g" }'), (("git",), ("path",))),
        (('{ git = "g" }', '{ git = "g", tag = "t" }', '{ git = "g", rev = "r" }'), (("rev",), ("tag",))),
        (('{ git = "g" }', '{ path = "p" }', '{ git = "g", branch = "b" }'), (("branch",), ("path",))),
    ],
)
def test_dependency_sources_exclude_each_other(forms: tuple[str, str, str], members: tuple[KeyPath, ...]) -> None:
    base, ours, theirs = _dependency(*forms)
    for merge in (_merge(base, ours, theirs), _merge(base, theirs, ours)):
        (clash,) = merge.clashes
        assert (clash.key, clash.reason, clash.members) == (("dependencies", "a"), ClashReason.EXCLUSIVE_SLOT, members)
    assert _merge(base, ours, theirs).tree == document(ours).tree


def test_what_one_side_fills_twice_is_its_own_fault() -> None:
    base, ours, theirs = _dependency('"1"', '{ path = "p", git = "g" }', '{ version = "1", optional = true }')
    assert _merge(base, ours, theirs).clashes == ()
    assert _merge(ours, ours + "\n[x]", ours + "\n[y]").clashes == ()


def test_added_by_both_from_different_sources() -> None:
    _, ours, theirs = _dependency("1", '{ path = "p" }', '{ git = "g" }')
    (clash,) = _merge("[dependencies]", ours, theirs).clashes
    assert (clash.base, clash.ours, clash.theirs) == (ABSENT, {"path": "p"}, {"git": "g"})


def test_slots_of_the_document() -> None:
    merge = _merge(
        '[package]\nlicense = "MIT"\nversion = "1.0.0"\n',
        '[package]\nlicense-file = "L"\nversion = "1.1.0"\n[patch.crates-io]\na = "1"\n',
        '[package]\nlicense = "Apache"\nversion = "1.2.0"\nedition = "2024"\n[replace]\n"b:1" = "1"\n',
    )
    assert [(clash.key, clash.reason, clash.members) for clash in merge.clashes] == [
        (("package", "version"), ClashReason.BOTH_CHANGED, ()),
        ((), ClashReason.EXCLUSIVE_SLOT, (("patch",), ("replace",))),
        ((), ClashReason.EXCLUSIVE_SLOT, (("package", "license"), ("package", "license-file"))),
    ]
    assert merge.tree == {
        "package": {"license-file": "L", "version": "1.1.0", "edition": "2024"},
        "patch": {"crates-io": {"a": {"version": "1"}}},
    }


def test_a_removed_table_is_one_clash_whatever_slots_it_holds() -> None:
    merge = _merge("[package]\nname = 'a'", "[workspace]", "[package]\nname = 'a'\nworkspace = '..'")
    assert _reasons(merge) == {("package",): ClashReason.CHANGED_AND_REMOVED}


def test_inherited_and_own_lints() -> None:
    merge = _merge("", "[lints]\nworkspace = true", "[lints.rust]\nunsafe_code = 'deny'")
    assert merge.clashes[0].members == (("rust",), ("workspace",))


@pytest.mark.parametrize(
    ("base", "ours", "theirs", "reasons"),
    [
        ("", "command = 'x'", "script = 'y'", {"": ClashReason.EXCLUSIVE_SLOT}),
        ("command = 'x'", "run_task = 'r'", "command = 'x'\nargs = ['1']", {"": ClashReason.EXCLUSIVE_SLOT}),
        ("script = 'x'", "script = 'y'", "script = { file = 'z' }", {"script": ClashReason.BOTH_CHANGED}),
        ("", "script = { file = 'x' }", "script = { main = 'z' }", {"script": ClashReason.BOTH_CHANGED}),
        ("script = [1, 2]", "script = [0, 1, 2]", "script = [1, 2, 3]", {"script": ClashReason.BOTH_CHANGED}),
        ("", "env = { A = '1' }", "env = { B = '2' }", {}),
        ("", "env.A = { value = '1' }", "env.A = { script = ['2'] }", {"env.A": ClashReason.BOTH_CHANGED}),
        ("args = ['a']", "args = ['x', 'a']", "args = ['a', 'y']", {}),
        ("args = ['a']", "args = ['a', 'x']", "args = ['a', 'y']", {"args": ClashReason.SEQUENCE_ORDER}),
        ("args = ['a', 'b']", "args = ['b']", "args = ['b', 'a']", {"args": ClashReason.SEQUENCE_ORDER}),
    ],
)
def test_tasks(base: str, ours: str, theirs: str, reasons: dict[str, ClashReason]) -> None:
    head = "[tasks.t]\n"
    merge = _merge(head + base, head + ours, head + theirs, CARGO_MAKE)
    assert {".".join(key[2:]): reason for key, reason in _reasons(merge).items()} == reasons


def test_profile_sections_of_the_environment_unite() -> None:
    merge = _merge("", "[env.ci]\nA = '1'", "[env.ci]\nB = '1'", CARGO_MAKE)
    assert merge == ValueMerge({"env": {"ci": {"A": "1", "B": "1"}}})


def test_sets_unite() -> None:
    merge = _merge(
        "[workspace]\nmembers = ['a', 'gone', 'b']", "[workspace]\nmembers = ['n', 'a', 'gone', 'b']",
        "[workspace]\nmembers = ['m', 'b', 'a']",
    )  # fmt: skip
    assert merge == ValueMerge(
        {"workspace": {"members": ["n", "a", "b", "m"]}}, united=(United(("workspace", "members"), "set"),)
    )


def test_sets_with_forbidden_pairs() -> None:
    base, ours, theirs = (f"[lib]\ncrate-type = [{kinds}]" for kinds in ("'lib'", "'lib', 'dylib'", "'lib', 'cdylib'"))
    assert _reasons(_merge(base, ours, theirs)) == {("lib", "crate-type"): ClashReason.FORBIDDEN_SET}
    already = "[lib]\ncrate-type = ['dylib', 'cdylib']"
    assert _merge(base, already, ours).clashes == ()


def test_negated_globs_are_a_sequence() -> None:
    merge = _merge("[package]\ninclude = []", "[package]\ninclude = ['*.txt']", "[package]\ninclude = ['!a.txt']")
    assert _reasons(merge) == {("package", "include"): ClashReason.SEQUENCE_ORDER}


def test_the_last_entry_of_a_table_takes_no_new_one_with_it() -> None:
    base = "[profile.ci]\ndebug = 1"
    added = f"{base}\n[profile.n]\nlto = true"
    assert _merge(base, "", added) == _merge(base, added, "") == ValueMerge({"profile": {"n": {"lto": True}}})
    unix = "[target.'cfg(unix)'.dependencies]\n"
    merge = _merge(f"{unix}a = '1'", "", f"{unix}a = '1'\nb = '1'")
    assert merge == ValueMerge({"target": {"cfg(unix)": {"dependencies": {"b": {"version": "1"}}}}})


@pytest.mark.parametrize(
    ("base", "kept"),
    [
        ("[profile.ci]\ndebug = 1", "[profile.ci]\ndebug = 2\n[profile.n]\nlto = true"),
        (
            "[profile.ci]\ndebug = 1\n[profile.n]\nlto = true",
            "[profile.ci]\ndebug = 1\n[profile.n]\nlto = true\n[profile.m]",
        ),
        ("[profile.ci]\ndebug = 1", "[profile.n]\nlto = true"),
        ("[package]\nname = 'a'", "[package]\nname = 'a'\nlinks = 'z'"),
        ("[dependencies.a]\npath = 'a'", "[dependencies.a]\npath = 'a'\n[dependencies]\nb = 1"),
    ],
    ids=["edited", "several", "replaced", "not-a-collection", "not-an-entry"],
)
def test_what_was_removed_otherwise_clashes(base: str, kept: str) -> None:
    (key,) = document(base).tree
    assert _reasons(_merge(base, "", kept)) == {(key,): ClashReason.CHANGED_AND_REMOVED}
