from __future__ import annotations

from collections import Counter
from typing import Any

import pytest
import tomli
from hypothesis import given
from hypothesis import strategies as st

from gatekeeper.core.splicing.array_text import ArrayText, as_sequence, as_set, with_comments_of
from tests.core.manifest_texts import arrays
from tests.core.toml_comments import comments_of

_ENTRIES = st.lists(st.sampled_from(["x", "y", "z", "w/x", "dep:a", "#", "new"]), max_size=5, unique=True)


def _values(text: str) -> list[Any]:
    values: list[Any] = tomli.loads(f"a = {text}")["a"]
    return values


def _array(text: str) -> ArrayText:
    array = ArrayText.of(text, _values(text))
    assert array is not None
    return array


@given(arrays())
def test_an_array_is_its_text(text: str) -> None:
    assert str(_array(text)) == text


@given(arrays(), arrays(), arrays(), _ENTRIES)
def test_arrays_are_rebuilt_with_any_entries(current: str, other: str, base: str, wanted: list[str]) -> None:
    ours, theirs = _array(current), _array(other)
    known = {*_values(current), *_values(other)}
    for rebuilt in (as_set(ours, wanted, [theirs]), as_sequence(ours, wanted, [theirs])):
        assert (rebuilt is None) == (not known.issuperset(wanted))
        if rebuilt is not None:
            assert Counter(_values(str(rebuilt))) == Counter(wanted)
            told = with_comments_of(rebuilt, _array(base), theirs)
            assert Counter(_values(str(told))) == Counter(wanted)
            assert comments_of(f"a = {told}").keys() <= comments_of(f"a = [\n{current},{other},{base}]").keys()


@given(arrays(), arrays(), _ENTRIES)
def test_a_sequence_keeps_its_order(current: str, other: str, wanted: list[str]) -> None:
    rebuilt = as_sequence(_array(current), wanted, [_array(other)])
    assert rebuilt is None or _values(str(rebuilt)) == wanted


@pytest.mark.parametrize(
    ("current", "source", "wanted", "rebuilt"),
    [
        ('["a"]', '["a", "b"]', ["a", "b"], '["a", "b"]'),
        ("[]", '["a", "b"]', ["a", "b"], '["a", "b"]'),
        ("[\n]", '["a"]', ["a"], '["a"]'),
        ('["a", "b"]', "[]", [], "[]"),
        ('["a", "b",]', "[]", ["b"], '["b",]'),
        ('[ "a" ]', '["b"]', ["a", "b"], '[ "a", "b" ]'),
        ('[\n\t"a"\n]', '["b"]', ["a", "b"], '[\n\t"a",\n\t"b"\n]'),
        ('[\n  "a",\n  # of b\n  "b",\n]', "[]", ["a"], '[\n  "a",\n]'),
        ('[\r\n  "a",\r\n]', '[\n# of b\n"b"]', ["a", "b"], '[\r\n  "a",\r\n  # of b\r\n  "b",\r\n]'),
        ('[\n  "a", "b",\n]', '[\n  "a",\n  "c", # why\n]', ["a", "c", "b"], '[\n  "a",\n  "c", # why\n  "b",\n]'),
        ('[\n  "a", # why\n  "b", "c",\n]', "[]", ["a", "c"], '[\n  "a", # why\n  "c",\n]'),
        ('["a", # why\n  "b"]', "[]", ["a"], '["a" # why\n]'),
    ],
)
def test_entries_follow_the_style(current: str, source: str, wanted: list[str], rebuilt: str) -> None:
    assert str(as_sequence(_array(current), wanted, [_array(source)])) == rebuilt


def test_what_is_no_array_of_just_these_values() -> None:
    assert ArrayText.of('"a"', ["a"]) is None
    assert ArrayText.of('["a", "b"]', ["a"]) is None
