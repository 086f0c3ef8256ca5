from __future__ import annotations

from typing import Any

import pytest

from gatekeeper.core.schema import (
    CARGO,
    CARGO_CONFIG,
    CARGO_LOCK,
    CARGO_MAKE,
    GENERIC,
    ArrayKind,
    Combine,
    Profile,
    dependency_depth,
)
from gatekeeper.core.schema.precedence import higher_requirement, higher_version, proposal, stricter_lint

_SETS = [
    (CARGO, "features.default"),
    (CARGO, "dependencies.a.features"),
    (CARGO, "target.x.dev-dependencies.a.features"),
    (CARGO, "workspace.dependencies.a.features"),
    (CARGO, "patch.crates-io.a.features"),
    (CARGO, "workspace.members"),
    (CARGO, "workspace.exclude"),
    (CARGO, "workspace.default-members"),
    (CARGO, "package.keywords"),
    (CARGO, "package.include"),
    (CARGO, "workspace.package.categories"),
    (CARGO, "bin.tool.required-features"),
    (CARGO, "lib.crate-type"),
    (CARGO, "cargo-features"),
    (CARGO, "lints.rust.unexpected_cfgs.check-cfg"),
    (CARGO, "workspace.lints.rust.unexpected_cfgs.check-cfg"),
    (CARGO_LOCK, "package.a 1.dependencies"),
    (CARGO_MAKE, "tasks.a.condition.profiles"),
    (CARGO_MAKE, "tasks.a.condition.files_modified.input"),
    (CARGO_MAKE, "tasks.a.watch.ignore_pattern"),
    (CARGO_MAKE, "config.additional_profiles"),
]
_SEQUENCES = [
    (CARGO, ""),
    (CARGO, "profile.dev.rustflags"),
    (CARGO, "package.metadata.x.features"),
    (CARGO, "package.metadata.members"),
    (CARGO, "workspace.metadata.exclude"),
    (CARGO, "package.build"),
    (CARGO, "features"),
    (CARGO_MAKE, "tasks.a.dependencies"),
    (CARGO_MAKE, "tasks.a.args"),
    (CARGO_MAKE, "env_files"),
    (CARGO_MAKE, "config.x.unstable_features"),
    (CARGO_MAKE, ""),
    (CARGO_CONFIG, "build.rustflags"),
    (GENERIC, "anything"),
]


def _key(dotted: str) -> tuple[str, ...]:
    return tuple(dotted.split(".")) if dotted else ()


@pytest.mark.parametrize(("profile", "key"), _SETS)
def test_sets(profile: Profile, key: str) -> None:
    assert profile.array_kind(_key(key)) is ArrayKind.SET


@pytest.mark.parametrize(("profile", "key"), _SEQUENCES)
def test_sequences(profile: Profile, key: str) -> None:
    assert profile.array_kind(_key(key)) is ArrayKind.SEQUENCE


def test_globs_with_a_negation_are_ordered() -> None:
    assert CARGO.array_kind(("package", "exclude"), ["*.txt", "!a.txt"]) is ArrayKind.SEQUENCE
    assert CARGO.array_kind(("package", "exclude"), ["*.txt", 1]) is ArrayKind.SET


def test_identity_arrays() -> None:
    assert CARGO.identity_array(("bench",))
    assert not CARGO.identity_array(("bin", "a"))
    assert CARGO_LOCK.identity_array(("patch", "unused"))
    assert not GENERIC.identity_array(("bin",))


def test_forbidden_crate_types() -> None:
    key = ("lib", "crate-type")
    assert CARGO.forbidden_together(key, frozenset({"dylib", "cdylib", "lib"}))
    assert CARGO.forbidden_together(key, frozenset({"proc-macro", "lib"}))
    assert not CARGO.forbidden_together(key, frozenset({"lib", "cdylib"}))
    assert not CARGO.forbidden_together(("features", "f"), frozenset({"dylib", "cdylib"}))
    assert not GENERIC.forbidden_together(key, frozenset({"dylib", "cdylib"}))


@pytest.mark.parametrize(
    ("profile", "key", "combine"),
    [
        (CARGO, "package.version", Combine.HIGHER_VERSION),
        (CARGO, "workspace.package.rust-version", Combine.HIGHER_VERSION),
        (CARGO, "package.edition", Combine.NEVER),
        (CARGO, "package.description", Combine.DEFAULT),
        (CARGO, "dependencies.a.version", Combine.HIGHER_REQUIREMENT),
        (CARGO, "target.x.build-dependencies.a.version", Combine.HIGHER_REQUIREMENT),
        (CARGO, "dependencies.a.path", Combine.NEVER),
        (CARGO, "dependencies.a.other", Combine.DEFAULT),
        (CARGO, "lints.clippy.unwrap_used", Combine.STRICTER_LINT),
        (CARGO, "workspace.lints.rust.unused.level", Combine.STRICTER_LINT),
        (CARGO, "workspace.lints.rust.unused.priority", Combine.DEFAULT),
        (CARGO, "profile.release.lto", Combine.NEVER),
        (CARGO, "workspace.resolver", Combine.NEVER),
        (CARGO, "bin.a.path", Combine.NEVER),
        (CARGO, "package.metadata.version", Combine.DEFAULT),
        (CARGO, "", Combine.DEFAULT),
        (CARGO_MAKE, "config.min_version", Combine.HIGHER_VERSION),
        (CARGO_MAKE, "tasks.a.install_crate.min_version", Combine.HIGHER_VERSION),
        (CARGO_MAKE, "tasks.a.private", Combine.NEVER),
        (CARGO_MAKE, "tasks.a.description", Combine.DEFAULT),
        (CARGO_MAKE, "env.alias", Combine.DEFAULT),
        (CARGO_MAKE, "", Combine.DEFAULT),
        (CARGO_LOCK, "package.a 1.checksum", Combine.NEVER),
        (CARGO_LOCK, "version", Combine.DEFAULT),
        (CARGO_CONFIG, "patch.crates-io.a.version", Combine.HIGHER_REQUIREMENT),
        (CARGO_CONFIG, "build.target-dir", Combine.NEVER),
        (CARGO_CONFIG, "net.retry", Combine.DEFAULT),
        (GENERIC, "version", Combine.DEFAULT),
    ],
)
def test_combine(profile: Profile, key: str, combine: Combine) -> None:
    assert profile.combine(_key(key)) is combine


