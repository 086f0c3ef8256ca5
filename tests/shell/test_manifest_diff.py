from __future__ import annotations

import pytest

import gatekeeper
from gatekeeper.errors import BadInputError
from gatekeeper.manifest_diff import ABSENT, Change, HunkLine, diff_versions, read_hunks, set_edit

BEFORE = """
[package]
name = "a"
version = "0.1.0"

[features]
default = ["x", "y"]
"""
AFTER = """
[package]
name = "a"
version = "0.2.0"

[features]
default = ["y", "z"]

[dependencies]
serde = "1"
"""


def test_changes_are_told_by_key() -> None:
    changes = gatekeeper.diff_manifests(BEFORE, AFTER.encode(), path="Cargo.toml")
    assert changes == (
        Change(("package", "version"), "0.1.0", "0.2.0"),
        Change(("features", "default"), ["x", "y"], ["y", "z"]),
        Change(("dependencies",), ABSENT, {"serde": {"version": "1"}}),
    )


def test_spelling_is_no_change() -> None:
    assert gatekeeper.diff_manifests('a.b = 1\n"c" = 2 # x', "c = 2\n[a]\nb = 1", path="x.toml") == ()


def test_a_set_tells_what_it_gained_and_lost() -> None:
    _, features, dependencies = gatekeeper.diff_manifests(BEFORE, AFTER, path="Cargo.toml")
    edit = set_edit(features, path="Cargo.toml")
    assert edit is not None
    assert (edit.added, edit.removed) == (("z",), ("x",))
    assert set_edit(dependencies, path="Cargo.toml") is None
    assert set_edit(features, path="other.toml") is None


@pytest.mark.parametrize(
    ("before", "after", "message"),
    [
        ("a = [", "", "Cargo.toml:1:6: unclosed array, expected `]`"),
        ("", b"a = 1\nb = \xff", "Cargo.toml:2:5: the byte 0xff is not UTF-8"),
        ("", "\ud800", "Cargo.toml:1:1: the byte 0xed is not UTF-8"),
        ("", "[" * 100_000, None),
        ("", "a." * 20_000 + "a = 1", None),
    ],
)
def test_what_is_no_toml_is_refused_with_its_place(before: str, after: str | bytes, message: str | None) -> None:
    with pytest.raises(BadInputError, match=r"\ACargo\.toml:\d+:\d+: .") as caught:
        gatekeeper.diff_manifests(before, after, path="Cargo.toml")
    assert message is None or caught.value.message == message


def test_a_file_that_came_or_went() -> None:
    def diff(before: str | None, after: str | None) -> tuple[Change, ...]:
        return diff_versions(before, after, before_name="a", after_name="b", path="Cargo.toml")

    assert diff(None, "a = 1") == (Change(("a",), ABSENT, 1),)
    assert diff("a = 1", None) == (Change(("a",), 1, ABSENT),)
    assert diff(None, None) == ()


def test_gits_patch_becomes_hunks() -> None:
    patch = (
        b"diff --git a/x b/x\nindex 1..2 100644\n--- a/x\n+++ b/x\n@@ -1,3 +1,3 @@ section\n"
        b" form\x0cfeed\xff\n-old\r\n+n\xe2\x80\xa8ew\n\n\\ No newline at end of file\n"
    )
    (hunk,) = read_hunks(patch)
    assert (hunk.old_start, hunk.old_count, hunk.new_start, hunk.new_count) == (1, 3, 1, 3)
    assert hunk.lines == (
        HunkLine("context", "form\x0cfeed\udcff", 1, 1),
        HunkLine("removed", "old\r", 2, None),
        HunkLine("added", "n\u2028ew", None, 2),
        HunkLine("context", "", 3, 3),
    )


@pytest.mark.parametrize("patch", [b"", b"diff --git a/x b/x\nindex 1..2 100644\nBinary files a/x and b/x differ\n"])
def test_a_patch_without_text_has_no_hunks(patch: bytes) -> None:
    assert read_hunks(patch) == ()


def test_a_patch_that_is_cut_off_is_refused() -> None:
    with pytest.raises(BadInputError, match="cannot be read"):
        read_hunks(b"--- a/x\n+++ b/x\n@@ -1,3 +1,3 @@\n a\n")
