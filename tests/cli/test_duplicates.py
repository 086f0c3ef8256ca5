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


def test_a_lock_that_cannot_be_read_is_an_error(repository: RepositoryBuilder) -> None:
    repository.commit("main", {"Cargo.lock": "[[package\n"})
    done = gatekeeper("duplicates", cwd=repository.root)
    assert done.returncode == 2
    assert done.stderr.startswith("gatekeeper: HEAD:Cargo.lock:1:")
    assert gatekeeper("duplicates", "nowhere", cwd=repository.root).returncode == 2
