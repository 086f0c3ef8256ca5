"""R-26."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gatekeeper.core.names import AgentName, RefName
from gatekeeper.core.roster import PhaseName
from gatekeeper.core.watch.memory_keys import (
    MOST_BYTES,
    MemoryKey,
    check_value,
    fits,
    kind_of,
    parse_key,
    parse_key_glob,
)
from gatekeeper.core.watch.pointer import LIMIT, pointer, tokens_at_most

KEY = "swarm/build-optimization/baseline-metrics"


@pytest.mark.parametrize("text", [KEY, "a", "A.b_c-9", ".hidden/x", "a/b.json", "x" * 64, "/".join("abcdefgh")])
def test_what_is_a_key(text: str) -> None:
    assert parse_key(text) == text


@pytest.mark.parametrize(
    "text",
    [
        "", "/a", "a/", "a//b", ".", "a/..", "a b", "a\n", "ä", "*", "-x", "a/-x", "a/.git", ".GIT/a", "a.json/b",
        "x" * 65, "/".join("abcdefghi"), "x/" * 100 + "x", "a\0",
    ],
)  # fmt: skip
def test_what_is_no_key_says_why(text: str) -> None:
    with pytest.raises(ValueError, match=r"[a-z]{2}"):
        parse_key(text)


@pytest.mark.parametrize(
    ("glob", "matches"),
    [(KEY, True), ("swarm/*/baseline-*", True), ("swarm/**", True), ("**/baseline-metrics", True), ("swarm/*", False)],
)
def test_which_keys_a_glob_means(glob: str, matches: bool) -> None:  # noqa: FBT001
    assert fits(parse_key_glob(glob), MemoryKey(KEY)) is matches


def test_what_is_no_glob() -> None:
    with pytest.raises(ValueError, match="letters"):
        parse_key_glob("a/[b]")


@given(st.from_regex(r"\A[a-z]{1,3}(/[a-z]{1,3}){0,3}\Z"))
def test_a_key_means_itself(key: str) -> None:
    assert fits(parse_key_glob(key), parse_key(key))
    assert fits(parse_key_glob("**"), parse_key(key))


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"{", "line 1, column 2"),
        (b"", "not valid JSON"),
        (b"NaN", "NaN is no number"),
        (b'{"a": 1, "a": 2}', "one key twice"),
        (b"[" * 60_000, "nested too deeply"),
        (b"\xef\xbb\xbf{}", "not valid JSON"),
        (b"\xff", "offset 0 is not UTF-8"),
        (b"a\0", "NUL"),
        (b"1" * (MOST_BYTES + 1), "65,536 are the most"),
        (b"1" * 5000, "."),
    ],
)
def test_what_is_no_json_says_why(data: bytes, said: str) -> None:
    with pytest.raises(ValueError, match=said):
        check_value(data, "json")


def test_what_kind_a_value_is() -> None:
    assert kind_of(b'{"baseline_compilation_time": "120s"}') == "json"
    assert kind_of(b"build with care") == "text"
    check_value("Umlaute gehen: ä\n".encode(), "text")


@given(st.recursive(st.none() | st.booleans() | st.integers() | st.text(), st.lists, max_leaves=5))
def test_all_json_can_be_kept(value: object) -> None:
    if "\0" not in json.dumps(value, ensure_ascii=False):
        check_value(json.dumps(value).encode(), "json")


def test_the_pointer_says_who_and_what_to_read() -> None:
    agent, keys = AgentName("test-optimizer"), [MemoryKey(KEY), MemoryKey("swarm/build-optimization/spec-closure")]
    told = pointer(agent, keys, phase=PhaseName("implementation"), branch=RefName("refs/heads/agents/tests"))
    assert told == (
        "You are test-optimizer, phase implementation, on branch agents/tests.\n"
        "Read (gatekeeper memory get KEY): swarm/build-optimization/baseline-metrics, "
        "swarm/build-optimization/spec-closure.\n"
        "Claim first: gatekeeper claim PLACE. Stuck: gatekeeper agent report blocked --reason WHY.\n"
    )
    more = [MemoryKey(f"swarm/notes/{number:030}") for number in range(30)]
    told = pointer(agent, more, phase=None, branch=RefName("x"))
    assert "28 more, see swarm/notes/**." in told
    assert "Read" not in pointer(agent, phase=None, branch=RefName("x"))


_PARTS = st.from_regex(r"\A[A-Za-z0-9._-]{1,64}\Z")
_KEYS = st.lists(st.lists(_PARTS, min_size=1, max_size=8).map("/".join).map(MemoryKey), max_size=20)


@given(st.text(max_size=400), st.none() | st.text(max_size=400), st.text(max_size=400), _KEYS)
def test_the_pointer_is_short_whatever_the_names_are(
    agent: str, phase: str | None, branch: str, keys: list[MemoryKey]
) -> None:
    known = None if phase is None else PhaseName(phase)
    told = pointer(AgentName(agent), keys, phase=known, branch=RefName(branch))
    assert tokens_at_most(told) < LIMIT
    assert len(told.splitlines()) == 2 + bool(keys)


@given(st.text())
def test_tokens_are_never_fewer_than_words_or_what_any_tokeniser_needs(text: str) -> None:
    assert tokens_at_most(text) >= len(text.split())
    assert tokens_at_most(text) >= sum(not character.isascii() for character in text)
