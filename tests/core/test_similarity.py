from __future__ import annotations

from collections.abc import Iterator, Sequence

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from gatekeeper.core.names import Oid
from gatekeeper.core.similarity import KnownResemblance, Resemblance, fingerprint, may_be_rename
from gatekeeper.core.tree_state import REGULAR
from gatekeeper.repository import open_repository
from gatekeeper.repository.objects import ObjectStore
from tests.kit import RepositoryBuilder

PIECES = (
    b"a\n",
    b"bb\n",
    b"}\n",
    b"\n",
    b"a\r\n",
    b"name = 1\r\n",
    b"\r",
    b"lone\rcarriage",
    b"x" * 63 + b"\n",
    b"x" * 64,
    b"y" * 65 + b"\n",
    b"0123456789" * 13 + b"\n",
    b"0123456789" * 13 + b"!\n",
    b"no end",
    b"\0",
    b"\xff\x85\n",
)

contents = st.lists(st.sampled_from(PIECES), max_size=14).map(b"".join)


@st.composite
def pairs(draw: st.DrawFn) -> tuple[bytes, bytes]:
    """Return an old text and one made from it: about the half of it is often kept."""
    pieces = draw(st.lists(st.sampled_from(PIECES), min_size=1, max_size=14))
    new = list(pieces)
    few = st.lists(st.sampled_from(PIECES), max_size=5)
    for at, removed, inserted in draw(st.lists(st.tuples(st.integers(0, 13), st.integers(0, 6), few), max_size=2)):
        start = at % (len(new) + 1)
        new[start : start + removed] = inserted
    old, changed = b"".join(pieces), b"".join(new)
    return old, draw(
        st.sampled_from([changed, changed, changed.replace(b"\n", b"\r\n"), changed.replace(b"\r\n", b"\n")])
    )


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ObjectStore]:
    builder = RepositoryBuilder(tmp_path_factory.mktemp("renames") / "r", bare=True)
    opened = open_repository(str(builder.root)).object_store()
    yield opened
    opened.close()


def gits_renames(store: ObjectStore, moved: Sequence[tuple[bytes, bytes]]) -> list[tuple[bytes, bytes]]:
    """Return the contents before and after of every rename that git sees among these moves, across them as well."""
    old = store.write_tree((f"old{n:02}", store.write_blob(before), REGULAR) for n, (before, _) in enumerate(moved))
    new = store.write_tree((f"new{n:02}", store.write_blob(after), REGULAR) for n, (_, after) in enumerate(moved))
    output = store.git("diff-tree", "-r", "-z", "-M", "-l0", "--no-rename-empty", old, new).decode().split("\0")
    seen = [fields.split() for fields in output if fields.startswith(":")]
    return [(store.blob(Oid(before)), store.blob(Oid(after))) for *_, before, after, kind in seen if kind[0] == "R"]


def reported(store: ObjectStore, before: bytes, after: bytes) -> bool:
    """Return whether the product would let git look at the pair."""
    one, other = store.write_blob(before), store.write_blob(after)
    return other in Resemblance(store.blob, frozenset((other,)), KnownResemblance()).to(one)


@given(st.lists(pairs(), min_size=5, max_size=16))
@example([(b"\r\n" * 10 + b"\0", b"\r\n" * 6 + b"\0zzzzzzzz")])
@example([(b"p\r" + b"0123456789" * 6 + b"01AAAAAAA\n", b"p\r" + b"0123456789" * 6 + b"01ZZZZZZZ\n")])
@example([(b"-" * 64 + b"\n", b"=" * 64 + b"\n")])
@example([(b"\0a\n", b"a\na\n")])
def test_what_git_calls_a_rename_is_never_ruled_out(store: ObjectStore, moved: list[tuple[bytes, bytes]]) -> None:
    for before, after in gits_renames(store, moved):
        assert reported(store, before, after), (before, after)
        if before and before != after:
            assert may_be_rename(fingerprint(before), fingerprint(after))
            assert may_be_rename(fingerprint(after), fingerprint(before))


