from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path

import pytest

from gatekeeper.scanning import ScanRequest, scan
from tests.kit.oracle import ask_git, differences

CORPUS = Path(__file__).resolve().parents[3] / "shared" / "corpus"
STRESS = {"dawn", "today"}
MOST_CONFLICTS = ("2025-10-11", "2025-11-16b", "2026-06-23")

pytestmark = pytest.mark.skipif(not CORPUS.is_dir(), reason="the shared corpus is not beside the project")


def fleets() -> tuple[str, ...]:
    if os.environ.get("HYPOTHESIS_PROFILE") != "explore" or not CORPUS.is_dir():
        return MOST_CONFLICTS
    return tuple(name for name in json.loads((CORPUS / "fleets.json").read_text()) if name not in STRESS)


@pytest.fixture(scope="module")
def mirror(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("corpus") / "fleet.git"
    subprocess.run(["git", "clone", "-q", "--mirror", str(CORPUS / "fleet-ggen.bundle"), str(path)], check=True)
    return path


@pytest.mark.parametrize("name", fleets())
def test_scan_says_of_every_pair_of_a_real_fleet_what_git_says(mirror: Path, name: str) -> None:
    #
    fleet = json.loads((CORPUS / "fleets.json").read_text())[name]
    refs = fleet["agents"]
    command = ["git", "--git-dir", str(mirror), "rev-parse", *refs]
    commits = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True).stdout.split()
    answer = ask_git(mirror, fleet["trunk"], dict(zip(refs, commits, strict=True)))
    report = scan(ScanRequest(str(mirror), fleet["trunk"], (), tuple(refs), worktrees=False, cache=False))
    assert not differences(answer, report)
