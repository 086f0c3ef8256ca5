"""Git as it is called to change something: no hooks, no network unless it is asked for, nothing on the user's index."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from gatekeeper import process
from gatekeeper.core.names import Oid
from gatekeeper.errors import GitCommandError
from gatekeeper.process import environment_for_git
from gatekeeper.repository.repository import Repository
from gatekeeper.repository.stale_locks import cleared

_SETTINGS = {
    "core.hooksPath": os.devnull,
    "core.fsmonitor": "false",
    "core.untrackedCache": "false",
    # A shared index would be written beside the user's own.
    "core.splitIndex": "false",
    "submodule.recurse": "false",
    # What git before 2.48 and libgit2 cannot read.
    "worktree.useRelativePaths": "false",
    "advice.addEmbeddedRepo": "false",
    # An archive is on the disk before what it holds goes away.
    "core.fsync": "committed,reference",
}
_MOST_LOCKS = 5
"""A reference, all packed ones, and a log: so many may stand in the way one after another."""

_NO_NETWORK = frozenset({"GIT_NO_LAZY_FETCH", "GIT_ALLOW_PROTOCOL"})


@dataclass(frozen=True, slots=True)
class QuietGit:
    """Git on one git directory, and on one worktree. ``held`` are open files that its processes hold as well."""

    git_directory: Path
    worktree: Path | None = None
    held: tuple[int, ...] = ()
    variables: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def on(cls, repository: Repository, held: tuple[int, ...] = ()) -> QuietGit:
        """Return git on what all worktrees share."""
        return cls(repository.common_directory, None, held)

    def at(self, git_directory: Path, worktree: Path | None) -> QuietGit:
        """Return the same for one worktree."""
        return replace(self, git_directory=git_directory, worktree=worktree)

    def having(self, **variables: str) -> QuietGit:
        """Return the same with more variables in its environment."""
        return replace(self, variables={**self.variables, **variables})

    def __call__(self, *arguments: str, stdin: bytes = b"", may_fetch: bool = False) -> bytes:
        """Run git and return what it writes; raises GitCommandError. ``may_fetch``: what a partial clone lacks.

        A reference's lock that another git holds is waited for, and one that a dead git has left is taken away.
        """
        env = self._environment(may_fetch=may_fetch)
        for _ in range(_MOST_LOCKS):
            try:
                return process.git(arguments, env=env, cwd=self._start, stdin=stdin, held=self.held)
            except GitCommandError as error:
                if not cleared(error.hint or "", self._common):
                    raise
        return process.git(arguments, env=env, cwd=self._start, stdin=stdin, held=self.held)

    def succeeds(self, *arguments: str) -> bool:
        """Return whether git ends with 0."""
        return self.answer(*arguments) is not None

    def answer(self, *arguments: str) -> bytes | None:
        """Return what git writes, None where it does not end with 0."""
        env = self._environment(may_fetch=False)
        done = process.run(["git", *arguments], env=env, cwd=self._start, held=self.held)
        return done.stdout if done.code == 0 else None

    def names(self, *arguments: str) -> list[str]:
        """Return what git writes with a NUL after each."""
        return [os.fsdecode(name) for name in self(*arguments).split(b"\0") if name]

    def commit(self, revision: str) -> Oid | None:
        """Return the commit that a revision names, None when there is none."""
        said = self.answer("rev-parse", "--quiet", "--verify", "--end-of-options", f"{revision}^{{commit}}")
        return None if said is None else Oid(said.decode().strip())

    @property
    def _common(self) -> Path:
        """The git directory that all worktrees share."""
        directory = self.git_directory
        return directory.parents[1] if directory.parent.name == "worktrees" else directory

    @property
    def _start(self) -> str:
        return str(self.worktree or self.git_directory)

    def _environment(self, *, may_fetch: bool) -> dict[str, str]:
        env = environment_for_git(hermetic=False)
        if may_fetch:
            env = {name: value for name, value in env.items() if name not in _NO_NETWORK}
        env["GIT_DIR"] = str(self.git_directory)
        if self.worktree is not None:
            env["GIT_WORK_TREE"] = str(self.worktree)
        env["GIT_CONFIG_COUNT"] = str(len(_SETTINGS))
        for number, (key, value) in enumerate(_SETTINGS.items()):
            env |= {f"GIT_CONFIG_KEY_{number}": key, f"GIT_CONFIG_VALUE_{number}": value}
        return env | dict(self.variables)
