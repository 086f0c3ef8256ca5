from __future__ import annotations

import copy
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from gatekeeper.core.changes import ABSENT, Absent
from gatekeeper.core.document import Document, Value, same
from gatekeeper.core.names import KeyPath
from gatekeeper.core.schema import CARGO, CARGO_MAKE, GENERIC, Profile
from gatekeeper.core.sequences import MAX_CELLS, merge_sequences, merge_sets, token
from gatekeeper.core.value_merge import Clash, ClashReason, United, ValueMerge, merge_values
from tests.core.toml_texts import TREES, Tree, document, generic, plain_text


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


@pytest.mark.parametrize(
    ("base", "ours", "theirs", "merged"),
    [
        ("abc", "xabc", "abcy", "xabcy"),
        ("abc", "ac", "abcy", "acy"),
        ("abc", "ac", "ac", "ac"),
        ("abc", "axbc", "axbc", "axbc"),
        ("abcd", "aXcd", "abcY", "aXcY"),
        ("ab", "xb", "ay", "xy"),
        ("abc", "axbc", "aybc", None),
        ("abc", "bca", "cab", None),
        ("abc", "bca", "bc", None),
        ("ab", "abx", "xab", None),
        ("ab", "b", "bx", "bx"),
        ("ab", "a", "abx", None),
        ("aab", "ab", "aabc", "abc"),
        ("", "a", "b", None),
    ],
)
def test_sequences(base: str, ours: str, theirs: str, merged: str | None) -> None:
    expected = list(merged) if merged is not None else None
    assert merge_sequences([*base], [*ours], [*theirs]) == merge_sequences([*base], [*theirs], [*ours]) == expected


def test_sequences_too_different_to_align_are_left_alone() -> None:
    size = int(MAX_CELLS**0.5) + 1
    base: list[Value] = list(range(size))
    assert merge_sequences(base, [-1 - n for n in range(size)], [*base, 0]) is None
    assert merge_sequences(base, [-1, *base], [*base, -2]) == [-1, *base, -2]


def test_tokens_tell_values_apart() -> None:
    values: list[Value] = [1, 1.0, True, "1", [1], {"a": 1}, {"a": True}, {"a": [1]}]
    assert len({token(value) for value in values}) == len(values)
    assert token({"a": 1, "b": [2]}) == token({"b": [2], "a": 1})
    assert merge_sets([{"a": 1}], [{"a": 1}, "x"], ["y", "y"]) == ["x", "y"]


_VERSIONS = st.sampled_from(["1.0", "1.2", "2", "=1"])
_ENTRIES = st.lists(st.sampled_from(["a", "b", "c", "!d", "dylib", "cdylib"]), max_size=4)
_DEPENDENCIES = st.dictionaries(
    st.sampled_from(["x", "y"]),
    st.one_of(
        _VERSIONS,
        st.fixed_dictionaries(
            {},
            optional={
                "version": _VERSIONS, "path": st.just("p"), "git": st.just("g"), "branch": st.just("b"),
                "rev": st.just("r"), "workspace": st.just(value=True), "features": _ENTRIES,
                "optional": st.booleans(),
            },
        ),
    ),
)  # fmt: skip
_MANIFESTS = st.fixed_dictionaries(
    {},
    optional={
        "package": st.fixed_dictionaries(
            {},
            optional={
                "version": _VERSIONS, "license": _VERSIONS, "license-file": _VERSIONS, "include": _ENTRIES,
                "workspace": st.just(".."), "resolver": _VERSIONS,
            },
        ),
        "dependencies": _DEPENDENCIES,
        "workspace": st.fixed_dictionaries({}, optional={"members": _ENTRIES, "resolver": _VERSIONS}),
        "features": st.dictionaries(st.sampled_from(["f", "g"]), _ENTRIES),
        "lib": st.fixed_dictionaries({}, optional={"crate-type": _ENTRIES, "proc-macro": st.booleans()}),
        "lints": st.dictionaries(st.sampled_from(["workspace", "rust", "clippy"]), st.booleans()),
        "bin": st.lists(st.fixed_dictionaries({"name": st.sampled_from(["t", "u"])}, optional={"path": _VERSIONS})),
        "patch": st.fixed_dictionaries({}, optional={"crates-io": _DEPENDENCIES}),
        "replace": _DEPENDENCIES,
    },
)  # fmt: skip
_TASK = st.fixed_dictionaries(
    {},
    optional={
        "command": _VERSIONS, "args": _ENTRIES, "script": st.one_of(_VERSIONS, _ENTRIES), "run_task": _VERSIONS,
        "dependencies": st.permutations(["a", "b", "c"]), "env": st.dictionaries(st.sampled_from("AB"), _VERSIONS),
        "condition": st.fixed_dictionaries({}, optional={"profiles": _ENTRIES}),
    },
)  # fmt: skip
_VARIABLES = st.one_of(_VERSIONS, st.dictionaries(st.sampled_from(["X", "value"]), _VERSIONS))
_MAKEFILES = st.fixed_dictionaries(
    {"tasks": st.dictionaries(st.sampled_from("st"), _TASK)},
    optional={"env": st.dictionaries(st.sampled_from(["A", "ci"]), _VARIABLES)},
)


