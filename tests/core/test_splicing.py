from __future__ import annotations

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gatekeeper.core.schema import CARGO, CARGO_LOCK, GENERIC, Profile
from gatekeeper.core.splicing.comments import (
    attached,
    comments,
    detached,
    due_comments,
    lines_of,
    merged_lead,
    merged_tail,
)
from gatekeeper.core.splicing.layout import Layout, newline_of
from gatekeeper.core.splicing.placement import Present, is_sorted, nearest_first
from gatekeeper.core.string_merge import favouring_ours, line_hunks, merged_lines
from gatekeeper.core.toml_scan import Form
from tests.core.toml_comments import comments_of
from tests.core.toml_texts import TREES, spellings


@given(TREES.flatmap(spellings), st.sampled_from([CARGO, GENERIC, CARGO_LOCK]))
def test_any_layout_is_its_text(text: str, profile: Profile) -> None:
    assert str(Layout.of(text, profile)) == text


@given(TREES.flatmap(spellings))
def test_comments_are_those_of_the_text(text: str) -> None:
    found = comments(text)
    assert {comment: found[comment] for comment in comments_of(text)} == comments_of(text)


def test_a_layout_names_what_stands_where() -> None:
    text = '\ufeff# top\n[[bin]] # one\nname = "a"\n  path = "p" # of a\n\n[[test]]\npath = "t"\n# end'
    layout = Layout.of(text, CARGO)
    assert [item.key for item in layout.items] == [
        ("bin", "a"),
        ("bin", "a", "name"),
        ("bin", "a", "path"),
        *[("test",)] * 2,
    ]
    path = layout.by_key["bin", "a", "path"]
    assert (path.lead, path.text, path.tail, path.value) == ("", '  path = "p"', " # of a\n", '"p"')
    assert [item.in_array for item in layout.items] == [False, False, False, True, True]
    assert (layout.mark, layout.closing) == ("\ufeff", "# end")


def test_a_pair_can_be_spelled_below_another_table() -> None:
    item = Layout.of("[a.b]\n 'c.d' = 1 # why\n", GENERIC).items[1]
    assert str(item.below(("a", "b"))) == '"c.d" = 1 # why\n'
    below = item.below(("a",))
    assert (str(below), below.form, below.value) == ('b."c.d" = 1 # why\n', Form.DOTTED_PAIR, "1")


@pytest.mark.parametrize(
    ("texts", "newline"),
    [(("a\r\nb\n",), "\r\n"), (("a\nb\r\n",), "\n"), (("a", "b\r\n"), "\r\n"), (("\n",), "\n"), (("",), "\n")],
)
def test_lines_end_as_the_first_does(texts: tuple[str, ...], newline: str) -> None:
    assert newline_of(*texts) == newline


@pytest.mark.parametrize(
    ("was", "mine", "other", "due"),
    [(1, 1, 0, 0), (1, 0, 1, 0), (0, 1, 1, 1), (0, 2, 1, 1), (1, 1, 2, 2), (1, 3, 1, 3)],
)
def test_what_one_side_did_to_a_comment_is_due(was: int, mine: int, other: int, due: int) -> None:
    counts = (Counter({"#": count}) for count in (was, mine, other))
    assert due_comments(*counts) == +Counter({"#": due})


def test_what_a_comment_quotes_may_differ() -> None:
    assert comments('a = 1 # "x"') == comments_of('a = 1 # "x"') + Counter({'\0# ""': 1})


@pytest.mark.parametrize(
    ("lead", "own"),
    [
        ("", ""),
        ("\n", ""),
        ("# a\n", "# a\n"),
        ("\n# a\n# b\n", "# a\n# b\n"),
        ("# a\n\n# b\n", "# b\n"),
        ("# a\n\n", ""),
    ],
)
def test_the_comment_right_above_is_a_statements_own(lead: str, own: str) -> None:
    assert attached(lead) == own
    assert detached(lead) + own == lead


