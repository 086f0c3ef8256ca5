"""What one branch moves and another edits is judged as git merges it, whoever else is in the fleet."""

from __future__ import annotations

import json
import sqlite3
import zlib
from typing import Any

import pytest

from gatekeeper.core.findings import Finding
from gatekeeper.report.scan_json import scan_json
from gatekeeper.scanning import ScanRequest, scan
from tests.kit import RepositoryBuilder

ROOT = '[workspace]\nresolver = "2"\nmembers = ["crates/*"]\n'
LIBRARY = "//! A library.\n\npub fn open() -> usize {\n    1\n}\n\npub fn close() -> usize {\n    2\n}\n"


def package(name: str, more: str = "") -> str:
    return f'[package]\nname = "{name}"\nversion = "0.1.0"\nedition = "2021"\n{more}'


ASKING = '\n[dependencies.store]\npath = "../store"\nfeatures = ["search"]\n'
NOT_ASKING = '\n[dependencies.store]\npath = "../store"\n'
FEATURE = "\n[features]\ndefault = []\nsearch = []\n"
NO_FEATURE = "\n[features]\ndefault = []\n"


@pytest.fixture
def trunk(repository: RepositoryBuilder) -> RepositoryBuilder:
    files = {
        "Cargo.toml": ROOT,
        "crates/store/Cargo.toml": package("store", FEATURE),
        "crates/store/src/lib.rs": "",
        "crates/api/Cargo.toml": package("api", ASKING),
        "crates/api/src/lib.rs": LIBRARY,
    }
    repository.commit("main", files)
    return repository


def branch(repository: RepositoryBuilder, name: str, files: dict[str, str | None]) -> None:
    repository.branch(name)
    repository.commit(name, files)


def moved(more: str, library: str = LIBRARY) -> dict[str, str | None]:
    """Return what moves the crate `api`, its manifest ending in ``more``."""
    return {
        "crates/api/Cargo.toml": None,
        "crates/api/src/lib.rs": None,
        "crates/front/Cargo.toml": package("api", more),
        "crates/front/src/lib.rs": library,
    }


def findings(repository: RepositoryBuilder, *, cache: bool = False) -> list[Finding]:
    return list(scan(ScanRequest(str(repository.root), "main", cache=cache)).findings)


def brief(found: list[Finding]) -> list[tuple[str, list[tuple[list[str], str]]]]:
    return [(one.rule, [(sorted(side.agents), side.path) for side in one.sides]) for one in found]


def told(repository: RepositoryBuilder, *, cache: bool) -> dict[str, Any]:
    document: dict[str, Any] = json.loads(scan_json(scan(ScanRequest(str(repository.root), "main", cache=cache))))
    for count in ("blob_merges", "cache_hits", "seconds"):
        del document["stats"][count]
    return document


def test_only_the_pairs_that_git_merges_under_the_new_name_are_let_off(trunk: RepositoryBuilder) -> None:
    dropped: dict[str, str | None] = {"crates/store/Cargo.toml": package("store", NO_FEATURE)}
    branch(trunk, "mover", moved(ASKING))
    # Asks no longer, and git carries that to the moved crate.
    branch(trunk, "tidy", {**dropped, "crates/api/Cargo.toml": package("api", NOT_ASKING)})
    asking = package("report", ASKING)
    branch(trunk, "other", {"crates/report/Cargo.toml": asking, "crates/report/src/lib.rs": ""})
    assert brief(findings(trunk)) == [
        (
            "feature-removed-downstream",
            [(["tidy"], "crates/store/Cargo.toml"), (["other"], "crates/report/Cargo.toml")],
        )
    ]


def test_what_the_editor_adds_under_the_old_name_is_shown_there(trunk: RepositoryBuilder) -> None:
    trunk.commit("main", {"crates/api/Cargo.toml": package("api", NOT_ASKING)})
    dropped: dict[str, str | None] = {"crates/store/Cargo.toml": package("store", NO_FEATURE)}
    branch(trunk, "mover", {**moved(NOT_ASKING), **dropped})
    for name in ("editor", "second"):
        branch(trunk, name, {"crates/api/Cargo.toml": package("api", ASKING) + f"# {name}\n"})
    [found] = [one for one in findings(trunk) if one.rule == "feature-removed-downstream"]
    assert brief([found])[0][1] == [
        (["mover"], "crates/store/Cargo.toml"),
        (["editor", "second"], "crates/api/Cargo.toml"),
    ]
    assert found.sides[1].span is not None
    assert "`crates/front/Cargo.toml`" in found.message


def test_of_two_who_make_the_same_move_each_edit_counts(trunk: RepositoryBuilder) -> None:
    dropped: dict[str, str | None] = {"crates/store/Cargo.toml": package("store", NO_FEATURE)}
    branch(trunk, "tidy", {**moved(NOT_ASKING), **dropped})
    branch(trunk, "mover", moved(ASKING))
    assert not findings(trunk)


def test_what_the_mover_itself_comes_to_ask_for_stays_a_fault(trunk: RepositoryBuilder) -> None:
    trunk.commit("main", {"crates/api/Cargo.toml": package("api", NOT_ASKING)})
    branch(trunk, "mover", moved(ASKING))
    dropped: dict[str, str | None] = {"crates/store/Cargo.toml": package("store", NO_FEATURE)}
    edited = package("api", NOT_ASKING).replace("[package]\n", '[package]\ndescription = "The outside"\n')
    branch(trunk, "editor", {**dropped, "crates/api/Cargo.toml": edited})
    assert brief(findings(trunk)) == [
        (
            "feature-removed-downstream",
            [(["editor"], "crates/store/Cargo.toml"), (["mover"], "crates/front/Cargo.toml")],
        )
    ]


