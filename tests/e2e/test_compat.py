"""R-42: the compatibility of changes to a whole workspace, from real commits to the command's answer."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.cli.run import gatekeeper
from tests.kit import File, RepositoryBuilder

Contents = dict[str, File]

ROOT = """\
[workspace]
resolver = "2"
members = ["crates/app", "crates/core", "crates/utils"]

[workspace.dependencies]
serde = { version = "1.0", features = ["derive"] }
url = "2.0"
"""
MAKEFILE = """\
[config]
skip_core_tasks = true

[tasks.check]
command = "cargo"
args = ["check", "--workspace"]

[tasks.test]
dependencies = ["check"]
command = "cargo"
args = ["test"]
"""
WORKFLOW = """\
jobs:
  test:
    runs-on: ubuntu-latest
    steps:
      - run: cargo make check
      - run: cargo test -p utils
      - run: ./ci/report.sh
"""


def manifest(name: str, rest: str = "") -> str:
    return f'[package]\nname = "{name}"\nversion = "0.1.0"\nedition = "2021"\n{rest}'


NEEDED = 'utils = { path = "../utils" }\ncore = { path = "../core", features = ["fast"] }\n'
APP = manifest("app", f"\n[dependencies]\n{NEEDED}")
CORE = manifest("core", "\n[features]\nfast = []\nslow = []\n\n[dependencies]\nserde.workspace = true\n")
BASE: Contents = {
    "Cargo.toml": ROOT,
    "Makefile.toml": MAKEFILE,
    "crates/app/Cargo.toml": APP,
    "crates/app/src/main.rs": "fn main() {}\n",
    "crates/core/Cargo.toml": CORE,
    "crates/core/src/lib.rs": "",
    "crates/utils/Cargo.toml": manifest("utils"),
    "crates/utils/src/lib.rs": "",
    ".github/workflows/test.yml": WORKFLOW,
    "ci/report.sh": "#!/bin/sh\ncargo report\n",
}


@pytest.fixture
def here(repository: RepositoryBuilder) -> RepositoryBuilder:
    repository.commit("main", BASE)
    return repository


def compat(here: RepositoryBuilder, change: Contents) -> dict[str, Any]:
    """Return what `gatekeeper compat` says of a branch with one change."""
    here.branch("work")
    here.commit("work", change)
    done = gatekeeper("compat", "main", "work", "--format", "json", cwd=here.root)
    assert done.stderr == ""
    found: dict[str, Any] = json.loads(done.stdout)
    assert done.returncode == (0 if found["backward_compatible"] else 1)
    return found


def used(found: dict[str, Any], name: str) -> set[str]:
    """Return the paths of those who use an item."""
    (item,) = (item for item in found["items"] if item["name"] == name)
    return {use["path"] for use in item["used_by"]}


def test_a_member_that_others_use_is_removed(here: RepositoryBuilder) -> None:
    change = {"crates/utils/Cargo.toml": None, "crates/utils/src/lib.rs": None}
    found = compat(here, {**change, "Cargo.toml": ROOT.replace(', "crates/utils"', "")})
    assert [item["name"] for item in found["items"]] == [
        "package utils",
        "member crates/utils",
        "ci-reference package utils",
    ]
    assert used(found, "package utils") == {".github/workflows/test.yml", "crates/app/Cargo.toml"}
    assert used(found, "member crates/utils") == {"crates/app/Cargo.toml"}
    assert used(found, "ci-reference package utils") == {".github/workflows/test.yml"}


def test_a_task_is_renamed_with_all_that_uses_it_but_ci(here: RepositoryBuilder) -> None:
    found = compat(here, {"Makefile.toml": MAKEFILE.replace("check]", "verify]").replace('["check"]', '["verify"]')})
    assert [(item["name"], item["change"], item["after"]) for item in found["items"]] == [
        ("task check", "removed", "verify"),
        ("task test", "altered", '{ dependencies = ["verify"] }'),
        ("ci-reference task check", "removed", "verify"),
    ]
    assert used(found, "task check") == {".github/workflows/test.yml"}


def test_a_feature_a_dependency_and_a_script_are_taken_away(here: RepositoryBuilder) -> None:
    found = compat(
        here,
        {
            "crates/core/Cargo.toml": CORE.replace("fast = []\n", ""),
            "Cargo.toml": ROOT.replace('serde = { version = "1.0", features = ["derive"] }\n', ""),
            "ci/report.sh": None,
        },
    )
    assert [item["name"] for item in found["items"]] == [
        "feature core/fast",
        "dependency workspace/serde",
        "ci-reference file ci/report.sh",
    ]
    assert used(found, "feature core/fast") == {"crates/app/Cargo.toml"}
    assert used(found, "dependency workspace/serde") == {"crates/core/Cargo.toml"}


def test_what_keeps_its_promises_is_compatible(here: RepositoryBuilder) -> None:
    found = compat(
        here,
        {
            "Cargo.toml": ROOT.replace('["crates/app", "crates/core", "crates/utils"]', '["crates/*"]').replace(
                'url = "2.0"', 'url = { version = "2.5" }\nlog = "0.4"'
            ),
            "Makefile.toml": f"# Tasks.\n{MAKEFILE}\n[tasks.more]\nscript = 'true'\n",
            "crates/core/Cargo.toml": CORE.replace("fast = []", 'fast = ["slow"]').replace(
                "serde.workspace = true", 'serde = { version = "1.3", features = ["derive"] }'
            ),
            "crates/core/src/lib.rs": "pub fn added() {}\n",
        },
    )
    assert (found["items"], found["unreadable"], found["backward_compatible"]) == ([], [], True)


def test_the_work_log_says_the_same(here: RepositoryBuilder) -> None:
    found = compat(here, {"crates/core/Cargo.toml": CORE.replace("fast = []\n", "")})
    done = gatekeeper("evidence", "work", "--format", "json", cwd=here.root)
    evidence = json.loads(done.stdout)
    assert evidence["backward_compatible"] is False
    assert evidence["compatibility"] == found["items"]
    assert [item["name"] for item in found["items"]] == ["feature core/fast"]
