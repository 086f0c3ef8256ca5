from __future__ import annotations

import copy
from typing import Any

from hypothesis import example, given
from hypothesis import strategies as st

from gatekeeper.core.changes import ABSENT, Absent
from gatekeeper.core.document import Document, Value, same
from gatekeeper.core.names import KeyPath
from gatekeeper.core.schema import CARGO, CARGO_MAKE, GENERIC, Profile
from gatekeeper.core.value_merge import Clash, ValueMerge, merge_values
from tests.core.toml_texts import TREES, Tree, document, generic, plain_text

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
