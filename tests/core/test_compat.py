"""R-42: what a change takes away from others, and who uses it."""

from __future__ import annotations

import pytest

from gatekeeper.core.compat.items import Compatibility, CompatItem, Use
from gatekeeper.core.names import TreePath
from tests.core.compat_trees import Tree, compared, item, lost

ROOT = """\
[workspace]
members = ["crates/*"]

[workspace.dependencies]
serde = { version = "1", features = ["derive"] }
q-core = { path = "crates/q-core" }
"""
CORE = """\
[package]
name = "q-core"
version = "0.1.0"
edition = "2021"

[features]
default = ["fast", "std"]
fast = ["dep:rayon"]
std = []

[dependencies]
serde.workspace = true
rayon = { version = "1.5", optional = true }
"""
TOOL = """\
[package]
name = "q-tool"
version = "0.1.0"
edition = "2021"

[dependencies]
q-core = { workspace = true, features = ["fast"] }
"""
MAKEFILE = """\
[config]
skip_core_tasks = true

[tasks.check]
command = "cargo"
args = ["check"]

[tasks.all]
dependencies = ["check", "lint"]

[tasks.lint]
script = ["cargo clippy", "cargo fmt --check"]

[tasks.helper]
private = true
command = "true"
"""
CI = """\
jobs:
  test:
    steps:
      - run: cargo make check
      - run: cargo test -p q-core --features fast
      - run: ./ci/deploy.sh
"""
BASE = {
    "Cargo.toml": ROOT,
    "Makefile.toml": MAKEFILE,
    "crates/q-core/Cargo.toml": CORE,
    "crates/q-core/src/lib.rs": "",
    "crates/q-tool/Cargo.toml": TOOL,
    "crates/q-tool/src/main.rs": "",
    ".github/workflows/ci.yml": CI,
    "ci/deploy.sh": "#!/bin/sh\necho deploy\n",
}


def changed(path: str, old: str, new: str, tree: Tree = BASE) -> dict[str, str]:
    """Return the tree with one edit."""
    assert old in tree[path]
    return {**tree, path: tree[path].replace(old, new)}


def without(*paths: str) -> dict[str, str]:
    return {path: text for path, text in BASE.items() if not path.startswith(paths)}


def in_core(old: str, new: str) -> dict[str, tuple[str, str | None, str | None]]:
    return lost(BASE, changed("crates/q-core/Cargo.toml", old, new))


def in_tasks(old: str, new: str) -> dict[str, tuple[str, str | None, str | None]]:
    found = lost(BASE, changed("Makefile.toml", old, new))
    return {name: told for name, told in found.items() if not name.startswith("ci-reference")}


def test_a_task_that_is_gone() -> None:
    found = compared(BASE, changed("Makefile.toml", "[tasks.check]", "[tasks.verify]"))
    task = item(found, "task check")
    assert (task.change, task.path, task.key) == ("removed", "Makefile.toml", ("tasks", "check"))
    assert (task.before, task.after) == ('{ command = "cargo", args = ["check"] }', "verify")
    assert task.used_by == (
        Use(TreePath(".github/workflows/ci.yml"), "line 4", "names it: check"),
        Use(TreePath("Makefile.toml"), "tasks.all.dependencies", "depends on it"),
    )
    assert [one.name for one in found.items] == ["task check", "ci-reference task check"]
    assert item(found, "ci-reference task check").used_by == task.used_by[:1]


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        (
            'args = ["check"]',
            'args = ["check", "-q"]',
            {"task check": ("altered", '{ args = ["check"] }', '{ args = ["check", "-q"] }')},
        ),
        ("[tasks.lint]", "[tasks.lint]\nprivate = true", {"task lint": ("altered", None, "private")}),
        ("[tasks.lint]", "[tasks.lint]\ndisabled = true", {"task lint": ("altered", None, "disabled")}),
        (
            "[tasks.lint]",
            '[tasks.lint]\ncondition = { env_set = ["CI"] }',
            {"task lint": ("altered", "{}", '{ condition = { env_set = ["CI"] } }')},
        ),
        (
            '["check", "lint"]',
            '["check"]',
            {"task all": ("altered", '{ dependencies = ["check", "lint"] }', '{ dependencies = ["check"] }')},
        ),
        # What is added, only read, spelled or ordered otherwise takes nothing away.
        ('["check", "lint"]', '["lint", { name = "check" }, "more"]', {}),
        ("[tasks.lint]", '[tasks.lint]\ndescription = "Lint"\nprivate = false\nenv = { A = "1" }', {}),
        ('script = ["cargo clippy", "cargo fmt --check"]', "script = '''\ncargo clippy\ncargo fmt --check\n'''", {}),
        ('[tasks.helper]\nprivate = true\ncommand = "true"\n', "", {}),
        ("[tasks.helper]\nprivate = true\n", "[tasks.helper]\n", {}),
    ],
)
def test_tasks(old: str, new: str, expected: dict[str, tuple[str, str | None, str | None]]) -> None:
    found = in_tasks(old, new)
    assert {name: told[0] for name, told in found.items()} == {name: told[0] for name, told in expected.items()}
    for name, (_, before, after) in expected.items():
        assert found[name][2] == after
        assert before is None or found[name][1] == before


