"""Programs that do not end, do not listen, do not stop talking, or leave others behind."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from gatekeeper import process, process_tree
from gatekeeper.errors import GitCommandError

LEAVES = """
import os, sys, time
if os.fork() == 0:
    os.setsid()
    if os.fork() == 0:
        open(sys.argv[1], "w").write(str(os.getpid()))
        time.sleep(600)
    os._exit(0)
os.wait()
while not os.path.exists(sys.argv[1]) or not open(sys.argv[1]).read():
    time.sleep(0.001)
"""


def run(*arguments: str, seconds: float = 60, stdin: bytes = b"", kept: int = 1000) -> process.Limited:
    return process.run_limited(arguments, seconds, env=os.environ, stdin=stdin, kept=kept)


def stopped(*arguments: str, sign: Callable[[process.Limited], object]) -> process.Limited:
    """Return how a program that never ends was stopped, after a time in which it got as far as ``sign`` tells."""
    for seconds in (0.3, 1, 4, 16, 64):
        done = run(*arguments, seconds=seconds)
        if sign(done):
            return done
    pytest.fail("it never gets that far")


def is_running(pid: int) -> bool:
    try:
        return b") Z" not in Path(f"/proc/{pid}/stat").read_bytes()
    except OSError:
        return False


def test_what_it_is_given_and_what_it_says(tmp_path: Path) -> None:
    done = process.run_limited(
        ["sh", "-c", "pwd; cat; echo no >&2; exit 3"], 60, env=os.environ, cwd=str(tmp_path), stdin=b"heard\n"
    )
    assert done == process.Limited(3, f"{tmp_path}\nheard\n".encode(), b"no\n")


def test_more_than_a_pipe_holds_goes_in_and_out_at_once() -> None:
    much = b"x" * 3_000_000
    assert run("cat", stdin=much, kept=len(much)).stdout == much


def test_one_that_does_not_read_is_no_fault() -> None:
    assert run("true", stdin=b"x" * 3_000_000).code == 0
    assert run("sh", "-c", "exec <&-; echo fine", stdin=b"x" * 3_000_000).stdout == b"fine\n"


def test_the_beginning_of_the_output_and_the_end_of_the_complaints_are_kept() -> None:
    program = "import sys; [(sys.stdout.write(f'out {n}\\n'), sys.stderr.write(f'err {n}\\n')) for n in range(100_000)]"
    done = run(sys.executable, "-c", program, kept=20)
    assert (done.code, len(done.stdout), len(done.stderr)) == (0, 20, 20)
    assert done.stdout.startswith(b"out 0\n")
    assert done.stderr.endswith(b"err 99999\n")


def test_one_that_never_ends_is_ended_with_its_complaints_heard() -> None:
    done = stopped("sh", "-c", "echo stuck >&2; exec tail -f /dev/null", sign=lambda done: done.stderr)
    assert (done.code, done.stderr) == (None, b"stuck\n")


def test_one_that_closes_everything_and_never_ends_is_ended() -> None:
    assert run("sh", "-c", "exec <&- >&- 2>&-; exec sleep 600", seconds=0.3).code is None
    assert run("sh", "-c", "exec <&- >&- 2>&-; exit 4").code == 4


def is_written(file: Path) -> bool:
    return file.exists() and bool(file.read_text())


@pytest.mark.skipif(not Path("/proc/self/environ").exists(), reason="/proc tells what is left behind")
@pytest.mark.parametrize("ending", ["", "time.sleep(600)"])
def test_what_it_has_left_behind_is_gone_though_it_is_a_session_of_its_own(tmp_path: Path, ending: str) -> None:
    noted = tmp_path / "pid"
    command = (sys.executable, "-c", LEAVES + ending, str(noted))
    done = stopped(*command, sign=lambda _: is_written(noted)) if ending else run(*command)
    assert done.code == (None if ending else 0), done.stderr
    assert not is_running(int(noted.read_text()))


@pytest.mark.skipif(not Path("/proc/self/environ").exists(), reason="/proc tells what is left behind")
def test_a_child_without_the_mark_and_outside_the_session_is_found_through_its_parent(tmp_path: Path) -> None:
    noted = tmp_path / "pid"
    script = f"setsid env -i sh -c 'echo $$ > {noted}; exec tail -f /dev/null' & wait"
    assert stopped("sh", "-c", script, sign=lambda _: is_written(noted)).code is None
    assert not is_running(int(noted.read_text()))


def test_without_proc_the_group_is_ended(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(process_tree, "_PROC", tmp_path)
    assert run("sh", "-c", "tail -f /dev/null & tail -f /dev/null", seconds=0.3).code is None


def test_one_that_cannot_be_started() -> None:
    with pytest.raises(GitCommandError, match="cannot start gatekeeper-no-such-program"):
        run("gatekeeper-no-such-program")
    with pytest.raises(GitCommandError, match="null byte"):
        run("echo", "a\0b")
