from __future__ import annotations

import copy
from typing import Any

import pytest
import tomlkit
from hypothesis import given
from hypothesis import strategies as st

from gatekeeper.core.document import Document, parse, same
from gatekeeper.core.schema import GENERIC
from gatekeeper.drill.editing import Add, Drop, Edit, Put, Remove, edited

TEXT = '# ours\n[a]  # first\nb = 1 # one\nlist = [ "x", \'y\', ] # both\n\n[a.c]\nd = { e = "f" }\n'


def values(source: bytes) -> dict[str, Any]:
    found = parse(source, GENERIC)
    assert isinstance(found, Document)
    return found.tree


@pytest.mark.parametrize(
    ("edit", "wanted"),
    [
        (Put(("a", "b"), 2), TEXT.replace("b = 1", "b = 2")),
        (Put(("a", "c", "d", "e"), "g"), TEXT.replace('"f"', '"g"')),
        (Put(("a", "c", "g"), {"path": "x"}), f'{TEXT}g = {{path = "x"}}\n'),
        (Remove(("a", "b")), TEXT.replace("b = 1 # one\n", "")),
        (Remove(("a", "c")), TEXT[: TEXT.index("[a.c]")]),
    ],
)
def test_nothing_else_changes(edit: Edit, wanted: str) -> None:
    for prefix in (b"", b"\xef\xbb\xbf"):
        for newline in ("\n", "\r\n"):
            source = prefix + TEXT.replace("\n", newline).encode()
            assert edited(source, [edit]) == prefix + wanted.replace("\n", newline).encode()


@pytest.mark.parametrize(
    ("edit", "wanted"),
    [
        (Add(("a", "list"), "z"), TEXT.replace("'y', ]", "'y', \"z\", ]")),
        (Drop(("a", "list"), "x"), TEXT.replace("\"x\", 'y'", "'y'")),
    ],
)
def test_of_a_list_only_blanks_and_the_last_comma_may_change(edit: Edit, wanted: str) -> None:
    result = edited(TEXT.encode(), [edit])
    assert result is not None
    assert result.decode().replace(" ", "").replace(",]", "]") == wanted.replace(" ", "").replace(",]", "]")


@pytest.mark.parametrize(
    "edit",
    [
        Put(("a", "b", "c"), 1),
        Remove(("a", "z")),
        Remove(("z", "a")),
        Add(("a", "b"), "x"),
        Add(("z", "a"), "x"),
        Drop(("a", "list"), "z"),
        Drop(("a", "z"), "x"),
    ],
)
def test_what_does_not_fit_is_not_done(edit: Edit) -> None:
    assert edited(TEXT.encode(), [edit]) is None


@pytest.mark.parametrize("source", [b"a = ", b"\xff", b"<<<<<<< ours\n"])
def test_what_is_not_valid_is_not_edited(source: bytes) -> None:
    assert edited(source, [Put(("a",), 1)]) is None


_NAMES = st.sampled_from(["a", "b", "c d", "é", '"'])
_LEAVES = st.integers(0, 9) | st.sampled_from(["", "x", "'''", "\n", "\\"]) | st.booleans()
_TREES = st.recursive(
    _LEAVES | st.lists(st.sampled_from(["x", "y"]), max_size=3),
    lambda inner: st.dictionaries(_NAMES, inner, max_size=3),
    max_leaves=8,
)
_KEYS = st.lists(_NAMES, min_size=1, max_size=3).map(tuple)
_EDITS: st.SearchStrategy[Edit] = st.one_of(
    st.builds(Put, _KEYS, _LEAVES),
    st.builds(Remove, _KEYS),
    st.builds(Add, _KEYS, st.just("z")),
    st.builds(Drop, _KEYS, st.just("x")),
)


@given(st.dictionaries(_NAMES, _TREES, max_size=3), st.lists(_EDITS, min_size=1, max_size=3), st.booleans())
def test_an_edit_is_exact_or_not_made(tree: dict[str, Any], edits: list[Edit], inline: bool) -> None:  # noqa: FBT001
    source = _written(tree, inline=inline).encode()
    before = copy.deepcopy(values(source))
    result = edited(source, edits)
    if result is None:
        return
    wanted = before
    for edit in edits:
        _apply(edit, wanted)
    assert same(values(result), wanted)


def _apply(edit: Edit, tree: dict[str, Any]) -> None:
    """What an edit means, said once more."""
    *above, last = edit.key
    place: Any = tree
    for part in above:
        place = place.setdefault(part, {}) if isinstance(edit, Put) else place[part]
    match edit:
        case Put(_, value):
            place[last] = value
        case Remove():
            del place[last]
        case Add(_, entry):
            place.setdefault(last, []).append(entry)
        case Drop(_, entry):
            place[last].remove(entry)


def _written(tree: dict[str, Any], *, inline: bool) -> str:
    if not inline:
        return tomlkit.dumps(tree)
    document = tomlkit.document()
    for name, value in tree.items():
        table = tomlkit.inline_table()
        table.update({"v": value})
        document[name] = table
    return tomlkit.dumps(document)
