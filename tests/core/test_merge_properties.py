from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import tomli
from hypothesis import assume, given
from hypothesis import strategies as st

from gatekeeper.core.merge import MergeOutcome, merge_texts
from gatekeeper.core.schema import CARGO, GENERIC
from gatekeeper.core.splicing.layout import Layout
from tests.core.manifest_texts import Draw, Triple, is_valid, markers, triples
from tests.core.toml_comments import comments_of
from tests.core.toml_texts import TREES, Tree, spellings

_ABSENT = object()
_DEPENDENCIES = ("dependencies", "dev-dependencies")


@given(triples())
def test_what_one_side_alone_did_is_the_merge(triple: Triple) -> None:
    base, ours, theirs, profile = triple
    assert merge_texts(base, ours, base, profile) == MergeOutcome(ours)
    assert merge_texts(base, base, theirs, profile) == MergeOutcome(theirs)
    assert merge_texts(base, ours, ours, profile) == MergeOutcome(ours)
    assert merge_texts(None, ours, ours, profile) == MergeOutcome(ours)


@given(triples())
def test_a_comment_of_the_other_side_takes_nothing_from_what_one_did(triple: Triple) -> None:
    base, ours, _, profile = triple
    assume(base.endswith("\n") and all(is_valid(text, profile) for text in (base, ours)))
    outcome = merge_texts(base, ours, f"{base}# of theirs\n", profile)
    assert outcome.clashes == ()
    assert outcome.text is not None
    assert _said(outcome.text) == _said(ours)
    assert comments_of(outcome.text)["# of theirs"] == comments_of(ours)["# of theirs"] + 1


@given(triples(), st.booleans())
def test_a_merge_holds_what_its_sides_hold(triple: Triple, with_base: bool) -> None:  # noqa: FBT001
    given_texts = (triple.base if with_base else "", triple.ours, triple.theirs)
    assume(all(is_valid(text, triple.profile) for text in given_texts))
    outcome = merge_texts(triple.base if with_base else None, *given_texts[1:], triple.profile)
    assert outcome == merge_texts(triple.base if with_base else None, *given_texts[1:], triple.profile)
    assert (outcome.text is None) == bool(outcome.clashes)
    if outcome.text is None:
        return
    base, ours, theirs = map(_said, given_texts)
    _assert_values(base, ours, theirs, _said(outcome.text))
    _assert_comments(given_texts, outcome.text)
    _assert_form(given_texts, outcome.text)


@given(triples())
def test_the_other_order_says_the_same(triple: Triple) -> None:
    base, ours, theirs, profile = triple
    assume(all(is_valid(text, profile) for text in (base, ours, theirs)))
    for before in (base, None):
        there, back = merge_texts(before, ours, theirs, profile), merge_texts(before, theirs, ours, profile)
        assert {(clash.key, clash.reason) for clash in there.clashes} == {(c.key, c.reason) for c in back.clashes}
        if there.text is not None and back.text is not None:
            assert _unordered(_said(there.text)) == _unordered(_said(back.text))


@given(markers())
def test_what_is_not_touched_stays_byte_for_byte(case: tuple[Triple, str]) -> None:
    (base, ours, theirs, profile), merged = case
    assume(all(is_valid(text, profile) for text in (base, ours, theirs)))
    assert merge_texts(base, ours, theirs, profile) == MergeOutcome(merged)


@st.composite
def _spelled(draw: Draw) -> Triple:
    base: Tree = draw(TREES)
    trees = [base]
    for _ in "ot":
        gone = draw(st.sets(st.sampled_from(sorted(base)), max_size=1)) if base else ()
        trees.append({**{name: value for name, value in base.items() if name not in gone}, **draw(TREES)})
    base_text, ours, theirs = (draw(spellings(tree)) for tree in trees)
    return Triple(base_text, ours, theirs, draw(st.sampled_from([GENERIC, CARGO])))


@given(_spelled())
def test_every_spelling_merges_or_is_refused(triple: Triple) -> None:
    base, ours, theirs, profile = triple
    assume(all(is_valid(text, profile) for text in (base, ours, theirs)))
    outcome = merge_texts(base, ours, theirs, profile)
    if outcome.text is not None and profile is GENERIC:
        _assert_values(*map(_said, (base, ours, theirs, outcome.text)))
        _assert_comments((base, ours, theirs), outcome.text)


