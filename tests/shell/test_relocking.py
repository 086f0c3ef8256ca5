"""Lock files in conflict, made by real cargo while two commits are merged; path dependencies need no registry."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from gatekeeper.merging.commits import merge_commits
from gatekeeper.merging.verifying import Verified, verify_tree
from tests.cli.test_regenerate_lock import BASE, BOTH, OURS, THEIRS, crate, locked
from tests.kit import RepositoryBuilder
from tests.shell.merged_commits import Merging
from tests.shell.scans import stores

pytestmark = pytest.mark.skipif(shutil.which("cargo") is None, reason="cargo is not on PATH")

RUSTUP_HOME = os.environ.get("RUSTUP_HOME") or str(Path.home() / ".rustup")


@pytest.fixture
def merging(repository: RepositoryBuilder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Merging]:
    """Let cargo find nothing of the user's but the toolchain."""
    monkeypatch.setenv("RUSTUP_HOME", RUSTUP_HOME)
    monkeypatch.setenv("CARGO_HOME", str(tmp_path / "cargo-home"))
    for store in stores(repository):
        yield Merging(repository, store)


@pytest.mark.parametrize("clashes", [True, False])
def test_cargo_makes_the_lock_file_of_the_merged_manifests(merging: Merging, *, clashes: bool) -> None:
    before, mine = ("version = 5", "version = 3") if clashes else ("version = 3", "version = 4")
    base = BASE | {"Cargo.lock": BASE["Cargo.lock"].replace("version = 4", before)}
    ours = OURS | crate("app", "0.3.0", "bell") | {"Cargo.lock": OURS["Cargo.lock"].replace("version = 4", mine)}
    tips = merging.branches(base, ours, THEIRS)
    assert [left.path for left in merging.merge().conflicts] == (["Cargo.lock"] if clashes else [])
    merge = merge_commits(merging.store, *tips, regenerates_locks=True)
    assert merging.read(merge, "Cargo.lock") == BOTH.encode()
    assert "Cargo.lock: made by cargo from the merged manifests" in merge.notes
    assert merge.tree is not None
    assert verify_tree(merging.store, merge.tree, tips) == Verified()


def test_it_waits_for_the_manifests(merging: Merging) -> None:
    tips = merging.branches(BASE, OURS, THEIRS)
    merge = merge_commits(merging.store, *tips, regenerates_locks=True)
    assert [left.path for left in merge.conflicts] == ["crates/app/Cargo.toml"]
    assert any("once no manifest is in conflict any more (crates/app/Cargo.toml)" in note for note in merge.notes)


def test_where_cargo_refuses_it_stays_as_it_was_merged(merging: Merging) -> None:
    missing = '[package]\nname = "app"\nversion = "0.1.0"\nedition = "2021"\n\n[dependencies]\nno-such-crate = "1"\n'
    base = BASE | {"crates/app/Cargo.toml": missing}
    sides = [{"Cargo.lock": locked(("app", version, ()))} for version in ("0.2.0", "0.3.0")]
    tips = merging.branches(base, *sides)
    merge = merge_commits(merging.store, *tips, regenerates_locks=True)
    assert merge.tree == merging.merge().tree
    assert "gatekeeper-scratch" not in "".join(merge.notes)
    assert any(note.startswith("Cargo.lock: it was not regenerated: cargo update failed") for note in merge.notes)
