from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gatekeeper.core.names import TreePath
from gatekeeper.core.rust_source_facts import rust_facts
from gatekeeper.core.symbols import Kind


def said(kind: Kind, source: str) -> list[tuple[str, ...]]:
    facts = rust_facts(TreePath("src/lib.rs"), source.encode())
    return [definition.symbol.name for definition in facts.definitions if definition.symbol.kind == kind]


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
        ('#[cfg(feature = "x")] fn f() { wire::send() }', "cfg"),
        ('#[cfg(feature = "x")] #[inline] fn f<T>(t: [T; 2]) -> T { wire::send() }', "cfg"),
        ('#[cfg(feature = "x")] use a::b; fn f() { wire::send() }', ""),
        ('#[cfg(feature = "x")] fn g() {} fn f() { wire::send() }', ""),
        ('#![cfg(feature = "x")] fn f() { wire::send() }', "cfg"),
    ],
)
def test_what_a_path_is_compiled_under(source: str, condition: str) -> None:
    assert [name[1] for name in said(Kind.CRATE_PATH, source) if name[0] == "wire"] == [condition]


def test_features_are_found_wherever_a_configuration_is_asked_for() -> None:
    source = (
        '#[cfg(any(feature = "a", not(feature = "b")))] fn f() { cfg!(feature = "c") }#[cfg_attr(feature = "a", x)]'
    )
    assert said(Kind.CFG_FEATURE, source) == [("a", "1"), ("b", "1"), ("c", "1"), ("a", "2")]


def test_levels_of_lints() -> None:
    source = '#![allow(unsafe_code)]\n#[warn(clippy::all, dead_code, reason = "x")]\n#[deny(unused)] fn f() {}'
    assert [name[:2] for name in said(Kind.LINT_ATTRIBUTE, source)] == [
        ("unsafe_code", "allow"),
        ("clippy::all", "warn"),
        ("dead_code", "warn"),
    ]


def test_features_that_exclude_each_other() -> None:
    source = '#[cfg(all(feature = "b", feature = "a"))]\ncompile_error!("no");'
    assert said(Kind.EXCLUSIVE_FEATURES, source) == [("a", "b")]
    assert said(Kind.EXCLUSIVE_FEATURES, source.replace("all(", "all(unix, ")) == []


def test_modules_that_are_there_on_a_condition() -> None:
    source = '#[cfg(feature = "x")] pub(crate) mod a; #[cfg(unix)] mod b; #[cfg(test)] mod c; mod d;'
    assert said(Kind.CONDITIONAL_MODULE, source) == [("a",), ("b",)]


def test_a_source_that_nobody_wrote_says_nothing() -> None:
    assert said(Kind.CRATE_PATH, "use wire::x;" + " " * (1 << 18)) == []
    assert said(Kind.CRATE_PATH, "#[cfg(x)] " * 1000 + "use wire::x;") == []
    assert said(Kind.CRATE_PATH, f"use wire::{'{' * 5000};") == []


@given(
    st.lists(st.sampled_from(["#", "[", "]", "(", ")", "{", "}", "cfg", "use", "a", "::", '"', "'", "/*", "all", ","]))
)
def test_no_text_is_too_strange(parts: list[str]) -> None:
    for text in (" ".join(parts), "".join(parts)):
        facts = rust_facts(TreePath("src/lib.rs"), text.encode())
        # What is said of a name is said of one that stands there.
        assert all(one.symbol.name[0] in text for one in facts.definitions)
