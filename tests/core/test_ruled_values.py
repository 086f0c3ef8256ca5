"""A merge with what was ruled at some keys: there, and nowhere else (R-12)."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from gatekeeper.core.document import Document, parse
from gatekeeper.core.names import KeyPath
from gatekeeper.core.proposals import with_ruled
from gatekeeper.core.schema import CARGO, GENERIC
from gatekeeper.core.slots import look_up

BASE = "a = 1\nb = 1\nc = 1\n\n[t]\nx = 1\n"
A: KeyPath = ("a",)


def said(text: str, key: KeyPath) -> object:
    read = parse(text.encode(), GENERIC)
    assert isinstance(read, Document)
    return look_up(read.tree, key)


def test_the_ruled_value_is_there_and_both_sides_have_the_rest() -> None:
    ours, theirs = BASE.replace("a = 1", "a = 2").replace("b = 1", "b = 2"), BASE.replace("a = 1", "a = 3 # mine")
    # What else the ruled text says does not count: trunk has moved on.
    merged = with_ruled(BASE, ours, theirs.replace("c = 1", "c = 3"), GENERIC, [(A, "a = 9 # ruled\nb = 7\n")])
    assert merged.text == "a = 9 # ruled\nb = 2\nc = 3\n\n[t]\nx = 1\n"


def test_what_was_ruled_to_go_goes() -> None:
    merged = with_ruled(BASE, BASE.replace("a = 1", "a = 2"), BASE.replace("a = 1", "a = 3"), GENERIC, [(A, "b = 1\n")])
    assert merged.text is not None
    assert "a =" not in merged.text


def test_what_clashes_elsewhere_still_clashes() -> None:
    ours, theirs = (BASE.replace("a = 1", f"a = {n}").replace("c = 1", f"c = {n}") for n in (2, 3))
    merged = with_ruled(BASE, ours, theirs, GENERIC, [(A, "a = 9\n")])
    assert merged.text is None
    assert [clash.key for clash in merged.clashes] == [("c",)]


def test_several_rulings_on_one_file_count_together() -> None:
    ours, theirs = (BASE.replace("a = 1", f"a = {n}").replace("c = 1", f"c = {n}") for n in (2, 3))
    merged = with_ruled(BASE, ours, theirs, GENERIC, [(A, "a = 8\n"), (("c",), "c = 9\n")])
    assert merged.text is not None
    assert (said(merged.text, A), said(merged.text, ("c",))) == (8, 9)


def test_a_table_can_be_ruled_on() -> None:
    one, other = ('[dependencies]\nx = { version = "1", features = ["one"] }\n', '[dependencies]\nx = "2"\n')
    merged = with_ruled(None, one, other, CARGO, [(("dependencies", "x"), '[dependencies]\nx = { version = "3" }\n')])
    assert merged.text is not None
    assert said(merged.text, ("dependencies", "x")) == {"version": "3"}


@given(st.tuples(*[st.integers(0, 3)] * 3), st.tuples(*[st.integers(0, 3)] * 3), st.integers(4, 6))
def test_whatever_the_sides_say_the_ruled_value_stands(
    ours: tuple[int, ...], theirs: tuple[int, ...], ruled: int
) -> None:
    one, other = (
        "".join(f"{key} = {value}\n" for key, value in zip("abc", side, strict=True)) for side in (ours, theirs)
    )
    merged = with_ruled("a = 0\nb = 0\nc = 0\n", one, other, GENERIC, [(A, f"a = {ruled}\n")])
    clashing = [key for n, key in enumerate("bc", start=1) if ours[n] != theirs[n] and 0 not in (ours[n], theirs[n])]
    assert [clash.key for clash in merged.clashes] == [(key,) for key in clashing]
    if merged.text is not None:
        expected = [ruled, *(mine or other for mine, other in zip(ours[1:], theirs[1:], strict=True))]
        assert [said(merged.text, (key,)) for key in "abc"] == expected
