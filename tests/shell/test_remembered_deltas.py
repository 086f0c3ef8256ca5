from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gatekeeper.core.names import Oid, TreePath
from gatekeeper.core.tree_state import EXECUTABLE, REGULAR, Entry, State
from gatekeeper.scanning.remembered_deltas import pack_deltas, unpack_deltas

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


@pytest.mark.parametrize("data", [b"", b"[]", b"{}", b'{"rows": [1], "paths": [], "entries": []}'])
def test_what_is_no_differences_gives_none(data: bytes) -> None:
    assert (Oid("0" * 40), Oid("1" * 40)) not in unpack_deltas(data)
