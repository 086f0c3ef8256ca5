from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
REQUIREMENTS = ROOT / "requirements"


def wanted(name: str) -> set[str]:
    lines = (REQUIREMENTS / name).read_text().splitlines()
    return {line for line in lines if line and not line.startswith(("#", "-"))}


def pinned(name: str) -> set[str]:
    return set(re.findall(r"^([\w.-]+==[\w.]+)", (REQUIREMENTS / name).read_text(), re.MULTILINE))


def test_runtime_requirements_are_the_projects_dependencies() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    assert wanted("runtime.in") == set(project["dependencies"])


def test_developers_run_what_users_run() -> None:
    assert pinned("runtime.txt") <= pinned("dev.txt")
    assert pinned("bootstrap.txt") <= pinned("dev.txt")


@pytest.mark.parametrize("name", ["bootstrap", "runtime", "dev"])
def test_locks_have_hashes_and_no_download_addresses(name: str) -> None:
    text = (REQUIREMENTS / f"{name}.txt").read_text()
    assert "://" not in text
    assert "--index" not in text
    entries = re.split(r"^(?=[\w.-]+==)", text, flags=re.MULTILINE)[1:]
    assert entries
    assert all("--hash=sha256:" in entry for entry in entries)
