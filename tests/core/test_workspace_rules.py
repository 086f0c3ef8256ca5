from __future__ import annotations

from collections.abc import Mapping

import pytest

from tests.core.small_fleet import changed, hits, rules_hit, view_of

ROOT = '[workspace]\nmembers = ["crates/*"]\n'
A = '[package]\nname = "a"\nversion = "1.0.0"\n'
B = '[package]\nname = "b"\nversion = "1.0.0"\n'
BASE = {"Cargo.toml": ROOT, "crates/a/Cargo.toml": A, "crates/b/Cargo.toml": B}


def _on(table: str, other: str) -> str:
    return f'[{table}]\n{other} = {{ path = "../{other}" }}\n'


def test_a_request_of_a_shared_entry_is_asked_of_those_who_inherit_it_last() -> None:
    inherits = "[dependencies]\na.workspace = true\n"
    base = BASE | {
        "Cargo.toml": ROOT + '[workspace.dependencies]\na = { path = "crates/a", features = ["x"] }\n',
        "crates/a/Cargo.toml": A + "[features]\nx = []\n",
        "crates/c/Cargo.toml": A.replace('"a"', '"c"') + inherits,
    }
    without_both = base | {"crates/a/Cargo.toml": A, "crates/c/Cargo.toml": A.replace('"a"', '"c"')}
    heir = base | {"crates/b/Cargo.toml": B + inherits}
    assert rules_hit([without_both, heir], base) == ["feature-removed-downstream"]
    # Refused alone, whoever inherits besides.
    assert rules_hit([base | {"crates/a/Cargo.toml": A}, heir], base) == []


def test_a_cycle_of_features_is_legal() -> None:
    left = BASE | {"crates/a/Cargo.toml": A + '[features]\nx = ["y"]\ny = []\n'}
    right = BASE | {"crates/a/Cargo.toml": A + '[features]\nx = []\ny = ["x"]\n'}
    assert rules_hit([left, right], BASE) == []


def test_dev_dependencies_may_point_back() -> None:
    left = BASE | {"crates/a/Cargo.toml": A + _on("dependencies", "b")}
    right = BASE | {"crates/b/Cargo.toml": B + _on("dev-dependencies", "a")}
    assert rules_hit([left, right], BASE) == []


def test_build_dependencies_may_not() -> None:
    left = BASE | {"crates/a/Cargo.toml": A + _on("dependencies", "b")}
    right = BASE | {"crates/b/Cargo.toml": B + _on("build-dependencies", "a")}
    assert rules_hit([left, right], BASE) == ["dep-cycle-by-combination"]


def test_a_cycle_through_shared_entries_and_trunk() -> None:
    shared = ROOT + '[workspace.dependencies]\na = { path = "crates/a" }\n'
    base = BASE | {
        "Cargo.toml": shared,
        "crates/c/Cargo.toml": '[package]\nname = "c"\n[dependencies]\na.workspace = true\n',
    }
    left = base | {"crates/a/Cargo.toml": A + _on("dependencies", "b")}
    right = base | {"crates/b/Cargo.toml": B + _on("dependencies", "c")}
    (hit,) = hits(view_of([left, right], [base]))
    assert "`crates/a` -> `crates/b` -> `crates/c` -> `crates/a`" in hit.hit.message


def test_a_cycle_that_one_side_has_alone_is_its_own() -> None:
    alone = BASE | {
        "crates/a/Cargo.toml": A + _on("dependencies", "b"),
        "crates/b/Cargo.toml": B + _on("dependencies", "a"),
    }
    other = BASE | {"crates/b/Cargo.toml": B + _on("dependencies", "a")}
    assert rules_hit([alone, other], BASE) == []


def test_members_listed_twice_are_legal() -> None:
    base = BASE | {"Cargo.toml": '[workspace]\nmembers = ["crates/a", "crates/b"]\n'}
    new = {"crates/n/Cargo.toml": '[package]\nname = "n"\n'}
    left = base | new | {"Cargo.toml": '[workspace]\nmembers = ["crates/n", "crates/a", "crates/b"]\n'}
    right = base | new | {"Cargo.toml": '[workspace]\nmembers = ["crates/a", "crates/b", "crates/n"]\n'}
    assert rules_hit([left, right], base) == []


