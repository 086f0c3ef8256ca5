"""Lock files in conflict, made by real cargo while two commits are merged; path dependencies need no registry."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from gatekeeper.config import Settings
from gatekeeper.coordinator.integrating import Integrator, Task
from gatekeeper.core.names import AgentName, RefName
from gatekeeper.ledger.ledger import Ledger
from gatekeeper.merging.commits import merge_commits
from gatekeeper.merging.verifying import Verified, verify_tree
from gatekeeper.repository import open_repository
from gatekeeper.repository.discovery import Trunk
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


def test_an_integration_lets_cargo_make_the_lock_file(merging: Merging) -> None:
    # a lock file is what nearly everybody who comes second clashes with.
    before = BASE | {"Cargo.lock": BASE["Cargo.lock"].replace("version = 4", "version = 5")}
    lock = OURS["Cargo.lock"].replace("version = 4", "version = 3")
    mine = OURS | crate("app", "0.3.0", "bell") | {"Cargo.lock": lock}
    tips = merging.branches(before, mine, THEIRS)
    repository = open_repository(str(merging.repository.root))
    task = Task(AgentName("ours"), tips[0], Trunk(RefName("refs/heads/theirs"), tips[1]))
    integrator = Integrator(repository, Settings(), clock=lambda: datetime(2026, 1, 1, tzinfo=UTC))
    made = integrator.integrate(task, Ledger(repository))
    assert (made.outcome, made.reasons) == ("published", ())
    assert repository.blob(made.commit or "", "Cargo.lock") == BOTH.encode()
