"""Two commits merged in memory, on real repositories, with git as the oracle (R-11)."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

import pytest

from gatekeeper.core.names import Oid, TreePath
from gatekeeper.errors import BadInputError
from gatekeeper.merging.commits import Identity, PathConflict, commit_merge, merge_commits
from gatekeeper.repository.packs import Pack
from gatekeeper.repository.repository import open_repository
from gatekeeper.repository.whole_merges import merge_bases
from tests.kit import Executable, RepositoryBuilder, Submodule, Symlink
from tests.kit.objects import Files
from tests.shell.merged_commits import Merging
from tests.shell.scans import stores

BASE = '[dependencies]\nanchor = "1"\n'
OURS = f'{BASE}chain = "2"\n'
THEIRS = f'{BASE}tide = "3"\n'
MERGED = f'{BASE}chain = "2"\ntide = "3"\n'
CARGO_TOML = TreePath("Cargo.toml")


@pytest.fixture
def merging(repository: RepositoryBuilder) -> Iterator[Merging]:
    repository.commit("main", {"README": "x\n"})
    for store in stores(repository):
        yield Merging(repository, store)


def test_what_git_cannot_merge_is_merged_where_it_is_a_manifest(merging: Merging) -> None:
    merging.branches({"Cargo.toml": BASE}, {"Cargo.toml": OURS, "a.rs": "a"}, {"Cargo.toml": THEIRS, "b.rs": "b"})
    assert merging.by_git().conflicts == {"Cargo.toml"}
    merge = merging.merge()
    assert merging.read(merge, "Cargo.toml") == MERGED.encode()
    assert merge.settled == ("Cargo.toml",)
    assert merging.differs_from_git(merge) == {"Cargo.toml"}


def test_nothing_is_written_before_the_merge_is_committed(merging: Merging, now: datetime) -> None:
    ours, theirs = merging.branches({"Cargo.toml": BASE}, {"x/Cargo.toml": OURS}, {"x/Cargo.toml": THEIRS})
    merging.repository.git("gc", "-q")
    before = merging.repository.git("count-objects", "-v"), merging.repository.git("for-each-ref")
    merge = merging.merge()
    assert merge.tree is not None
    assert (merging.repository.git("count-objects", "-v"), merging.repository.git("for-each-ref")) == before
    repository = open_repository(str(merging.repository.root))
    made = commit_merge(
        repository,
        merging.store,
        merge.tree,
        (ours, theirs),
        "Merge theirs\n\nwith care",
        identity=Identity("A <B>\n", "a@b"),
        at=now,
    )
    merging.repository.git("fsck", "--strict", "--no-dangling")
    assert merging.repository.git("show", "-s", "--format=%T %P|%an <%ae> %ct|%cn|%B", made).strip() == (
        f"{merge.tree} {ours} {theirs}|A B <a@b> {int(now.timestamp())}|A B|Merge theirs\n\nwith care"
    )
    merged = merging.read(merge, "x/Cargo.toml")
    assert merged is not None
    assert merging.repository.git("show", f"{made}:x/Cargo.toml") == merged.decode()
    assert merging.repository.git("for-each-ref") == before[1]


def test_what_lies_in_a_pack_of_the_scratch_store_is_kept_as_well(merging: Merging, now: datetime) -> None:
    tips = merging.branches({"x/Cargo.toml": BASE}, {"x/Cargo.toml": OURS}, {"x/Cargo.toml": THEIRS})
    # A scan has made the same file before.
    pack = Pack()
    merged = pack.add_blob(MERGED.encode())
    pack.add_tree([("Cargo.toml", merged, 0o100644)])
    merging.store.write_pack(pack)
    merge = merging.merge()
    assert merge.tree is not None
    repository = open_repository(str(merging.repository.root))
    who = Identity("", "a@b")
    made = commit_merge(repository, merging.store, merge.tree, tips, "Merge", identity=who, at=now)
    merging.repository.git("update-ref", "refs/heads/made", made)
    merging.repository.git("fsck", "--strict", "--no-dangling")
    assert merging.repository.git("show", f"{made}:x/Cargo.toml") == MERGED


def test_a_clean_merge_of_lines_that_says_something_wrong_is_none(merging: Merging) -> None:
    base = "[a]\nx = 1\n\n# 1\n# 2\n# 3\n\n[c]\ny = 1\n"
    sides = base.replace("[a]", "[b]\nz = 1\n\n[a]"), f"{base}\n[b]\nz = 2\n"
    merging.branches({"Cargo.toml": base}, {"Cargo.toml": sides[0]}, {"Cargo.toml": sides[1]})
    assert merging.by_git().conflicts == set()
    merge = merging.merge()
    assert merge.tree is None
    assert merge.conflicts == (PathConflict(CARGO_TOML, ("b.z: ours 1 (line 2), theirs 2 (line 12)",)),)


def test_a_clean_merge_of_lines_that_is_no_toml_is_made_one(merging: Merging) -> None:
    base = "[a]\nx = 1\n\n# 1\n# 2\n# 3\n\n[c]\ny = 1\n"
    sides = base.replace("[a]", "[b]\nz = 1\n\n[a]"), f"{base}\n[b]\nw = 2\n"
    merging.branches({"Cargo.toml": base}, {"Cargo.toml": sides[0]}, {"Cargo.toml": sides[1]})
    assert merging.by_git().conflicts == set()
    merge = merging.merge()
    merged = merging.read(merge, "Cargo.toml")
    assert merged is not None
    assert merged.count(b"[b]") == 1
    assert {b"z = 1", b"w = 2"} <= set(merged.splitlines())
    assert merge.settled == ("Cargo.toml",)


def test_conflicts_of_any_kind_are_left_with_the_reason(merging: Merging) -> None:
    base = {"Cargo.toml": BASE, "a.txt": "1\n", "gone.txt": "1\n", "Makefile.toml": "x = [\n", "link.toml": "a = 1\n"}
    ours: Files = {
        "Cargo.toml": BASE.replace("1", "2"),
        "a.txt": "2\n",
        "gone.txt": None,
        "Makefile.toml": "x = [\n1",
        "link.toml": Symlink("a"),
    }
    theirs: Files = {name: text.replace("1", "3") for name, text in base.items()} | {"Makefile.toml": "x = [\n2"}
    merging.branches(base, ours, theirs)
    merge = merging.merge()
    assert (merge.tree, merge.settled) == (None, ())
    reasons = {conflict.path: conflict.reasons for conflict in merge.conflicts}
    assert set(reasons) >= {"Cargo.toml", "Makefile.toml", "a.txt", "gone.txt"}
    assert reasons[CARGO_TOML] == ('dependencies.anchor.version: ours "2" (line 2), theirs "3" (line 2)',)
    assert reasons[TreePath("Makefile.toml")][0].startswith("base is not valid TOML")
    assert reasons[TreePath("a.txt")] == ("CONFLICT (content): Merge conflict in a.txt",)
    assert "deleted in" in reasons[TreePath("gone.txt")][0]
    assert any(path.startswith("link.toml") for path in reasons)


def test_what_was_decided_wins_where_the_path_is_contested(merging: Merging) -> None:
    # a ruling is applied; everything else is merged as ever.
    base = {"Cargo.toml": BASE, "a.txt": "1\n", "gone.txt": "1\n", "mine.txt": "1\n", "b.txt": "1\n2\n3\n4\n5\n"}
    anchors = ('[dependencies]\nanchor = "2"\n', '[dependencies]\nanchor = "3"\n')
    ours: Files = {"a.txt": "2\n", "gone.txt": None, "mine.txt": "2\n", "b.txt": "0\n2\n3\n4\n5\n"}
    theirs: Files = {"a.txt": Executable("3\n"), "gone.txt": "3\n", "b.txt": "1\n2\n3\n4\n6\n"}
    merging.branches(base, {"Cargo.toml": anchors[0], **ours}, {"Cargo.toml": anchors[1], **theirs})
    decided: dict[str, bytes | None] = {
        "Cargo.toml": b'[dependencies]\nanchor = "4"\n',
        "a.txt": b"4\n",
        "gone.txt": None,
        "mine.txt": b"4\n",
        "b.txt": b"4\n",
    }
    merge = merging.merge({TreePath(path): content for path, content in decided.items()})
    assert {path: merging.read(merge, path) for path in decided} == decided | {"mine.txt": b"2\n"}
    assert merge.settled == ("Cargo.toml", "a.txt", "b.txt", "gone.txt")
    assert merge.notes == ("mine.txt: only one side has changed it, so what was decided for it does not count",)
    assert merge.tree is not None
    assert merging.store.entry(merge.tree, TreePath("a.txt")) == (0o100755, merging.store.write_blob(b"4\n"))


def test_what_was_decided_has_to_be_toml(merging: Merging) -> None:
    merging.branches({"Cargo.toml": BASE}, {"Cargo.toml": OURS}, {"Cargo.toml": THEIRS})
    with pytest.raises(BadInputError, match=r"decided for Cargo.toml is not valid TOML: .*line 1"):
        merging.merge({CARGO_TOML: b"a = [1"})


def test_the_content_of_a_moved_manifest_is_merged_at_its_new_place(merging: Merging) -> None:
    text = "".join(f'a{number} = "{number}"\n' for number in range(12))
    base = f"[dependencies]\n{text}"
    ours = base.replace('a3 = "3"\n', 'a3 = "3"\nb = "1"\n')
    theirs = f'{base}b = "1"\n'
    merging.branches(
        {"one/Cargo.toml": base}, {"one/Cargo.toml": None, "two/Cargo.toml": ours}, {"one/Cargo.toml": theirs}
    )
    assert merging.by_git().conflicts == set()
    merge = merging.merge()
    merged = merging.read(merge, "two/Cargo.toml")
    assert merged is not None
    # Git has the key twice.
    assert merged.count(b"b = ") == 1
    assert merge.settled == ("two/Cargo.toml",)


def test_modes_links_and_submodules_are_gits(merging: Merging) -> None:
    commits = [merging.repository.commit_id("main"), merging.repository.commit("main", {"x": "y"})]
    merging.branches(
        {"Cargo.toml": BASE, "link": Symlink("a"), "sub": Submodule(commits[0])},
        {"Cargo.toml": Executable(OURS), "link": Symlink("b")},
        {"Cargo.toml": THEIRS, "sub": Submodule(commits[1])},
    )
    merge = merging.merge()
    assert merge.tree is not None
    assert merging.differs_from_git(merge) == {"Cargo.toml"}
    assert merging.read(merge, "Cargo.toml") == MERGED.encode()
    entry = merging.store.entry(merge.tree, CARGO_TOML)
    assert entry is not None
    assert entry.mode == 0o100755


def test_submodules_at_two_commits_are_a_conflict(merging: Merging) -> None:
    # Git 2.39 writes advice for people in between its answer.
    merging.branches({"sub": Submodule("1" * 40)}, {"sub": Submodule("2" * 40)}, {"sub": Submodule("3" * 40)})
    (left,) = merging.merge().conflicts
    assert left.path == "sub"
    assert "submodule" in left.reasons[0]
    (ruled,) = merging.merge({TreePath("sub"): b"x"}).conflicts
    assert ruled == left


@pytest.mark.parametrize(("said", "kind"), [("-merge", "binary"), ("merge=union", "union")])
def test_attributes_of_ours_are_followed(merging: Merging, said: str, kind: str) -> None:
    merging.branches(
        {"x/Cargo.toml": BASE, "x/.gitattributes": f"*.toml {said}\n"}, {"x/Cargo.toml": OURS}, {"x/Cargo.toml": THEIRS}
    )
    merge = merging.merge()
    assert merge.notes == (f"x/Cargo.toml: the attributes say how git has to merge it ({kind})",)
    assert (merge.tree is None) == (kind == "binary")


def test_custom_drivers_do_not_run(merging: Merging) -> None:
    merging.repository.git("config", "merge.loud.driver", "touch ../ran; exit 1")
    attributes = {".gitattributes": "* merge=loud\n", "a.txt": "1\n2\n3\n4\n5\n"}
    merging.branches(
        {"Cargo.toml": BASE, **attributes},
        {"Cargo.toml": OURS, "a.txt": "0\n2\n3\n4\n5\n"},
        {"Cargo.toml": THEIRS, "a.txt": "1\n2\n3\n4\n6\n"},
    )
    merge = merging.merge()
    assert merging.read(merge, "Cargo.toml") == MERGED.encode()
    assert merging.read(merge, "a.txt") == b"0\n2\n3\n4\n6\n"
    assert not (merging.repository.root.parent / "ran").exists()


def test_a_side_that_has_all_of_the_other_is_the_merge(merging: Merging) -> None:
    repository = merging.repository
    repository.commit("main", {"Cargo.toml": BASE})
    repository.branch("theirs")
    repository.branch("ours", at="theirs")
    repository.commit("ours", {"Cargo.toml": OURS})
    for one, other in (merging.tips(), merging.tips()[::-1]):
        merge = merge_commits(merging.store, one, other, ruled={CARGO_TOML: b"x = 1\n"})
        assert merging.read(merge, "Cargo.toml") == OURS.encode()
        assert len(merge.notes) == 1
    assert merge_commits(merging.store, merging.tips()[0], merging.tips()[0]).settled == ()


def test_histories_that_share_nothing_are_refused(merging: Merging) -> None:
    merging.repository.branch("ours")
    merging.repository.commit("theirs", {"a": "b"}, root=True)
    with pytest.raises(BadInputError, match="share no history"):
        merging.merge()


def test_crossed_histories_are_merged_on_gits_own_base(merging: Merging) -> None:
    base = '[dependencies]\na = "1"\nb = "1"\n\n# 1\n# 2\n# 3\n\n[features]\nx = []\n'
    repository = merging.repository
    merging.branches(
        {"Cargo.toml": base, "Makefile.toml": base},
        {"Cargo.toml": base.replace('a = "1"', 'a = "2"')},
        {"Cargo.toml": base.replace("x = []", "x = []\ny = []")},
    )
    ours, theirs = merging.tips()
    repository.merge("ours", theirs)
    repository.merge("theirs", ours)
    assert len(merge_bases(merging.store, *merging.tips())) == 2
    grown = base.replace('a = "1"', 'a = "2"').replace("x = []", "x = []\ny = []")
    # Here the bases differ, and git sees no conflict; there they are the same; a third is a conflict.
    repository.commit("ours", {"Cargo.toml": f"{grown}z = []\n", "Makefile.toml": base.replace("# 1", "# one\nc = 1")})
    repository.commit("theirs", {"Cargo.toml": grown.replace('"2"', '"3"'), "Makefile.toml": f"{base}c = 2\n"})
    merge = merging.merge()
    assert merging.read(merge, "Cargo.toml") == f"{grown}z = []\n".replace('"2"', '"3"').encode()
    assert [note.partition(":")[0] for note in merge.notes] == ["Cargo.toml"]
    repository.commit("theirs", {"Cargo.toml": f"{grown}w = []\n"})
    merge = merging.merge()
    assert merge.settled == ("Cargo.toml",)
    assert merging.read(merge, "Cargo.toml") == f"{grown}z = []\nw = []\n".encode()


def test_a_huge_file_beside_is_gits_business(merging: Merging) -> None:
    huge = "".join(f"line {number}\n" for number in range(400_000))
    manifest = f"{BASE}{'# x' * 3_000_000}\n"
    merging.branches(
        {"a.txt": huge, "Cargo.toml": manifest},
        {"a.txt": f"0\n{huge}", "Cargo.toml": f"a = 1\n{manifest}"},
        {"a.txt": f"{huge}1\n", "Cargo.toml": f"{manifest}b = 1\n"},
    )
    merge = merging.merge()
    assert merge.conflicts == (
        PathConflict(
            CARGO_TOML,
            (
                "base is not valid TOML: the file is larger than 8 MiB (line 1, column 1)",
                "the lines merge, but what comes out is not TOML",
            ),
        ),
    )


def test_a_missing_commit_is_named(merging: Merging) -> None:
    with pytest.raises(BadInputError, match="missing"):
        merge_commits(merging.store, Oid(merging.repository.commit_id("main")), Oid("1" * 40))
