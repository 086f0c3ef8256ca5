from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gatekeeper.core.document import Document, parse
from gatekeeper.core.names import TreePath
from gatekeeper.core.schema import (
    CARGO,
    CARGO_CONFIG,
    CARGO_LOCK,
    CARGO_MAKE,
    GENERIC,
    AliasUse,
    Profile,
    profile_for,
)
from gatekeeper.core.schema.dependencies import compact_cfg
from gatekeeper.core.schema.identity import numbered
from tests.core.toml_texts import TREES, Tree, document, plain_text

_PROFILES = (CARGO, CARGO_MAKE, CARGO_LOCK, CARGO_CONFIG, GENERIC)


def _tree(text: str, profile: Profile = CARGO) -> dict[str, Any]:
    return dict(document(text, profile).tree)


@pytest.mark.parametrize(
    ("path", "profile"),
    [
        ("Cargo.toml", CARGO),
        ("crates/a/Cargo.toml", CARGO),
        ("Makefile.toml", CARGO_MAKE),
        ("ci/Makefile.coverage.toml", CARGO_MAKE),
        ("release.makefile.toml", CARGO_MAKE),
        ("cargo-make.toml", CARGO_MAKE),
        (".cargo-make/common.toml", CARGO_MAKE),
        ("tools/cargo-make/x/y.toml", CARGO_MAKE),
        ("Cargo.lock", CARGO_LOCK),
        ("fuzz/Cargo.lock", CARGO_LOCK),
        (".cargo/config.toml", CARGO_CONFIG),
        ("a/.cargo/config", CARGO_CONFIG),
        (".cargo/other.toml", GENERIC),
        ("config.toml", GENERIC),
        ("rust-toolchain.toml", GENERIC),
        ("cargo.toml", GENERIC),
        ("my-makefiles.toml", GENERIC),
        ("src/Cargo.toml.orig", None),
        ("config", None),
        ("uv.lock", None),
        ("toml", None),
    ],
)
def test_file_names(path: str, profile: Profile | None) -> None:
    assert profile_for(TreePath(path)) is profile


_SAME_MANIFESTS = [
    ('[dependencies]\na = "1.0"', '[dependencies.a]\nversion = "1.0"'),
    ('[dependencies]\na = "1.0"', '[dependencies]\na.version = "1.0"'),
    ("[dependencies]\na.workspace = true", "[dependencies]\na = { workspace = true }"),
    ('[target.x.dependencies]\na = "1"', '[target.x.dependencies]\na = { version = "1" }'),
    ('[target."cfg(unix)".dependencies]\na = "1"', "[target.'cfg( unix )'.dependencies]\na = '1'"),
    ("[target.'cfg(target_os=\"linux\")'.dependencies]", "[target.'cfg( target_os = \"linux\" )'.dependencies]"),
    ('[workspace.dependencies]\na = "1"', '[workspace]\ndependencies.a = { version = "1" }'),
    ('[patch.crates-io]\na = "1"', '[patch.crates-io.a]\nversion = "1"'),
    ('[replace]\n"a:1" = "1"', '[replace."a:1"]\nversion = "1"'),
    ('[dev_dependencies]\na = "1"', '[dev-dependencies]\na = "1"'),
    ("[target.x.build_dependencies]\n", "[target.x.build-dependencies]\n"),
    ("[dependencies.a]\ndefault_features = false", "[dependencies.a]\ndefault-features = false"),
    ("[lib]\ncrate_type = ['lib']\nproc_macro = false", "[lib]\ncrate-type = ['lib']\nproc-macro = false"),
    ("[project]\nname = 'a'", "[package]\nname = 'a'"),
    ("[[bin]]\nname = 'a'\n[[bin]]\nname = 'b'", "[[bin]]\nname = 'b'\n[[bin]]\nname = 'a'"),
    ("[[bin]]\nname = 'a'", "bin = [{ name = 'a' }]"),
]


@pytest.mark.parametrize(("left", "right"), _SAME_MANIFESTS)
def test_spellings_of_a_manifest(left: str, right: str) -> None:
    assert _tree(left) == _tree(right)


_SAME_MAKEFILES = [
    ("[tasks.a]\ndependencies = [{ name = 'b' }, 'c']", "[tasks.a]\ndependencies = ['b', { name = 'c' }]"),
    ("[tasks.a]\nrun_task = { name = 'b' }", "[tasks.a]\nrun_task = 'b'"),
    ("[tasks.a.linux]\nrun_task = { name = 'b' }", "[tasks.a.linux]\nrun_task = 'b'"),
    ("[tasks.a]\nscript = ['x']", "[tasks.a]\nscript = 'x'"),
    ("extend = { path = 'x' }", "extend = 'x'"),
    ("extend = [{ path = 'x' }, 'y']", "extend = ['x', { path = 'y' }]"),
]


@pytest.mark.parametrize(("left", "right"), _SAME_MAKEFILES)
def test_spellings_of_a_makefile(left: str, right: str) -> None:
    assert _tree(left, CARGO_MAKE) == _tree(right, CARGO_MAKE)


