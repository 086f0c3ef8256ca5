from __future__ import annotations

from pathlib import Path

import pytest

from gatekeeper.cache import Cache
from gatekeeper.core.document import Document, parse
from gatekeeper.core.names import Oid, RefName, TreePath
from gatekeeper.core.schema import profile_for
from gatekeeper.core.symbols import FileFacts
from gatekeeper.core.workspace import file_facts
from gatekeeper.scanning.remembered_facts import FactsByContent, RememberedFacts, pack_facts, said, unpack_facts

TRUNK = RefName("refs/heads/main")
HOSTILE = TreePath(b"wild\x1b[2J\xff/Cargo.toml".decode("utf-8", "surrogateescape"))

ROOT = """
[workspace]
members = ["a", "crates/*"]
[workspace.package]
version = "1"
edition = 1
[workspace.dependencies]
a = { path = "a" }
n = { version = "1", extra = [1, 1.0, true, nan, 1979-05-27] }
"""

MEMBER = """
[package]
name = "store"
version.workspace = true
[dependencies]
api = { path = "../api", features = ["json"] }
log.workspace = true
[features]
default = ["api/xml", "dep:api", "default"]
"""


def facts_of(path: TreePath, text: str) -> FileFacts:
    profile = profile_for(path)
    assert profile is not None
    document = parse(text.encode(), profile)
    assert isinstance(document, Document)
    return file_facts(path, document)


def some_facts() -> FactsByContent:
    texts = [
        ("Cargo.toml", ROOT),
        ("Cargo.toml", ROOT.replace("edition = 1", "edition = true")),
        ("Cargo.toml", ROOT.replace("edition = 1", "edition = 1.0")),
        ("a/Cargo.toml", MEMBER),
        (HOSTILE, MEMBER.replace("store", "größer")),
        ("Makefile.toml", '[config]\nskip_core_tasks = true\n[tasks.x]\ndependencies = ["y"]\n'),
        ("rustfmt.toml", ""),
    ]
    return {
        (TreePath(path), Oid(f"{number:040x}")): facts_of(TreePath(path), text)
        for number, (path, text) in enumerate(texts)
    }


def only(facts: FactsByContent, count: int) -> FactsByContent:
    return dict(list(facts.items())[:count])


def numbered(count: int) -> FactsByContent:
    path = TreePath("Cargo.toml")
    return {
        (path, Oid(f"{number:040x}")): facts_of(path, f'[package]\nname = "p{number}"\n') for number in range(count)
    }


def test_facts_come_back_as_they_were() -> None:
    facts = some_facts()
    assert repr(unpack_facts(pack_facts(facts))) == repr(facts)
    assert unpack_facts(pack_facts({})) == {}


@pytest.mark.parametrize("data", [b"", b"[]", b"{}", b"\xff", pack_facts(some_facts()).replace(b"[0,", b"[99999,")])
def test_what_holds_no_facts_is_none(data: bytes) -> None:
    assert unpack_facts(data) is None


def kept_after(directory: Path, used: FactsByContent) -> tuple[FactsByContent, list[str]]:
    """Return what a scan that uses ``used`` is told by the cache, and the entries that it keeps."""
    cache = Cache(directory)
    remembered = RememberedFacts(cache, TRUNK)
    entries = remembered.to_keep(used, {content: said(facts) for content, facts in used.items()})
    cache.put_many(RememberedFacts.KIND, entries)
    cache.close()
    return remembered.facts, [key.partition(" ")[0] for key in entries]


def test_only_what_is_new_is_kept_beside_the_rest(tmp_path: Path) -> None:
    facts = numbered(20)
    assert kept_after(tmp_path, only(facts, 16)) == ({}, ["most", "recent", "said"])
    assert kept_after(tmp_path, only(facts, 16)) == (only(facts, 16), [])
    assert kept_after(tmp_path, only(facts, 18)) == (only(facts, 16), ["recent", "said"])
    assert kept_after(tmp_path, only(facts, 19)) == (only(facts, 18), ["recent", "said"])
    assert kept_after(tmp_path, facts) == (only(facts, 19), ["recent", "said"])
    assert kept_after(tmp_path, only(facts, 5)) == (facts, [])


def test_where_much_is_new_what_is_out_of_use_goes(tmp_path: Path) -> None:
    facts = numbered(20)
    later = dict(list(facts.items())[10:])
    kept_after(tmp_path, only(facts, 16))
    assert kept_after(tmp_path, later) == (only(facts, 16), ["recent", "said"])
    kept_after(tmp_path, later | numbered(30))
    assert kept_after(tmp_path, later)[0] == later | numbered(30)


def test_each_trunk_has_its_own(tmp_path: Path) -> None:
    facts = some_facts()
    kept_after(tmp_path, facts)
    assert RememberedFacts(Cache(tmp_path), RefName("refs/heads/next")).facts == {}


def test_what_does_not_parse_is_read_again(tmp_path: Path) -> None:
    content = (TreePath("Cargo.toml"), Oid("f" * 40))
    assert RememberedFacts(Cache(tmp_path), TRUNK).to_keep({content: None}, {}) == {}
