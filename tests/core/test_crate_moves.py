from __future__ import annotations

from collections.abc import Mapping

from tests.core.small_fleet import Tree, changed, hits, view_of

Change = Mapping[str, str | None]
LIBRARY = "pub fn open() -> usize {\n    1\n}\n\npub fn close() -> usize {\n    2\n}\n"


def manifest(name: str, more: str = "") -> str:
    return f'[package]\nname = "{name}"\nversion = "0.1.0"\nedition = "2021"\n{more}'


def root(*members: str, more: str = "") -> str:
    return f"[workspace]\nmembers = {list(members)}\n{more}".replace("'", '"')


TRUNK: Tree = {
    "Cargo.toml": root("crates/*"),
    "crates/api/Cargo.toml": manifest("api"),
    "crates/api/src/lib.rs": "//! The outside.\n",
    "crates/cache/Cargo.toml": manifest("cache"),
    "crates/cache/src/lib.rs": LIBRARY,
}
WITHOUT = {"crates/cache/Cargo.toml": None, "crates/cache/src/lib.rs": None}
RENAMED = {**WITHOUT, "crates/recent/Cargo.toml": manifest("recent"), "crates/recent/src/lib.rs": LIBRARY}
EDITED = {"crates/cache/src/lib.rs": LIBRARY + "// Edited.\n"}


def told(left: Change, right: Change, trunk: Tree = TRUNK) -> list[tuple[str, str | None]]:
    view = view_of([changed(trunk, left), changed(trunk, right)], [trunk])
    return [(found.hit.message, found.hit.proposal) for found in hits(view)]


def test_edits_follow_a_crate_that_has_another_name_as_well() -> None:
    assert not told(RENAMED, EDITED)


def test_a_crate_that_nothing_resembles_is_deleted() -> None:
    other = {"crates/desk/Cargo.toml": "# All new.\n" * 9 + manifest("desk"), "crates/desk/src/lib.rs": "//! New.\n"}
    assert told({**WITHOUT, **other}, EDITED) == [
        ("{left} deletes the crate in `crates/cache`; {right} edits `crates/cache/src/lib.rs` in it.", None)
    ]


def test_of_a_crate_taken_apart_what_went_nowhere_is_deleted() -> None:
    trunk = {**TRUNK, "crates/cache/src/keys.rs": "pub fn key() {}\n"}
    left = {**WITHOUT, "crates/cache/src/keys.rs": None, "crates/api/src/cache.rs": LIBRARY}
    right = {**EDITED, "crates/cache/src/keys.rs": "pub fn key() -> u8 {}\n"}
    assert told(left, right, trunk) == [
        ("{left} deletes the crate in `crates/cache`; {right} edits `crates/cache/src/keys.rs` in it.", None)
    ]


def test_a_crate_that_both_moved_to_the_same_place_is_no_new_one() -> None:
    left = {**RENAMED, "crates/recent/Cargo.toml": manifest("cache", "[features]\nkeys = []\n")}
    right = {**RENAMED, "crates/recent/Cargo.toml": "# Not much.\n" + manifest("cache")}
    assert not told(left, right)


def test_two_new_manifests_are_a_crate_only_if_both_have_a_package() -> None:
    package, workspace = {"ex/Cargo.toml": manifest("ex")}, {"ex/Cargo.toml": root("a")}
    said = "{left} and {right} both create %s, each with a manifest of its own."
    assert told(package, {"ex/Cargo.toml": manifest("example")}) == [(said % "a crate in `ex`", None)]
    assert (said % "`ex/Cargo.toml`", None) in told(package, workspace)
    top = {"Cargo.toml": manifest("a")}, {"Cargo.toml": manifest("b")}
    assert told(*top, {"README": ""}) == [(said % "a crate at the top of the tree", None)]


def test_who_lists_the_old_place_is_told_the_new_one() -> None:
    listed: Change = {"Cargo.toml": root("crates/*", "crates/cache")}
    assert told(RENAMED, listed) == [
        (
            "{left} moves the crate in `crates/cache` to `crates/recent`; {right} lists it in `members`.",
            "Write `crates/recent` in its place in `members`.",
        )
    ]
    default: Change = {"Cargo.toml": root("crates/*", more='default-members = ["crates/cache"]\n')}
    said = (
        "{left} moves the crate in `crates/cache` to `crates/recent`; {right} adds `crates/cache` to `default-members`."
    )
    assert told(RENAMED, default) == [(said, "Write `crates/recent` in place of `crates/cache` in `default-members`.")]