@pytest.mark.parametrize(
    ("base", "ours", "theirs", "merged"),
    [
        ("", "# a\n", "", "# a\n"),
        ("", "", "# b\n", "# b\n"),
        ("", "# a\n", "# b\n", "# a\n# b\n"),
        ("# x\n", "# x\n# a\n", "", "# a\n"),
        ("# x\n", "# y\n", "# x\n# b\n", "# y\n# b\n"),
        (None, "# a\n", "\n", "# a\n"),
        (None, "\n", "# b\n", "# b\n"),
        (None, "# a", "# a\n# b\n", "# a\n# b\n"),
    ],
)
def test_the_lines_above_merge(base: str | None, ours: str, theirs: str, merged: str) -> None:
    assert merged_lead(base, ours, theirs) == merged


def test_what_stands_behind_merges() -> None:
    assert merged_tail(" # x\n", " # x", " # y\n") == " # y\n"
    assert merged_tail(" # x\n", " # z\n", " # y\n") == " # z\n"
    assert merged_tail(None, "\n", " # y\n") == "\n"


def test_lines_end_with_a_line_feed_only() -> None:
    assert lines_of("a\u2028b\x85\r\n\nc") == ["a\u2028b\x85\r\n", "\n", "c"]


@pytest.mark.parametrize(
    ("names", "found"),
    [
        (["a", "b", "c"], True),
        (["a", "b"], False),
        (["a", "a", "b"], False),
        (["a_b", '"A-c"', "b"], True),
        (["b", "a", "c"], False),
    ],
)
def test_three_names_in_order_are_kept_in_order(names: list[str], found: bool) -> None:  # noqa: FBT001
    assert is_sorted(names) == found


@pytest.mark.parametrize(
    ("present", "before", "known", "place"),
    [
        ("abc", "", "abc", 0),
        ("abc", "a", "abc", 1),
        ("axbc", "a", "abc", 2),
        ("abc", "bx", "abcx", 2),
        ("abc", "xy", "abcxy", 0),
        ("zabc", "x", "abcx", 1),
        ("ab", "b", "ab", 2),
    ],
)
def test_what_is_new_goes_behind_its_neighbour(present: str, before: str, known: str, place: int) -> None:
    assert Present(present).insert("n", nearest_first(before, len(before)), known) == place


def test_what_is_new_goes_where_the_order_says() -> None:
    names = ["a", "c_x", "e"]
    new = ("b", "c-x", "'D'", "f")
    apart = [Present(names, names, are_sorted=True).insert(name, (), (), name, by_name=True) for name in new]
    assert apart == [1, 1, 2, 3]
    together = Present(names, names, are_sorted=True)
    assert [together.insert(name, (), (), name, by_name=True) for name in new] == [1, 2, 4, 6]


def test_an_order_that_is_broken_no_longer_decides() -> None:
    names = ["a", "c", "e"]
    present = Present(names, names, are_sorted=True)
    assert present.insert("d", ["c"], "acde", "d") == 2
    assert present.insert("b", (), "abcde", "b", by_name=True) == 1
    assert present.insert("z", ["a"], "abcdez", "z") == 1
    assert present.insert("f", ["e"], "abcdefz", "f", by_name=True) == 6


@given(
    st.lists(st.sampled_from("abcdefgh")), st.lists(st.sampled_from("abcdefgh")), st.sets(st.sampled_from("abcdefgh"))
)
def test_many_insertions_go_where_each_would_by_itself(present: list[str], new: list[str], known: set[str]) -> None:
    together, values = Present(present), list(present)
    for number, value in enumerate(new):
        place = Present(values).insert(value, nearest_first(new, number), known)
        assert together.insert(value, nearest_first(new, number), known) == place
        values.insert(place, value)


def test_texts_that_have_too_little_in_common_are_replaced_whole() -> None:
    old, new = [b"%d\n" % number for number in range(2100)], [b"x%d\n" % number for number in range(2100)]
    assert line_hunks([b"a\n", *old, b"z"], [b"a\n", *new, b"z"]) == [(1, 2100, 1, 2100)]


def test_lines_merge_as_in_git() -> None:
    assert merged_lines("a\nb\nc\n", "a\nb\nC\n", "A\nb\nc\n") == "A\nb\nC\n"
    assert merged_lines("a\n", "b\n", "c\n") is None
    assert favouring_ours("a\nb\nc\nd\n", "a\nb\nc\nO\n", "T\nb\nc\nX\n") == "T\nb\nc\nO\n"
    assert merged_lines("a\r\n", "a\r\n\ud800", "a\r\n") == "a\r\n\ud800"
