from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gatekeeper.cache import Cache
from gatekeeper.core.names import Oid, TreePath
from gatekeeper.core.tree_state import EXECUTABLE, REGULAR, Entry, State
from gatekeeper.repository.raw_diffs import TreeDelta
from gatekeeper.scanning.remembered_deltas import Pair, RememberedDeltas, pack_deltas, unpack_deltas

oids = st.sampled_from([Oid(digit * 40) for digit in "0123"])
states: st.SearchStrategy[State] = st.none() | st.builds(Entry, st.sampled_from([REGULAR, EXECUTABLE]), oids)
paths = st.sampled_from([TreePath(name) for name in ("a", "b/c", "bad\udcff.txt")])
deltas = st.dictionaries(paths, st.tuples(states, states))


@given(st.dictionaries(st.tuples(oids, oids), deltas))
def test_differences_come_back_as_they_were(
    given_deltas: dict[tuple[Oid, Oid], dict[TreePath, tuple[State, State]]],
) -> None:
    remembered = unpack_deltas(pack_deltas(given_deltas))
    for pair, delta in given_deltas.items():
        assert pair in remembered
        assert remembered.delta(pair) == delta
    assert (Oid("f" * 40), Oid("f" * 40)) not in remembered


@pytest.mark.parametrize(
    "data", [b"", b"[]", b"{}", b'{"rows": [1], "paths": [], "entries": [], "changes": []}', b"[" * 100_000]
)
def test_what_is_no_differences_gives_none(data: bytes) -> None:
    assert (Oid("0" * 40), Oid("1" * 40)) not in unpack_deltas(data)


def kept_after(directory: Path, used: dict[Pair, TreeDelta]) -> tuple[dict[Pair, TreeDelta], list[str]]:
    """Return which of ``used`` a scan is told by the cache, and the entries that it keeps."""
    cache = Cache(directory)
    remembered = RememberedDeltas(cache, Oid("f" * 40))
    entries = remembered.to_keep(used)
    known = {pair: remembered.delta(pair) for pair in used if pair in remembered}
    cache.put_many(RememberedDeltas.KIND, entries)
    cache.close()
    return known, [key.partition(" ")[0] for key in entries]


def test_only_what_is_new_is_kept_beside_the_rest(tmp_path: Path) -> None:
    change = (None, Entry(REGULAR, Oid("1" * 40)))
    all_deltas: dict[Pair, TreeDelta] = {
        (Oid(f"{n:040x}"), Oid("0" * 40)): {TreePath(f"{n}.txt"): change} for n in range(20)
    }

    def first(count: int) -> dict[Pair, TreeDelta]:
        return dict(list(all_deltas.items())[:count])

    assert kept_after(tmp_path, first(16)) == ({}, ["most", "recent"])
    assert kept_after(tmp_path, first(16)) == (first(16), [])
    assert kept_after(tmp_path, first(18)) == (first(16), ["recent"])
    assert kept_after(tmp_path, first(20)) == (first(18), ["recent"])
    assert kept_after(tmp_path, all_deltas) == (all_deltas, [])
