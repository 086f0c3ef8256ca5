"""R-25, and what R-42 wants to be seen of it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gatekeeper.core.changes import Change
from gatekeeper.core.names import AgentName, Oid, RefName, TreePath, format_key
from gatekeeper.core.watch.manifest_summary import ManifestSummary
from gatekeeper.core.watch.work_log import (
    FileEdit,
    ManifestWork,
    Subject,
    Verification,
    WorkCommit,
    make_work,
    make_work_log,
)
from gatekeeper.manifest_diff import diff_manifests
from tests.core.toml_texts import TREES, Tree, plain_text

CARGO = """\
[package]
name = "a"
[features]
default = []
full = ["x"]
[dependencies]
serde = "1"
gone = "1"
[workspace]
members = ["crates/a", "crates/b"]
"""
CARGO_AFTER = """\
[package]
name = "b"
[features]
default = ["x"]
headless = []
[dependencies]
serde = { version = "1", features = ["derive"] }
[dev-dependencies]
rand = "0.9"
[target.'cfg(unix)'.dependencies]
nix = "1"
[workspace]
members = ["crates/b", "crates/c"]
[profile.release]
lto = true
"""
MAKE = '[tasks.check]\ncommand = "cargo"\n[tasks.old]\nscript = "x"\n[env]\nA = "1"\n'
MAKE_AFTER = """\
[tasks.check]
command = "cargo"
env = { CARGO_TARGET_DIR = "t" }
[tasks.new]
command = "ls"
[tasks.new.linux.env]
L = "1"
[env]
A = "2"
B = { value = "1", condition = { env_set = ["CI"] } }
[env.ci]
C = "1"
"""


def edit(path: str, before: str | None, after: str | None, renamed_from: str | None = None) -> FileEdit:
    texts = (None if before is None else before.encode(), None if after is None else after.encode())
    old = None if renamed_from is None else TreePath(renamed_from)
    status = "renamed" if old else "added" if before is None else "removed" if after is None else "changed"
    return FileEdit(TreePath(path), status, 1, 1, old, texts)  # type: ignore[arg-type] # four literals


def manifest(*edits: FileEdit) -> ManifestWork:
    (only,) = make_work(edits).manifests
    return only


def test_what_a_change_of_cargos_manifest_comes_to() -> None:
    assert manifest(edit("Cargo.toml", CARGO, CARGO_AFTER)).summary == ManifestSummary(
        features_added=("headless",),
        features_changed=("default",),
        features_removed=("full",),
        profile_overrides=("profile.release.lto",),
        dependencies_added=("dev-dependencies.rand", 'target."cfg(unix)".dependencies.nix'),
        dependencies_changed=("dependencies.serde",),
        dependencies_removed=("dependencies.gone",),
        members_added=("crates/c",),
        members_removed=("crates/a",),
        packages_removed=("a",),
    )


def test_what_a_change_of_a_makefile_comes_to() -> None:
    assert manifest(edit("Makefile.toml", MAKE, MAKE_AFTER)).summary == ManifestSummary(
        tasks_added=("new",),
        tasks_changed=("check",),
        tasks_removed=("old",),
        env_vars_added=("env.B", "env.ci.C", "tasks.check.env.CARGO_TARGET_DIR", "tasks.new.linux.env.L"),
    )


def test_what_a_change_of_cargos_settings_comes_to() -> None:
    text = '[env]\nA = "1"\n[profile.dev]\ndebug = 1\n'
    summary = manifest(edit(".cargo/config.toml", None, text)).summary
    assert summary == ManifestSummary(env_vars_added=("env.A",), profile_overrides=("profile.dev.debug",))


def test_a_dependency_that_is_only_spelled_anew_is_no_change() -> None:
    before, after = '[dependencies]\na = "1"\n', '[dependencies]\na = { version = "1" }\n'
    work = manifest(edit("Cargo.toml", before, after))
    assert (work.changes, work.summary) == ((), ManifestSummary())


@pytest.mark.parametrize("text", ["tasks = 1\nenv = 2\n", "[tasks]\na = 1\n[env]\n", "[tasks.a]\nenv = 1\nlinux = 2\n"])
def test_nonsense_is_no_reason_to_fail(text: str) -> None:
    for path in ("Makefile.toml", "Cargo.toml", ".cargo/config.toml", "x.toml"):
        work = manifest(edit(path, text, ""), edit("a.txt", text, ""))
        assert (work.path, work.status, work.problem, bool(work.changes)) == (path, "changed", None, True)


def test_manifests_added_removed_and_renamed() -> None:
    added = manifest(edit("Cargo.toml", None, CARGO))
    assert (added.status, added.summary.members_added) == ("added", ("crates/a", "crates/b"))
    removed = manifest(edit("Cargo.toml", CARGO, None))
    assert (removed.status, removed.summary.packages_removed) == ("removed", ("a",))
    renamed = manifest(edit("b/Cargo.toml", CARGO, CARGO.replace('"a"', '"c"'), "a/Cargo.toml"))
    assert [format_key(change.key) for change in renamed.changes] == ["package.name"]
    assert renamed.renamed_from == "a/Cargo.toml"
    away = manifest(edit("Cargo.toml.bak", CARGO, CARGO, "Cargo.toml"))
    assert (away.path, away.status, away.summary.packages_removed) == ("Cargo.toml", "removed", ("a",))
    back = manifest(edit("Cargo.toml", CARGO, CARGO, "Cargo.toml.bak"))
    assert (back.path, back.status, back.summary.features_added) == ("Cargo.toml", "added", ("default", "full"))


def test_what_cannot_be_read_is_listed_as_such() -> None:
    broken = manifest(edit("Cargo.toml", CARGO, "a = [\n"))
    assert broken.problem == "after: line 1, column 6: unclosed array, expected `]`"
    assert broken.changes == ()
    link = FileEdit(TreePath("Cargo.toml"), "changed", 1, 1, note="it is a symbolic link")
    work = make_work([link, FileEdit(TreePath("logo.png"), "added", None, None)])
    assert [one.problem for one in work.unreadable] == ["it is a symbolic link"]
    assert (work.lines_added, work.lines_removed) == (1, 1)


@given(TREES, TREES)
def test_keys_are_those_of_a_diff(old: Tree, new: Tree) -> None:
    before, after = plain_text(old), plain_text(new)

    def spelled(changes: tuple[Change, ...]) -> list[str]:
        return [f"{change.kind} {format_key(change.key)}" for change in changes]

    for path in ("Cargo.toml", "Makefile.toml", "x.toml"):
        work = manifest(edit(path, before, after))
        assert work.problem is None
        assert spelled(work.changes) == spelled(diff_manifests(before, after, path=path))


_START = datetime(2026, 1, 1, tzinfo=UTC)


@given(st.lists(st.tuples(st.integers(0, 10_000), st.booleans()), max_size=6))
def test_it_lasts_from_the_first_commit_to_the_last(commits: list[tuple[int, bool]]) -> None:
    made = [
        WorkCommit(Oid(f"{number:040}"), _START + timedelta(minutes=minutes), "a", "b", is_merge)
        for number, (minutes, is_merge) in enumerate(commits)
    ]
    log = make_work_log(Subject(AgentName("a"), RefName("a"), Oid("0"), Oid("1")), made, [])
    own = [minutes for minutes, is_merge in commits if not is_merge] or [minutes for minutes, _ in commits]
    assert log.duration == (timedelta(minutes=max(own) - min(own)) if own else None)
    assert log.uncommitted is None


def test_results_of_checks_are_taken_over() -> None:
    checks = [Verification("cargo_make_check", "passed")]
    subject = Subject(AgentName("a"), RefName("a"), Oid("0"), Oid("1"))
    log = make_work_log(subject, [], [], uncommitted=[], verification=checks, evidence=["report.json"])
    assert (log.verification, log.evidence) == ((("cargo_make_check", "passed", ""),), ("report.json",))
    assert log.uncommitted is not None
