"""Whether a merged tree is well, with real cargo where there is one (R-11)."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from gatekeeper.core.names import Oid, TreePath
from gatekeeper.core.tree_state import Entry
from gatekeeper.merging.verifying import Verified, verify_tree
from gatekeeper.repository.tree_edits import with_entries
from tests.kit import RepositoryBuilder
from tests.kit.objects import Files
from tests.shell.merged_commits import Merging
from tests.shell.scans import stores

RUSTUP_HOME = os.environ.get("RUSTUP_HOME") or str(Path.home() / ".rustup")
CARGO = shutil.which("cargo")
needs_cargo = pytest.mark.skipif(CARGO is None, reason="cargo is not on PATH")

ROOT = '[workspace]\nresolver = "2"\nmembers = ["crates/*"]\n'


def crate(name: str, more: str = "") -> dict[str, str]:
    manifest = f'[package]\nname = "{name}"\nversion = "0.1.0"\nedition = "2021"\n{more}'
    return {f"crates/{name}/Cargo.toml": manifest, f"crates/{name}/src/lib.rs": "fn f() {}\n"}


BASE: dict[str, str] = {"Cargo.toml": ROOT, **crate("app"), "crates/app/src/main.rs": "fn main() {}\n"}


@pytest.fixture
def merging(repository: RepositoryBuilder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Merging]:
    """Let cargo find nothing of the user's but the toolchain."""
    monkeypatch.setenv("RUSTUP_HOME", RUSTUP_HOME)
    monkeypatch.setenv("CARGO_HOME", str(tmp_path / "cargo-home"))
    for store in stores(repository):
        yield Merging(repository, store)


def verified(merging: Merging, base: Files, ours: Files, theirs: Files) -> Verified:
    tips = merging.branches(base, ours, theirs)
    merge = merging.merge()
    assert merge.tree is not None, merge.conflicts
    return verify_tree(merging.store, merge.tree, tips)


@needs_cargo
def test_a_workspace_that_cargo_loads_is_well(merging: Merging) -> None:
    targets = '[[bin]]\nname = "tool"\npath = "src/tools/tool.rs"\n[lib]\npath = "../shared/lib.rs"\n'
    tool = {**crate("bell", targets), "crates/bell/src/tools/tool.rs": "", "crates/shared/lib.rs": ""}
    del tool["crates/bell/src/lib.rs"]
    members = {"Cargo.toml": ROOT.replace('"crates/*"', '"crates/app", "crates/bell"')}
    examples = {"crates/app/examples/one.rs": "", "crates/app/build.rs": "", "crates/app/benches/b/main.rs": ""}
    assert verified(merging, BASE, {**tool, **members}, examples) == Verified()


@needs_cargo
def test_what_neither_side_has_broken_alone_is_a_fault(merging: Merging) -> None:
    added = {"Cargo.toml": f'{ROOT}[workspace.dependencies]\nbell = {{ path = "crates/bell" }}\n', **crate("bell")}
    found = verified(
        merging,
        {**BASE, **added},
        crate("app", "[dependencies]\nbell.workspace = true\n"),
        {"Cargo.toml": ROOT},
    )
    (fault,) = found.faults
    assert fault.startswith("Cargo.toml: cargo does not load the workspace: error: failed to")
    assert "bell" in fault
    assert str(merging.repository.root.parent) not in fault
    assert "gatekeeper-scratch" not in fault


@needs_cargo
def test_two_packages_of_one_name_are_a_fault(merging: Merging) -> None:
    one, other = crate("one"), crate("other")
    one["crates/one/Cargo.toml"] = one["crates/one/Cargo.toml"].replace('"one"', '"same"')
    other["crates/other/Cargo.toml"] = other["crates/other/Cargo.toml"].replace('"other"', '"same"')
    (fault,) = verified(merging, BASE, one, other).faults
    assert "same" in fault


@needs_cargo
def test_what_was_broken_before_is_not_the_merges_fault(merging: Merging) -> None:
    broken = {**BASE, "Cargo.toml": ROOT.replace("crates/*", "nowhere")}
    assert verified(merging, broken, {"a": "a"}, {"b": "b"}) == Verified()


