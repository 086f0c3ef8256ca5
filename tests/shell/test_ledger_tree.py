"""The state as files in a tree: one path a key, and the tree that git itself would make."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from gatekeeper.core.ledger.record_kinds import Record
from gatekeeper.core.ledger.records import (
    AgentRecord,
    BaselineRecord,
    ClaimRecord,
    FindingRecord,
    LedgerRecord,
    MemoryRecord,
)
from gatekeeper.core.ledger.state import THE_ONLY, Overlaid, RecordKey
from gatekeeper.core.names import AgentName, Oid, RefName
from gatekeeper.errors import DamagedLedgerError
from gatekeeper.ledger import StateTree
from gatekeeper.ledger.codec import record_text
from gatekeeper.ledger.places import directory_of, key_of, path_of
from gatekeeper.repository import open_repository
from gatekeeper.repository.object_database import ImaginedObjects, ObjectDatabase, Objects, PackedObjects
from tests.core.ledger_events import RECORDS
from tests.kit import RepositoryBuilder
from tests.shell.ledgers import NOW

AWKWARD = [
    *("", "a", "a/b", "a.json", "a.json/b", "a/b.json", ".json", "a/", "/a", "a//b", "/", ".", "..", "a/../b"),
    *(".git", ".GIT", "git~1", "GIT~1/x", ".git/config", ".gitmodules", "gitmod~1", "%", "%25", "%2Ejson", "a%2Ejson"),
    *("ab", "abc", "ab.json", "é", "e\u0301", "\u200c.git", ".g\u200cit", "\0", "\n", " ", "a ", " a", "-", "--", "~"),
    *("\\", "a\\b", ":", "con", "a" * 300, "😀", "A", "a:b", "a*", "{", "\x7f"),
]
KEYS = st.one_of(st.sampled_from(AWKWARD), st.text("a/.%~gitGIT1é\0 json", max_size=12), st.text(max_size=8))
MANY = [kind for kind in RECORDS if directory_of(kind)[-5:] != ".json"]


@pytest.mark.parametrize("kind", MANY)
@given(one=KEYS, other=KEYS)
def test_keys_and_paths_are_each_others_names(kind: type[Record], one: str, other: str) -> None:
    first, second = path_of(kind, one), path_of(kind, other)
    assert key_of(kind, first[1:]) == one
    assert (first == second) == (one == other)
    # No file is where the directory of another one is.
    assert first[: len(second)] != second or first == second
    for part in first:
        assert part.lower() not in {"", ".", "..", ".git", "git~1"}
        assert part.isascii()
        assert part.isprintable()
        assert "/" not in part


def memory(key: str, text: str = "") -> MemoryRecord:
    return MemoryRecord(key, "text", text, "me", NOW)


def git_tree(repository: RepositoryBuilder, files: dict[tuple[str, ...], bytes]) -> str:
    """Return the tree that git makes of files."""
    rows = []
    below: dict[str, dict[tuple[str, ...], bytes]] = {}
    for path, text in files.items():
        if len(path) > 1:
            below.setdefault(path[0], {})[path[1:]] = text
        else:
            blob = repository.git("hash-object", "-w", "--stdin", stdin=text.decode()).strip()
            rows.append(f"100644 blob {blob}\t{path[0]}")
    rows += [f"040000 tree {git_tree(repository, inner)}\t{name}" for name, inner in below.items()]
    return repository.git("mktree", "-z", stdin="".join(f"{row}\0" for row in rows)).strip()


STEPS = st.lists(st.dictionaries(KEYS, st.one_of(st.none(), st.sampled_from(["x", "y"])), max_size=6), max_size=4)


@given(STEPS)
@example([dict.fromkeys(AWKWARD, "x"), dict.fromkeys(AWKWARD[::2])])
def test_the_tree_is_the_one_that_git_would_make(
    new_repository: Callable[[], RepositoryBuilder], steps: list[dict[str, str | None]]
) -> None:
    repository = new_repository()
    objects = open_repository(str(repository.root)).database()
    plain: dict[RecordKey, Record] = {(LedgerRecord, THE_ONLY): LedgerRecord(1)}
    tree = StateTree(objects, None).with_changes(plain, objects)
    for step in steps:
        changes: dict[RecordKey, Record | None] = {}
        for key, text in step.items():
            for kind, record in ((MemoryRecord, memory(key, text or "")), (ClaimRecord, claim(key, text or ""))):
                changes[kind, key] = None if text is None else record
        plain = {key: r for key, r in {**plain, **changes}.items() if r is not None}
        imagined = StateTree(objects, tree).with_changes(changes, ImaginedObjects(objects))
        tree = StateTree(objects, tree).with_changes(changes, objects)
        assert imagined == tree
    assert tree is not None
    state = StateTree(objects, tree)
    for kind in (MemoryRecord, ClaimRecord):
        expected = {key: record for (each, key), record in plain.items() if each is kind}
        assert dict(state.each(kind)) == expected  # type: ignore[type-var] # each kind in turn
        assert all(state.get(kind, key) == record for key, record in expected.items())  # type: ignore[type-var]
    files = {path_of(kind, key): record_text(record) for (kind, key), record in plain.items()}
    assert git_tree(repository, files) == tree
    commit = repository.git("commit-tree", tree, "-m", "x").strip()
    repository.git("update-ref", "refs/gatekeeper/ledger", commit)
    assert repository.git("fsck", "--strict", "--no-dangling") == ""


def claim(key: str, place: str) -> ClaimRecord:
    return ClaimRecord(key, AgentName("a"), place, NOW, NOW)  # type: ignore[arg-type] # any text is an id


def test_nothing_left_is_no_tree(repository: RepositoryBuilder) -> None:
    objects = open_repository(str(repository.root)).database()
    tree = StateTree(objects, None).with_changes({(MemoryRecord, "a/b"): memory("a/b")}, objects)
    assert StateTree(objects, tree).with_changes({(MemoryRecord, "a/b"): None}, objects) is None
    assert StateTree(objects, None).with_changes({(MemoryRecord, "a/b"): None}, objects) is None
    assert StateTree(objects, None).get(MemoryRecord, "a") is None
    assert list(StateTree(objects, None).each(MemoryRecord)) == []


@pytest.mark.parametrize("packed", [False, True])
def test_many_changes_at_once_go_into_a_pack(repository: RepositoryBuilder, *, packed: bool) -> None:
    objects = open_repository(str(repository.root)).database()
    sink: Objects = PackedObjects(objects) if packed else objects
    changes: dict[RecordKey, Record | None] = {
        (MemoryRecord, f"k{number}"): memory(f"k{number}") for number in range(300)
    }
    tree = StateTree(objects, None).with_changes(changes, sink)
    if isinstance(sink, PackedObjects):
        sink.flush()
    assert len(list(StateTree(objects, tree).each(MemoryRecord))) == 300


def test_what_somebody_else_has_put_there_stays(repository: RepositoryBuilder) -> None:
    objects = open_repository(str(repository.root)).database()
    blob = repository.git("hash-object", "-w", "--stdin", stdin="notes").strip()
    tree = Oid(repository.git("mktree", stdin=f"100755 blob {blob}\tREADME\n120000 blob {blob}\tlink\n").strip())
    new = StateTree(objects, tree).with_changes({(MemoryRecord, "a"): memory("a")}, objects)
    assert repository.git("ls-tree", str(new)).splitlines()[:2] == [
        f"100755 blob {blob}\tREADME",
        f"120000 blob {blob}\tlink",
    ]


@pytest.mark.parametrize("text", [b"100644 a.json", b"100644\0" + b"x" * 20, b"junk"])
def test_a_damaged_directory_is_refused(repository: RepositoryBuilder, text: bytes) -> None:
    class Damaged:
        def read(self, _oid: Oid) -> bytes:
            return text

        def write(self, *_given: object) -> Oid:
            raise AssertionError

    with pytest.raises(DamagedLedgerError):
        StateTree(Damaged(), Oid("1" * 40)).get(MemoryRecord, "a")
    objects: ObjectDatabase = open_repository(str(repository.root)).database()
    with pytest.raises(DamagedLedgerError, match="the ledger lacks a part"):
        StateTree(objects, Oid("1" * 40)).get(MemoryRecord, "a")


def test_records_of_other_kinds_are_left_alone(repository: RepositoryBuilder) -> None:
    objects = open_repository(str(repository.root)).database()
    agent = AgentRecord(AgentName("feature/x"), RefName("refs/heads/feature/x"), "pending", NOW)
    tree = StateTree(objects, None).with_changes({(AgentRecord, agent.name): agent}, objects)
    state = Overlaid(StateTree(objects, tree))
    assert state.get(AgentRecord, "feature/x") == agent
    assert path_of(AgentRecord, agent.name) == ("agents", "feature%2Fx.json")
    assert state.get(FindingRecord, "feature/x") is None
    assert list(state.each(BaselineRecord)) == []
