from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gatekeeper.core.names import TreePath
from gatekeeper.core.rust_declarations import declared_at_a_glance, declared_in
from gatekeeper.core.rust_source_facts import rust_facts
from gatekeeper.core.symbols import Kind


def said(kind: Kind, source: str) -> list[tuple[str, ...]]:
    facts = rust_facts(TreePath("src/lib.rs"), source.encode())
    return [definition.symbol.name for definition in facts.definitions if definition.symbol.kind == kind]


_X = 'feature = "x"'


def paths(source: str) -> list[str]:
    return [path for _, _, path, _ in said(Kind.CRATE_PATH, source)]


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("use wire::Frame;", ["wire::Frame"]),
        ("use wire;", ["wire"]),
        ("use ::wire::Frame;", ["wire::Frame"]),
        ("use wire::{self, a::{b, c as d}, e::*};", ["wire", "wire::a::b", "wire::a::c", "wire::e"]),
        ("pub(crate) use wire::Frame as F;", ["wire::Frame"]),
        ("extern crate wire;", ["wire"]),
        ("fn f() -> wire::Frame { wire::send(1) }", ["wire::Frame", "wire::send"]),
        ("#[wire::main] fn f() {}", ["wire::main"]),
        ('fn f() { let s = "use wire::x;"; let t = r#"wire::"x"#; let c = \'"\'; }', []),
        ("// use wire::x;\n/* /* use wire::y; */ use wire::z; */", []),
        ("mod wire; fn f() { wire::send(1) }", []),
        ("use crate::wire; fn f() { wire::send(1) }", []),
        ("fn f() { a.parse::<u8>(); Self::b(); crate::c::d(); std::e(); <A as B>::g::h(); $crate::i::j() }", []),
    ],
)
def test_paths_that_lead_to_other_crates(source: str, expected: list[str]) -> None:
    assert paths(source) == expected


@pytest.mark.parametrize(
    ("source", "condition"),
    [
        ("fn f() { wire::send() }", ""),
        ("#[cfg(test)] mod tests { fn f() { wire::send() } }", "test"),
        ("#[test] fn f() { wire::send() }", "test"),
        ('#[cfg(feature = "x")] fn f() { wire::send() }', _X),
        ('#[cfg(feature = "x")] #[inline] fn f<T>(t: [T; 2]) -> T { wire::send() }', _X),
        ('#[cfg(feature = "x")] use a::b; fn f() { wire::send() }', ""),
        ('#[cfg(feature = "x")] fn g() {} fn f() { wire::send() }', ""),
        ('#![cfg(feature = "x")] fn f() { wire::send() }', _X),
        ("#[cfg(all())] fn f() { wire::send() }", ""),
        ('#[cfg(feature = "x")] mod a { #[test] fn f() { wire::send() } }', f"all({_X}, test)"),
        ("macro_rules! m { () => { wire::send() } }", "?"),
        ("cfg_if! { if #[cfg(unix)] { fn f() {} } else { fn f() { wire::send() } } }", "?"),
    ],
)
def test_what_a_path_is_compiled_under(source: str, condition: str) -> None:
    assert [name[1] for name in said(Kind.CRATE_PATH, source) if name[0] == "wire"] == [condition]


def test_features_are_found_wherever_a_configuration_is_asked_for() -> None:
    source = (
        '#[cfg(any(feature = "a", not(feature = "b")))] fn f() { cfg!(feature = "c") }#[cfg_attr(feature = "a", x)]'
    )
    assert said(Kind.CFG_FEATURE, source) == [
        ("a", "", "1"),
        ("b", "always", "1"),
        ("c", "", "1"),
        ("a", "", "2"),
    ]


def test_what_becomes_of_code_whose_feature_is_gone() -> None:
    source = '#[cfg(all(unix, feature = "a"))] fn f() {} #[cfg(not(feature = "b"))] fn g() {}'
    assert said(Kind.CFG_FEATURE, source) == [("a", "never", "1"), ("b", "always", "1")]


def test_paths_that_a_glob_of_the_own_crate_may_lead_elsewhere() -> None:
    body = "fn f() { wire::send(); ::wire::send() }"
    assert [name[2] for name in said(Kind.BARE_PATH, "use super::*;" + body)] == ["wire::send"]
    assert paths("use super::*; use wire::Frame;" + body) == ["wire::Frame", "wire::send"]
    assert [name[2] for name in said(Kind.BARE_PATH, "mod net; use net::*;" + body)] == ["wire::send"]
    for elsewhere in ("use std::io::*;", "use super::Colour::*;", ""):
        assert said(Kind.BARE_PATH, elsewhere + body) == []


