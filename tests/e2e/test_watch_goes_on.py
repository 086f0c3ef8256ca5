"""``gatekeeper poll --watch``: it polls again, outlives what is wrong for a while, and ends when it is to."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

import pytest

from tests.cli.run import ROOT
from tests.e2e.watched import MAKEFILE, Watch, workspace
from tests.kit import RepositoryBuilder

FULL = Path("/dev/full")


@pytest.fixture
def watch(tmp_path: Path) -> Watch:
    """Return a fleet in which two agents clash, at a path that no terminal may get as it is."""
    watch = Watch(RepositoryBuilder(tmp_path / "\x1bodd"))
    worse = '[policy.severity.rules]\nmk-args-both-edited = "major"\n'
    watch.commit("main", workspace(f"{worse}[agents.one]\n[agents.two]\n"))
    for name in ("one", "two"):
        watch.agent(name, {"Makefile.toml": MAKEFILE.replace('["check"]', f'["check", "--{name}"]')})
    return watch


@contextmanager
def watching(watch: Watch, stdout: int | IO[Any] = subprocess.PIPE) -> Iterator[subprocess.Popen[str]]:
    """Start a watch that polls every second; at the end it is killed, should it still run."""
    command = [sys.executable, "-m", "gatekeeper", "poll", "--watch", "--every", "1s", "-C", str(watch.root)]
    environment = os.environ | {"PYTHONPATH": str(ROOT), "PYTHONUNBUFFERED": "1"}
    with subprocess.Popen(command, stdout=stdout, stderr=subprocess.PIPE, text=True, env=environment) as process:
        try:
            yield process
        finally:
            process.kill()


def told(stream: IO[str] | None, mark: str) -> str:
    """Return what is printed up to a line with ``mark`` in it."""
    assert stream is not None
    return _read_to(stream.readline, mark)


def _read_to(line: Callable[[], str], mark: str) -> str:
    text = ""
    while mark not in text:
        more = line()
        assert more, f"it ended before {mark!r}: {text}"
        text += more
    return text


def interrupted(process: subprocess.Popen[str]) -> tuple[int, str]:
    """Interrupt a watch, and return its exit code and what was left on standard error."""
    process.send_signal(signal.SIGINT)
    _, errors = process.communicate(timeout=60)
    return process.returncode, errors


#
def test_it_polls_again_and_ends_when_it_is_interrupted(watch: Watch) -> None:
    with watching(watch) as process:
        assert "opened   1 major" in told(process.stdout, "Next: ")
        watch.commit("two", {"Makefile.toml": MAKEFILE})
        assert "closed   1 two is landed" in told(process.stdout, "closed ")
        assert interrupted(process) == (130, "gatekeeper: interrupted\n")


#
def test_a_configuration_that_is_wrong_for_a_while(watch: Watch) -> None:
    watch.commit("main", {"gatekeeper.toml": "fail_onn = 1\n"})
    with watching(watch) as process:
        assert "fail_onn" in told(process.stderr, "hint: ")
        watch.commit("main", {"gatekeeper.toml": ""})
        assert "opened " in told(process.stdout, "opened ")
        assert interrupted(process)[0] == 130


#
def test_a_directory_that_cannot_be_used_for_a_while(watch: Watch) -> None:
    in_the_way = watch.builder.git_dir / "gatekeeper"
    in_the_way.write_text("not a directory\n")
    with watching(watch) as process:
        line = told(process.stderr, "\n")
        assert line.startswith("gatekeeper: ")
        assert "\\x1bodd/.git/gatekeeper" in line
        assert told(process.stderr, "\n") == line
        in_the_way.unlink()
        assert "opened   1 major" in told(process.stdout, "Next: ")
        assert interrupted(process)[0] == 130


#
@pytest.mark.skipif(not FULL.exists(), reason="needs a device that is always full")
def test_an_output_that_is_full(watch: Watch) -> None:
    with FULL.open("wb") as full, watching(watch, full) as process:
        assert told(process.stderr, "\n") == "gatekeeper: [Errno 28] No space left on device\n"
        recorded = watch.tip
        assert recorded is not None
        watch.commit("two", {"Makefile.toml": MAKEFILE})
        assert told(process.stderr, "\n") == "gatekeeper: [Errno 28] No space left on device\n"
        assert watch.tip != recorded
        assert interrupted(process)[0] == 130


#
def test_it_ends_where_nobody_reads_it(watch: Watch) -> None:
    with watching(watch) as process:
        told(process.stdout, "Next: ")
        assert process.stdout is not None
        process.stdout.close()
        watch.commit("two", {"Makefile.toml": MAKEFILE})
        assert process.wait(timeout=60) == 141
