"""The one place that starts other programs."""

from __future__ import annotations

import os
import signal
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from gatekeeper.errors import GitCommandError

_GIT_VARIABLES_KEPT = frozenset({"GIT_EXEC_PATH", "GIT_SSL_CAINFO", "GIT_TRACE"})


@dataclass(frozen=True, slots=True)
class Completed:
    """How a program ended and what it wrote."""

    code: int
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


def run(arguments: Sequence[str], *, env: Mapping[str, str], cwd: str | None = None, stdin: bytes = b"") -> Completed:
    """Run a program to its end; raises GitCommandError only when it cannot be started."""
    try:
        done = subprocess.run(arguments, input=stdin, capture_output=True, cwd=cwd, env=env, check=False)
    except OSError as error:
        raise _not_started(arguments[0], error) from error
    return Completed(done.returncode, done.stdout, done.stderr)


def git(arguments: Sequence[str], *, env: Mapping[str, str], cwd: str | None = None, stdin: bytes = b"") -> bytes:
    """Run git and return what it writes; raises GitCommandError when it fails."""
    done = run(["git", *arguments], env=env, cwd=cwd, stdin=stdin)
    if done.code != 0:
        said = done.stderr.decode("utf-8", "replace").strip()
        raise GitCommandError(f"git {arguments[0]} failed with exit code {done.code}", said or None)
    return done.stdout


def run_for(arguments: Sequence[str], seconds: float, *, env: Mapping[str, str], cwd: str) -> Completed | None:
    """Run a program to its end; None where it took too long: then it and all that it has started are gone.

    Raises GitCommandError when it cannot be started.
    """
    try:
        started = subprocess.Popen(
            arguments,
            cwd=cwd,
            env=env,
            start_new_session=True,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )
    except OSError as error:
        raise _not_started(arguments[0], error) from error
    with started:
        try:
            stdout, stderr = started.communicate(timeout=seconds)
        except BaseException as stopped:
            os.killpg(started.pid, signal.SIGKILL)
            if isinstance(stopped, subprocess.TimeoutExpired):
                return None
            raise
    return Completed(started.returncode, stdout, stderr)


def _not_started(program: str, error: OSError) -> GitCommandError:
    return GitCommandError(f"cannot start {program}: {error.strerror}", f"install {program} or put it on PATH")
