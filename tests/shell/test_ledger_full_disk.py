"""A disk without room: a message, exit code 2, and the ledger as it was."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from gatekeeper.core.ledger.references import KEPT_REF
from gatekeeper.ledger.verify import verify
from tests.cli.run import ROOT, gatekeeper
from tests.kit import RepositoryBuilder
from tests.shell.ledgers import keys, ledger_of, put, tip

_LIMITED = """
import resource, sys
resource.setrlimit(resource.RLIMIT_FSIZE, (int(sys.argv[1]), resource.RLIM_INFINITY))
from gatekeeper.cli.main import run
sys.exit(run(sys.argv[2:]))
"""


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    place = tmp_path / "disk"
    place.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=2m", "tmpfs", str(place)]
    try:
        mounted = subprocess.run(mount, capture_output=True, check=False).returncode == 0
    except OSError:
        mounted = False
    if not mounted:
        pytest.skip("a disk of its own cannot be mounted here; the limit on files below is tested everywhere")
    yield place
    subprocess.run(["umount", "-l", str(place)], check=True)


def fill(file: Path) -> None:
    """Write to a file until nothing more fits."""
    descriptor = os.open(file, os.O_WRONLY | os.O_CREAT)
    try:
        with suppress(OSError):
            while True:
                os.write(descriptor, b"x" * 4096)
    finally:
        os.close(descriptor)


def test_a_full_disk(small_disk: Path) -> None:
    repository = RepositoryBuilder(small_disk / "repository")
    put(ledger_of(repository), "before")
    before = tip(repository)
    filler = small_disk / "filler"
    fill(filler)
    done = gatekeeper("memory", "put", "after", "-C", str(repository.root), input="x" * 20_000)
    assert done.returncode == 2
    assert done.stdout == ""
    assert done.stderr.startswith("gatekeeper: ")
    assert "disk full" in done.stderr or "No space left" in done.stderr
    assert (tip(repository), tip(repository, KEPT_REF)) == (before, before)
    filler.unlink()
    again = gatekeeper("memory", "put", "after", "-C", str(repository.root), input="x" * 20_000)
    assert again.returncode == 0, again.stderr
    ledger = ledger_of(repository)
    assert keys(ledger) == ["after", "before"]
    assert verify(ledger.objects, ledger.tip() or "").fault is None  # type: ignore[arg-type] # there is one


@pytest.mark.parametrize("limit", [0, 10, 300])
def test_files_that_may_not_grow(repository: RepositoryBuilder, tmp_path: Path, limit: int) -> None:
    put(ledger_of(repository), "before")
    before = tip(repository)
    value = tmp_path / "value"
    value.write_bytes(os.urandom(20_000).hex().encode())
    command = [sys.executable, "-c", _LIMITED, str(limit), "memory", "put", "after", str(value)]
    env = os.environ | {"PYTHONPATH": str(ROOT), "PYTHONDONTWRITEBYTECODE": "1"}
    done = subprocess.run(command, cwd=repository.root, env=env, capture_output=True, text=True, check=False)
    assert done.returncode == 2, done.stderr
    assert done.stderr.startswith("gatekeeper: ")
    assert "hint: " in done.stderr
    assert (tip(repository), tip(repository, KEPT_REF)) == (before, before)
    assert repository.git("fsck", "--strict", "--no-dangling") == ""