@pytest.mark.parametrize(
    ("profile", "key", "slots"),
    [
        (CARGO, "", 5),
        (CARGO, "dependencies.a", 3),
        (CARGO, "workspace.dependencies.a", 3),
        (CARGO, "dependencies", 0),
        (CARGO, "dependencies.a.version", 0),
        (CARGO, "lints", 1),
        (CARGO, "lib", 1),
        (CARGO, "example.a", 1),
        (CARGO, "package.metadata", 0),
        (CARGO_MAKE, "tasks.a", 1),
        (CARGO_MAKE, "tasks.a.mac", 1),
        (CARGO_MAKE, "tasks.a.env", 0),
        (CARGO_MAKE, "config", 0),
        (CARGO_CONFIG, "patch.crates-io.a", 3),
        (CARGO_CONFIG, "source.x", 2),
        (CARGO_CONFIG, "registries.x", 1),
        (CARGO_CONFIG, "build", 0),
        (GENERIC, "", 0),
    ],
)
def test_exclusive_slots(profile: Profile, key: str, slots: int) -> None:
    assert len(profile.exclusive_slots(_key(key))) == slots


@pytest.mark.parametrize(
    ("key", "values", "whole"),
    [
        ("tasks.a.script", (), True),
        ("tasks.a.linux.install_crate", (), True),
        ("tasks.a.extend", (), True),
        ("tasks.a.condition", (), False),
        ("tasks.script", (), False),
        ("extend", (), True),
        ("config.load_script", (), True),
        ("env.X", ({"value": "1"}, "2"), True),
        ("env.X", ("1", "2"), True),
        ("env.ci", ({"X": "1"}, {"Y": "2"}), False),
        ("env.ci.X", ("1",), True),
        ("tasks.a.env.X", ({"script": ["x"]},), True),
        ("tasks.a.windows.env.X", (), True),
        ("tasks.a.env", (), False),
        ("env", (), False),
        ("", (), False),
    ],
)
def test_whole_values(key: str, values: tuple[Any, ...], whole: bool) -> None:  # noqa: FBT001
    assert CARGO_MAKE.whole_value(_key(key), *values) is whole
    assert not CARGO.whole_value(_key(key), *values)


def test_dependency_depth() -> None:
    keys = ["", "dependencies", "dependencies.a", "replace.a.x", "patch.r", "target.x.dependencies.a", "target.x.y.z"]
    assert [dependency_depth(_key(key)) for key in keys] == [0, 0, 2, 2, 0, 4, 0]


@pytest.mark.parametrize(
    ("ours", "theirs", "higher"),
    [
        ("1.2.0", "1.10.0", "1.10.0"),
        ("1.0.0-rc.1", "1.0.0", "1.0.0"),
        ("1.0.0-rc.2", "1.0.0-rc.10", "1.0.0-rc.10"),
        ("1.0.0-1", "1.0.0-a", "1.0.0-a"),
        ("1.0.0-a", "1.0.0-a.1", "1.0.0-a.1"),
        ("1.80", "1.81.1", "1.81.1"),
        ("1.0", "1.0.0", "1.0.0"),
        ("1.0.0+a", "1.0.0+b", "1.0.0+b"),
        ("1", "x", None),
        ("1.0.0-" + "9" * 5000, "1", None),
        ("9" * 5000, "1", None),
        ("1²", "1", None),
    ],
)
def test_higher_version(ours: str, theirs: str, higher: str | None) -> None:
    assert higher_version(ours, theirs) == higher_version(theirs, ours) == higher


@pytest.mark.parametrize(
    ("ours", "theirs", "higher"),
    [("1.0", "^1.2", "^1.2"), ("0.3", "1", "1"), ("=1.0", "1.2", None), ("1.*", "1.2", None), (">=1", "2", None)],
)
def test_higher_requirement(ours: str, theirs: str, higher: str | None) -> None:
    assert higher_requirement(ours, theirs) == higher_requirement(theirs, ours) == higher


def test_stricter_lint() -> None:
    assert stricter_lint("warn", "deny") == "deny"
    assert stricter_lint("forbid", "deny") == "forbid"
    assert stricter_lint("warn", "loud") is None


def test_proposals_need_two_strings_and_an_opinion() -> None:
    assert proposal(Combine.HIGHER_VERSION, "1.0.0", "2.0.0") == "2.0.0"
    assert proposal(Combine.STRICTER_LINT, "allow", "warn") == "warn"
    assert proposal(Combine.HIGHER_VERSION, 1, "2") is None
    assert proposal(Combine.DEFAULT, "a", "b") is None