def test_a_task_that_moves_to_a_file_which_its_makefile_takes_in_is_still_there() -> None:
    check = '[tasks.check]\ncommand = "cargo"\nargs = ["check"]\n'
    base = {"Makefile.toml": f"{check}\n[tasks.b]\nscript = 'x'\n"}
    moved = {"Makefile.toml": "extend = 'more.toml'\n[tasks.b]\nscript = 'x'\n", "more.toml": check}
    assert lost(base, moved) == {}
    assert lost(moved, base) == {}
    assert lost(moved, {**moved, "more.toml": "[tasks.c]\nscript = 'y'\n"}).keys() == {"task check"}


def test_a_task_may_be_in_what_is_taken_in_from_elsewhere() -> None:
    base = {"Makefile.toml": "[tasks.a]\nscript = 'x'\n[tasks.b]\nscript = 'x'\n"}
    outside = {"Makefile.toml": "extend = '${HOME}/tasks.toml'\n[tasks.b]\nscript = 'x'\n"}
    assert lost(base, outside) == {}
    assert lost({"Makefile.toml": base["Makefile.toml"] + "[config]\n"}, {}).keys() == {"task a", "task b"}
    both = {"Makefile.toml": f"extend = '${{HOME}}/tasks.toml'\n{base['Makefile.toml']}"}
    assert lost(both, outside).keys() == {"task a"}


def test_a_task_is_what_all_its_definitions_come_to() -> None:
    under = "[tasks.a]\ncommand = 'cargo'\nargs = ['x']\n"
    over = "extend = 'more.toml'\n[tasks.a]\nenv = { A = '1' }\n"
    base = {"Makefile.toml": over, "more.toml": under}
    assert lost(base, {"Makefile.toml": f"{over}command = 'cargo'\nargs = ['x']\n"}) == {}
    assert lost(base, {**base, "Makefile.toml": f"{over}clear = true\n"}).keys() == {"task a"}
    assert lost(base, {**base, "Makefile.toml": over.replace("A = '1'", "B = '1'")})["task a"][1:] == (
        '{ env = { A = "1" } }',
        '{ env = { B = "1" } }',
    )
    assert lost(base, {**base, "more.toml": under.replace("'x'", "1")})["task a"][2] == "{ args = [1] }"


def test_what_many_makefiles_take_in_is_told_once() -> None:
    own = "extend = '../../Makefile.toml'\n[tasks.own]\nscript = 'x'\n"
    base = {**BASE, "crates/q-core/Makefile.toml": own, "crates/q-tool/Makefile.toml": own}
    head = {**base, "Makefile.toml": MAKEFILE.replace("[tasks.lint]", "[tasks.lint2]")}
    assert lost(base, head).keys() == {"task lint"}
    gone = {path: text for path, text in base.items() if path != "crates/q-core/Makefile.toml"}
    assert lost(base, gone).keys() == {"task crates/q-core/Makefile.toml:own"}


def test_in_place_of_an_own_task_cargo_make_has_one() -> None:
    base = {"Makefile.toml": "[tasks.build]\nscript = 'own'\n[tasks.x]\nscript = 'y'\n"}
    head = {"Makefile.toml": "[tasks.x]\nscript = 'y'\n"}
    assert lost(base, head) == {"task build": ("altered", '{ script = "own" }', "cargo-make's own task")}
    skipping = "[config]\nskip_core_tasks = true\n"
    found = lost(
        {"Makefile.toml": skipping + base["Makefile.toml"]}, {"Makefile.toml": skipping + head["Makefile.toml"]}
    )
    assert found["task build"][0] == "removed"


