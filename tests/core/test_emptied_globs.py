from __future__ import annotations

import pytest

from tests.core.small_fleet import Tree, changed, hits, view_of
from tests.core.test_crate_moves import WITHOUT, Change, manifest, root

TRUNK: Tree = {
    "Cargo.toml": root("app", "crates/*"),
    "app/Cargo.toml": manifest("app"),
    "app/src/lib.rs": "",
    "crates/cache/Cargo.toml": manifest("cache"),
    "crates/cache/src/lib.rs": "//! The cache.\n",
    "crates/store/Cargo.toml": manifest("store"),
    "crates/store/src/lib.rs": "//! The store.\n",
}
NOTHING_LEFT = "nothing is left that the glob `crates/*` matches."
NO_STORE = {"crates/store/Cargo.toml": None, "crates/store/src/lib.rs": None}


def told(left: Change, right: Change, trunk: Tree = TRUNK) -> list[tuple[str, str | None]]:
    view = view_of([changed(trunk, left), changed(trunk, right)], [trunk])
    return [(found.hit.message, found.hit.proposal) for found in hits(view)]


def test_the_last_two_crates_of_a_glob() -> None:
    assert told(WITHOUT, NO_STORE) == [
        (
            "{left} takes `crates/store` away, {right} takes `crates/cache` away: " + NOTHING_LEFT,
            "Take `crates/*` out of `members`.",
        )
    ]


@pytest.mark.parametrize(
    "kept",
    [{"crates/README.md": ""}, {"crates/desk/Cargo.toml": manifest("desk"), "crates/desk/src/lib.rs": ""}],
    ids=["a file", "a crate"],
)
def test_anything_that_a_glob_matches_will_do(kept: dict[str, str]) -> None:
    assert not told(WITHOUT, NO_STORE, {**TRUNK, **kept})
    assert not told({**WITHOUT, **kept}, NO_STORE)


def test_a_glob_that_one_side_takes_out() -> None:
    assert not told({**WITHOUT, "Cargo.toml": root("app")}, NO_STORE)


def test_a_glob_for_what_the_other_side_takes_away() -> None:
    trunk = {**TRUNK, "Cargo.toml": root("app", "crates/cache", "crates/store")}
    without = {**WITHOUT, **NO_STORE, "Cargo.toml": root("app")}
    added: Change = {"Cargo.toml": root("app", "crates/cache", "crates/store", "crates/*")}
    assert told(without, added, trunk) == [
        (
            "{left} takes `crates/cache` away, {right} adds `crates/*` to `members`: " + NOTHING_LEFT,
            "Take `crates/*` out of `members`.",
        )
    ]


def test_what_a_new_glob_matches_without_a_manifest_is_to_be_excluded() -> None:
    trunk = {**TRUNK, "Cargo.toml": root("app")}
    notes: Change = {"crates/docs/orders.md": "How an order goes.\n"}
    said = "a glob in `members` matches `crates/docs`; {right} adds `crates/docs/orders.md`, and there is no manifest."
    widened: Change = {"Cargo.toml": root("app", "crates/*")}
    proposal = "Add `crates/docs` to `exclude`."
    assert told(widened, notes, trunk) == [(f"{{left}} adds `crates/*` to `members`, so that {said}", proposal)]
    excluding = {**TRUNK, "Cargo.toml": root("app", "crates/*", more='exclude = ["crates/docs"]\n')}
    without: Change = {"Cargo.toml": root("app", "crates/*")}
    assert told(without, notes, excluding) == [
        (f"{{left}} takes `crates/docs` out of `exclude`, so that {said}", proposal)
    ]


def test_of_a_deleted_crate_with_edits_and_new_files_the_deletion_is_told() -> None:
    right: Change = {"crates/cache/src/lib.rs": "//! Edited.\n", "crates/cache/src/keys.rs": ""}
    [(message, _)] = told(WITHOUT, right)
    assert message == "{left} deletes the crate in `crates/cache`; {right} edits `crates/cache/src/lib.rs` in it."
