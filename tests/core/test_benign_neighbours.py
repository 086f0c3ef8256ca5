"""What lies nearest to a fault and is none."""

from __future__ import annotations

import pytest

from tests.core.small_fleet import Tree, rules_hit

_ROOT = '[workspace]\nmembers = ["a", "b"]\n'
_A = '[package]\nname = "a"\n'
_B = '[package]\nname = "b"\n'
_USE = "fn f() { b::g() }\n"
_ON_B = '[dependencies]\nb = { path = "../b" }\n'


def tree(a: str = "", source: str = "", b: str = "", root: str = "", **files: str) -> Tree:
    return {
        "Cargo.toml": _ROOT + root,
        "a/Cargo.toml": _A + a,
        "a/src/lib.rs": source,
        "b/Cargo.toml": _B + b,
        **{path.replace("__", "/") + ".rs": text for path, text in files.items()},
    }


_BUILD = '[build-dependencies]\nb = { path = "../b" }\n'
_TARGET = "[target.'cfg(unix)'.dependencies]\nb = { path = \"../b\" }\n"
_OPTIONAL = '[dependencies]\nb = { path = "../b", optional = true }\n'
_SHARED = '[workspace.dependencies]\nb = { path = "b", features = ["x"] }\n'
_INHERITS = "[dependencies]\nb.workspace = true\n"
_FORBID = '[lints.rust]\nunsafe_code = "forbid"\n'


@pytest.mark.parametrize(
    ("base", "left", "right"),
    [
        pytest.param(tree(_ON_B), tree(), tree(_ON_B, "// b::g()\n"), id="only a comment"),
        pytest.param(tree(_ON_B, _USE), tree("", _USE), tree(_ON_B, _USE + "\n"), id="used before"),
        pytest.param(tree(_ON_B), tree(_TARGET), tree(_ON_B, _USE), id="moved to a target"),
        pytest.param(tree(_BUILD), tree(), tree(_BUILD, _USE), id="a build dependency was never to be seen"),
        pytest.param(tree(_ON_B), tree(), tree(_ON_B, "", a__src__b="fn g() {}", a__src__c=_USE), id="a module"),
        pytest.param(tree(_ON_B), tree(), tree(_ON_B, "#[cfg(doc)] fn f() {}"), id="another condition"),
        pytest.param(tree(), tree(_OPTIONAL), tree(_ON_B, _USE), id="both add the dependency"),
        pytest.param(
            tree(_ON_B), tree(_OPTIONAL), tree(_ON_B, '#[cfg(feature = "b")]\n' + _USE), id="under its feature"
        ),
        pytest.param(
            tree(_INHERITS, root=_SHARED),
            tree(_INHERITS, root=_SHARED.replace('"x"', "")),
            tree(_INHERITS, "fn f() { b::y() }", root=_SHARED),
            id="nothing of the feature's name",
        ),
        pytest.param(tree(), tree(_FORBID), tree("", "#[deny(unsafe_code)] fn f() {}"), id="denied beside forbidden"),
        pytest.param(tree(), tree(_FORBID), tree("", "#[allow(dead_code)] fn f() {}"), id="another lint"),
    ],
)
def test_nothing_is_wrong(base: Tree, left: Tree, right: Tree) -> None:
    assert rules_hit([left, right], base) == []


def test_both_take_the_dependency_away_and_one_of_them_uses_it() -> None:
    assert rules_hit([tree(), tree("", _USE)], tree(_ON_B)) == []


@pytest.mark.parametrize(
    ("source", "rules"),
    [
        (_USE, ["dep-removed-vs-used"]),
        ("#[cfg(test)] mod t { fn f() { b::g() } }", ["dep-removed-vs-used"]),
        ("use b::{self, c};", ["dep-removed-vs-used"]),
        ("macro_rules! m { () => { $crate::b::g() } }", []),
    ],
)
def test_a_dependency_that_is_gone(source: str, rules: list[str]) -> None:
    assert rules_hit([tree(), tree(_ON_B, source)], tree(_ON_B)) == rules
    assert rules_hit([tree("", source), tree("", source)], tree(_ON_B)) == []