def test_a_feature_that_is_gone() -> None:
    found = compared(BASE, changed("crates/q-core/Cargo.toml", 'fast = ["dep:rayon"]', 'quick = ["dep:rayon"]'))
    feature = item(found, "feature q-core/fast")
    assert (feature.change, feature.before, feature.after) == ("removed", '["dep:rayon"]', "quick")
    assert [(use.path, use.place, use.what) for use in feature.used_by] == [
        (".github/workflows/ci.yml", "line 5", "names it: --features fast"),
        ("crates/q-core/Cargo.toml", "features.default", "turns it on"),
        ("crates/q-tool/Cargo.toml", "dependencies.q-core.features", "asks for it"),
    ]
    assert item(found, "ci-reference feature q-core/fast").path == ".github/workflows/ci.yml"


@pytest.mark.parametrize(
    ("old", "new", "names"),
    [
        ('["fast", "std"]', '["std"]', {"feature q-core/default"}),
        ('fast = ["dep:rayon"]', "fast = []", {"feature q-core/fast", "ci-reference feature q-core/fast"}),
        # What the list says of rayon decides, not how: and a feature may turn on through another one.
        ('["fast", "std"]', '["std", "fast", "more"]\nmore = []', set()),
        ('["fast", "std"]', '["all"]\nall = ["std", "fast"]', set()),
        ('fast = ["dep:rayon"]', 'fast = ["rayon"]', set()),
        ('fast = ["dep:rayon"]', 'fast = ["rayon/x"]', set()),
        ("optional = true", "optional = false", set()),
        ("std = []\n", "", {"feature q-core/std", "feature q-core/default"}),
    ],
)
def test_features(old: str, new: str, names: set[str]) -> None:
    tree = changed("crates/q-core/Cargo.toml", old, new)
    if old == "std = []\n":
        tree = changed("crates/q-core/Cargo.toml", '["fast", "std"]', '["fast"]', tree)
    assert lost(BASE, tree).keys() == names


def test_what_a_list_has_through_another_feature_counts_once() -> None:
    manifest = "crates/q-core/Cargo.toml"
    ring = changed(manifest, "std = []", 'std = ["fast", "default"]')
    assert lost(BASE, ring) == {}
    assert lost(ring, BASE).keys() == {"feature q-core/std"}


def test_an_optional_dependency_is_a_feature() -> None:
    base = changed("crates/q-core/Cargo.toml", 'fast = ["dep:rayon"]', 'fast = ["rayon"]')
    assert lost(base, BASE).keys() == {"feature q-core/rayon"}
    assert lost(BASE, base) == {}


def test_a_member_that_moves_under_its_name() -> None:
    head = {path.replace("crates/q-core", "libs/q-core"): text for path, text in BASE.items()}
    head["Cargo.toml"] = ROOT.replace('["crates/*"]', '["crates/*", "libs/q-core"]').replace(
        'path = "crates/q-core"', 'path = "libs/q-core"'
    )
    found = compared(BASE, head)
    assert [(one.name, one.before, one.after) for one in found.items] == [
        ("member crates/q-core", "crates/q-core", "libs/q-core")
    ]
    assert found.items[0].used_by == ()


def test_a_crate_that_is_gone() -> None:
    found = compared(BASE, without("crates/q-core"))
    assert [one.name for one in found.items] == [
        "package q-core",
        "member crates/q-core",
        "ci-reference package q-core",
    ]
    assert [use.path for use in item(found, "member crates/q-core").used_by] == [
        "Cargo.toml",
        "crates/q-tool/Cargo.toml",
    ]
    assert not found.is_backward_compatible()
    assert found.is_backward_compatible(found.names)
    assert not found.is_backward_compatible(found.names[1:])


