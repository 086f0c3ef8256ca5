from __future__ import annotations

import json
from datetime import date, time
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gatekeeper.core.document import Document, parse
from gatekeeper.core.names import TreePath
from gatekeeper.core.schema import profile_for
from gatekeeper.core.symbols import FileFacts, How, Kind, Symbol
from gatekeeper.core.tree_paths import glob_matches, relative, resolve
from gatekeeper.core.workspace import file_facts


def facts_of(path: str, text: str) -> FileFacts:
    profile = profile_for(TreePath(path))
    assert profile is not None
    document = parse(text.encode(), profile)
    assert isinstance(document, Document)
    return file_facts(TreePath(path), document)


def defined(facts: FileFacts, kind: Kind) -> set[tuple[str, ...]]:
    return {definition.symbol.name for definition in facts.definitions if definition.symbol.kind == kind}


def referred(facts: FileFacts, kind: Kind) -> set[tuple[tuple[str, ...], str]]:
    return {(reference.symbol.name, reference.how) for reference in facts.references if reference.symbol.kind == kind}


MEMBER = """
[package]
name = "store"
version.workspace = true

[dependencies]
api = { path = "../api", features = ["json"] }
cache = { path = "../cache", optional = true }
disk = { path = "../disk", optional = true }
log.workspace = true

[target.'cfg( unix )'.dependencies]
pipes = { path = "../pipes", package = "shop-pipes" }

[dev-dependencies]
bench = { path = "../bench" }

[lints]
workspace = true

[features]
default = ["files"]
files = ["cache", "dep:disk", "api/xml", "log?/color"]
"""


def test_a_package_defines_its_features_and_those_that_come_with_optional_dependencies() -> None:
    facts = facts_of("crates/store/Cargo.toml", MEMBER)
    assert defined(facts, Kind.FEATURE) == {
        ("crates/store", "default"),
        ("crates/store", "files"),
        ("crates/store", "cache"),
    }
    assert defined(facts, Kind.OPTIONAL_DEPENDENCY) == {("crates/store", "cache"), ("crates/store", "disk")}
    assert defined(facts, Kind.PACKAGE) == {("crates/store", "store")}
    assert defined(facts, Kind.INHERITS) == {("crates/store",)}


def test_path_dependencies_lead_to_manifests_packages_and_features() -> None:
    facts = facts_of("crates/store/Cargo.toml", MEMBER)
    assert (("crates/api",), How.PATH) in referred(facts, Kind.MANIFEST)
    assert (("crates/bench",), How.DEV_PATH) in referred(facts, Kind.MANIFEST)
    assert (("crates/pipes", "shop-pipes"), How.PATH) in referred(facts, Kind.PACKAGE)
    assert referred(facts, Kind.FEATURE) >= {
        (("crates/api", "json"), How.REQUESTED),
        (("crates/api", "xml"), How.REQUESTED),
        (("crates/store", "cache"), How.NAME),
    }


def test_what_is_inherited_is_named_by_the_directory_of_the_member() -> None:
    facts = facts_of("crates/store/Cargo.toml", MEMBER)
    assert referred(facts, Kind.WORKSPACE_PACKAGE) == {(("crates/store", "version"), How.INHERITED)}
    assert referred(facts, Kind.WORKSPACE_TABLE) == {(("crates/store", "lints"), How.INHERITED)}
    assert referred(facts, Kind.WORKSPACE_DEPENDENCY) == {
        (("crates/store", "log"), How.INHERITED),
        (("crates/store", "log"), How.INHERITED_FEATURE),
    }


def test_a_member_can_name_its_workspace_itself() -> None:
    facts = facts_of("far/away/Cargo.toml", '[package]\nname = "a"\nworkspace = "../.."\nversion.workspace = true\n')
    assert referred(facts, Kind.WORKSPACE_PACKAGE) == {(("", "version"), How.INHERITED)}


def test_a_root_defines_members_and_what_they_inherit() -> None:
    facts = facts_of(
        "Cargo.toml",
        """
        [workspace]
        members = ["./crates/api/", "tools/*", "../elsewhere"]
        exclude = ["fuzz"]
        default-members = ["crates/api"]
        [workspace.package]
        license = "MIT"
        [workspace.dependencies]
        api = { path = "crates/api" }
        serde = "1"
        """,
    )
    assert defined(facts, Kind.MEMBER) == {("", "crates/api"), ("", "tools/*")}
    assert defined(facts, Kind.EXCLUDE) == {("", "fuzz")}
    assert defined(facts, Kind.DEFAULT_MEMBER) == {("", "crates/api")}
    assert defined(facts, Kind.WORKSPACE_DEPENDENCY) == {("", "api"), ("", "serde")}
    assert defined(facts, Kind.WORKSPACE_PACKAGE) == {("", "license")}
    assert defined(facts, Kind.WORKSPACE_TABLE) == {("", "dependencies"), ("", "package")}
    assert referred(facts, Kind.MANIFEST) == {
        (("crates/api",), How.ENTRY),
        (("crates/api",), How.SHARED_PATH),
    }


