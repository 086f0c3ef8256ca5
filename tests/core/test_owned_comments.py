from __future__ import annotations

from collections import Counter

import pytest
from hypothesis import given

from gatekeeper.core.schema import CARGO, GENERIC
from gatekeeper.core.splicing.comments import comments
from gatekeeper.core.splicing.layout import Layout
from gatekeeper.core.splicing.owned_comments import (
    Owned,
    due_by_owner,
    is_placed_as_on_a_side,
    owned_comments,
    owners,
    with_comments,
)
from tests.core.toml_comments import comments_of
from tests.core.toml_texts import TREES, spellings

_TEXT = """\
# of the file

# of the table
[a] # of the header
# of b
b = [ # begins
    1, # one
    # before two
    2,
] # ends

# of nobody

c = 1
# the end
"""


@given(TREES.flatmap(spellings))
def test_every_comment_is_somebodys_or_nobodys(text: str) -> None:
    counted: Counter[str] = Counter()
    for (_, comment), count in owned_comments(Layout.of(text, GENERIC)).items():
        counted[comment] += count
    assert counted == comments_of(text)


def test_comments_belong_to_what_they_stand_above_in_or_behind() -> None:
    by_owner: dict[object, list[str]] = {}
    for owner, comment in owned_comments(Layout.of(_TEXT, GENERIC)).elements():
        by_owner.setdefault(owner, []).append(comment)
    assert by_owner == {
        None: ["# of the file", "# of nobody", "# the end"],
        ("a",): ["# of the table", "# of the header"],
        ("a", "b"): ["# of b", "# begins", "# one", "# before two", "# ends"],
    }


@pytest.mark.parametrize(
    ("text", "side", "whole"),
    [
        ("a = 1\nb = 1\n", "# of b\nb = 1\n", "a = 1\n# of b\nb = 1\n"),
        ("a = 1\nb = 1\n", "a = 1 # of a\n", "# of a\na = 1\nb = 1\n"),
        ("[t]\n  a = 1\n", "[t]\na = 1 # of a\n", "[t]\n  # of a\n  a = 1\n"),
        ("a = 1\nb = 1\n", "# one\n# two\nb = 1\n", "a = 1\n# one\n# two\nb = 1\n"),
        ("a = 1\n", "a = 1\n# end\n", "a = 1\n# end\n"),
        ("a = 1", "a = 1\n# end", "a = 1\n# end"),
        ("", "# all\n", "# all\n"),
        ("", "# all", "# all"),
        ("a = 1\r\n", "# of a\na = 1\n", "# of a\r\na = 1\r\n"),
        ("\ufeffa = 1\n", "\ufeff# of a\na = 1\n", "\ufeff# of a\na = 1\n"),
        ("a = [\n  1,\n  2,\n]\n", "a = [\n  # of 2\n  2,\n]\n", "a = [\n  1,\n  # of 2\n  2,\n]\n"),
        ("a = [1, 2]\n", "a = [\n  # of 2\n  2,\n]\n", "# of 2\na = [1, 2]\n"),
        ("a = 1\nb = 1\n", "gone = 1 # of it\nb = 1\n", "a = 1\n# of it\n\nb = 1\n"),
        ("a = 1\n# of b\nb = 1\n", "# top\n\nb = 1\n", "a = 1\n# top\n\n# of b\nb = 1\n"),
        ("[d]\na = {v = 1}\n", "[d.a]\n# of its v\nv = 1\n", "[d]\n# of its v\na = {v = 1}\n"),
        (
            "[z]\nv = 1\n[d]\na = 1\n",
            "[d.a]\n# of a\nv = 1\n[z]\nv = 1\n",
            "[z]\nv = 1\n[d]\n# of a\na = 1\n",
        ),
        ("x = '''\nb = 1\n'''\nb = 1\n", "# of b\nb = 1\n", "x = '''\nb = 1\n'''\n# of b\nb = 1\n"),
    ],
)
def test_a_comment_goes_to_what_it_belongs_to(text: str, side: str, whole: str) -> None:
    missing = comments(side) - comments(text)
    assert with_comments(Layout.of(text, GENERIC), missing, [Layout.of(side, GENERIC)]) == whole


def test_a_comment_that_is_there_does_not_come_twice() -> None:
    text, side = "# x\na = 1\nb = 1\n", "# x\na = 1\n# x\nb = 1\n"
    missing = comments(side) - comments(text)
    assert with_comments(Layout.of(text, GENERIC), missing, [Layout.of(side, GENERIC)] * 2) == side


@pytest.mark.parametrize(
    ("merged", "side", "is_placed"),
    [
        ("# x\na = 1\nb = 1\n", "# x\na = 1\n", True),
        ("a = 1\n# x\nb = 1\n", "# x\na = 1\n", False),
        ("a = 1 # x\n", "# x\na = 1\n", True),
        ("a = 1\n# x\n\nb = 1\n", "# x\na = 1\n", True),
        ("a = 1\n# x\nb = 1\n", "# x\n\na = 1\n", True),
        ("[dependencies]\na = '1' # x\n", "[dependencies.a]\nversion = '1' # x\n", True),
        ("[dependencies.a]\nversion = '1' # x\n", "[dependencies]\na = '1' # x\n", False),
        ("# x\n[d]\na = 1\n", "[d]\n# x\na = 1\n", True),
        ("[d]\n# x\na = 1\n", "# x\n[d]\na = 1\n", False),
        ("a = 1 # new\n", "a = 1\n", False),
    ],
)
def test_a_comment_on_what_has_it_on_no_side_is_seen(merged: str, side: str, is_placed: bool) -> None:  # noqa: FBT001
    known = owners([owned_comments(Layout.of(side, CARGO))])
    assert is_placed_as_on_a_side(Layout.of(merged, CARGO), known) == is_placed


def _of(*owned: tuple[str, str]) -> Counter[Owned]:
    return Counter(Owned((owner,), comment) for owner, comment in owned)


def test_comments_are_due_statement_by_statement() -> None:
    both = _of(("a", "# TODO"), ("b", "# TODO"))
    assert due_by_owner(both, _of(("b", "# TODO")), _of(("a", "# TODO"))) == Counter()
    assert due_by_owner(Counter(), _of(("a", "# x")), _of(("b", "# x"))) == Counter({"# x": 2})
    assert due_by_owner(Counter(), _of(("a", "# x")), _of(("a", "# x"))) == Counter({"# x": 1})
