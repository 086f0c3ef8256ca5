from __future__ import annotations

import os
import socket
import subprocess
from datetime import datetime
from pathlib import Path

import pygit2
import pytest

from tests.kit.network import NetworkClosedError


def test_git_reads_no_configuration_of_the_user_or_machine() -> None:
    shown = subprocess.run(["git", "config", "--list"], cwd="/", capture_output=True, text=True, check=False)
    assert shown.stdout == ""


def test_libgit2_neither(fresh_home: Path) -> None:
    (fresh_home / ".gitconfig").write_text("[user]\n\tname = Someone\n")
    with pytest.raises(OSError, match=r"not be found|doesn't exist"):
        pygit2.Config.get_global_config()


def test_home_is_empty_and_the_clock_fixed(fresh_home: Path, now: datetime) -> None:
    assert Path.home() == fresh_home
    assert list(fresh_home.iterdir()) == []
    assert now.isoformat() == "2026-01-01T00:00:00+00:00"
    assert os.environ["GIT_AUTHOR_DATE"] == f"{int(now.timestamp())} +0000"
    assert "NO_COLOR" not in os.environ


@pytest.mark.parametrize("host", ["example.org", "192.0.2.1", "2001:db8::1"])
def test_other_machines_are_out_of_reach(host: str) -> None:
    with pytest.raises(NetworkClosedError):
        socket.create_connection((host, 80), timeout=1)
    with socket.socket() as plain, pytest.raises(NetworkClosedError):
        plain.connect((host, 80))


def test_this_machine_is_in_reach() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        socket.create_connection(server.getsockname(), timeout=1).close()
    left, right = socket.socketpair()
    left.close()
    right.close()
