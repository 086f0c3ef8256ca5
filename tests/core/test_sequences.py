from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gatekeeper.core.document import Value
from gatekeeper.core.sequences import MAX_CELLS, merge_sequences, merge_sets, token


@pytest.mark.parametrize(
    ("base", "ours", "theirs", "merged"),
    [
        ("abc", "xabc", "abcy", "xabcy"),
        ("abc", "ac", "abcy", "acy"),
        ("abc", "ac", "ac", "ac"),
        ("abc", "axbc", "axbc", "axbc"),
        ("abcd", "aXcd", "abcY", "aXcY"),
        ("ab", "xb", "ay", "xy"),
        ("abc", "axbc", "aybc", None),
        ("abc", "bca", "cab", None),
        ("abc", "bca", "bc", None),
        ("ab", "abx", "xab", None),
        ("ab", "b", "bx", "bx"),
        ("ab", "a", "abx", None),
        ("aab", "ab", "aabc", "abc"),
        ("", "a", "b", None),
    ],
)
def test_sequences(base: str, ours: str, theirs: str, merged: str | None) -> None:
    expected = list(merged) if merged is not None else None
    assert merge_sequences([*base], [*ours], [*theirs]) == merge_sequences([*base], [*theirs], [*ours]) == expected


def test_sequences_too_different_to_align_are_left_alone() -> None:
    size = int(MAX_CELLS**0.5) + 1
    base: list[Value] = list(range(size))
    assert merge_sequences(base, [-1 - n for n in range(size)], [*base, 0]) is None
    assert merge_sequences(base, [-1, *base], [*base, -2]) == [-1, *base, -2]


def test_tokens_tell_values_apart() -> None:
    values: list[Value] = [1, 1.0, True, "1", [1], {"a": 1}, {"a": True}, {"a": [1]}]
    assert len({token(value) for value in values}) == len(values)
    assert token({"a": 1, "b": [2]}) == token({"b": [2], "a": 1})
    assert merge_sets([{"a": 1}], [{"a": 1}, "x"], ["y", "y"]) == ["x", "y"]


@given(*[st.lists(st.sampled_from("abcd"), max_size=6, unique=True)] * 3)
def test_merged_sequences_keep_what_both_kept(base: list[str], ours: list[str], theirs: list[str]) -> None:
    merged = merge_sequences(base, ours, theirs)
    if merged is not None:
        assert set(merged) == {token(value) for value in merge_sets(base, ours, theirs)}
        assert len(merged) == len(set(map(str, merged)))
