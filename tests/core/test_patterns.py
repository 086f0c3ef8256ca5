"""Globs over paths and over keys."""

from __future__ import annotations

import pytest

from gatekeeper.core.patterns import key_glob, path_glob


@pytest.mark.parametrize(
    ("pattern", "path", "fits"),
    [
        ("Cargo.toml", "Cargo.toml", True),
        ("Cargo.toml", "crates/a/Cargo.toml", False),
        ("**/Cargo.toml", "Cargo.toml", True),
        ("**/Cargo.toml", "crates/a/Cargo.toml", True),
        ("crates/*/Cargo.toml", "crates/a/Cargo.toml", True),
        ("crates/*/Cargo.toml", "crates/a/b/Cargo.toml", False),
        ("crates/**", "crates/a/b/Cargo.toml", True),
        ("**", "anything/at/all", True),
        ("a?c.toml", "abc.toml", True),
        ("a.c", "abc", False),
    ],
)
def test_path_globs(pattern: str, path: str, fits: bool) -> None:  # noqa: FBT001 - a table's column
    assert path_glob(pattern).matches(path.split("/")) is fits


@pytest.mark.parametrize(
    ("pattern", "key", "fits"),
    [
        ("features", ("features",), True),
        ("features", ("features", "default"), False),
        ("features.**", ("features",), True),
        ("features.**", ("features", "a", "b"), True),
        ("tasks.*.env", ("tasks", "check", "env"), True),
        ('target."cfg(a.b)".*', ("target", "cfg(a.b)", "x"), True),
        ("target.'cfg(unix)'", ("target", "cfg(unix)"), True),
        (r'"say \"hi\""', ('say "hi"',), True),
        ("**.version", ("dependencies", "a", "version"), True),
        (" a . b ", ("a", "b"), True),
    ],
)
def test_key_globs(pattern: str, key: tuple[str, ...], fits: bool) -> None:  # noqa: FBT001 - a table's column
    assert key_glob(pattern).matches(key) is fits


@pytest.mark.parametrize("pattern", ["", ".", "a.", "a..b", 'a."b', "a b"])
def test_what_is_no_key_glob(pattern: str) -> None:
    with pytest.raises(ValueError, match="not a dotted key"):
        key_glob(pattern)