def test_a_makefile_defines_tasks_and_calls_others() -> None:
    facts = facts_of(
        "Makefile.toml",
        """
        extend = ["build/common.toml", { path = "../outside.toml" }]
        [config]
        skip_core_tasks = true
        [tasks.a]
        dependencies = ["b", { name = "c" }, { name = "d", path = "other" }, "${E}"]
        [tasks.a.linux]
        run_task = [{ name = ["f", "g"], condition = { platforms = ["linux"] } }, { name = "h" }]
        [tasks.i]
        linux_alias = "a"
        [tasks.j]
        extend = "a"
        run_task = "i"
        """,
    )
    here = "Makefile.toml"
    assert defined(facts, Kind.TASK) == {(here, "a"), (here, "i"), (here, "j")}
    assert defined(facts, Kind.NO_CORE_TASKS) == {(here,)}
    assert defined(facts, Kind.OPEN_MAKEFILE) == {(here,)}
    assert referred(facts, Kind.FILE) == {(("build/common.toml",), How.EXTEND_FILE)}
    assert referred(facts, Kind.TASK) == {
        ((here, "b"), How.TASK_DEPENDENCY),
        ((here, "c"), How.TASK_DEPENDENCY),
        ((here, "f"), How.RUN_TASK_IF),
        ((here, "g"), How.RUN_TASK_IF),
        ((here, "h"), How.RUN_TASK_IF),
        (("other/Makefile.toml", "d"), How.DEPENDENCY_ELSEWHERE),
        ((here, "a"), How.ALIAS),
        ((here, "a"), How.EXTEND),
        ((here, "a"), How.EXTEND_DEPENDENCIES),
        ((here, "i"), How.RUN_TASK),
    }


def test_a_namespace_for_core_tasks_hides_them() -> None:
    facts = facts_of("Makefile.toml", '[config.modify_core_tasks]\nnamespace = "core"\n')
    assert defined(facts, Kind.NO_CORE_TASKS) == {("Makefile.toml",)}


def test_other_files_tie_nothing_together() -> None:
    assert facts_of(".cargo/config.toml", '[build]\ntarget-dir = "x"\n') == FileFacts()
    assert facts_of("rustfmt.toml", "max_width = 100\n") == FileFacts()


def test_a_specification_is_shown_as_it_stands_moments_too() -> None:
    facts = facts_of("Cargo.toml", "[dependencies]\na = { version = 1979-05-27, path = 07:32:00, n = [1.5, true] }\n")
    assert {"version": date(1979, 5, 27), "path": time(7, 32), "n": [1.5, True]} in facts.shown


_TABLES = (
    *("package", "workspace", "dependencies", "features", "target", "dev-dependencies", "lints", "tasks", "extend"),
    *("profile", "bin", "patch", "rust"),
)
_KEYS = (
    "name",
    "members",
    "exclude",
    "default-members",
    "path",
    "optional",
    "a",
    "b",
    "alias",
    "run_task",
    "linux",
    "env",
    "edition",
    "default-features",
    "required-features",
    "unsafe_code",
    "version",
    "git",
)
_TEXTS = ("a", "2024", "forbid", "1.0", "a?/b", "dep:a", "a/b", "../..", "*", "/", "${X}", "")
_NONSENSE = st.recursive(
    st.one_of(st.booleans(), st.integers(-5, 5), st.sampled_from(_TEXTS)),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3), st.dictionaries(st.sampled_from(_TABLES + _KEYS), inner, max_size=5)
    ),
    max_leaves=25,
)


@given(
    tree=st.dictionaries(st.sampled_from((*_TABLES, "config", "env")), _NONSENSE),
    path=st.sampled_from(["Cargo.toml", "a/b/Cargo.toml", "Makefile.toml", "x/tasks.toml"]),
)
def test_nonsense_is_no_error(tree: dict[str, Any], path: str) -> None:
    profile = profile_for(TreePath(path))
    assert profile is not None
    facts = file_facts(TreePath(path), Document(profile, tree))
    assert json.loads(json.dumps(facts.shown)) == list(facts.shown)
    assert all(isinstance(definition.symbol, Symbol) for definition in facts.definitions)


@pytest.mark.parametrize(
    ("directory", "written", "expected"),
    [
        ("crates/a", "../b", "crates/b"),
        ("", "./crates//a/", "crates/a"),
        ("crates/a", "../..", ""),
        ("", "..", None),
        ("a", "/b", None),
    ],
)
def test_paths_are_resolved_inside_the_tree(directory: str, written: str, expected: str | None) -> None:
    assert resolve(directory, written) == expected


@pytest.mark.parametrize("directory", ["", "a", "a/b", "a/c", "d"])
@pytest.mark.parametrize("target", ["", "a", "a/b", "a/bc", "d/e"])
def test_a_relative_path_leads_back(directory: str, target: str) -> None:
    assert resolve(directory, relative(directory, target)) == target


@pytest.mark.parametrize(
    ("pattern", "path", "expected"),
    [
        ("crates/*", "crates/a", True),
        ("crates/*", "crates/a/b", False),
        ("crates/*", "crates", False),
        ("crates/**", "crates/a/b", True),
        ("**/x", "x", True),
        ("**/x", "a/b/x", True),
        ("a?[bc]", "axb", True),
        ("a[", "a[", True),
        ("crates/*-core", "crates/shop-core", True),
    ],
)
def test_globs_match_as_in_cargo(pattern: str, path: str, expected: bool) -> None:  # noqa: FBT001 - a table of cases
    assert glob_matches(pattern, path) is expected
