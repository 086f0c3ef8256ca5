"""R-42: what cargo itself says is gone between two trees is what the compatibility says is removed."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from hypothesis import given, settings

from tests.core.compat_strategies import trees
from tests.core.compat_trees import Tree, compared
from tests.verify.tools import closed_environment

pytestmark = pytest.mark.skipif(shutil.which("cargo") is None, reason="cargo is not on PATH")

# Tests get a home of their own, in which there is no toolchain.
RUSTUP_HOME = os.environ.get("RUSTUP_HOME") or str(Path.home() / ".rustup")


class Told:
    """What cargo says of one tree."""

    def __init__(self, tree: Tree, environment: Mapping[str, str]) -> None:
        with TemporaryDirectory() as place:
            for path, text in tree.items():
                file = Path(place, path)
                file.parent.mkdir(parents=True, exist_ok=True)
                file.write_text(text)
            command = ["cargo", "metadata", "--no-deps", "--offline", "--format-version", "1"]
            done = subprocess.run(command, cwd=place, env=dict(environment), capture_output=True, check=True)
            found: dict[str, Any] = json.loads(done.stdout)
            root = Path(found["workspace_root"])
            members = {one["id"]: one for one in found["packages"] if one["id"] in found["workspace_members"]}
            self.packages = {one["name"]: one for one in members.values()}
            self.members = {Path(one["manifest_path"]).parent.relative_to(root).as_posix() for one in members.values()}

    def features(self, name: str) -> set[str]:
        """Return the features of a package."""
        return set(self.packages[name]["features"])

    def binaries(self, name: str) -> set[str]:
        """Return the binaries of a package."""
        return {target["name"] for target in self.packages[name]["targets"] if "bin" in target["kind"]}

    def library(self, name: str) -> str | None:
        """Return how the library of a package is called."""
        names = [target["name"] for target in self.packages[name]["targets"] if "lib" in target["kind"]]
        return names[0] if names else None


def expected(old: Told, new: Told, everywhere: set[str]) -> set[str]:
    """Return the names of what is gone; ``everywhere`` are the packages that the new tree has, members or not."""
    names = {f"member {place}" for place in old.members - new.members}
    for name in old.packages:
        if name not in new.packages:
            names |= set() if name in everywhere else {f"package {name}"}
            continue
        names |= {f"feature {name}/{feature}" for feature in old.features(name) - new.features(name)}
        names |= {f"target {name}/bin/{binary}" for binary in old.binaries(name) - new.binaries(name)}
        names |= {f"target {name}/lib"} if old.library(name) != new.library(name) else set()
    return names


@given(trees(), trees())
@settings(max_examples=40)
def test_what_cargo_no_longer_lists_is_removed(base: Tree, head: Tree) -> None:
    with TemporaryDirectory() as scratch:
        environment = closed_environment(Path(scratch), Path(scratch)) | {"RUSTUP_HOME": RUSTUP_HOME}
        old, new = Told(base, environment), Told(head, environment)
    packages = {text.split('name = "')[1].split('"')[0] for path, text in head.items() if path.endswith("/Cargo.toml")}
    items = {item.name: item for item in compared(base, head).items}
    kept = {
        name
        for name, item in items.items()
        if item.kind in {"package", "member", "feature", "target"}
        and (item.change == "removed" or item.kind == "target")
        and (item.kind in {"package", "member"} or name.split(" ")[1].split("/")[0] in new.packages)
    }
    assert kept == expected(old, new, packages)
