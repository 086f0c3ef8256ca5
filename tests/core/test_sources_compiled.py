"""What the compiler reads of a crate, and on which condition: that decides about what its sources use."""

from __future__ import annotations

import pytest

from gatekeeper.core.names import Severity
from tests.core.small_fleet import Tree, hits, rules_hit, view_of

_ON_B = '[dependencies]\nb = { path = "../b" }\n'
_BUILD = _ON_B.replace("dependencies", "build-dependencies")
_DEV = _ON_B.replace("dependencies", "dev-dependencies")
_USE = "fn f() { b::g() }\n"


def tree(dependencies: str = "", **files: str) -> Tree:
    return {
        "Cargo.toml": '[workspace]\nmembers = ["a", "b"]\n',
        "a/Cargo.toml": '[package]\nname = "a"\n' + dependencies,
        "a/src/lib.rs": "",
        "b/Cargo.toml": '[package]\nname = "b"\n',
        **{f"a/{path.replace('__', '/')}.rs": text for path, text in files.items()},
    }


def removed_and_used(
    before: str, after: str, files: dict[str, str], base: dict[str, str] | None = None
) -> list[tuple[str, Severity | None]]:
    """Return what is said where one side changes the dependencies, and the other adds ``files``."""
    standing = base or {}
    view = view_of([tree(after, **standing), tree(before, **{**standing, **files})], [tree(before, **standing)])
    return [(str(found.hit.rule), found.hit.severity) for found in hits(view)]


_FOUND = [("dep-removed-vs-used", None)]
_PERHAPS = [("dep-removed-vs-used", Severity.MAJOR)]


@pytest.mark.parametrize(
    "files",
    [
        pytest.param({"src__c": _USE, "src__lib": "pub mod c;"}, id="a module"),
        pytest.param({"src__c__mod": _USE, "src__lib": "mod c;"}, id="a module in a directory"),
        pytest.param({"src__c__d": _USE, "src__c": "mod d;", "src__lib": "mod c;"}, id="a module of a module"),
        pytest.param({"src__c__d": _USE, "src__lib": "mod c { mod d; }"}, id="in a module that has no file"),
        pytest.param({"src__x__c": _USE, "src__lib": '#[path = "x/c.rs"] mod d;'}, id="by its path"),
        pytest.param({"src__c": _USE, "src__d": 'include!("c.rs");', "src__lib": "mod d;"}, id="included"),
        pytest.param({"src__bin__t__c": _USE, "src__bin__t__main": "mod c;"}, id="of a binary in a directory"),
        pytest.param({"tests__t": _USE}, id="a test"),
        pytest.param({"tests__c__mod": _USE, "tests__t": "mod c;"}, id="a module of a test"),
        pytest.param({"examples__t__main": _USE}, id="an example in a directory"),
        pytest.param({"src__c": _USE, "src__lib": "rt! { mod c; }"}, id="declared in a macro"),
        pytest.param({"src__lib": "use super::*; use b::g;"}, id="imported beside a glob"),
        pytest.param({"src__lib": "mod c { use super::*; fn f() { b::g() } }"}, id="a glob without such a name"),
        pytest.param({"src__lib": "#[cfg(test)] mod t { use super::*; fn f() { b::g() } }"}, id="for tests only"),
        pytest.param({"src__lib": '#[cfg(not(feature = "gone"))] fn f() { b::g() }'}, id="without a feature"),
    ],
)
def test_what_is_compiled_uses_the_dependency(files: dict[str, str]) -> None:
    assert removed_and_used(_ON_B, "", files) == _FOUND