def test_a_crate_of_another_name() -> None:
    found = compared(BASE, changed("crates/q-core/Cargo.toml", '"q-core"', '"q-base"'))
    assert {one.name: (one.change, one.after) for one in found.items} == {
        "package q-core": ("removed", "q-base"),
        "target q-core/lib": ("altered", "q_base"),
        "ci-reference package q-core": ("removed", "q-base"),
    }
    moved = {path.replace("q-core", "q-base"): text for path, text in BASE.items()}
    moved["crates/q-base/Cargo.toml"] = CORE.replace('"q-core"', '"q-base"')
    assert lost(BASE, moved)["package q-core"] == ("removed", "q-core", "q-base")


@pytest.mark.parametrize(
    ("members", "gone"),
    [
        ('["crates/q-core", "crates/q-tool"]', set()),
        ('["./crates/q-tool/", "crates/q-core"]', set()),
        # What a path dependency of a member leads to is one as well.
        ('["crates/q-tool"]', set()),
        ('["crates/q-core"]', {"member crates/q-tool"}),
    ],
)
def test_members_are_who_cargo_takes_for_one(members: str, gone: set[str]) -> None:
    assert lost(BASE, changed("Cargo.toml", '["crates/*"]', members)).keys() == gone


def test_targets() -> None:
    assert lost(BASE, without("crates/q-tool/src")) == {"target q-tool/bin/q-tool": ("removed", "q-tool", None)}
    named = changed("crates/q-core/Cargo.toml", "[features]", '[lib]\nname = "other"\n\n[features]')
    assert lost(BASE, named) == {"target q-core/lib": ("altered", "q_core", "other")}
    gone = {path: text for path, text in BASE.items() if path != "crates/q-core/src/lib.rs"}
    assert [use.path for use in compared(BASE, gone).items[0].used_by] == ["crates/q-tool/Cargo.toml"]
    spelled = changed(
        "crates/q-tool/Cargo.toml", "[dependencies]", '[[bin]]\nname = "q-tool"\npath = "src/main.rs"\n\n[dependencies]'
    )
    assert lost(BASE, spelled) == {}
    assert lost(spelled, BASE) == {}
    other = changed("crates/q-tool/Cargo.toml", '[[bin]]\nname = "q-tool"', '[[bin]]\nname = "tool"', spelled)
    assert lost(spelled, other).keys() == {"target q-tool/bin/q-tool"}
    elsewhere = {**without("crates/q-tool/src"), "crates/q-tool/src/bin/q-tool.rs": ""}
    assert lost(BASE, elsewhere) == {}


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ("serde.workspace = true", "", {"dependency q-core/serde": ("removed", "{ workspace = true }", None)}),
        (
            "serde.workspace = true",
            "serde = { workspace = true, optional = true }",
            {"dependency q-core/serde": ("altered", "not optional", "optional")},
        ),
        (
            "serde.workspace = true",
            'serde = "1.0.3"',
            {"dependency q-core/serde": ("altered", 'features ["derive"]', "without them")},
        ),
        ("serde.workspace = true", 'serde = { version = "1.2", features = ["derive", "rc"] }', {}),
        ('version = "1.5"', 'version = "1.9.1"', {}),
        ('version = "1.5"', 'version = "2"', {"dependency q-core/rayon": ("altered", "1.5", "2")}),
        ('version = "1.5"', 'version = "*"', {"dependency q-core/rayon": ("altered", "1.5", "*")}),
        (
            'version = "1.5"',
            'git = "https://example.org/rayon.git"',
            {"dependency q-core/rayon": ("altered", "the crate registry", "git https://example.org/rayon")},
        ),
        (
            'version = "1.5"',
            'version = "1.5", package = "rayon2"',
            {"dependency q-core/rayon": ("altered", "package rayon", "package rayon2")},
        ),
        (
            'version = "1.5"',
            'version = "1.5", default_features = false',
            {"dependency q-core/rayon": ("altered", "default features", "no default features")},
        ),
        ('rayon = { version = "1.5", optional = true }', '[dependencies.rayon]\noptional = true\nversion = "1.5"', {}),
        (
            "serde.workspace = true",
            'json = { package = "serde", version = "1" }',
            {"dependency q-core/serde": ("removed", "{ workspace = true }", "json")},
        ),
        ("[dependencies]", "[dev-dependencies]\nx = '1'\n\n[dependencies]", {}),
    ],
)
def test_dependencies(old: str, new: str, told: dict[str, tuple[str, str | None, str | None]]) -> None:
    assert in_core(old, new) == told


