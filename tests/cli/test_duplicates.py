from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.cli.run import gatekeeper
from tests.kit import RepositoryBuilder

LOCK = """\
version = 3

[[package]]
name = "mill"
version = "0.1.0"
dependencies = [
 "grain 1.0.2",
 "sieve",
]

[[package]]
name = "grain"
version = "1.0.2"
source = "registry+https://index.example"

[[package]]
name = "grain"
version = "2.3.0"
source = "registry+https://index.example"

[[package]]
name = "sieve"
version = "0.4.0"
source = "registry+https://index.example"
dependencies = [
 "grain 2.3.0",
]
"""
MANIFEST = '[package]\nname = "mill"\nversion = "0.1.0"\n\n[dependencies]\ngrain = "1"\nsieve = "0.4"\n'


@pytest.fixture
def mill(repository: RepositoryBuilder) -> Path:
    repository.commit("main", {"Cargo.toml": MANIFEST, "Cargo.lock": LOCK})
    return repository.root


def test_the_text_names_versions_and_who_brings_them(mill: Path) -> None:
    done = gatekeeper("duplicates", cwd=mill)
    assert done.returncode == 1
    assert done.stdout == (
        "1 package in several versions, 2 in all, in Cargo.lock\n"
        "\n"
        "grain\n"
        "  1.0.2  mill\n"
        '      grain = "1" of mill\n'
        "  2.3.0  mill\n"
        '      through sieve = "0.4" of mill\n'
    )


def test_the_json_names_its_schema(mill: Path) -> None:
    done = gatekeeper("duplicates", "-C", str(mill), "main", "--format", "json", cwd=mill.parent)
    assert done.returncode == 1
    document = json.loads(done.stdout)
    assert (document["schema"], document["revision"], document["locks"]) == (
        "gatekeeper.duplicates/1",
        "main",
        ["Cargo.lock"],
    )
    [package] = document["packages"]
    assert package["name"] == "grain"
    assert package["versions"][1] == {
        "version": "2.3.0",
        "source": "registry+https://index.example",
        "members": ["mill"],
        "carriers": [{"member": "mill", "dependency": "sieve", "requirement": "0.4"}],
    }


def test_without_duplicates_the_exit_code_is_0(repository: RepositoryBuilder) -> None:
    repository.commit("main", {"Cargo.toml": MANIFEST})
    done = gatekeeper("duplicates", cwd=repository.root)
    assert (done.returncode, done.stdout) == (
        0,
        "No package in several versions, in the manifests (there is no Cargo.lock)\n",
    )


def test_without_a_lock_the_manifests_tell(repository: RepositoryBuilder) -> None:
    other = '[package]\nname = "press"\n[dependencies]\ngrain = "2"\n'
    broken = "[package\n"
    files = {"Cargo.toml": MANIFEST, "press/Cargo.toml": other, "old/Cargo.toml": broken}
    repository.commit("main", files)
    done = gatekeeper("duplicates", cwd=repository.root)
    assert done.returncode == 1
    assert '  1  mill\n      grain = "1" of mill\n  2  press\n' in done.stdout
    assert "old/Cargo.toml is not valid and was left out\n" in done.stdout


def test_a_lock_that_is_not_valid_is_left_out(repository: RepositoryBuilder) -> None:
    repository.commit("main", {"Cargo.toml": MANIFEST, "Cargo.lock": LOCK, "tests/fix/Cargo.lock": "[[package\n"})
    done = gatekeeper("duplicates", cwd=repository.root)
    assert done.returncode == 1
    assert done.stdout.startswith("1 package in several versions, 2 in all, in Cargo.lock\n")
    assert done.stdout.endswith("\n\ntests/fix/Cargo.lock is not valid and was left out\n")
    document = json.loads(gatekeeper("duplicates", "--format", "json", cwd=repository.root).stdout)
    assert (document["locks"], document["unreadable"]) == (["Cargo.lock"], ["tests/fix/Cargo.lock"])


@pytest.mark.parametrize("lock", ["", "package = 3\n", 'version = 9\n[[package]]\nname = "a"\n'])
def test_a_lock_without_packages_tells_nothing(repository: RepositoryBuilder, lock: str) -> None:
    repository.commit("main", {"Cargo.toml": MANIFEST, "Cargo.lock": lock})
    assert gatekeeper("duplicates", cwd=repository.root).stdout == (
        "No package in several versions, in the manifests (no Cargo.lock tells anything)\n"
        "\n"
        "Cargo.lock lists no packages and tells nothing\n"
    )


def test_manifests_without_a_lock_of_their_own_are_compared(repository: RepositoryBuilder) -> None:
    other = '[package]\nname = "press"\n[dependencies]\ngrain = "2"\n'
    files = {"Cargo.toml": MANIFEST, "press/Cargo.toml": other, "fuzz/Cargo.toml": other, "fuzz/Cargo.lock": LOCK}
    repository.commit("main", files)
    done = gatekeeper("duplicates", cwd=repository.root)
    assert done.returncode == 1
    assert " ".join(done.stdout.split()).startswith(
        "2 packages in several versions, 4 in all, in fuzz/Cargo.lock and the manifests without one grain"
    )
    assert "\ngrain  the manifests\n" in done.stdout
    assert "\ngrain  fuzz/Cargo.lock\n" in done.stdout


def test_a_revision_that_is_not_there_is_an_error(mill: Path) -> None:
    assert gatekeeper("duplicates", "nowhere", cwd=mill).returncode == 2
