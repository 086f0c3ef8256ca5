"""Scratch directories: gone with their makers, or swept once these have been killed; nobody else's is touched."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from gatekeeper.scratch import ScratchDirectory, scratch_directory, sweep

_KILLED = """
import os, signal, sys
from gatekeeper.scratch import ScratchDirectory
(ScratchDirectory(sys.argv[1]).path / "deep").mkdir()
os.kill(os.getpid(), signal.SIGKILL)
"""


def test_what_the_killed_have_left_is_swept(tmp_path: Path) -> None:
    done = subprocess.run([sys.executable, "-c", _KILLED, str(tmp_path)], check=False, env=_environment())
    assert done.returncode < 0
    assert len(list(tmp_path.iterdir())) == 1
    assert sweep(str(tmp_path)) == 1
    assert list(tmp_path.iterdir()) == []


def test_what_is_in_use_stays(tmp_path: Path) -> None:
    scratch = ScratchDirectory(str(tmp_path))
    assert sweep(str(tmp_path)) == 0
    assert scratch.path.is_dir()
    scratch.close()
    assert list(tmp_path.iterdir()) == []
    scratch.close()


def test_what_somebody_else_has_made_stays(tmp_path: Path) -> None:
    # Without a lock of ours it is a person's, and a link leads to a person's.
    precious = tmp_path / "gatekeeper-scratch-notes"
    precious.mkdir()
    (precious / "a.txt").touch()
    (tmp_path / "gatekeeper-scratch-empty").mkdir()
    (tmp_path / "real").mkdir()
    (tmp_path / "real/gatekeeper.lock").touch()
    (tmp_path / "gatekeeper-scratch-link").symlink_to("real")
    (tmp_path / "gatekeeper-scratch-file").touch()
    assert sweep(str(tmp_path), str(tmp_path / "missing")) == 0
    assert (precious / "a.txt").exists()
    # Killed as the last thing was removed.
    assert not (tmp_path / "gatekeeper-scratch-empty").exists()
    assert (tmp_path / "real/gatekeeper.lock").exists()


def test_what_is_just_being_made_stays_for_a_while(tmp_path: Path) -> None:
    making = [tmp_path / f"gatekeeper-new-{name}" for name in ("empty", "locked", "somebodys")]
    for directory in making:
        directory.mkdir()
    (making[1] / "gatekeeper.lock").touch()
    (making[2] / "a.txt").touch()
    assert sweep(str(tmp_path)) == 0
    for directory in making:
        os.utime(directory, (0, 0))
    assert sweep(str(tmp_path)) == 2
    assert list(tmp_path.iterdir()) == making[2:]


def test_it_goes_when_the_body_fails() -> None:
    scratches = []

    def fail() -> None:
        with scratch_directory() as path:
            scratches.append(path)
            path.joinpath("missing").read_text()

    with pytest.raises(FileNotFoundError):
        fail()
    assert not scratches[0].exists()


def _environment() -> dict[str, str]:
    return os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)}