@pytest.mark.parametrize(
    "files",
    [
        pytest.param({"src__c": _USE}, id="no module"),
        pytest.param({"src__c": _USE, "src__lib": "// mod c;"}, id="a module in a comment"),
        pytest.param({"src__c__d": _USE, "src__c": "mod d;"}, id="a module of no module"),
        pytest.param({"src__x__c": _USE, "src__y": '#[path = "x/c.rs"] mod d;'}, id="by its path from no module"),
        pytest.param({"tests__ui__t": _USE}, id="data of tests"),
        pytest.param({"tests__c__mod": _USE}, id="a module of no test"),
        pytest.param({"tests__c__mod": 'include!("mod.rs");' + _USE}, id="a source that takes in itself"),
        pytest.param({"src__lib": '#[cfg(feature = "gone")] fn f() { b::g() }'}, id="under a feature that is not"),
        pytest.param(
            {"src__lib": '#[cfg(feature = "gone")] mod c;', "src__c": _USE}, id="a module under a feature that is not"
        ),
        pytest.param(
            {"src__c": "use crate::d::*; fn f() { b::g() }", "src__d": "use x::y as b;", "src__lib": "mod c; mod d;"},
            id="a name that a glob brings in",
        ),
    ],
)
def test_what_is_not_compiled_uses_nothing(files: dict[str, str]) -> None:
    assert removed_and_used(_ON_B, "", files) == []


@pytest.mark.parametrize(
    "files",
    [
        {"src__lib": "#[cfg(windows)] fn f() { b::g() }"},
        {"src__lib": "#[cfg(windows)] mod c;", "src__c": _USE},
        {"src__lib": "#[cfg(windows)] mod c;", "src__c": "mod d;", "src__c__d": _USE},
        {"src__lib": '#[cfg_attr(windows, path = "x.rs")] mod c;', "src__x": _USE, "src__c": ""},
        {"src__lib": "macro_rules! m { () => { b::g() } }"},
    ],
)
def test_what_is_compiled_on_a_condition_fails_in_some_builds(files: dict[str, str]) -> None:
    assert removed_and_used(_ON_B, "", files) == _PERHAPS


def test_one_use_that_is_always_compiled_is_enough() -> None:
    both = {
        "src__lib": "#[cfg(windows)] mod c; mod d;",
        "src__c": "",
        "src__d": "#[cfg(unix)] fn e() { b::h() }" + _USE,
    }
    assert removed_and_used(_ON_B, "", both) == _FOUND
    twice = {"src__lib": "#[cfg(windows)] mod c;", "src__main": "mod c;", "src__c": _USE}
    assert (_FOUND[0] in removed_and_used(_ON_B, "", twice)) is True


@pytest.mark.parametrize(
    ("before", "files", "expected"),
    [
        pytest.param(_BUILD, {"build": _USE}, _FOUND, id="a build script"),
        pytest.param(_BUILD, {"build": "mod c;", "c": _USE}, _FOUND, id="a module of a build script"),
        pytest.param(_ON_B, {"build": "mod c;", "c": _USE}, [], id="which sees no other dependencies"),
        pytest.param(_DEV, {"src__lib": "#[cfg(test)] mod c;", "src__c": _USE}, _FOUND, id="a module for tests"),
        pytest.param(_DEV, {"src__lib": "mod c;", "src__c": _USE}, [], id="which others do not see"),
    ],
)
def test_code_sees_the_dependencies_of_what_it_is_part_of(
    before: str, files: dict[str, str], expected: list[tuple[str, Severity | None]]
) -> None:
    assert removed_and_used(before, "", files) == expected


_PLACED = '[[bin]]\nname = "t"\npath = "tool/run.rs"\n'
_OFF = "autotests = false\n"


def test_targets_that_the_manifest_spells_out() -> None:
    assert removed_and_used(_ON_B + _PLACED, _PLACED, {"tool__run": "mod c;", "tool__c": _USE}) == _FOUND
    assert removed_and_used(_OFF + _ON_B, _OFF, {"tests__t": _USE}) == []
    named = '[[test]]\nname = "t"\n'
    assert removed_and_used(_OFF + _ON_B + named, _OFF + named, {"tests__t": _USE}) == _FOUND
    script = 'build = "build/main.rs"\n'
    assert removed_and_used(script + _BUILD, script, {"build__main": _USE}) == _FOUND


