"""Proposals for files as git has them: bytes, missing sides, and what is no manifest (R-12)."""

from __future__ import annotations

import pytest

from gatekeeper.core.names import TreePath
from gatekeeper.core.proposals import Choice
from gatekeeper.errors import BadInputError
from gatekeeper.merging.proposing import Proposal, propose

MANIFEST, TEXT = TreePath("Cargo.toml"), TreePath("src/lib.rs")
BASE = b'[features]\nfull = ["minimal"]\n'
OURS, THEIRS = (BASE.replace(b'l"]', b'l", "%b"]' % name) for name in (b"a", b"b"))
FULL = ("features", "full")


def test_a_manifest_is_united_at_a_key_or_taken_from_a_side() -> None:
    united = propose(BASE, OURS, THEIRS, path=MANIFEST, at=FULL, choice=Choice.UNION)
    assert united == Proposal(b'[features]\nfull = ["minimal", "a", "b"]\n')
    assert united.stands
    for choice, side in ((Choice.OURS, OURS), (Choice.THEIRS, THEIRS)):
        assert propose(BASE, OURS, THEIRS, path=MANIFEST, at=FULL, choice=choice).content == side


def test_what_has_no_union_is_named() -> None:
    sides = [b'[package]\nedition = "%d"\n' % year for year in (2021, 2024)]
    proposal = propose(None, *sides, path=MANIFEST, at=("package",), choice=Choice.UNION)
    assert not proposal.stands
    assert proposal.clashes == ('package.edition: ours "2021" (line 2), theirs "2024" (line 2)',)


def test_a_file_that_is_no_manifest_is_gits_to_merge() -> None:
    base, ours, theirs = b"1\n2\n3\n4\n", b"0\n2\n3\n4\n", b"1\n2\n3\n5\n"
    assert propose(base, ours, theirs, path=TEXT, at=(), choice=Choice.UNION) == Proposal(b"0\n2\n3\n5\n")
    clash = propose(base, ours, b"9\n2\n3\n4\n", path=TEXT, at=(), choice=Choice.UNION)
    assert clash == Proposal(None, ("git cannot merge the lines",))
    assert propose(base, b"\0", theirs, path=TEXT, at=(), choice=Choice.UNION) == clash
    assert propose(base, b"\0\xff", theirs, path=TEXT, at=(), choice=Choice.OURS) == Proposal(b"\0\xff")


def test_a_file_that_one_side_has_deleted_can_be_taken_whole() -> None:
    for path in (MANIFEST, TEXT):
        assert propose(BASE, None, OURS, path=path, at=(), choice=Choice.OURS) == Proposal(None)
        assert propose(BASE, None, OURS, path=path, at=(), choice=Choice.OURS).stands
        assert propose(BASE, None, OURS, path=path, at=(), choice=Choice.THEIRS).content == OURS
        assert not propose(BASE, None, OURS, path=path, at=(), choice=Choice.UNION).stands
    assert not propose(BASE, OURS, None, path=MANIFEST, at=FULL, choice=Choice.OURS).stands


@pytest.mark.parametrize("broken", [b"a = [", b"a = '\xff'"])
def test_a_manifest_that_cannot_be_read_is_named_unless_it_is_taken_whole(broken: bytes) -> None:
    for choice in Choice:
        with pytest.raises(BadInputError, match=r"Cargo\.toml is not"):
            propose(BASE, OURS, broken, path=MANIFEST, at=FULL, choice=choice)
    assert propose(BASE, OURS, broken, path=MANIFEST, at=(), choice=Choice.THEIRS).content == broken
