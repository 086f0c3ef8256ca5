"""What is proposed for a contested place: golden texts, and properties over generated manifests (R-12)."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from hypothesis import assume, event, given
from hypothesis import strategies as st

from gatekeeper.core.changes import ABSENT
from gatekeeper.core.document import Document, Value, parse
from gatekeeper.core.merge import UnreadableSideError, merge_texts
from gatekeeper.core.names import KeyPath
from gatekeeper.core.proposals import NOTHING, Choice, both_additions, content_digest, proposed
from gatekeeper.core.schema import CARGO, CARGO_MAKE, GENERIC, Profile
from gatekeeper.core.slots import look_up
from gatekeeper.core.splicing.value_text import agree
from tests.core.manifest_texts import Triple, is_valid, triples
from tests.core.toml_comments import comments_of
from tests.core.toml_texts import TREES, Tree, spellings

_FULL = '[features]\nfull = ["minimal"]\nminimal = []\n'
_DEBUG = '[features]\nfull = ["minimal", "debug-fast"]\nminimal = []\ndebug-fast = []\n'
_HEADLESS = '[features]\nfull = ["minimal", "headless"]\nminimal = []\nheadless = []\n'
_TASK = '[tasks.check]\ncommand = "cargo"\nargs = ["check"]\n'
_WITH_ENV = f'{_TASK}\n[tasks.check.env]\nRUSTFLAGS = "-Dwarnings"\n'
_SIDES = (Choice.OURS, Choice.THEIRS)


def test_two_definitions_of_a_feature_list_have_a_union() -> None:
    # the worked example of the ten-agent plan.
    for at in (("features", "full"), ("features",), ()):
        text = proposed(_FULL, _DEBUG, _HEADLESS, CARGO, at, Choice.UNION).text
        assert text is not None
        assert 'full = ["minimal", "debug-fast", "headless"]\n' in text
        assert {"debug-fast = []", "headless = []"} <= set(text.splitlines())


def test_one_side_of_a_feature_list_is_taken_and_the_rest_is_merged() -> None:
    ours = proposed(_FULL, _DEBUG, _HEADLESS, CARGO, ("features", "full"), Choice.OURS).text
    theirs = proposed(_FULL, _DEBUG, _HEADLESS, CARGO, ("features", "full"), Choice.THEIRS).text
    both = "minimal = []\ndebug-fast = []\nheadless = []\n"
    assert ours == f'[features]\nfull = ["minimal", "debug-fast"]\n{both}'
    assert theirs == f'[features]\nfull = ["minimal", "headless"]\n{both}'


def test_a_task_gets_what_each_side_has_given_it() -> None:
    # two agents on [tasks.check], one its environment, the other its arguments.
    args = _TASK.replace('["check"]', '["check", "--all-targets"]')
    text = proposed(_TASK, _WITH_ENV, args, CARGO_MAKE, ("tasks", "check"), Choice.UNION).text
    assert text == _WITH_ENV.replace('["check"]', '["check", "--all-targets"]')


def test_a_task_that_both_have_added_is_taken_whole_with_its_comments() -> None:
    ours = f"# the quick one\n{_TASK}"
    theirs = f'# the strict one\n{_WITH_ENV}# more to come\n\n[tasks.other]\nalias = "check"\n'
    taken = proposed("", ours, theirs, CARGO_MAKE, ("tasks", "check"), Choice.OURS).text
    assert taken is not None
    assert taken.startswith(ours)
    assert "RUSTFLAGS" not in taken
    assert "strict" not in taken
    assert taken.endswith('[tasks.other]\nalias = "check"\n')


@pytest.mark.parametrize(
    ("base", "ours", "theirs", "united"),
    [
        (["a"], ["a", "c"], ["a", "b"], ["a", "b", "c"]),
        (["a", "z"], ["a", "c", "z"], ["a", "b", "z"], ["a", "b", "c", "z"]),
        ([], ["b"], ["a"], ["a", "b"]),
        (["a"], ["c"], ["b"], None),
        (["a"], ["a", "-p", "x"], ["a", "-p", "y"], None),
        (["a"], ["a", "a"], ["a", "b"], None),
        (["a", "b"], ["b", "a"], ["a", "b", "c"], None),
    ],
)
def test_ordered_lists_have_a_union_where_both_sides_only_add(
    base: list[Value], ours: list[Value], theirs: list[Value], united: list[Value] | None
) -> None:
    assert both_additions(base, ours, theirs) == united
    assert both_additions(base, theirs, ours) == united


def test_arguments_that_both_have_added_are_united_in_one_order() -> None:
    sides = [_TASK.replace('"check"', f'"check", "{flag}"') for flag in ("--locked", "--all-targets")]
    assert merge_texts(_TASK, sides[0], sides[1], CARGO_MAKE).text is None
    outcome = proposed(_TASK, sides[0], sides[1], CARGO_MAKE, ("tasks", "check", "args"), Choice.UNION)
    assert outcome.text == _TASK.replace('"check"', '"check", "--all-targets", "--locked"')
    assert "took" in outcome.notes[0]
    other = proposed(_TASK, sides[1], sides[0], CARGO_MAKE, ("tasks", "check", "args"), Choice.UNION)
    assert other.text == outcome.text


def test_versions_and_lints_have_a_union_and_plain_scalars_have_none() -> None:
    base = '[package]\nname = "p"\nversion = "1.0.0"\nedition = "2018"\n[lints.rust]\nunused = "allow"\n'
    ours = base.replace("1.0.0", "1.1.0").replace("2018", "2021").replace("allow", "deny")
    theirs = base.replace("1.0.0", "1.2.0").replace("2018", "2024").replace("allow", "warn")
    outcome = proposed(base, ours, theirs, CARGO, (), Choice.UNION)
    assert [clash.key for clash in outcome.clashes] == [("package", "edition")]
    settled = proposed(base.replace("2018", "2021"), ours, theirs.replace("2024", "2021"), CARGO, (), Choice.UNION)
    assert settled.text == ours.replace("1.1.0", "1.2.0")


def test_clashes_elsewhere_stay() -> None:
    base = '[env]\nA = "1"\nB = "1"\n'
    ours, theirs = base.replace("1", "2"), base.replace("1", "3")
    for choice in Choice:
        outcome = proposed(base, ours, theirs, CARGO_MAKE, ("env", "A"), choice)
        assert outcome.text is None
        assert ("env", "B") in [clash.key for clash in outcome.clashes]
        assert (("env", "A") in [clash.key for clash in outcome.clashes]) == (choice is Choice.UNION)


def test_what_one_side_removes_and_the_other_edits_is_taken_or_stays_in_conflict() -> None:
    base = f'[tasks.other]\nalias = "check"\n\n{_TASK}'
    ours, theirs = base.replace("\n" + _TASK, ""), base.replace('["check"]', '["clippy"]')
    at = ("tasks", "check")
    (clash,) = proposed(base, ours, theirs, CARGO_MAKE, at, Choice.UNION).clashes
    assert (clash.key, clash.reason) == (at, "changed-and-removed")
    assert proposed(base, ours, theirs, CARGO_MAKE, at, Choice.OURS).text == ours
    assert proposed(base, ours, theirs, CARGO_MAKE, at, Choice.THEIRS).text == theirs
    # The clash is of the task; who chooses less than that has not settled it.
    (clash,) = proposed(base, ours, theirs, CARGO_MAKE, (*at, "args"), Choice.THEIRS).clashes
    assert clash.key == at


def test_a_side_that_is_no_toml_is_named_unless_it_is_taken_whole() -> None:
    for choice in Choice:
        with pytest.raises(UnreadableSideError, match="theirs, line 1") as raised:
            proposed("a = 1\n", "a = 2\n", "a = [\n", GENERIC, ("a",), choice)
        assert raised.value.side == "theirs"
    assert proposed("a = 1\n", "a = 2\n", "a = [\n", GENERIC, (), Choice.THEIRS).text == "a = [\n"


def test_a_large_file_is_merged_and_one_beyond_the_limit_refused() -> None:
    base = "".join(f'[tasks.t{number}]\ncommand = "c"\nargs = ["{number}"]\n\n' for number in range(1500))
    ours, theirs = base.replace('["700"]', '["a"]'), base.replace('["700"]', '["b"]')
    at = ("tasks", "t700", "args")
    assert proposed(base, ours, theirs, CARGO_MAKE, at, Choice.OURS).text == ours
    assert proposed(base, ours, theirs, CARGO_MAKE, at, Choice.THEIRS).text == theirs
    with pytest.raises(UnreadableSideError, match="larger than"):
        proposed(base, ours, f"{theirs}# {'x' * 2**23}\n", CARGO_MAKE, at, Choice.OURS)


@given(triples())
def test_what_only_one_side_did_is_the_union(triple: Triple) -> None:
    base, ours, theirs, profile = triple
    assert proposed(base, ours, base, profile, (), Choice.UNION).text == ours
    assert proposed(base, base, theirs, profile, (), Choice.UNION).text == theirs
    assert proposed(base, ours, ours, profile, (), Choice.UNION).text == ours


@given(triples(), st.data())
def test_what_is_taken_stands_and_all_else_is_merged(triple: Triple, data: st.DataObject) -> None:
    base, ours, theirs, profile = triple
    assume(all(is_valid(text, profile) for text in (base, ours, theirs)))
    at = data.draw(st.sampled_from(_keys(ours, theirs, profile) or [("none",)]))
    for choice, side in zip(_SIDES, (ours, theirs), strict=True):
        outcome = proposed(base, ours, theirs, profile, at, choice)
        event(f"{choice.value}: {'text' if outcome.text is not None else outcome.clashes[0].reason}")
        assert (outcome.text is None) == bool(outcome.clashes)
        if outcome.text is not None:
            assert agree(profile, at, _value(outcome.text, profile, at), _value(side, profile, at))
            plain = merge_texts(base, ours, theirs, profile)
            if plain.text is not None:
                others = [key for key in _keys(plain.text, plain.text, profile) if not _touch(key, at)]
                for key in others:
                    assert agree(profile, key, _value(outcome.text, profile, key), _value(plain.text, profile, key)), (
                        key
                    )


@given(triples(), st.data())
def test_mirrored_sides_and_choice_say_the_same(triple: Triple, data: st.DataObject) -> None:
    base, ours, theirs, profile = triple
    assume(all(is_valid(text, profile) for text in (base, ours, theirs)))
    at = data.draw(st.sampled_from([(), *_keys(ours, theirs, profile)]))
    mirrored = {Choice.UNION: Choice.UNION, Choice.OURS: Choice.THEIRS, Choice.THEIRS: Choice.OURS}
    for choice, other in mirrored.items():
        here = proposed(base, ours, theirs, profile, at, choice)
        there = proposed(base, theirs, ours, profile, at, other)
        if here.text is not None and there.text is not None:
            assert agree(profile, (), _value(here.text, profile, ()), _value(there.text, profile, ()))
        elif {clash.reason for clash in (*here.clashes, *there.clashes)} != {"unproven"}:
            assert sorted(clash.key for clash in here.clashes) == sorted(clash.key for clash in there.clashes)


@given(triples(), st.data())
def test_no_comment_of_what_was_not_contested_is_lost(triple: Triple, data: st.DataObject) -> None:
    base, ours, _, profile = triple
    theirs = f"{base}# of theirs\n"
    assume(base.endswith("\n") and all(is_valid(text, profile) for text in (base, ours)))
    at = data.draw(st.sampled_from(_keys(base, ours, profile) or [("none",)]))
    for choice in Choice:
        text = proposed(base, ours, theirs, profile, at, choice).text
        if text is not None:
            assert comments_of(text)["# of theirs"] >= 1


@given(TREES.flatmap(lambda tree: st.tuples(st.just(tree), spellings(tree), spellings(tree))))
def test_however_a_value_is_spelled_its_digest_is_the_same(drawn: tuple[Tree, str, str]) -> None:
    tree, one, other = drawn
    for name in tree:
        digest = content_digest(one.encode(), GENERIC, (name,))
        assert digest == content_digest(other.encode(), GENERIC, (name,))
        assert len(digest) == 12
        assert int(digest, 16) >= 0


def test_a_digest_tells_values_apart_and_knows_what_is_not_there() -> None:
    at = ("dependencies", "serde")
    plain, spelled = b'[dependencies]\nserde = "1"\n', b'[dependencies.serde]\nversion = "1" # one\n'
    assert content_digest(plain, CARGO, at) == content_digest(spelled, CARGO, at)
    texts = ("a = 1", "a = 1.0", 'a = "1"', "a = true", "a = [1]", "a = [[1]]", "a = {}", "a = []", "a = {b = 1}")
    digests = [content_digest(text.encode(), GENERIC, ("a",)) for text in texts]
    assert len(set(digests)) == len(texts)
    assert content_digest(b"b = 1", GENERIC, ("a",)) == content_digest(None, GENERIC, ("a",)) == NOTHING
    assert content_digest(None, None, ()) == NOTHING not in digests


def test_a_digest_of_a_set_does_not_know_its_order_and_one_of_a_list_does() -> None:
    sets = [f"[features]\na = [{entries}]\n".encode() for entries in ('"b", "c"', '"c", "b"')]
    lists = [f"[tasks.t]\nargs = [{entries}]\n".encode() for entries in ('"b", "c"', '"c", "b"')]
    assert len({content_digest(text, CARGO, ("features", "a")) for text in sets}) == 1
    assert len({content_digest(text, CARGO_MAKE, ("tasks", "t", "args")) for text in lists}) == 2


def test_a_digest_of_a_whole_file_is_of_its_bytes() -> None:
    assert content_digest(b"a = 1", GENERIC, ()) != content_digest(b"a=1", GENERIC, ())
    assert content_digest(b"a = [", GENERIC, ("a",)) == content_digest(b"a = [", None, ())
    assert content_digest(b"\xff\0", None, ()) != content_digest(b"\xff", None, ())


def _value(text: str, profile: Profile, key: KeyPath) -> Value:
    read = parse(text.encode(), profile)
    assert isinstance(read, Document)
    found = look_up(read.tree, key)
    return "no such key" if found is ABSENT else found


def _keys(one: str, other: str, profile: Profile) -> list[KeyPath]:
    """Return every key of two texts down to three levels."""
    found = {key: None for text in (one, other) for key in _below((), _value(text, profile, ()))}
    return [key for key in found if key]


def _below(key: KeyPath, value: Value) -> Iterator[KeyPath]:
    yield key
    if isinstance(value, dict) and len(key) < 3:
        for name, inner in value.items():
            yield from _below((*key, name), inner)


def _touch(one: KeyPath, other: KeyPath) -> bool:
    shorter = min(len(one), len(other))
    return one[:shorter] == other[:shorter]
