"""R-02, R-05: a manifest that one agent moves and another edits is still read as a manifest, under its new name."""

from __future__ import annotations

import pytest

from gatekeeper.core.names import Severity
from gatekeeper.core.rules.model import GitVerdict
from gatekeeper.scanning import ScanRequest, scan
from tests.kit import RepositoryBuilder

MANIFEST = """\
[package]
name = "lib"
version = "0.1.0"
edition = "2021"

[dependencies]
bytes = "1.6"
serde = "1.0"

[features]
default = [
    "std",
]
std = []
"""


def edited(old: str, new: str) -> str:
    assert old in MANIFEST
    return MANIFEST.replace(old, new)


@pytest.fixture
def moved(repository: RepositoryBuilder) -> RepositoryBuilder:
    repository.commit("main", {"lib/Cargo.toml": MANIFEST, "README.md": "a workspace\n"})
    for name in ("mover", "editor"):
        repository.branch(name)
    return repository


def move(repository: RepositoryBuilder, text: str) -> None:
    repository.commit("mover", {"lib/Cargo.toml": None, "crates/lib/Cargo.toml": text})


def test_a_key_that_the_merge_would_hold_twice(moved: RepositoryBuilder) -> None:
    move(moved, edited("[dependencies]\n", '[dependencies]\nanyhow = "1.0"\n'))
    moved.commit("editor", {"lib/Cargo.toml": edited('serde = "1.0"\n', 'serde = "1.0"\nanyhow = "1.0"\n')})
    [finding] = scan(ScanRequest(str(moved.root), cache=False)).findings
    assert (finding.rule, finding.path, finding.git) == (
        "toml-dup-key-same-value",
        "crates/lib/Cargo.toml",
        GitVerdict.CLEAN,
    )
    assert finding.agents == {"mover", "editor"}


def test_a_feature_that_both_define(moved: RepositoryBuilder) -> None:
    move(moved, edited('    "std",\n', '    "alloc",\n    "std",\n'))
    moved.commit("editor", {"lib/Cargo.toml": edited('    "std",\n', '    "std",\n    "derive",\n')})
    [finding] = scan(ScanRequest(str(moved.root), cache=False)).findings
    assert (finding.rule, finding.severity) == ("feature-array-both-edited", Severity.MAJOR)
    assert finding.key == ("features", "default")


def test_edits_that_do_not_meet_stay_quiet(moved: RepositoryBuilder) -> None:
    move(moved, edited('version = "0.1.0"', 'version = "0.2.0"'))
    moved.commit("editor", {"lib/Cargo.toml": edited('    "std",\n', '    "std",\n    "derive",\n')})
    assert not scan(ScanRequest(str(moved.root), cache=False)).findings
