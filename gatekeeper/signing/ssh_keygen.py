"""Calls of ``ssh-keygen -Y``: on private files, without a terminal to ask on, and not for ever."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from gatekeeper.errors import SigningError
from gatekeeper.process import Completed, run_for
from gatekeeper.scratch import scratch_directory

PROGRAM: Final = "ssh-keygen"
NAMESPACE: Final = "gatekeeper"
"""What a signature is for: one that was made for git, or for a file, is none of an event."""

SECONDS: Final = 60
"""For one call. A key on a token waits for a finger."""

_ASKING = ("SSH_ASKPASS", "DISPLAY", "WAYLAND_DISPLAY")


@contextmanager
def private_files(**contents: bytes) -> Iterator[Path]:
    """Lay files into a new directory that only this user can enter; it is gone in the end."""
    with scratch_directory() as room:
        for name, content in contents.items():
            handle = os.open(room / name, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            with os.fdopen(handle, "wb") as file:
                file.write(content)
        yield room


def ssh_keygen(arguments: Sequence[str], *, cwd: Path, stdin: bytes = b"", program: str = PROGRAM) -> Completed:
    """Run it where it can ask nobody for a passphrase.

    Times in ``allowed_signers`` that name no zone are UTC, so that a signature counts for everyone or for nobody.

    Raises:
        GitCommandError: it cannot be started.
        SigningError: it has not ended in time.
    """
    env = {name: value for name, value in os.environ.items() if name not in _ASKING}
    env |= {"SSH_ASKPASS_REQUIRE": "never", "LC_ALL": "C", "TZ": "UTC"}
    done = run_for([program, *arguments], SECONDS, env=env, cwd=str(cwd), stdin=stdin)
    if done is None:
        raise SigningError(f"{program} has not ended within {SECONDS} s")
    return done


def last_line(stderr: bytes) -> str:
    """Return the last thing that was said."""
    lines = stderr.decode("utf-8", "replace").strip().splitlines()
    return lines[-1].strip() if lines else "it says nothing"