@given(contents, contents)
def test_the_answer_does_not_depend_on_the_order(one: bytes, other: bytes) -> None:
    assert may_be_rename(fingerprint(one), fingerprint(other)) == may_be_rename(fingerprint(other), fingerprint(one))


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (b"", b""),
        (b"", b"text\n"),
        (b"one\n" * 10, b"two\n" * 10),
        (b"".join(b"a %d\n" % n for n in range(20)), b"".join(b"b %d\n" % n for n in range(20))),
        (b"same\n" * 4, b"same\n" * 10),
        (b"kept\n" * 4 + b"old\n" * 20, b"kept\n" * 4 + b"new\n" * 20),
    ],
)
def test_clearly_different_files_are_ruled_out(store: ObjectStore, one: bytes, other: bytes) -> None:
    assert not may_be_rename(fingerprint(one), fingerprint(other))
    assert gits_renames(store, [(one, other)]) == []


COLLIDING = (b"ahamebxfowqvnrhuzwqo\n", b"wjnxzhwxfisivrsldvwl\n")
"""Two lines to which git's hash gives one value."""


@pytest.mark.parametrize("kept", range(40, 56))
def test_close_to_the_threshold_the_answer_is_gits_own(store: ObjectStore, kept: int) -> None:
    same = b"".join(b"a line that stays %03d\n" % number for number in range(kept))
    old, new = (b"".join(b"%s line that goes %03d\n" % (side, n) for n in range(kept, 99)) for side in (b"a", b"b"))
    tail = b"-" * 64 + b"=" * 64 + b"\n"
    for first, last in [
        (b"", b""),
        COLLIDING,
        (tail, tail),
        (b"\0\0x\n", b"x\n"),
        (bytes(64), tail),
        (b"x\r\n", b"x\n"),
    ]:
        before, after = same + old + first, same + new + last
        seen = gits_renames(store, [(before, after)])
        assert seen == ([(before, after)] if reported(store, before, after) else []), (kept, first)
        assert may_be_rename(fingerprint(before), fingerprint(after)) == bool(seen)


def test_lines_of_one_hash_count_as_common(store: ObjectStore) -> None:
    first, last = COLLIDING
    before, after = first + b"old\n" * 2 + b"kept\n" * 5, last + b"new\n" * 2 + b"kept\n" * 5
    assert may_be_rename(fingerprint(before), fingerprint(after))
    assert gits_renames(store, [(before, after)]) == [(before, after)]


def test_resemblance_asks_for_each_file_once_and_only_when_needed(store: ObjectStore) -> None:
    texts = [b"".join(b"line %d\n" % n for n in range(start, start + 20)) for start in (0, 3, 100)]
    oids = [store.write_blob(text) for text in texts]
    asked: list[Oid] = []

    def read(oid: Oid) -> bytes:
        asked.append(oid)
        return store.blob(oid)

    resemblance = Resemblance(
        read,
        frozenset(
            (
                *oids,
                *oids,
            )
        ),
        KnownResemblance(),
    )
    assert asked == []
    assert resemblance.to(oids[0]) == {oids[0], oids[1]}
    assert resemblance.to(oids[0]) == {oids[0], oids[1]}
    assert resemblance.to(oids[2]) == {oids[2]}
    assert sorted(asked) == sorted(oids)


def test_an_empty_file_is_never_renamed(store: ObjectStore) -> None:
    empty, other = store.write_blob(b""), store.write_blob(b"a\n")
    resemblance = Resemblance(
        store.blob,
        frozenset(
            (
                empty,
                other,
            )
        ),
        KnownResemblance(),
    )
    assert other not in resemblance.to(empty)
    assert empty not in resemblance.to(other)
    assert gits_renames(store, [(b"", b"")]) == []


@given(
    texts=st.lists(contents, min_size=1, max_size=6),
    known=st.lists(st.integers(0, 5), max_size=6),
    lost=st.lists(st.integers(0, 5), max_size=4),
)
def test_what_is_known_before_changes_no_answer(
    store: ObjectStore, texts: list[bytes], known: list[int], lost: list[int]
) -> None:
    oids = [store.write_blob(text) for text in texts]

    def some(numbers: list[int]) -> frozenset[Oid]:
        return frozenset(oids[number % len(oids)] for number in numbers)

    earlier = Resemblance(store.blob, some(known), KnownResemblance())
    for oid in some(lost):
        earlier.to(oid)
    now = Resemblance(store.blob, frozenset(oids[1:]), earlier.known)
    anew = Resemblance(store.blob, frozenset(oids[1:]), KnownResemblance())
    for oid in oids:
        assert now.to(oid) == anew.to(oid)