def test_what_both_sides_remove_is_missed_by_nobody() -> None:
    base = BASE | {"crates/a/Cargo.toml": A + "[features]\nx = []\ny = []\n"}
    left = base | {"crates/a/Cargo.toml": A + "[features]\ny = []\n"}
    assert rules_hit([left, left], base) == []


def test_a_rename_on_both_sides_is_agreement() -> None:
    base = BASE | {"crates/a/Cargo.toml": A + "[features]\nx = []\n"}
    left = base | {"crates/a/Cargo.toml": A + "[features]\nz = []\n"}
    right = left | {"crates/b/Cargo.toml": B + '[dependencies]\na = { path = "../a", features = ["z"] }\n'}
    assert rules_hit([left, right], base) == []


def test_a_definition_that_stands_elsewhere_is_enough() -> None:
    table = "[target.'cfg(unix)'.dependencies]\nb = { path = \"../b\", optional = true }\n"
    base = BASE | {"crates/a/Cargo.toml": A + _on("dependencies", "b") + table}
    left = base | {"crates/a/Cargo.toml": A + table}
    right = base | {"crates/a/Cargo.toml": A + _on("dependencies", "b") + table + '[features]\nf = ["dep:b"]\n'}
    assert rules_hit([left, right], base) == []


def test_a_moved_crate_takes_its_edits_along() -> None:
    moved = changed(BASE, {"crates/a/Cargo.toml": None, "libs/a/Cargo.toml": A})
    edited = BASE | {"crates/a/Cargo.toml": A + "[features]\nx = []\n"}
    assert "ws-crate-deleted-vs-edited" not in rules_hit([moved, edited], BASE)


def test_two_workspaces_may_have_packages_of_one_name() -> None:
    base = {
        "one/Cargo.toml": ROOT,
        "one/crates/a/Cargo.toml": A,
        "two/Cargo.toml": ROOT,
        "two/crates/a/Cargo.toml": A,
    }
    new = '[package]\nname = "n"\n'
    agents = [base | {"one/crates/n/Cargo.toml": new}, base | {"two/crates/n/Cargo.toml": new}]
    assert rules_hit(agents, base) == []


def test_packages_outside_the_workspace_may_have_any_name() -> None:
    base = {"Cargo.toml": '[workspace]\nmembers = ["crates/*"]\nexclude = ["fuzz"]\n', "crates/a/Cargo.toml": A}
    new = '[package]\nname = "n"\n'
    agents = [base | {"crates/n/Cargo.toml": new}, base | {"fuzz/n/Cargo.toml": new}]
    assert rules_hit(agents, base) == []


def test_the_default_feature_can_be_kept_empty() -> None:
    base = BASE | {"crates/a/Cargo.toml": A + "[features]\ndefault = []\n"}
    left = base | {"crates/a/Cargo.toml": A}
    right = base | {"crates/b/Cargo.toml": B + '[dependencies]\na = { path = "../a", features = ["default"] }\n'}
    (hit,) = hits(view_of([left, right], [base]))
    assert hit.hit.rule == "feature-default-key-removed-downstream"
    assert hit.hit.proposal == "Keep `default = []`."


def test_a_glob_that_comes_over_a_folder_without_a_crate() -> None:
    base = BASE | {"Cargo.toml": '[workspace]\nmembers = ["crates/a", "crates/b"]\n'}
    left = base | {"Cargo.toml": '[workspace]\nmembers = ["crates/*"]\n'}
    right = base | {"crates/notes/README.md": "hello\n"}
    assert rules_hit([left, right], base) == ["ws-member-dir-deleted-glob-residue"]


def test_two_ways_into_the_workspace_for_two_packages_of_one_name() -> None:
    foo = A.replace('"a"', '"foo"')
    base = {
        "Cargo.toml": '[workspace]\nmembers = ["a", "v/foo"]\n',
        "a/Cargo.toml": A,
        "b/Cargo.toml": B,
        "v/foo/Cargo.toml": foo,
        "w/foo/Cargo.toml": foo,
    }
    depending = base | {"b/Cargo.toml": B + '[dependencies]\nfoo = { path = "../w/foo" }\n'}
    listing = base | {"Cargo.toml": '[workspace]\nmembers = ["a", "b", "v/foo"]\n'}
    assert rules_hit([depending, listing], base) == ["ws-two-packages-same-name"]
    assert rules_hit([listing, depending], base) == ["ws-two-packages-same-name"]
    assert rules_hit([depending, base | {"a/Cargo.toml": A + "publish = false\n"}], base) == []