def test_a_stack_that_moves_files_is_taken_apart(trunk: RepositoryBuilder) -> None:
    branch(trunk, "mover", moved(ASKING))
    trunk.branch("above", at="mover")
    trunk.commit("above", {"crates/front/src/lib.rs": LIBRARY + "// More.\n"})
    tidy = {
        "crates/store/Cargo.toml": package("store", NO_FEATURE),
        "crates/api/Cargo.toml": package("api", NOT_ASKING),
    }
    branch(trunk, "tidy", {**tidy})
    assert not findings(trunk)


def test_the_answer_is_the_same_from_the_cache_and_from_a_damaged_one(trunk: RepositoryBuilder) -> None:
    dropped: dict[str, str | None] = {"crates/store/Cargo.toml": package("store", NO_FEATURE)}
    branch(trunk, "mover", {**moved(NOT_ASKING), **dropped})
    branch(trunk, "editor", {"crates/api/Cargo.toml": package("api", ASKING + "# Edited.\n")})
    told(trunk, cache=True)
    trunk.commit("editor", {"notes.txt": "unrelated\n"})
    assert told(trunk, cache=True) == told(trunk, cache=False)
    cache = sqlite3.connect(trunk.git_dir / "gatekeeper" / "cache.sqlite3")
    for garbage in (b"[]", b"[[", b"{}", b'{"a": 1}'):
        packed = zlib.compress(garbage)
        sealed = zlib.crc32(packed).to_bytes(4, "big") + packed
        with cache:
            assert cache.execute("UPDATE entries SET value = ? WHERE kind = 'renames'", [sealed]).rowcount
            cache.execute("DELETE FROM entries WHERE kind IN ('report', 'across')")
        if garbage != b"{}":
            assert told(trunk, cache=True) == told(trunk, cache=False)
    cache.close()


def test_a_deleted_entry_that_git_takes_out_of_the_reordered_list_too(trunk: RepositoryBuilder) -> None:
    names = [f"crates/{name}" for name in ("api", "bank", "cart", "desk", "edge", "fund", "store")]

    def listed(*entries: str) -> str:
        return "[workspace]\nmembers = [\n" + "".join(f'    "{entry}",\n' for entry in entries) + "]\n"

    crates = {f"{name}/Cargo.toml": package(name[7:]) for name in names[1:-1]}
    trunk.commit("main", {"Cargo.toml": listed(*names), **crates, **{f"{name}/src/lib.rs": "" for name in names[1:-1]}})
    gone: dict[str, str | None] = {"crates/fund/Cargo.toml": None, "crates/fund/src/lib.rs": None}
    branch(trunk, "deletes", {"Cargo.toml": listed(*names[:-2], names[-1]), **gone})
    branch(trunk, "sorts", {"Cargo.toml": listed(names[1], names[0], *names[2:])})
    branch(trunk, "carries", {"Cargo.toml": listed("crates/fund", *names[:-2], names[-1])})
    # Formatted anew: git conflicts with the deletion, and who settles that has to know of the crate.
    branch(trunk, "wraps", {"Cargo.toml": f"[workspace]\nmembers = {json.dumps(names[::-1])}\n"})
    for cache in (False, True, True):
        found = [one for one in findings(trunk, cache=cache) if one.rule == "ws-member-dir-deleted-list-rewritten"]
        assert sorted((sorted(one.agents - {"deletes"}), one.git.value) for one in found) == [
            (["carries"], "clean"),
            (["wraps"], "conflict"),
        ]
        trunk.commit("sorts", {f"notes-{cache}.txt": "unrelated\n"})


def test_what_is_kept_of_a_move_holds_for_another_trunk(repository: RepositoryBuilder) -> None:
    """The mover's new path conflicts with one trunk and not with the other; between both, nothing else changes."""
    manifest = package("api", "[dependencies]\n")
    repository.commit(
        "main",
        {
            "Cargo.toml": '[workspace]\nmembers = ["crates/*"]\n',
            "crates/api/Cargo.toml": manifest,
            "crates/store/Cargo.toml": package("store", '[dependencies]\napi = { path = "../api" }\n'),
            "crates/store/src/lib.rs": "",
        },
    )
    repository.branch("taken")
    repository.commit("taken", {"crates/front/Cargo.toml": '# another\n[package]\nname = "front"\nlicense = "MIT"\n'})
    to_front = package("store", '[dependencies]\napi = { path = "../front" }\n')
    moving = {"crates/api/Cargo.toml": None, "crates/front/Cargo.toml": manifest, "crates/store/Cargo.toml": to_front}
    # Something of the sort is added besides that resembles nothing.
    branch(repository, "mover", {**moving, "crates/new/Cargo.toml": '[package]\nname = "new"\npublish = false\n'})
    branch(repository, "editor", {"crates/api/Cargo.toml": f'{manifest}store = {{ path = "../store" }}\n'})

    def rules(trunk: str, *, cache: bool) -> set[str]:
        request = ScanRequest(str(repository.root), trunk, ("mover", "editor"), cache=cache)
        return {finding.rule for finding in scan(request).findings}

    rules("taken", cache=True)
    found = rules("main", cache=True)
    assert found == rules("main", cache=False)
    assert "dep-cycle-by-combination" in found