def _triples() -> st.SearchStrategy[tuple[Document, Document, Document]]:
    def of(trees: st.SearchStrategy[Any], profile: Profile) -> st.SearchStrategy[tuple[Document, Document, Document]]:
        documents = trees.map(lambda tree: document(plain_text(tree), profile))
        return st.tuples(documents, documents, documents)

    return st.one_of(of(_MANIFESTS, CARGO), of(_MAKEFILES, CARGO_MAKE), of(TREES, GENERIC))


@given(_triples())
def test_a_change_of_one_side_is_taken(triple: tuple[Document, Document, Document]) -> None:
    base, changed, _ = triple
    for one, other in ((base, changed), (changed, base), (changed, changed)):
        merge = merge_values(base, one, other)
        assert merge == ValueMerge(merge.tree)
        assert same(merge.tree, changed.tree)
    assert same(merge_values(None, changed, changed).tree, changed.tree)


@given(_triples(), st.booleans())
@example((document("[features]\nf=['a','a']"), document("[features]\nf=['a','b','b']"), document("")), True)  # noqa: FBT003
def test_the_other_order_says_the_same(triple: tuple[Document, Document, Document], with_base: bool) -> None:  # noqa: FBT001
    base, left, right = triple
    there = merge_values(base if with_base else None, left, right)
    back = merge_values(base if with_base else None, right, left)
    assert {_facts(clash) for clash in there.clashes} == {_facts(_mirrored(clash)) for clash in back.clashes}
    assert set(there.united) == set(back.united)
    clashed = [(*clash.key, *member) for clash in there.clashes for member in clash.members or ((),)]
    clashed += [clash.key for clash in there.clashes if clash.key]
    sets = {united.key for united in there.united if united.how == "set"}
    assert same(_settled(there.tree, clashed, sets), _settled(back.tree, clashed, sets))


@given(_triples())
def test_ours_stands_at_every_clash(triple: tuple[Document, Document, Document]) -> None:
    base, ours, theirs = triple
    merge = merge_values(base, ours, theirs)
    assert len({(clash.key, clash.members) for clash in merge.clashes}) == len(merge.clashes)
    for clash in merge.clashes:
        for member in clash.members if clash.key == () else ((),):
            at = (*clash.key, *member)
            assert same(_look_up(merge.tree, at), _look_up(ours.tree, at))
        if clash.key:
            assert same(clash.ours, _look_up(ours.tree, clash.key))
            assert same(clash.theirs, _look_up(theirs.tree, clash.key))
            assert same(clash.base, _look_up(base.tree, clash.key))


@given(_triples())
def test_the_inputs_are_left_alone(triple: tuple[Document, Document, Document]) -> None:
    before = copy.deepcopy([one.tree for one in triple])
    merge_values(*triple)
    assert same([one.tree for one in triple], before)


@given(TREES, TREES, TREES)
def test_the_slow_comparison_finds_the_same(base: Tree, ours: Tree, theirs: Tree) -> None:
    fast = [generic(tree) for tree in (base, ours, theirs)]
    slow = [Document(GENERIC, one.tree) for one in fast]
    assert repr(merge_values(*fast)) == repr(merge_values(*slow))


@given(*[st.lists(st.sampled_from("abcd"), max_size=6, unique=True)] * 3)
def test_merged_sequences_keep_what_both_kept(base: list[str], ours: list[str], theirs: list[str]) -> None:
    merged = merge_sequences(base, ours, theirs)
    if merged is not None:
        assert set(merged) == {token(value) for value in merge_sets(base, ours, theirs)}
        assert len(merged) == len(set(map(str, merged)))


def _mirrored(clash: Clash) -> Clash:
    return Clash(clash.key, clash.base, clash.theirs, clash.ours, clash.reason, clash.proposal, clash.members)


def _facts(clash: Clash) -> str:
    return repr(clash)


def _look_up(tree: Value | Absent, key: KeyPath) -> Value | Absent:
    for part in key:
        if not isinstance(tree, dict) or part not in tree:
            return ABSENT
        tree = tree[part]
    return tree


def _settled(tree: Tree, clashed: list[KeyPath], sets: set[KeyPath]) -> Tree:
    """Return ``tree`` without what clashed, its sets sorted, and without tables that this leaves empty."""
    settled: Tree = {}
    for name, value in tree.items():
        inside = [key[1:] for key in clashed if key[0] == name]
        if () in inside:
            continue
        inner_sets = {key[1:] for key in sets if key[0] == name}
        if isinstance(value, dict):
            settled[name] = _settled(value, inside, inner_sets)
        elif isinstance(value, list) and () in inner_sets:
            settled[name] = [*sorted({str(entry) for entry in value})]
        else:
            settled[name] = value
    return settled
