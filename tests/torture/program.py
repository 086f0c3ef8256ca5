"""Gatekeeper as a process of its own: run to its end, or killed on the way."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO

import gatekeeper

_PACKAGES = str(Path(gatekeeper.__file__).resolve().parents[1])
_HANGS = 120.0
_OTHER_MACHINE = ("git-receive-pack", "git-upload-pack")
"""With a remote of which only the path is known, its part runs here, too; it would be another machine's."""


@dataclass(frozen=True, slots=True)
class Ended:
    """How a run ended: its exit code, None where it was killed, and what it said."""

    arguments: tuple[str, ...]
    code: int | None
    out: str
    err: str
    seconds: float

    def __str__(self) -> str:
        said = "\n".join(line for line in (self.err + self.out).splitlines()[:12])
        return f"gatekeeper {' '.join(self.arguments)}: exit {self.code} after {self.seconds:.2f} s\n{said}"


def run(
    cwd: Path, *arguments: str, env: dict[str, str], stdin: str = "", kill_at: float | None = None, tree: bool = False
) -> Ended:
    """Run gatekeeper, and kill it after ``kill_at`` seconds: its process group, with ``tree`` all that it has started.

    Raises AssertionError when it hangs.
    """
    command = (sys.executable, "-P", "-m", "gatekeeper", *arguments)
    started = time.monotonic()
    # No pipes: what a killed one leaves behind would hold them open.
    with tempfile.TemporaryFile() as said, tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
        said.write(stdin.encode())
        said.seek(0)
        process = subprocess.Popen(
            command,
            cwd=cwd,
            env=env | {"PYTHONPATH": _PACKAGES},
            stdin=said,
            stdout=out,
            stderr=err,
            start_new_session=True,
        )
        code: int | None
        try:
            code = process.wait(_HANGS if kill_at is None else kill_at)
        except subprocess.TimeoutExpired:
            _kill(process, tree=tree or kill_at is None)
            code = None
        ended = Ended(arguments, code, _text(out), _text(err), time.monotonic() - started)
    assert code is not None or kill_at is not None, f"hangs: {ended}"
    return ended


def git(cwd: Path, *arguments: str, env: dict[str, str], ok: Sequence[int] = (0,)) -> str:
    """Run git and return what it prints; raises AssertionError for another exit code."""
    done = subprocess.run(
        ["git", *arguments], cwd=cwd, env=env, capture_output=True, check=False, stdin=subprocess.DEVNULL
    )
    said = done.stderr.decode(errors="replace")
    assert done.returncode in ok, f"git {' '.join(arguments)} in {cwd}: exit {done.returncode}\n{said}"
    return done.stdout.decode(errors="surrogateescape")


def _text(file: IO[bytes]) -> str:
    file.seek(0)
    return file.read().decode(errors="replace")


def _kill(process: subprocess.Popen[bytes], *, tree: bool) -> None:
    below = list(_descendants(process.pid)) if tree else []
    for kill, pid in ((os.killpg, process.pid), *((os.kill, pid) for pid in below)):
        with suppress(ProcessLookupError):
            kill(pid, signal.SIGKILL)
    process.wait()


def _descendants(pid: int) -> Iterator[int]:
    with suppress(OSError):
        for task in Path(f"/proc/{pid}/task").iterdir():
            for child in (task / "children").read_text().split():
                if not _is_elsewhere(int(child)):
                    yield from _descendants(int(child))
                    yield int(child)


def _is_elsewhere(pid: int) -> bool:
    with suppress(OSError):
        words = Path(f"/proc/{pid}/cmdline").read_bytes().decode(errors="replace").split("\0")
        return any(
            word.endswith(name) or name.removeprefix("git-") == word for word in words for name in _OTHER_MACHINE
        )
    return False