def test_a_crate_that_leaves_a_workspace_of_its_own_for_the_one_around_it() -> None:
    foo = A.replace('"a"', '"foo"')
    base = BASE | {
        "Cargo.toml": '[workspace]\nmembers = ["crates/a", "crates/b", "tools/*"]\nexclude = ["tools/foo"]\n'
    }
    base |= {"tools/foo/Cargo.toml": f"{foo}[workspace]\n"}
    joining = base | {
        "tools/foo/Cargo.toml": foo,
        "Cargo.toml": base["Cargo.toml"].replace('exclude = ["tools/foo"]', ""),
    }
    other = base | {"crates/b/Cargo.toml": B.replace('"b"', '"foo"')}
    assert rules_hit([joining, other], base) == ["ws-two-packages-same-name"]
    assert rules_hit([base | {"tools/foo/Cargo.toml": foo}, other], base) == []


def test_a_pointer_to_the_workspace_is_one_of_two_ways_into_it() -> None:
    root = '[workspace]\nmembers = ["a", "../libs/foo"]\n[workspace.package]\nedition = "{}"\n'
    foo = '[package]\nname = "foo"\nversion = "1.0.0"\nedition.workspace = true\n'
    base = {"rust/Cargo.toml": root.format(2021), "rust/a/Cargo.toml": A, "libs/foo/Cargo.toml": foo}
    raised = base | {"rust/Cargo.toml": root.format(2024)}
    old = base | {"libs/foo/Cargo.toml": foo + 'rust-version = "1.70"\n'}
    assert rules_hit([raised, old], base) == []
    pointed = base | {"libs/foo/Cargo.toml": foo + 'rust-version = "1.70"\nworkspace = "../../rust"\n'}
    assert rules_hit([raised, pointed], base) == ["pkg-edition-bump-vs-msrv"]


MAKE = '[tasks.a]\ncommand = "x"\n[tasks.b]\ncommand = "y"\n'
MAKE_BASE = {"Makefile.toml": MAKE}
B_ONLY = {"Makefile.toml": '[tasks.b]\ncommand = "y"\n'}


def test_core_tasks_are_never_missing() -> None:
    base = {"Makefile.toml": '[tasks.test]\ncommand = "x"\n[tasks.b]\ncommand = "y"\n'}
    left = {"Makefile.toml": '[tasks.b]\ncommand = "y"\n'}
    right = {"Makefile.toml": base["Makefile.toml"] + '[tasks.c]\ndependencies = ["test"]\n'}
    assert rules_hit([left, right], base) == []
    without = "[config]\nskip_core_tasks = true\n"
    trees = [{"Makefile.toml": without + tree["Makefile.toml"]} for tree in (base, left, right)]
    assert rules_hit(trees[1:], trees[0]) == ["mk-dep-removed"]


def test_a_makefile_that_extends_the_unknown_misses_nothing() -> None:
    extend = 'extend = "${SHARED}/common.toml"\n'
    base, left = ({"Makefile.toml": extend + tree["Makefile.toml"]} for tree in (MAKE_BASE, B_ONLY))
    right = {"Makefile.toml": extend + MAKE + '[tasks.c]\ndependencies = ["a"]\n'}
    assert rules_hit([left, right], base) == []


def test_a_task_of_an_extended_file_is_there() -> None:
    base = {"Makefile.toml": 'extend = "common.toml"\n' + MAKE, "common.toml": '[tasks.a]\ncommand = "x"\n'}
    left = base | {"Makefile.toml": 'extend = "common.toml"\n[tasks.b]\ncommand = "y"\n'}
    right = base | {"Makefile.toml": base["Makefile.toml"] + '[tasks.c]\ndependencies = ["a"]\n'}
    assert rules_hit([left, right], base) == []


def test_tasks_in_a_circle_through_an_alias_and_what_is_extended() -> None:
    base = {"Makefile.toml": MAKE + '[tasks.c]\nalias = "a"\n[tasks.d]\nextend = "b"\n'}
    left = {"Makefile.toml": base["Makefile.toml"].replace('"x"\n', '"x"\ndependencies = ["d"]\n')}
    right = {"Makefile.toml": base["Makefile.toml"].replace('"y"\n', '"y"\ndependencies = ["c"]\n')}
    assert rules_hit([left, right], base) == ["mk-dep-cycle"]


