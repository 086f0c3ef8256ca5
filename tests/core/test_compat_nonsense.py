"""R-42: whatever manifests and scripts hold, there is an answer, and what stays the same is in none."""

from __future__ import annotations

import rtoml
from hypothesis import given
from hypothesis import strategies as st

from gatekeeper.core.compat.items import Compatibility
from tests.core.compat_trees import Tree, compared

_NAMES = st.sampled_from(["a", "b", "workspace", "x/y", "é", "a b", ""])
_SCALARS = st.one_of(_NAMES, st.booleans(), st.integers(-1, 2), st.floats(0, 1), st.just("1"), st.just("../a"))
_KEYS = st.sampled_from(
    """
    package workspace dependencies dev-dependencies build-dependencies target features name version path git optional
    members exclude default-members lib bin tasks extend script command args run_task alias private disabled clear env
    condition config skip_core_tasks linux default edition required-features a b c
    """.split()  # noqa: SIM905 - a list of words
)
_VALUES = st.recursive(
    _SCALARS,
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(_KEYS, inner, max_size=4)),
    max_leaves=12,
)
_TABLES = st.dictionaries(_KEYS, _VALUES, max_size=6)
_TEXTS = st.one_of(_TABLES.map(rtoml.dumps), st.sampled_from(["", "[broken", "\0", "a = 1\na = 2\n"]))
_PATHS = st.sampled_from(
    [
        *("Cargo.toml", "a/Cargo.toml", "a/b/Cargo.toml", "Makefile.toml", "a/Makefile.toml", "c.toml"),
        *("a/src/lib.rs", "src/main.rs", ".github/workflows/ci.yml", "run.sh", ".cargo/config.toml"),
    ]
)
_TREES = st.dictionaries(_PATHS, _TEXTS, max_size=7)


@given(_TREES, _TREES, _TREES)
def test_there_is_always_an_answer(base: Tree, head: Tree, other: Tree) -> None:
    found = compared(base, head, {"other": (base, other)})
    assert len(found.names) == len(found.items) + len(found.unreadable)
    assert {item.name.partition(" ")[0] for item in found.items} == {item.kind for item in found.items}


@given(_TREES, st.text(max_size=20))
def test_what_stays_the_same_is_in_no_answer(tree: Tree, text: str) -> None:
    assert compared({**tree, "notes.txt": "x"}, {**tree, "notes.txt": text}) == Compatibility()