def test_a_registry_is_a_source_and_features_can_be_listed_beside_the_entry() -> None:
    assert in_core('version = "1.5"', 'version = "1.5", registry = "own"') == {
        "dependency q-core/rayon": ("altered", "the crate registry", "registry own")
    }
    manifest = "crates/q-tool/Cargo.toml"
    assert lost(BASE, changed(manifest, ', features = ["fast"]', "")) == {
        "dependency q-tool/q-core": ("altered", 'features ["fast"]', "without them")
    }
    assert lost(BASE, changed(manifest, "workspace = true", 'path = "../q-core"')) == {}
    assert lost(changed(manifest, "workspace = true", 'path = "/q-core"'), BASE)["dependency q-tool/q-core"][1] == (
        "path /q-core"
    )


def test_an_entry_that_is_nowhere_asks_for_nothing_that_could_be_told() -> None:
    alone = {"Cargo.toml": '[package]\nname = "a"\n[dependencies]\nserde = "1"\nlog = "1"\n'}
    inherited = {"Cargo.toml": alone["Cargo.toml"].replace('"1"', "{ workspace = true }")}
    assert lost(alone, inherited) == {}
    assert lost(inherited, alone) == {}
    assert lost(alone, {"Cargo.toml": inherited["Cargo.toml"].replace("serde = ", "serd = ")}).keys() == {
        "dependency a/serde"
    }


def test_of_long_values_that_part_is_shown_where_they_differ() -> None:
    script = "echo " + "a" * 200
    base, head = ({"Makefile.toml": f"[tasks.own]\nscript = '{script}{end}'\n"} for end in ("one", "other"))
    assert lost(base, head) == {"task own": ("altered", f'…{"a" * 23}one" }}', f'…{"a" * 23}other" }}')}


def test_a_table_that_holds_for_more_serves_as_well() -> None:
    for_unix = "[target.'cfg(unix)'.dependencies]\nlibc = '0.2'\n"
    others = "[dev-dependencies]\ntmp = '3'\n[build-dependencies]\ncc = '1'\n"
    manifest = "crates/q-core/Cargo.toml"
    base = changed(manifest, "[dependencies]", f"{for_unix}{others}[dependencies]")
    everywhere = changed(manifest, "[dependencies]", "[dependencies]\nlibc = '0.2'\ntmp = '3.1'\ncc = '1'")
    assert lost(base, everywhere).keys() == {"dependency q-core/build/cc"}
    assert lost(everywhere, base).keys() == {f"dependency q-core/{name}" for name in ("libc", "tmp", "cc")}
    assert lost(base, BASE).keys() == {
        "dependency q-core/build/cc",
        "dependency q-core/cfg(unix)/libc",
        "dependency q-core/dev/tmp",
    }


def test_entries_of_the_workspace_are_told_with_who_inherits_them() -> None:
    found = compared(BASE, changed("Cargo.toml", 'version = "1", features = ["derive"]', 'version = "2"'))
    (one,) = found.items
    assert (one.name, one.before, one.after) == (
        "dependency workspace/serde",
        '1, features ["derive"]',
        "2, without them",
    )
    assert [(use.path, use.what) for use in one.used_by] == [("crates/q-core/Cargo.toml", "inherits it")]
    gone = lost(BASE, changed("Cargo.toml", 'q-core = { path = "crates/q-core" }\n', ""))
    assert gone == {"dependency workspace/q-core": ("removed", '{ path = "crates/q-core" }', None)}


@pytest.mark.parametrize(
    ("tree", "told"),
    [
        (without("ci/"), ("removed", "ci/deploy.sh", None)),
        ({**BASE, "ci/deploy.sh": "echo deploy\n"}, ("altered", "executable", "not executable")),
        (
            {**BASE, "ci/deploy.sh": "#!/bin/sh\necho other\n"},
            ("altered", "1 line that it no longer has", "other lines"),
        ),
        ({**BASE, "ci/deploy.sh": "#!/bin/sh\n# Says it.\nset -e\n  echo deploy\n"}, None),
    ],
)
def test_files_that_ci_refers_to(tree: Tree, told: tuple[str, str, str | None] | None) -> None:
    expected = {} if told is None else {"ci-reference file ci/deploy.sh": told}
    assert lost(BASE, tree) == expected
    nobody = {path: text for path, text in tree.items() if not path.endswith(".yml")}
    assert lost({**BASE, ".github/workflows/ci.yml": ""}, {**nobody, ".github/workflows/ci.yml": ""}) == {}


