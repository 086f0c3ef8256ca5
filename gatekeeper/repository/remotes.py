"""Talking to a remote: what it has is fetched, and what is pushed takes the place of exactly what was there."""

from __future__ import annotations

import os
import time
from collections.abc import Mapping, Sequence

from gatekeeper.core.names import Oid, RefName
from gatekeeper.errors import RemoteError
from gatekeeper.process import run_for
from gatekeeper.repository.repository import Repository
from gatekeeper.repository.stale_locks import cleared

SECONDS = 120.0
"""How long a remote may take."""

_MOST_TRIES = 5
_PASSING = ("cannot lock ref", "bad object worktrees/")
"""Another of us, or a git that a killed one has left running, fetches the same at this moment; a worktree that git just
makes has no commit yet, and git takes that for damage."""

_PAUSE = 0.1


class Remote:
    """A remote by its name in git's configuration."""

    def __init__(self, repository: Repository, name: str, *, seconds: float = SECONDS) -> None:
        self.name = name
        self._repository = repository
        self._seconds = seconds

    def fetch(self, *refspecs: str) -> None:
        """Fetch what is configured, or ``refspecs`` alone; raises RemoteError.

        What is configured never brings gatekeeper's own references: in a mirror it would put the remote's ledger in
        place of this clone's, with whatever only this one has.
        """
        ours = () if refspecs else ("-c", f"remote.{self.name}.fetch=^refs/gatekeeper/*")
        options = ("--quiet", "--no-tags", "--no-write-fetch-head", "--end-of-options")
        self._run(*ours, "fetch", *options, self.name, *refspecs)

    def listed(self, pattern: str) -> dict[RefName, Oid]:
        """Return the references of the remote that fit a pattern; raises RemoteError."""
        said = self._run("ls-remote", "--quiet", "--refs", "--end-of-options", self.name, pattern)
        rows = (line.split("\t", 1) for line in said.splitlines())
        return {RefName(name): Oid(oid) for oid, name in rows}

    def push(self, moves: Mapping[RefName, tuple[Oid | None, Oid]]) -> bool:
        """Push references, (old, new) each, all or none; False: the remote has something else by now.

        Raises RemoteError when it cannot be reached or refuses for another reason.
        """
        leases = [f"--force-with-lease={name}:{old or ''}" for name, (old, _) in moves.items()]
        refspecs = [f"{new}:{name}" for name, (_, new) in moves.items()]
        command = ("push", "--porcelain", "--atomic", "--no-verify", *leases, "--end-of-options", self.name, *refspecs)
        code, said = self._ended(command)
        if code == 0:
            return True
        if _was_overtaken(said):
            return False
        raise RemoteError(f"{self.name} does not take what is pushed", _last_line(said))

    def _run(self, *arguments: str) -> str:
        code, said = self._ended(arguments)
        for number in range(_MOST_TRIES):
            if code == 0:
                break
            if not cleared(said, self._repository.common_directory):
                if not any(mark in said for mark in _PASSING):
                    break
                time.sleep(_PAUSE * number)
            code, said = self._ended(arguments)
        if code != 0:
            raise RemoteError(f"{self.name} cannot be reached: git {_verb(arguments)} failed", _last_line(said))
        return said

    def _ended(self, arguments: Sequence[str]) -> tuple[int, str]:
        command = ("git", "-c", f"core.hooksPath={os.devnull}", *arguments)
        done = run_for(command, self._seconds, env=_environment(), cwd=str(self._repository.git_directory))
        if done is None:
            raise RemoteError(
                f"{self.name} does not answer: git {_verb(arguments)} took over {self._seconds:g} seconds"
            )
        told = done.stdout if done.code == 0 else done.stdout + done.stderr
        return done.code, told.decode("utf-8", "replace")


def _verb(arguments: Sequence[str]) -> str:
    return arguments[2] if arguments[0] == "-c" else arguments[0]


def _environment() -> dict[str, str]:
    kept = {"GIT_SSH", "GIT_SSH_COMMAND", "GIT_SSL_CAINFO", "GIT_EXEC_PATH", "GIT_ALLOW_PROTOCOL", "GIT_PROXY_COMMAND"}
    kept |= {"GIT_CONFIG_GLOBAL", "GIT_CONFIG_SYSTEM", "GIT_CONFIG_NOSYSTEM"}
    env = {name: value for name, value in os.environ.items() if not name.startswith("GIT_") or name in kept}
    return env | {"LC_ALL": "C", "GIT_TERMINAL_PROMPT": "0", "SSH_ASKPASS_REQUIRE": "never"}


def _was_overtaken(said: str) -> bool:
    """A lease that no longer holds, or a reference that moves just now."""
    marks = ("stale info", "fetch first", "non-fast-forward", "cannot lock ref", "reference already exists")
    return any(mark in said for mark in (*marks, "failed to update ref", "atomic transaction failed"))


def _last_line(said: str) -> str | None:
    lines = [line.strip() for line in said.splitlines() if line.strip()]
    telling = [line for line in lines if line.startswith(("fatal:", "error:", "remote:"))]
    return next(iter(telling or lines), None)
