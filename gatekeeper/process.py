"""The one place that starts other programs."""

from __future__ import annotations

import os
import selectors
import signal
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any, Self

from gatekeeper.errors import GitCommandError
from gatekeeper.process_tree import MARK, end_all

_CHUNK = 64 * 1024
_KEPT = 64 * 1024
_TICK = 0.05
_LAST_WAIT = 1.0

_GIT_VARIABLES_KEPT = frozenset({"GIT_EXEC_PATH", "GIT_SSL_CAINFO", "GIT_TRACE"})


@dataclass(frozen=True, slots=True)
class Completed:
    """How a program ended and what it wrote."""

    code: int
    stdout: bytes
    stderr: bytes


@dataclass(frozen=True, slots=True)
class Limited:
    """How a program ended, None where it took too long; the beginning of its output and the end of its complaints."""

    code: int | None
    stdout: bytes
    stderr: bytes


def environment_for_git(*, hermetic: bool) -> dict[str, str]:
    """Return an environment in which git looks at nothing but the repository it is pointed at.

    Variables with which a calling git names its own repository or index (hooks run with them) are dropped. Nothing is
    fetched: a partial clone would get what it lacks, and git before 2.45 knows no other way to forbid that than to
    allow no protocol. A hermetic one also leaves out the user's and the machine's configuration, so that a verdict is
    the same for everyone.
    """
    env = {
        name: value for name, value in os.environ.items() if not name.startswith("GIT_") or name in _GIT_VARIABLES_KEPT
    }
    env |= {"LC_ALL": "C", "GIT_OPTIONAL_LOCKS": "0", "GIT_TERMINAL_PROMPT": "0"}
    env |= {"GIT_NO_LAZY_FETCH": "1", "GIT_ALLOW_PROTOCOL": "none"}
    if hermetic:
        env |= {"GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_NOSYSTEM": "1", "GIT_ATTR_NOSYSTEM": "1"}
    return env


def run(
    arguments: Sequence[str],
    *,
    env: Mapping[str, str],
    cwd: str | None = None,
    stdin: bytes = b"",
    held: Sequence[int] = (),
) -> Completed:
    """Run a program to its end; raises GitCommandError only when it cannot be started.

    ``held``: open files that the program holds as well, so that a lock on one lasts as long as it runs.
    """
    try:
        done = subprocess.run(arguments, input=stdin, capture_output=True, cwd=cwd, env=env, check=False, pass_fds=held)
    except OSError as error:
        raise _not_started(arguments[0], error) from error
    return Completed(done.returncode, done.stdout, done.stderr)


def git(
    arguments: Sequence[str],
    *,
    env: Mapping[str, str],
    cwd: str | None = None,
    stdin: bytes = b"",
    held: Sequence[int] = (),
) -> bytes:
    """Run git and return what it writes; raises GitCommandError when it fails."""
    done = run(["git", *arguments], env=env, cwd=cwd, stdin=stdin, held=held)
    if done.code != 0:
        said = done.stderr.decode("utf-8", "replace").strip()
        raise GitCommandError(f"git {arguments[0]} failed with exit code {done.code}", said or None)
    return done.stdout


def run_for(
    arguments: Sequence[str], seconds: float, *, env: Mapping[str, str], cwd: str, stdin: bytes = b""
) -> Completed | None:
    """Run a program to its end; None where it took too long: then it and all that it has started are gone.

    Raises GitCommandError when it cannot be started.
    """
    try:
        started = subprocess.Popen(
            arguments,
            cwd=cwd,
            env=env,
            start_new_session=True,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )
    except OSError as error:
        raise _not_started(arguments[0], error) from error
    with started:
        try:
            stdout, stderr = started.communicate(stdin, timeout=seconds)
        except BaseException as stopped:
            os.killpg(started.pid, signal.SIGKILL)
            if isinstance(stopped, subprocess.TimeoutExpired):
                return None
            raise
    return Completed(started.returncode, stdout, stderr)


