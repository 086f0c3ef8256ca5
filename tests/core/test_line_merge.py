from __future__ import annotations

import subprocess
from collections.abc import Iterator, Sequence
from typing import NamedTuple

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from gatekeeper.core.line_merge import Hunk, conflicts, disputed_regions, merge_text, split_lines
from gatekeeper.core.names import Oid
from gatekeeper.core.tree_state import REGULAR
from gatekeeper.repository import open_repository
from gatekeeper.repository.line_diffs import LineDiffer
from gatekeeper.repository.objects import ObjectStore
from tests.kit import RepositoryBuilder

LINES = (b"a\n", b"b\n", b"c\n", b"\n", b"}\n", b"a\r\n", b"\r\n", b"a\rb\n", b"\r\r\n")
ENDS = (b"", b"", b"a", b"\r", b"b\rc", b"a\r")


class Texts(NamedTuple):
    """What three sides hold of one file."""

    base: bytes
    ours: bytes
    theirs: bytes


@st.composite
def changed(draw: st.DrawFn, lines: Sequence[bytes], end: bytes) -> bytes:
    """Return ``lines`` after up to four small edits, at times with another end."""
    edited = list(lines)
    few = st.lists(st.sampled_from(LINES), max_size=2)
    for at, removed, inserted in draw(st.lists(st.tuples(st.integers(0, 24), st.integers(0, 3), few), max_size=4)):
        start = at % (len(edited) + 1)
        edited[start : start + removed] = inserted
    return b"".join(edited) + (draw(st.sampled_from(ENDS)) if draw(st.integers(0, 5)) == 0 else end)


@st.composite
def texts(draw: st.DrawFn) -> Texts:
    lines = draw(st.lists(st.sampled_from(LINES), max_size=16))
    end = draw(st.sampled_from(ENDS))
    return Texts(b"".join(lines) + end, draw(changed(lines, end)), draw(changed(lines, end)))


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ObjectStore]:
    builder = RepositoryBuilder(tmp_path_factory.mktemp("merges") / "r", bare=True)
    opened = open_repository(str(builder.root)).object_store()
    yield opened
    opened.close()


def gits_merges(store: ObjectStore, triples: Sequence[Texts]) -> list[bytes | None]:
    """Return git's merge of each triple, None where it conflicts: each is a file of the same three commits."""

    def commit(side: int, *parents: Oid) -> Oid:
        files = [(f"{number:03d}", store.write_blob(triple[side]), REGULAR) for number, triple in enumerate(triples)]
        return store.write_commit(store.write_tree(files), parents)

    base = commit(0)
    command = ["git", "merge-tree", "--write-tree", "-z", "--name-only", "--no-messages"]
    sides = [commit(1, base), commit(2, base)]
    done = subprocess.run([*command, *sides], env=store.environment, capture_output=True, check=False)
    assert done.returncode in {0, 1}, done.stderr
    tree, *conflicted = done.stdout.decode().rstrip("\0").split("\0")
    listed = store.git("ls-tree", tree).decode().splitlines()
    merged: list[bytes | None] = [store.blob(Oid(line.split()[2])) for line in listed]
    for name in conflicted:
        merged[int(name)] = None
    return merged


def hunks_of(store: ObjectStore, pairs: Sequence[tuple[bytes, bytes]]) -> list[tuple[Hunk, ...]]:
    differ = LineDiffer(store, lambda oid: split_lines(store.blob(oid)))
    return differ.hunks([(store.write_blob(old), store.write_blob(new)) for old, new in pairs])