@needs_cargo
def test_a_tree_without_manifests_or_with_several_workspaces(merging: Merging) -> None:
    assert verified(merging, {"a": "a"}, {"b": "b"}, {"c": "c"}) == Verified()
    nested = {f"{place}/{path}": text for place in ("one", "two") for path, text in BASE.items()}
    bad = {"two/Cargo.toml": ROOT.replace("crates/*", "nowhere")}
    merging.repository.commit("theirs", {**nested, "two/Cargo.toml": bad["two/Cargo.toml"]})
    merge = merging.merge()
    assert merge.tree is not None
    ours, theirs = merging.tips()
    assert verify_tree(merging.store, merge.tree, (ours, theirs)).faults == ()
    (fault,) = verify_tree(merging.store, merge.tree, (ours, ours)).faults
    assert fault.startswith("two/Cargo.toml: ")


@needs_cargo
def test_no_configuration_of_the_tree_runs_a_program(merging: Merging, tmp_path: Path) -> None:
    config = f'[build]\nrustc = "{tmp_path}/evil"\nrustc-wrapper = "{tmp_path}/evil"\n'
    evil = tmp_path / "evil"
    evil.write_text(f"#!/bin/sh\ntouch {tmp_path}/ran\n")
    evil.chmod(0o755)
    toolchain = '[toolchain]\nchannel = "nightly-1999-01-01"\n'
    more = {".cargo/config.toml": config, "rust-toolchain.toml": toolchain}
    assert verified(merging, {**BASE, **more}, crate("coil"), crate("bell")) == Verified()
    assert not (tmp_path / "ran").exists()


def test_without_cargo_that_is_said(merging: Merging, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    programs = tmp_path / "programs"
    programs.mkdir()
    (programs / "git").symlink_to(shutil.which("git") or "")
    monkeypatch.setenv("PATH", str(programs))
    found = verified(merging, BASE, {"a": "a"}, crate("bell"))
    assert found.faults == ()
    # A side that has changed sources alone gives cargo nothing new to look at.
    merging.repository.commit("ours", {"a": None, "crates/app/src/lib.rs": "fn g() {}\n"})
    merge = merging.merge()
    assert merge.tree is not None
    assert verify_tree(merging.store, merge.tree, merging.tips()) == Verified()
    assert "cargo is not on PATH" in found.notes[0]


def test_a_manifest_that_is_no_toml_is_a_fault_unless_a_parent_has_it(merging: Merging) -> None:
    tips = merging.branches({"Cargo.toml": ROOT, "Makefile.toml": "x = ["}, {"a": "a"}, {"b": "b"})
    merge = merging.merge()
    assert merge.tree is not None
    broken = merging.store.write_blob(b"[workspace\n")
    tree = with_entries(merging.store, merge.tree, {TreePath("Cargo.toml"): Entry(0o100644, broken)})
    (fault,) = verify_tree(merging.store, tree, tips).faults
    assert fault.startswith("Cargo.toml: not valid TOML: ")
    assert fault.endswith("(line 1, column 11)")
    assert verify_tree(merging.store, merging.store.tree_of(tips[0]), tips) == Verified()


@needs_cargo
def test_paths_that_lead_out_of_the_tree_are_not_followed(merging: Merging) -> None:
    tips = merging.branches(BASE, {"a": "a"}, {"b": "b"})
    store = merging.store
    manifest = store.write_blob(ROOT.replace("crates/*", "nowhere").encode())
    inner = store.write_tree([("Cargo.toml", manifest, 0o100644)])
    # Git and libgit2 refuse to make such a tree.
    raw = b"".join(
        b"%o %s\0%s" % (mode, name, bytes.fromhex(oid))
        for mode, name, oid in [(0o40000, b"..", inner), (0o40000, b"z", inner)]
    )
    hostile = merging.repository.git(
        "hash-object", "-t", "tree", "-w", "--literally", "--stdin", stdin=raw.decode("utf-8", "surrogateescape")
    ).strip()
    (fault,) = verify_tree(store, Oid(hostile), tips).faults
    assert fault.startswith("z/Cargo.toml: ")
