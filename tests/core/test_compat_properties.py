"""R-42: who changes nothing, or only its spelling, or adds something, takes nothing away."""

from __future__ import annotations

import tomllib
from typing import Any

import rtoml
from hypothesis import given
from hypothesis import strategies as st

from gatekeeper.core.compat.items import Compatibility
from tests.core.compat_strategies import makefiles, respelled, trees
from tests.core.compat_trees import Tree, compared

WORKSPACES = st.builds(lambda tree, makefile: {**tree, "Makefile.toml": makefile}, trees(), makefiles())
CI = ".github/workflows/ci.yml"


@given(WORKSPACES)
def test_the_same_takes_nothing_away(tree: Tree) -> None:
    assert compared(tree, dict(tree)) == Compatibility()
    assert compared(tree, {**tree, "notes.txt": ""}) == Compatibility()


@given(WORKSPACES)
def test_the_same_in_other_words_takes_nothing_away(tree: Tree) -> None:
    assert compared(tree, respelled(tree)) == Compatibility()
    assert compared(respelled(tree), tree) == Compatibility()


@given(WORKSPACES, st.data())
def test_what_is_added_takes_nothing_away(tree: Tree, data: st.DataObject) -> None:
    more = {**tree, "crates/zeta/src/lib.rs": "", "crates/zeta/Cargo.toml": '[package]\nname = "zeta"\n'}
    for path in tree:
        if path.endswith("Cargo.toml") and path != "Cargo.toml" and data.draw(st.booleans()):
            manifest: dict[str, Any] = tomllib.loads(tree[path])
            manifest["features"]["extra"] = []
            manifest["dependencies"]["serde"] = "1"
            for entries in manifest["features"].values():
                entries.append("extra2")
            manifest["features"]["extra2"] = []
            more[path] = rtoml.dumps(manifest)
    more["Makefile.toml"] += '\n[tasks.another]\nscript = "x"\n'
    assert compared(tree, more) == Compatibility()


@given(WORKSPACES, WORKSPACES)
def test_every_name_is_there_once_and_everything_is_used_where_it_stands(base: Tree, head: Tree) -> None:
    base, head = ({**tree, CI: "      - run: cargo make check\n"} for tree in (base, head))
    found = compared(base, head)
    assert len(found.names) == len(found.items)
    assert found.is_backward_compatible(found.names)
    assert found.is_backward_compatible() == (not found.items)
    for item in found.items:
        assert item.path in base or item.path in head
        assert {use.path for use in item.used_by} <= head.keys()
    lost = {item.name for item in found.items}
    assert ("ci-reference task check" in lost) == ("task check" in lost)


@given(WORKSPACES, WORKSPACES)
def test_spelling_decides_nothing(base: Tree, head: Tree) -> None:
    plain, turned = compared(base, head), compared(respelled(base), respelled(head))
    assert [(one.name, one.change) for one in plain.items] == [(one.name, one.change) for one in turned.items]
