"""Claims are advice: who edits what another agent has announced, and which claims are done with."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gatekeeper.core.ledger.records import ClaimId
from gatekeeper.core.names import AgentName, KeyPath, TreePath
from gatekeeper.core.watch.claimed_places import (
    Claim,
    Place,
    fulfilled,
    lapsed,
    parse_place,
    standing,
    touched,
)

NOW = datetime(2026, 1, 1, tzinfo=UTC)
ONE, TWO = AgentName("one"), AgentName("two")
Changed = dict[TreePath, frozenset[KeyPath] | None]


def claim(place: str, agent: AgentName = ONE, *, minutes: int = 60, name: str = "c1") -> Claim:
    return Claim(ClaimId(name), agent, parse_place(place), NOW, NOW + timedelta(minutes=minutes))


def keys(path: str, *changed: str) -> Changed:
    return {TreePath(path): frozenset(tuple(key.split(".")) for key in changed)}


@pytest.mark.parametrize(
    ("place", "changed", "meets"),
    [
        ("a.toml", keys("a.toml", "x"), True),
        ("a.toml", keys("a.toml"), True),
        ("a.toml", keys("b.toml", "x"), False),
        ("a.toml#x", keys("a.toml", "x.y"), True),
        ("a.toml#x.y", keys("a.toml", "x"), True),
        ("a.toml#x", keys("a.toml", "xy"), False),
        ("a.toml#x", keys("a.toml"), False),
        ("a.toml#x", {TreePath("a.toml"): None}, True),
        ("crates/a/", {TreePath("crates/a/src/lib.rs"): None}, True),
        ("crates/a/", {TreePath("crates/ab/src/lib.rs"): None}, False),
    ],
)
def test_what_touches_a_place(place: str, changed: Changed, meets: bool) -> None:  # noqa: FBT001
    assert parse_place(place).is_touched_by(changed) is meets
    assert [touch.agent for touch in touched([claim(place)], {TWO: changed, ONE: changed}, NOW)] == [TWO] * meets
    assert fulfilled([claim(place)], {TWO: changed}) == ()
    assert len(fulfilled([claim(place)], {ONE: changed})) == meets


def test_a_claim_stands_until_its_time_has_come() -> None:
    claims = [claim("a", minutes=0, name="old"), claim("a", minutes=1, name="new")]
    assert [one.id for one in lapsed(claims, NOW)] == ["old"]
    assert [one.id for one in standing(claims, NOW)] == ["new"]
    assert [touch.claim.id for touch in touched(claims, {TWO: {TreePath("a"): None}}, NOW)] == ["new"]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "names no path"),
        ("/", "names no path"),
        ("#x", "names no path"),
        ("a//b", "as git spells it"),
        ("a//", "claimed as crates/x/"),
        ("./a", "as git spells it"),
        ("a/#x", "a directory has no keys"),
        ("a#", "no key stands"),
        ("a#x.*", r"the key x.\*: \* stands for several keys"),
    ],
)
def test_what_is_no_place_says_why(text: str, said: str) -> None:
    with pytest.raises(ValueError, match=said):
        parse_place(text)


_NAMES = st.text(min_size=1).filter(
    lambda name: "/" not in name and name not in {".", ".."} and not name.endswith("\\")
)
_PATHS = st.lists(_NAMES, min_size=1, max_size=3).map("/".join)
_KEYS = st.lists(st.text(max_size=4), min_size=1, max_size=3).map(tuple)
_PLACES = st.builds(Place, _PATHS.map(TreePath), st.none() | _KEYS) | _PATHS.map(
    lambda path: Place(TreePath(f"{path}/"))
)


@given(_PLACES)
def test_every_place_is_read_as_it_is_written(place: Place) -> None:
    assert parse_place(str(place)) == place


_FEW_PATHS = st.sampled_from(["a.toml", "d/", "d/a.toml", "d/e/", "d/e/b"])
_FEW_KEYS = st.lists(st.sampled_from("xy"), min_size=1, max_size=2).map(tuple)
_FEW = st.builds(lambda path, key: Place(TreePath(path), None if path.endswith("/") else key), _FEW_PATHS, _FEW_KEYS)


@given(_FEW, _FEW)
def test_what_overlaps_is_touched_and_the_other_way_round(one: Place, other: Place) -> None:
    assert one.overlaps(other) is other.overlaps(one)
    if not other.path.endswith("/") and other.key is not None:
        assert one.overlaps(other) is one.is_touched_by({other.path: frozenset({other.key})})