def test_only_who_declares_the_module_compiles_it() -> None:
    base = tree(_ON_B)
    agents = [tree(), tree(_ON_B, src__c=_USE), tree(_ON_B, src__c=_USE, src__lib="mod c;")]
    assert [(found.left, found.right) for found in hits(view_of(agents, [base]))] == [(0b001, 0b100)]


def test_a_feature_counts_where_the_merge_has_it() -> None:
    used = '#[cfg(feature = "x")] fn f() { b::g() }'
    with_x = _ON_B + "[features]\nx = []\n"
    base = tree(with_x)
    agents = [tree(), tree(with_x, src__lib=used), tree("[features]\nx = []\n")]
    found = {(one.left, one.right, str(one.hit.rule)) for one in hits(view_of(agents, [base]))}
    assert found == {
        (0b001, 0b010, "feature-removed-vs-cfg-source"),
        (0b100, 0b010, "dep-removed-vs-used"),
    }


_FORBID = '[lints.rust]\nunsafe_code = "forbid"\n'


@pytest.mark.parametrize(
    ("files", "rules"),
    [
        ({"src__lib": "#[cfg(test)] mod t { #![allow(unsafe_code)] }"}, ["lint-forbid-vs-allow-attr"]),
        ({"src__lib": "mod c;", "src__c": "#![allow(unsafe_code)]"}, ["lint-forbid-vs-allow-attr"]),
        ({"src__lib": "#[cfg_attr(all(), allow(unsafe_code))] fn f() {}"}, ["lint-forbid-vs-allow-attr"]),
        ({"src__lib": "#[cfg(windows)] mod c;", "src__c": "#![allow(unsafe_code)]"}, []),
        ({"src__lib": "#[allow(unsafe_code)] #[cfg(windows)] fn f() {}"}, []),
        ({"src__c": "#![allow(unsafe_code)]"}, []),
    ],
)
def test_levels_of_lints_count_where_they_are_compiled(files: dict[str, str], rules: list[str]) -> None:
    assert rules_hit([tree(_FORBID), tree(**files)], tree()) == rules


_EXPECTS = "unexpected_cfgs = { level = \"warn\", check-cfg = ['cfg(feature, values(VALUES))'] }\n"


@pytest.mark.parametrize(("values", "told"), [('"x"', False), ('"y", "x"', False), ("any()", False), ('"y"', True)])
def test_a_feature_that_the_compiler_is_told_of(values: str, told: bool) -> None:  # noqa: FBT001 -- a parameter
    base, used = tree("[features]\nx = []\n"), tree("[features]\nx = []\n", src__lib='#[cfg(feature = "x")] fn f() {}')
    rules = ["feature-removed-vs-cfg-source"] if told else []
    assert rules_hit([tree("[lints.rust]\n" + _EXPECTS.replace("VALUES", values)), used], base) == rules
    inherits = "lints.workspace = true\n"
    shared = {"Cargo.toml": tree()["Cargo.toml"] + "[workspace.lints.rust]\n" + _EXPECTS.replace("VALUES", values)}
    base, used = ({**one, **shared, "a/Cargo.toml": inherits + one["a/Cargo.toml"]} for one in (base, used))
    assert rules_hit([{**tree(), **shared, "a/Cargo.toml": inherits + tree()["a/Cargo.toml"]}, used], base) == rules


@pytest.mark.parametrize(
    ("features", "severity"),
    [
        ('default = ["b"]\n', Severity.MINOR),
        ('default = ["x"]\nx = ["y"]\ny = ["dep:b"]\n', Severity.MINOR),
        ('default = ["x"]\nx = ["b/y"]\n', Severity.MINOR),
        ('default = ["x"]\nx = ["b?/y", "y"]\ny = ["x"]\n', None),
        ("default = []\n", None),
        ("", None),
    ],
)
def test_an_optional_dependency_that_is_on_by_default(features: str, severity: Severity | None) -> None:
    optional = _ON_B.replace(" }", ", optional = true }") + "[features]\n" + features
    found = removed_and_used(_ON_B, optional, {"src__lib": _USE})
    assert ("dep-made-optional-vs-used", severity) in found