def test_a_manifest_that_ci_names_is_told_with_its_crate() -> None:
    ci = {".github/workflows/ci.yml": "  - run: cargo build --manifest-path crates/q-tool/Cargo.toml\n"}
    found = compared({**BASE, **ci}, {**without("crates/q-tool"), **ci})
    assert [one.name for one in found.items] == [
        "package q-tool",
        "member crates/q-tool",
        "ci-reference member crates/q-tool",
    ]
    alone = {"fuzz/Cargo.toml": '[package]\nname = "fuzz"\n[workspace]\n'}
    ci = {".github/workflows/ci.yml": "  - run: cargo build --manifest-path fuzz/Cargo.toml\n"}
    found = compared({**BASE, **ci, **alone}, {**BASE, **ci})
    assert [one.name for one in found.items] == [
        "package fuzz",
        "member fuzz",
        "ci-reference member fuzz",
    ]


def test_uses_of_other_branches_count_where_they_are_their_own() -> None:
    head = changed("Makefile.toml", "[tasks.check]", "[tasks.verify]", changed("Makefile.toml", '"check", ', ""))
    using = changed("Makefile.toml", "[tasks.helper]", '[tasks.mine]\ndependencies = ["check"]\n\n[tasks.helper]')
    calling = {**BASE, "ci/new.sh": "cargo make check\n"}
    idle = {**BASE, "README.md": "read me\n"}
    behind = changed("Makefile.toml", '["cargo clippy", ', '["cargo clippy -q", ')
    others = {"using": (BASE, using), "calling": (BASE, calling), "idle": (BASE, idle), "behind": (BASE, behind)}
    found = compared(BASE, head, others)
    assert [use for use in item(found, "task check").used_by if use.trees] == [
        Use(TreePath("ci/new.sh"), "line 1", "names it: check", ("calling",)),
        Use(TreePath("Makefile.toml"), "tasks.mine.dependencies", "depends on it", ("using",)),
    ]


def test_a_manifest_that_cannot_be_read_is_told_and_takes_nothing_away() -> None:
    broken = {**BASE, "Makefile.toml": "[tasks.check\n"}
    for base, head, side in ((BASE, broken, "after"), (broken, BASE, "before")):
        found = compared(base, head)
        assert found.items == ()
        (one,) = found.unreadable
        assert (one.path, one.side) == ("Makefile.toml", side)
        assert one.why.startswith("line 1, column ")
        assert not found.is_backward_compatible()
        assert found.is_backward_compatible({"manifest Makefile.toml"})
    assert compared(broken, {**broken, "README.md": ""}) == Compatibility()


def test_a_workspace_whose_root_cannot_be_read_is_taken_to_say_what_the_other_side_says() -> None:
    head = {**BASE, "Cargo.toml": "[workspace\n", "crates/q-core/Cargo.toml": CORE.replace("std = []\n", "")}
    found = compared(BASE, head)
    assert [one.name for one in found.unreadable] == ["manifest Cargo.toml"]
    assert [one.name for one in found.items] == ["feature q-core/std"]
    broken = {**BASE, "crates/q-core/Cargo.toml": "[package\n"}
    assert compared(broken, {**broken, "notes.txt": "", "ci/deploy.sh": "#!/bin/sh\necho deploy\n:\n"}).names == ()


def test_a_crate_without_a_workspace() -> None:
    alone = {"Cargo.toml": CORE.replace("serde.workspace = true\n", ""), "src/lib.rs": ""}
    assert lost(alone, {**alone, "Cargo.toml": alone["Cargo.toml"].replace("q-core", "q-base")}).keys() == {
        "package q-core",
        "target q-core/lib",
    }
    assert lost(alone, {"src/lib.rs": ""}).keys() == {"package q-core"}


def test_a_name_that_is_waived_and_not_there() -> None:
    known = Compatibility((CompatItem("task", "task check", "removed", TreePath("Makefile.toml")),))
    assert known.unknown(["task check"]) is None
    assert known.unknown(["task chek"]) == ("task chek", "task check")
    assert Compatibility().unknown(["x"]) == ("x", None)