@given(TREES.flatmap(lambda tree: st.tuples(st.just(tree), spellings(tree), spellings(tree))))
def test_other_spellings_are_no_disagreement(case: tuple[Tree, str, str]) -> None:
    tree, ours, theirs = case
    assume(is_valid(ours, GENERIC) and is_valid(theirs, GENERIC))
    outcome = merge_texts("", ours, theirs, GENERIC)
    assert {clash.reason for clash in outcome.clashes} <= {"unproven"}
    if outcome.text is not None:
        assert repr(_said(outcome.text)) == repr(_said(ours)) or _unordered(_said(outcome.text)) == _unordered(tree)


@given(triples())
def test_a_layout_is_its_text(triple: Triple) -> None:
    for text in triple[:3]:
        if is_valid(text, triple.profile):
            assert str(Layout.of(text, triple.profile)) == text


def _assert_values(base: Any, ours: Any, theirs: Any, merged: Any) -> None:
    """Hold the merge against both sides, leaf by leaf: what one side alone changed is as that side has it."""
    for path in {path for tree in (base, ours, theirs, merged) for path in _leaves(tree)}:
        was, mine, other, now = (_at(tree, path) for tree in (base, ours, theirs, merged))
        if _same(mine, other) or _same(was, other):
            wanted = mine
        elif _same(was, mine):
            wanted = other
        else:
            assert not isinstance(now, (bool, int, float)) or _same(now, mine) or _same(now, other), path
            continue
        # Elements of arrays of tables merge by identity, and a table that only one side emptied may go.
        if not any(isinstance(value, dict) or _is_tables(value) for value in (was, wanted, now)):
            assert _same(_order_free(now), _order_free(wanted)), path


def _assert_comments(texts: tuple[str, str, str], merged: str) -> None:
    base, ours, theirs = map(comments_of, texts)
    now = comments_of(merged)
    for comment in ours | theirs:
        was, mine, other = base[comment], ours[comment], theirs[comment]
        due = other if mine == was else mine if other == was else min(mine, other)
        assert due <= now[comment] <= mine + other, comment
    assert now.keys() <= ours.keys() | theirs.keys()


def _assert_form(texts: tuple[str, str, str], merged: str) -> None:
    base, ours, theirs = texts
    marks = {text.startswith("\ufeff") for text in (ours, theirs)}
    assert merged.startswith("\ufeff") in marks
    if all("\n" in text and "\n" not in text.replace("\r\n", "") for text in (ours, theirs)):
        assert "\n" not in merged.replace("\r\n", "")
    if "\r" not in ours + theirs:
        assert "\r" not in merged
    before, mine, other = (text.endswith("\n") for text in texts)
    if merged.strip("\ufeff\r\n") and base:
        assert merged.endswith("\n") == (mine if other == before else other)


def _said(text: str) -> Any:
    return _canonical(tomli.loads(text.removeprefix("\ufeff")), ())


def _canonical(value: Any, path: tuple[str, ...]) -> Any:
    if isinstance(value, dict):
        if path[:1] == ("target",) and len(path) == 1:
            value = {name.replace("( ", "(").replace(" )", ")"): inner for name, inner in value.items()}
        return {name.replace("_f", "-f"): _canonical(inner, (*path, name)) for name, inner in value.items()}
    return {"version": value} if isinstance(value, str) and path[-2:-1] and path[-2] in _DEPENDENCIES else value


def _leaves(value: Any, path: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    if isinstance(value, dict) and value:
        for name, inner in value.items():
            yield from _leaves(inner, (*path, name))
    else:
        yield path


def _at(tree: Any, path: tuple[str, ...]) -> Any:
    for name in path:
        if not isinstance(tree, dict) or name not in tree:
            return _ABSENT
        tree = tree[name]
    return tree


def _same(one: Any, other: Any) -> bool:
    return one is other or (one is not _ABSENT and other is not _ABSENT and repr(one) == repr(other))


def _is_tables(value: Any) -> bool:
    return isinstance(value, list) and any(isinstance(entry, dict) for entry in value)


def _order_free(value: Any) -> Any:
    return sorted(map(repr, value)) if isinstance(value, list) else value


def _unordered(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _unordered(value[name]) for name in sorted(value)}
    return sorted(repr(_unordered(entry)) for entry in value) if isinstance(value, list) else repr(value)
