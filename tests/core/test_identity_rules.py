from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gatekeeper.core.bits import members
from gatekeeper.core.combination import Answer, Groups, Standing, arising, arising_together
from tests.core.small_fleet import hits as hits_of
from tests.core.small_fleet import relation_of, rules_hit, view_of

ROOT = '[workspace]\nmembers = ["crates/*"]\nexclude = ["away"]\n'
A = '[package]\nname = "a"\nversion = "1.0.0"\n'
B = '[package]\nname = "b"\nversion = "1.0.0"\n'
BASE = {"Cargo.toml": ROOT, "crates/a/Cargo.toml": A, "crates/b/Cargo.toml": B}


def _a(text: str) -> dict[str, str]:
    return BASE | {"crates/a/Cargo.toml": A + text}


def _b(text: str) -> dict[str, str]:
    return BASE | {"crates/b/Cargo.toml": B + text}


@pytest.mark.parametrize(
    ("left", "right"),
    [
        ('foo = "1.0"', 'foo = "1.4"'),
        ('foo = "=1.0.1"', 'foo = ">=1, <3"'),
        ('foo = "~1.0"', 'foo = "2"'),
        ('foo = { version = "=1.0.1", registry = "ours" }', 'foo = "1.2"'),
        ('foo = { package = "bar", version = "=1.0.1" }', 'foo = "1.2"'),
        ('foo = "nonsense"', 'foo = "1.2"'),
        (
            'foo = { git = "https://git.example/foo", tag = "v1" }',
            'foo = { git = "https://git.example/bar", tag = "v2" }',
        ),
    ],
)
def test_requirements_that_one_lock_file_can_meet_are_fine(left: str, right: str) -> None:
    assert rules_hit([_a(f"[dependencies]\n{left}\n"), _b(f"[dependencies]\n{right}\n")], BASE) == []


@pytest.mark.parametrize(
    ("left", "right"),
    [('foo = "=1.0.1"', 'foo = "1.2"'), ('foo = ">=0.3, <0.3.5"', 'other = { package = "foo", version = "^0.3.9" }')],
)
def test_requirements_that_exclude_each_other_in_one_range(left: str, right: str) -> None:
    agents = [_a(f"[dependencies]\n{left}\n"), _b(f"[build-dependencies]\n{right}\n")]
    assert rules_hit(agents, BASE) == ["dep-exact-pin-vs-higher-min"]


def test_two_contents_of_one_shared_entry_are_no_two_requirements() -> None:
    inherits = "[dependencies]\nfoo.workspace = true\n"
    entry = "[workspace.dependencies]\nfoo = "
    base = {
        "Cargo.toml": ROOT + entry + '"1"\n',
        "crates/a/Cargo.toml": A + inherits,
        "crates/b/Cargo.toml": B + inherits,
    }
    left, right = (base | {"Cargo.toml": ROOT + entry + text} for text in ('"=1.0.1"\n', '"1.2"\n'))
    assert rules_hit([left, right], base) == []


def test_a_crate_outside_of_the_workspace_has_a_lock_file_of_its_own() -> None:
    base = BASE | {"away/c/Cargo.toml": '[package]\nname = "c"\nversion = "1.0.0"\n'}
    right = base | {"away/c/Cargo.toml": base["away/c/Cargo.toml"] + '[dependencies]\nfoo = "1.2"\n'}
    left = base | {"crates/a/Cargo.toml": A + '[dependencies]\nfoo = "=1.0.1"\n'}
    assert rules_hit([left, right], base) == []


def _wants(foo_of_a: str, foo_of_b: str, foo_of_c: str = "1") -> dict[str, str]:
    wanted = {"a": foo_of_a, "b": foo_of_b, "c": foo_of_c}
    crates = {
        f"crates/{name}/Cargo.toml": f'[package]\nname = "{name}"\n[dependencies]\nfoo = "{foo}"\n'
        for name, foo in wanted.items()
    }
    return {"Cargo.toml": ROOT} | crates


def test_who_clashes_alone_has_no_partner_in_who_says_the_same_in_other_words() -> None:
    base = _wants("1.0", "1.1")
    alone, reworded = _wants("=1.0.1", "1.1"), _wants("1.0", "1.2")
    assert rules_hit([alone, reworded], base) == []
    # One that is sound without the reworded one has it with that one, and only with that one.
    sound = _wants("=1.1.5", "1.1")
    found = hits_of(view_of([alone, reworded, sound], [base]))
    assert [sorted([*members(hit.left), *members(hit.right)]) for hit in found] == [[1, 2]]
    # At another place it is another fault.
    found = hits_of(view_of([alone, _wants("1.0", "1.1", "1.3")], [base]))
    assert [str(hit.hit.rule) for hit in found] == ["dep-exact-pin-vs-higher-min"]


def test_a_base_that_clashes_has_the_fault_already() -> None:
    base = _wants("=1.0.1", "1.1")
    assert rules_hit([_wants("1.1", "1.1"), _wants("=1.0.1", "1.0")], base) == []
    assert rules_hit([_wants("~1.0", "1.0"), _wants("1.0", "1.3")], base) == []


def test_a_crate_that_comes_into_the_workspace_brings_its_requirement() -> None:
    base = BASE | {"away/c/Cargo.toml": '[package]\nname = "c"\n[dependencies]\nfoo = "1.2"\n'}
    left = base | {"crates/a/Cargo.toml": A + '[dependencies]\nfoo = "=1.0.1"\n'}
    right = base | {"Cargo.toml": ROOT.replace('["crates/*"]', '["crates/*", "away/c"]').replace('["away"]', "[]")}
    assert rules_hit([left, right], base) == ["dep-exact-pin-vs-higher-min"]