@pytest.mark.parametrize(
    ("left", "right"),
    [
        ("[tasks.a]\ndependencies = [{ name = 'b', path = 'p' }]", "[tasks.a]\ndependencies = ['b']"),
        ("[tasks.a]\nrun_task = { name = 'b', fork = true }", "[tasks.a]\nrun_task = 'b'"),
        ("[tasks.a]\nscript = ['x', 'y']", "[tasks.a]\nscript = 'x'"),
        ("extend = { path = 'x', optional = true }", "extend = 'x'"),
    ],
)
def test_what_says_more_stays_different(left: str, right: str) -> None:
    assert _tree(left, CARGO_MAKE) != _tree(right, CARGO_MAKE)


def test_old_spellings_are_noted() -> None:
    text = "[project]\n[dev_dependencies.x]\ndefault_features = false\n[[bin]]\nname = 't'\nproc_macro = true\n"
    assert document(text).aliases == (
        AliasUse(("package",), "project"),
        AliasUse(("dev-dependencies",), "dev_dependencies"),
        AliasUse(("dev-dependencies", "x", "default-features"), "default_features"),
        AliasUse(("bin", "t", "proc-macro"), "proc_macro"),
    )


def test_of_two_spellings_the_newer_wins() -> None:
    both = document("[dev_dependencies]\na = '1'\n[dev-dependencies]\nb = '1'\n[package]\n[project]\nname = 'x'")
    assert both.tree == {"dev-dependencies": {"b": {"version": "1"}}, "package": {}}
    assert [(use.spelled, use.shadowed, use.value) for use in both.aliases] == [
        ("project", True, {"name": "x"}),
        ("dev_dependencies", True, {"a": "1"}),
    ]


def test_renaming_keeps_the_order() -> None:
    assert list(_tree("[project]\n[dev_dependencies]\n[features]")) == ["package", "dev-dependencies", "features"]
    targets = _tree("[target.a]\n[target.'cfg( b )']\n[target.'cfg(b)']\n[target.'cfg( c )']")["target"]
    assert list(targets) == ["a", "cfg( b )", "cfg(b)", "cfg(c)"]


def test_cfg_blanks_outside_strings_say_nothing() -> None:
    assert compact_cfg('cfg( all( unix,a="b  c" ) )') == 'cfg(all(unix, a = "b  c"))'


def test_entries_of_one_identity_are_all_kept() -> None:
    assert list(_tree("bin = [{ name = 'a' }, { name = 'a' }, { name = 'a#2' }, { name = 'a' }]")["bin"]) == [
        "a",
        "a#2",
        "a#2#2",
        "a#3",
    ]
    assert list(numbered(["x"] * 10_000))[-1] == "x#10000"


def test_locked_packages_by_name_version_source() -> None:
    text = (
        "[[package]]\nname = 'a'\nversion = '1'\nsource = 's'\n[[package]]\nname = 'a'\nversion = '2'\n"
        "[[patch.unused]]\nname = 'u'\n"
    )
    tree = _tree(text, CARGO_LOCK)
    assert list(tree["package"]) == ["a 1 s", "a 2"]
    assert list(tree["patch"]["unused"]) == ["u"]
    assert _tree("package = [{ version = '1' }]", CARGO_LOCK) == {"package": [{"version": "1"}]}


def test_configuration_patches_are_dependencies() -> None:
    text = "[patch.crates-io]\na = '1'\n[target.'cfg( unix )']\nrunner = 'x'"
    assert _tree(text, CARGO_CONFIG) == {
        "patch": {"crates-io": {"a": {"version": "1"}}},
        "target": {"cfg(unix)": {"runner": "x"}},
    }


@pytest.mark.parametrize(
    "text",
    [
        "workspace = { members = 3, dependencies = [] }\nfeatures = 'x'\ndependencies = ['a']\ntarget = 2\n",
        "bin = 'x'\nlib = []\npatch = { a = 'b' }\nreplace = false\n[target]\nx = 1\n",
        "bin = [1]\n[dependencies]\na = 1\nb = [1]\n[target.x]\ndependencies = 1\n",
        "tasks = 'x'\nextend = 3\nenv = []\n",
        "extend = [{ path = 1 }, 2]\n[tasks]\na = 'x'\nb = { dependencies = 'c', run_task = 1, linux = 2 }\n",
        "[tasks]\na = { script = [1], run_task = { name = 2 }, dependencies = [{ name = 3 }] }\n",
        "package = 'x'\npatch = 1\n",
        "[package]\nx = 1\n[patch]\nunused = 'x'",
    ],
)
def test_nonsense_stays_as_it_is(text: str) -> None:
    plain = document(text, GENERIC).tree
    assert all(document(text, profile).tree == plain for profile in _PROFILES)


@given(st.sampled_from(_PROFILES), TREES)
def test_canonical_text_is_canonical(profile: Profile, tree: Tree) -> None:
    parsed = parse(plain_text(tree).encode(), profile)
    assert isinstance(parsed, Document)
    if not any("#" in key for key in _all_keys(parsed.tree)):
        again = parse(plain_text(parsed.tree).encode(), profile)
        assert isinstance(again, Document)
        assert again.tree == parsed.tree


def _all_keys(value: object) -> set[str]:
    if isinstance(value, dict):
        return set(value).union(*map(_all_keys, value.values()))
    return set().union(*map(_all_keys, value)) if isinstance(value, list) else set()