def run_limited(
    arguments: Sequence[str],
    seconds: float,
    *,
    env: Mapping[str, str],
    cwd: str | None = None,
    stdin: bytes = b"",
    kept: int = _KEPT,
) -> Limited:
    """Run a program that nobody trusts to end, to read what it is given, or to say little.

    When this returns, the program and all that it has started are gone, at the time limit as after its end. What it
    writes beyond ``kept`` bytes is read and dropped. Raises GitCommandError when it cannot be started.
    """
    mark = os.urandom(16).hex()
    try:
        started = subprocess.Popen(
            arguments,
            cwd=cwd,
            env={**env, MARK: mark},
            start_new_session=True,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            bufsize=0,
        )
    except OSError as error:
        raise _not_started(arguments[0], error) from error
    except ValueError as error:
        raise GitCommandError(f"cannot start {arguments[0]!r}: {error}") from error
    with _Conversation(started, stdin, kept) as conversation:
        try:
            in_time = conversation.hold(time.monotonic() + seconds)
        finally:
            end_all(started.pid, mark)
            # One that has become another user's cannot be ended, and is not waited for either.
            with suppress(subprocess.TimeoutExpired):
                started.wait(_LAST_WAIT)
        conversation.drain()
    return Limited(started.returncode if in_time else None, bytes(conversation.stdout), bytes(conversation.stderr))


class _Conversation:
    """What is written to a program and read from it, without ever waiting for it alone."""

    def __init__(self, started: subprocess.Popen[bytes], stdin: bytes, kept: int) -> None:
        self.stdout = bytearray()
        self.stderr = bytearray()
        self._started = started
        self._unsent = memoryview(stdin)
        self._kept = kept
        self._selector = selectors.DefaultSelector()
        self._streams = [stream for stream in (started.stdin, started.stdout, started.stderr) if stream is not None]
        for stream in self._streams:
            os.set_blocking(stream.fileno(), False)
            self._selector.register(stream, selectors.EVENT_WRITE if stream is started.stdin else selectors.EVENT_READ)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._selector.close()
        for stream in self._streams:
            with suppress(OSError):
                stream.close()

    def hold(self, deadline: float) -> bool:
        """Return whether the program ended before ``deadline``. Who else holds its pipes is not waited for."""
        while self._started.poll() is None:
            left = deadline - time.monotonic()
            if left <= 0:
                return False
            if self._selector.get_map():
                self._pass_on(min(left, _TICK))
            else:
                with suppress(subprocess.TimeoutExpired):
                    self._started.wait(left)
        return True

    def drain(self) -> None:
        """Read what is still in the pipes; there is an end to it even if somebody goes on writing."""
        for _ in range(2 * 1024 * 1024 // _CHUNK):
            if not self._pass_on(0):
                return

    def _pass_on(self, seconds: float) -> bool:
        ready = self._selector.select(seconds)
        for key, _ in ready:
            stream: Any = key.fileobj
            pass_on = self._send if stream is self._started.stdin else self._receive
            try:
                going_on = pass_on(stream)
            except BlockingIOError:
                continue
            except OSError:
                going_on = False
            if not going_on:
                self._selector.unregister(stream)
                with suppress(OSError):
                    stream.close()
        return bool(ready)

    def _send(self, stream: IO[bytes]) -> bool:
        if self._unsent:
            self._unsent = self._unsent[os.write(stream.fileno(), self._unsent[:_CHUNK]) :]
        return bool(self._unsent)

    def _receive(self, stream: IO[bytes]) -> bool:
        read = os.read(stream.fileno(), _CHUNK)
        if stream is self._started.stdout:
            self.stdout += read[: self._kept - len(self.stdout)]
        else:
            self.stderr += read
            del self.stderr[: -self._kept]
        return bool(read)


def this_program(*start: str) -> tuple[str, ...]:
    """Return how to start this installation from anywhere, without importing anything from there.

    Others start it in a worktree; what the branch has at its root must not be taken for a module of ours.

    Args:
        start: what Python runs, as in ``-m gatekeeper``.
    """
    entries = [str(Path(entry).resolve()) for entry in os.environ.get("PYTHONPATH", "").split(os.pathsep) if entry]
    if str(Path(__file__).resolve().parents[1]) in entries:
        return ("env", f"PYTHONPATH={os.pathsep.join(entries)}", sys.executable, "-P", *start)
    # An empty entry of PYTHONPATH is the current directory.
    return (sys.executable, "-E", "-P", *start)


def _not_started(program: str, error: OSError) -> GitCommandError:
    return GitCommandError(f"cannot start {program}: {error.strerror}", f"install {program} or put it on PATH")