def test_levels_of_lints() -> None:
    source = '#![allow(unsafe_code)]\n#[warn(clippy::all, dead_code, reason = "x")]\n#[deny(unused)] fn f() {}'
    assert [name[::2] for name in said(Kind.LINT_ATTRIBUTE, source)] == [
        ("unsafe_code", "allow"),
        ("clippy::all", "warn"),
        ("dead_code", "warn"),
    ]


@pytest.mark.parametrize(
    ("source", "conditions"),
    [
        ("#[allow(x)] fn f() {}", [""]),
        ("#[cfg(windows)] #[allow(x)] fn f() {}", ["windows"]),
        ("#[allow(x)] #[cfg(windows)] fn f() {} #[allow(x)] fn g() {}", ["windows", ""]),
        ("#[cfg_attr(all(), allow(x))] fn f() {}", [""]),
        ("#[cfg_attr(windows, inline, allow(y, x))] fn f() {}", ["windows"]),
        ("#[cfg(unix)] mod a { #[cfg_attr(test, allow(x))] fn f() {} }", ["all(unix, test)"]),
        ("macro_rules! m { () => { #[allow(x)] fn f() {} } }", ["?"]),
    ],
)
def test_what_a_level_is_set_under(source: str, conditions: list[str]) -> None:
    assert [name[1] for name in said(Kind.LINT_ATTRIBUTE, source) if name[0] == "x"] == conditions


def test_features_that_exclude_each_other() -> None:
    source = '#[cfg(all(feature = "b", feature = "a"))]\ncompile_error!("no");'
    assert said(Kind.EXCLUSIVE_FEATURES, source) == [("a", "b")]
    assert said(Kind.EXCLUSIVE_FEATURES, source.replace("all(", "all(unix, ")) == []


def test_modules_and_what_they_are_compiled_under() -> None:
    source = '#[cfg(feature = "x")] pub(crate) mod a; #[cfg(unix)] mod b { mod c; } #[cfg(test)] mod d; mod e;'
    assert [name[:2] for name in said(Kind.MODULE, source)] == [
        ("a", _X),
        ("b", "unix"),
        ("c", "unix"),
        ("d", "test"),
        ("e", ""),
    ]


@pytest.mark.parametrize(
    ("source", "tells"),
    [
        ("//! Tides.\n\nmod a;\npub(crate) mod r#b;\n\n#[cfg(test)]\nmod tests {\n    use super::*;\n}\n", True),
        ('mod a;\n#[cfg(unix)]\n// There.\n#[cfg(feature = "x")]\npub mod b;\n#[cfg(test)] mod c;\r\nmod d {}', True),
        ("use a::{\n    b,\n};\nfn f() { g() }\n", True),
        ("mod a {\n    mod b;\n}\n", False),
        ("rt! {\n    mod a;\n}\n", False),
        ("#[cfg(\n    unix\n)]\nmod a;\n", False),
        ("#![cfg(unix)]\nmod a;\n", False),
        ("/*\nmod a;\n*/\n", False),
    ],
)
def test_what_a_glance_tells_of_modules_is_so(source: str, tells: bool) -> None:  # noqa: FBT001 -- a parameter
    at_a_glance = declared_at_a_glance(source.encode())
    assert (at_a_glance is not None) is tells
    if at_a_glance is not None:
        assert at_a_glance == declared_in(rust_facts(TreePath("src/lib.rs"), source.encode()))


def test_files_that_are_taken_in_by_name() -> None:
    source = '#[path = "../a.rs"] mod a; #[cfg_attr(unix, path = "b.rs")] mod b; include!("c.rs"); f!("d.rs");'
    assert [name[:2] for name in said(Kind.MODULE_FILE, source)] == [("../a.rs", ""), ("b.rs", "unix"), ("c.rs", "")]


def test_a_source_that_nobody_wrote_says_nothing() -> None:
    assert said(Kind.CRATE_PATH, "use wire::x;" + " " * (1 << 18)) == []
    assert said(Kind.CRATE_PATH, "#[cfg(x)] " * 1000 + "use wire::x;") == []
    assert said(Kind.CRATE_PATH, f"use wire::{'{' * 5000};") == []


@given(
    st.lists(
        st.sampled_from(
            ["#", "[", "]", "(", ")", "{", "}", "cfg", "use", "a", "::", "mod", "\n", ";", '"', "'", "/*", "all", ","]
        )
    )
)
def test_no_text_is_too_strange(parts: list[str]) -> None:
    for text in (" ".join(parts), "".join(parts)):
        declared_at_a_glance(text.encode())
        facts = rust_facts(TreePath("src/lib.rs"), text.encode())
        # What is said of a name is said of one that stands there.
        assert all(one.symbol.name[0] in text for one in facts.definitions)