@pytest.mark.parametrize(
    ("left", "right"),
    [
        ('[dependencies]\nfoo = "1"\n', '[dependencies]\nbar = { package = "foo", version = "2" }\n'),
        ('[dependencies]\nfoo = "1"\n', '[build-dependencies]\nfoo = "2"\n'),
        ('[target."cfg(unix)".dependencies]\nfoo = "1"\n', '[target."cfg(windows)".dependencies]\nfoo = "2"\n'),
        ('[target."cfg(unix)".dependencies]\nfoo-x = "1"\n', '[target."cfg(windows)".dependencies]\nfoo_x = "2"\n'),
        ('[dependencies]\nfoo = "1"\n', '[dev-dependencies]\nfoo = "1.5"\n'),
    ],
)
def test_names_that_go_together_in_one_manifest(left: str, right: str) -> None:
    assert rules_hit([_a(left), _a(right)], BASE) == []


def test_a_path_version_that_the_other_side_brings_up_to_date_is_fine() -> None:
    entry = '[workspace.dependencies]\na = { path = "crates/a", version = "%s" }\n'
    base = BASE | {"Cargo.toml": ROOT + entry % "1"}
    left = base | {"Cargo.toml": ROOT + entry % "2", "crates/a/Cargo.toml": A.replace("1.0.0", "2.0.0")}
    right = base | {"crates/b/Cargo.toml": B + "[dependencies]\na.workspace = true\n"}
    assert rules_hit([left, right], base) == []


def test_a_toolchain_of_another_directory_or_without_a_number_is_not_compared() -> None:
    right = _a('rust-version = "1.90"\n')
    for path, channel in (("crates/b/rust-toolchain.toml", "1.80"), ("rust-toolchain.toml", "stable")):
        left = BASE | {path: f'[toolchain]\nchannel = "{channel}"\n'}
        assert rules_hit([left, right], BASE) == []
    left = BASE | {"rust-toolchain.toml": '[toolchain]\nchannel = "1.80"\n'}
    assert rules_hit([left, right], BASE) == ["pkg-rust-version-vs-toolchain"]


def test_what_many_crates_inherit_is_told_once() -> None:
    shared = '[workspace.package]\nedition = "%s"\n'
    inherits = "edition.workspace = true\nrust-version.workspace = true\n"
    members = {f"crates/{n}/Cargo.toml": f'[package]\nname = "{n}"\nversion = "1.0.0"\n{inherits}' for n in "abcd"}
    base = {"Cargo.toml": ROOT + shared % "2021", **members}
    left = base | {"Cargo.toml": ROOT + shared % "2024"}
    right = base | {"Cargo.toml": ROOT + shared % "2021" + 'rust-version = "1.80"\n'}
    assert [hit.hit.rule for hit in hits_of(view_of([left, right], [base]))] == ["pkg-edition-bump-vs-msrv"]


def test_profiles_of_members_are_ignored_as_cargo_does() -> None:
    base = _a('[profile.ci]\ninherits = "dev"\n')
    right = base | {"crates/a/Cargo.toml": base["crates/a/Cargo.toml"] + '[profile.x]\ninherits = "ci"\n'}
    assert rules_hit([BASE, right], base) == []


def test_an_override_of_a_crate_from_elsewhere_is_left_alone() -> None:
    base = _a('[dependencies]\nfoo = "1"\n')
    right = base | {"Cargo.toml": ROOT + "[profile.dev.package.foo]\nopt-level = 3\n"}
    assert rules_hit([BASE, right], base) == []


def test_a_version_that_both_sides_set_is_told_by_the_rule_about_versions_alone() -> None:
    shared = (
        '[workspace.package]\nversion = "%s"\n[workspace.dependencies]\na = { path = "crates/a", version = "%s" }\n'
    )
    member = '[package]\nname = "a"\nversion.workspace = true\n'
    base = {"Cargo.toml": ROOT + shared % ("1.0.0", "1"), "crates/a/Cargo.toml": member}
    user = '[package]\nname = "b"\nversion = "1.0.0"\n[dependencies]\na.workspace = true\n'
    left = base | {"Cargo.toml": ROOT + shared % ("2.0.0", "2")}
    right = base | {"Cargo.toml": ROOT + shared % ("3.0.0", "3"), "crates/b/Cargo.toml": user}
    assert rules_hit([left, right], base) == []


def test_a_split_that_comes_with_the_edge_between_two_crates() -> None:
    base = BASE | {
        "crates/a/Cargo.toml": A + '[dependencies]\nfoo = "1"\n',
        "crates/b/Cargo.toml": B + '[dependencies]\nfoo = "1.1"\n',
    }
    left = base | {"crates/a/Cargo.toml": A + '[dependencies]\nfoo = "2"\n'}
    right = base | {"crates/b/Cargo.toml": B + '[dependencies]\nfoo = "1.1"\na = { path = "../a" }\n'}
    assert rules_hit([left, right], base) == ["dep-major-split"]


_MASKS = st.integers(0, 15)


@given(st.lists(st.builds(Standing, _MASKS, st.integers(0, 3)), min_size=1, max_size=3, unique=True))
def test_what_arises_together_arises(standings: list[Standing]) -> None:
    relation = relation_of(4, {(0, 1): 1, (1, 3): 1}, 2)
    every = (1 << len(standings)) - 1

    def pairs(answers: list[Answer]) -> set[tuple[frozenset[int], int]]:
        return {
            (frozenset((one, other)), answer.base_bits)
            for answer in answers
            for one in members(answer.left)
            for other in members(answer.right)
        }

    together = arising_together(relation, standings, lambda left, right, _bases: (left, right))
    assert pairs(together) == pairs(
        arising(relation, Groups.of(relation, standings), lambda bits: bits & every == every)
    )
