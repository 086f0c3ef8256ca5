from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gatekeeper.core.names import TreePath, format_key
from gatekeeper.core.patterns import exact_key, key_glob
from gatekeeper.core.place_patterns import parse_place_pattern


@pytest.mark.parametrize(
    ("text", "path", "key", "covered"),
    [
        ("Makefile.toml#tasks.**", "Makefile.toml", ("tasks", "check"), True),
        ("Makefile.toml#tasks.**", "Makefile.toml", ("env", "A"), False),
        ("Makefile.toml#tasks.**", "Makefile.toml", None, False),
        ("crates/x/**", "crates/x/src/lib.rs", None, True),
        ("crates/x/**", "crates/x/Cargo.toml", ("package",), True),
        ("crates/x/**", "crates/y/Cargo.toml", None, False),
        (r"notes/\#1.md", "notes/#1.md", None, True),
        (r"\#a.toml#\"x#y\".*".replace(r"\"", '"'), "#a.toml", ("x#y", "z"), True),
        (r"a\b.md", r"a\b.md", None, True),
    ],
)
def test_what_a_pattern_covers(text: str, path: str, key: tuple[str, ...] | None, covered: bool) -> None:  # noqa: FBT001
    pattern = parse_place_pattern(text)
    assert pattern.text == text
    assert pattern.covers(TreePath(path), key) is covered


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "names no path"),
        ("#tasks.**", "names no path"),
        ("/Cargo.toml", "as git spells it"),
        ("./Cargo.toml", "as git spells it"),
        ("a/../b", "as git spells it"),
        ("crates/x/", r"what is in a directory is crates/x/\*\*"),
        ("Cargo.toml#", "no key stands after the #"),
        ("Cargo.toml#a..b", "the key a..b: not a dotted key from column 3 on"),
    ],
)
def test_what_is_no_pattern_says_why(text: str, said: str) -> None:
    with pytest.raises(ValueError, match=said):
        parse_place_pattern(text)


@given(st.lists(st.text(), min_size=1).map(tuple))
def test_every_key_is_read_as_it_is_written(key: tuple[str, ...]) -> None:
    assert exact_key(format_key(key)) == key


@pytest.mark.parametrize("text", ["a.*", "b?", "", "a.", '"\\x"', '"\\U00110000"'])
def test_what_is_no_single_key(text: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        exact_key(text)


def test_a_key_in_quotes_may_hold_what_would_be_a_wildcard() -> None:
    assert exact_key("'a*'.\"b?\\u0041\"") == ("a*", "b?A")
    assert key_glob('\'a\'."b\\"c"').matches(("a", 'b"c'))
