"""Keys and an agent, by the real OpenSSH."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

needs_openssh = pytest.mark.skipif(
    any(shutil.which(program) is None for program in ("ssh-keygen", "ssh-agent", "ssh-add")),
    reason="signatures are those of OpenSSH: install openssh-client (make test does, where it may) and run this again",
)


def new_key(path: Path, *, passphrase: str = "", kind: str = "ed25519") -> Path:
    """Make a key pair at ``path`` and ``path``.pub, and return ``path``."""
    path.parent.mkdir(parents=True, exist_ok=True)
    command = ["ssh-keygen", "-q", "-t", kind, "-N", passphrase, "-C", "", "-f", str(path)]
    subprocess.run(command, check=True, capture_output=True)
    return path


def public_half(key: Path) -> str:
    """Return the public key as one line."""
    return Path(f"{key}.pub").read_text().strip()


@contextmanager
def running_agent(socket: Path) -> Iterator[dict[str, str]]:
    """Yield what has to be in the environment to reach a new agent, which ends with the context."""
    said = subprocess.run(["ssh-agent", "-s", "-a", str(socket)], check=True, capture_output=True, text=True).stdout
    found = dict(part.split("=", 1) for part in said.replace("\n", "").split(";") if "=" in part)
    try:
        yield {"SSH_AUTH_SOCK": found["SSH_AUTH_SOCK"]}
    finally:
        os.kill(int(found["SSH_AGENT_PID"]), signal.SIGTERM)


def give_to_agent(key: Path, agent: dict[str, str], room: Path, passphrase: str = "") -> None:
    """Let the agent hold a key; a passphrase is given by a program, as no test has a terminal."""
    asked = room / "askpass"
    asked.write_text(f"#!/bin/sh\necho '{passphrase}'\n")
    asked.chmod(0o700)
    env = os.environ | agent | {"SSH_ASKPASS": str(asked), "SSH_ASKPASS_REQUIRE": "force", "DISPLAY": ":0"}
    subprocess.run(["ssh-add", "-q", str(key)], check=True, capture_output=True, env=env, start_new_session=True)