@given(triples=st.lists(texts(), min_size=8, max_size=30))
@example(
    [Texts(b"a\n", b"a", b"a\r\n"), Texts(b"", b"a", b"a\n"), Texts(b"a", b"", b"a"), Texts(b"\r", b"\n", b"\r\n")]
)
def test_a_merge_of_lines_is_gits_own(store: ObjectStore, triples: list[Texts]) -> None:
    expected = gits_merges(store, triples)
    hunks = hunks_of(store, [(triple.base, side) for triple in triples for side in (triple.ours, triple.theirs)])
    for number, (triple, merged) in enumerate(zip(triples, expected, strict=True)):
        ours, theirs = hunks[2 * number], hunks[2 * number + 1]
        sides = (split_lines(triple.ours), split_lines(triple.theirs))
        turned = (sides[1], sides[0])
        assert conflicts(ours, theirs, *sides) == conflicts(theirs, ours, *turned) == (merged is None), triple
        assert merge_text(ours, theirs, *sides) == merge_text(theirs, ours, *turned) == merged, triple
        assert bool(disputed_regions(ours, theirs, *sides)) == (merged is None), triple


@given(triples=st.lists(texts(), min_size=1, max_size=30))
def test_one_sided_and_identical_changes_never_conflict(store: ObjectStore, triples: list[Texts]) -> None:
    for triple, ours in zip(triples, hunks_of(store, [(triple.base, triple.ours) for triple in triples]), strict=True):
        base, side = split_lines(triple.base), split_lines(triple.ours)
        assert merge_text(ours, (), side, base) == merge_text((), ours, base, side) == triple.ours
        assert not conflicts(ours, (), side, base)
        assert merge_text(ours, ours, side, side) == triple.ours
        assert not conflicts(ours, ours, side, side)


@given(st.lists(st.sampled_from([*LINES, *ENDS, b"\x85", b"\x0b", b"\xff"]), max_size=12).map(b"".join))
def test_lines_end_at_newlines_and_nowhere_else(text: bytes) -> None:
    lines = split_lines(text)
    assert b"".join(lines) == text
    assert all(line.endswith(b"\n") for line in lines[:-1])
    assert all(line.count(b"\n") <= 1 and line for line in lines)


def test_a_disputed_region_names_the_lines_of_both_sides(store: ObjectStore) -> None:
    base, ours, theirs = b"a\nb\nc\nd\n", b"a\nx\ny\nc\nd\n", b"new\na\nz\nc\nd\n"
    of_ours, of_theirs = hunks_of(store, [(base, ours), (base, theirs)])
    (region,) = disputed_regions(of_ours, of_theirs, split_lines(ours), split_lines(theirs))
    assert (region.ours_start, region.ours_count) == (1, 2)
    assert (region.theirs_start, region.theirs_count) == (2, 1)


def test_many_diffs_are_cut_in_batches_and_stay_in_order(store: ObjectStore) -> None:
    pairs = [(b"same\n", b"same\n" + b"%d\n" % number) for number in range(300)]
    assert hunks_of(store, pairs) == [(Hunk(1, 0, 1, 1),)] * 300
    uneven = [(b"a\n" * (number + 1), b"a\n" * number) for number in range(300)]
    assert [hunk.old_count for (hunk,) in hunks_of(store, uneven)] == [1] * 300
    assert hunks_of(store, []) == []


def test_lines_that_look_like_a_patch_are_lines(store: ObjectStore) -> None:
    lines = [
        b"@@ -1 +1 @@\n",
        b"diff --git 0000001 0000001\n",
        b"+++ x\n",
        b"-\n",
        b"\\ No newline at end of file\n",
        b"\n",
    ]
    many = [b"%d\n" % number for number in range(2000)]
    base = b"".join(lines + many + lines)
    cases = [
        (base, b"".join([b"new\n", *lines, *many, *lines, b"last"]), (Hunk(0, 0, 0, 1), Hunk(2012, 0, 2013, 1))),
        (base, b"".join([*lines, *many[:1000], *many[1001:], *lines]), (Hunk(1006, 1, 1006, 0),)),
        (b"", base, (Hunk(0, 0, 0, 2012),)),
        (base, b"", (Hunk(0, 2012, 0, 0),)),
        (b"a", b"a\n", (Hunk(0, 1, 0, 1),)),
    ]
    assert hunks_of(store, [(old, new) for old, new, _ in cases]) == [hunks for *_, hunks in cases]
