"""The examples by themselves: their settings are right, and the demo has something to show wherever it runs."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.cli.run import ROOT, gatekeeper

EXAMPLES = ROOT / "examples"


@pytest.mark.parametrize("path", sorted(EXAMPLES.glob("*/gatekeeper.toml")), ids=lambda path: path.parent.name)
def test_the_settings_of_each_example_are_right(path: Path) -> None:
    done = gatekeeper("config", "check", str(path), cwd=ROOT)
    assert (done.returncode, done.stderr) == (0, "")


def test_where_nobody_can_sign_the_demo_shows_the_first_look(tmp_path: Path) -> None:
    for program in ("git", "sh", "cat"):
        found = shutil.which(program)
        assert found is not None
        (tmp_path / program).symlink_to(found)
    environment = os.environ | {"PATH": str(tmp_path), "PYTHONPATH": str(ROOT)}
    demo = [sys.executable, str(EXAMPLES / "demo.py")]
    done = subprocess.run(demo, env=environment, capture_output=True, text=True, encoding="utf-8", check=False)
    assert done.returncode == 0, done.stderr
    assert "there is no ssh-keygen" in done.stderr
    assert "dep-path-crate-deleted" in done.stdout
