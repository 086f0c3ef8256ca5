"""The crates that the fixtures name and do not hold, as sources on disk: nothing is fetched, and cargo still resolves.

Cargo takes what it would have from the registry out of a directory, as it does for vendored crates. A repository that
it would clone is one on this disk, which git finds under the address that the fixtures give.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

from tests.kit import RepositoryBuilder

_CRATES = {
    "anyhow 1.0.86": "",
    "axum 0.7.5": "",
    "bytes 1.8.0": "serde",
    "clap 4.5.9": "derive",
    "grain 1.0.1": "",
    "grain 1.4.0": "malted",
    "grain 2.0.0": "malted",
    "insta 1.39.0": "",
    "lens 0.1.0": "",
    "lens 1.1.0": "",
    "lens 2.0.0": "",
    "palette 0.9.0": "",
    "palette 1.4.0": "",
    "palette 2.0.0": "",
    "prometheus 0.13.4": "process",
    "proptest 1.5.0": "",
    "rand 0.8.5": "",
    "serde 1.0.204": "derive",
    "thiserror 1.0.63": "",
    "tokio 1.39.0": "fs macros net rt sync time",
    "tracing 0.1.40": "",
    "uuid 1.10.0": "",
    "water 0.4.0": "",
}
"""What the registry has: a crate and its version, and the features it has beside an empty ``default``."""

_CHECKSUMS = {"lens 0.1.0": "7" * 64}
"""Those that a fixture's lock file states."""

_GIT_HOST = "https://git.example/"
_LIBRARY = b"//! A crate that cargo has to get.\n"


def write_sources(scratch: Path) -> None:
    """Write the crates, and the settings of cargo and git that lead to them, below ``scratch``."""
    for crate, features in _CRATES.items():
        folder = scratch / "registry" / crate.replace(" ", "-")
        (folder / "src").mkdir(parents=True)
        (folder / "src" / "lib.rs").write_bytes(_LIBRARY)
        (folder / "Cargo.toml").write_text(_manifest(crate, features), encoding="utf-8")
        checksum = json.dumps({"files": {}, "package": _CHECKSUMS.get(crate)})
        (folder / ".cargo-checksum.json").write_text(checksum, encoding="utf-8")
    home = scratch / "cargo-home"
    home.mkdir()
    (home / "config.toml").write_text(_cargo_settings(scratch / "registry"), encoding="utf-8")
    _hops(scratch / "git" / "hops.git")
    (scratch / "gitconfig").write_text(_git_settings(scratch / "git"), encoding="utf-8")


def _manifest(crate: str, features: str) -> str:
    name, version = crate.split()
    lines = ["[package]", f'name = "{name}"', f'version = "{version}"', 'edition = "2021"']
    return "\n".join((*lines, "", "[features]", "default = []", *_empty(features), ""))


def _empty(features: str) -> Iterator[str]:
    return (f"{feature} = []" for feature in features.split())


def _cargo_settings(registry: Path) -> str:
    disk = f"directory = {json.dumps(str(registry))}"
    lines = ["[source.crates-io]", 'replace-with = "disk"', "[source.disk]", disk, "[net]", "git-fetch-with-cli = true"]
    return "\n".join((*lines, ""))


def _git_settings(host: Path) -> str:
    return f'[url "{host.as_uri()}/"]\n\tinsteadOf = {_GIT_HOST}\n'


def _hops(path: Path) -> None:
    repository = RepositoryBuilder(path, bare=True)
    repository.commit("main", {"Cargo.toml": _manifest("hops 0.1.0", "").encode(), "src/lib.rs": _LIBRARY})
    repository.git("tag", "v1", "main")