def test_a_circle_of_aliases_is_another_fault() -> None:
    left = {"Makefile.toml": MAKE.replace('command = "x"', 'alias = "b"')}
    right = {"Makefile.toml": MAKE.replace('command = "y"', 'alias = "a"')}
    assert "mk-dep-cycle" not in rules_hit([left, right], MAKE_BASE)


def _proposed(left: Mapping[str, str], right: Mapping[str, str], base: Mapping[str, str]) -> dict[str, str | None]:
    return {str(found.hit.rule): found.hit.proposal for found in hits(view_of([left, right], [base]))}


OPT = '[package]\nname = "opt"\nversion = "1.0.0"\n'
TAKES = '[dependencies]\nopt = { path = "../opt", optional = true }\n'
WITH_OPT = BASE | {"crates/opt/Cargo.toml": OPT, "crates/a/Cargo.toml": A + TAKES}


@pytest.mark.parametrize(
    ("left", "right", "rule", "proposal"),
    [
        (
            TAKES + '[features]\nf1 = ["dep:opt"]\n',
            TAKES + '[features]\nf2 = ["opt"]\n',
            "feature-implicit-hidden",
            "Write `dep:opt` in place of `opt`.",
        ),
        (
            TAKES.replace("opt =", "other =").replace("path", 'package = "opt", path'),
            TAKES + '[features]\nf2 = ["opt/x", "dep:opt"]\n',
            "dep-key-renamed-vs-feature-ref",
            "Write `dep:other` in place of `dep:opt` and `other/x` in place of `opt/x`.",
        ),
    ],
)
def test_what_would_do_in_place_of_a_lost_entry(left: str, right: str, rule: str, proposal: str) -> None:
    sides = [WITH_OPT | {"crates/a/Cargo.toml": A + text} for text in (left, right)]
    assert _proposed(sides[0], sides[1], WITH_OPT) == {rule: proposal}


@pytest.mark.parametrize(
    ("kept", "proposal"),
    [
        ('new = ["x"]\n', "Write `new` in place of `old`."),
        ('new = ["y"]\n', None),
        ('new = ["x"]\nnewer = ["x"]\n', None),
        ("", None),
    ],
)
def test_a_feature_that_has_one_likely_new_name(kept: str, proposal: str | None) -> None:
    listed = 'x = []\ny = []\nold = ["x"]\n'
    base = BASE | {"crates/a/Cargo.toml": f"{A}[features]\n{listed}"}
    removed = listed.replace('old = ["x"]\n', kept)
    left = base | {"crates/a/Cargo.toml": f"{A}[features]\n{removed}"}
    right = base | {"crates/a/Cargo.toml": f'{A}[features]\n{listed}all = ["old"]\n'}
    assert _proposed(left, right, base) == {"feature-ref-removed": proposal}


@pytest.mark.parametrize(
    ("taken", "path", "moved", "renamed"),
    [
        (
            '[dependencies]\nopt = { path = "../opt" }\n',
            "../opt",
            "Point the dependency at `../../libs/opt`.",
            'Add `package = "option"` to the dependency.',
        ),
        (
            "[dependencies]\nopt.workspace = true\n",
            "crates/opt",
            "Point `opt` in [workspace.dependencies] at `libs/opt`.",
            'Add `package = "option"` to `opt` in [workspace.dependencies].',
        ),
    ],
)
def test_where_a_dependency_on_a_crate_that_went_elsewhere_is_mended(
    taken: str, path: str, moved: str, renamed: str
) -> None:
    shared = f'[workspace.dependencies]\nopt = {{ path = "{path}" }}\n' if "workspace" in taken else ""
    base = BASE | {"Cargo.toml": ROOT + shared, "crates/opt/Cargo.toml": OPT}
    right = base | {"crates/b/Cargo.toml": B + taken}
    away = changed(base, {"crates/opt/Cargo.toml": None, "libs/opt/Cargo.toml": OPT})
    assert _proposed(away, right, base) == {"dep-path-crate-moved": moved}
    called = base | {"crates/opt/Cargo.toml": OPT.replace('"opt"', '"option"')}
    assert _proposed(called, right, base) == {"dep-package-renamed": renamed}
