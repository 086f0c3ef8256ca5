"""The repository of the demo: trunk, six agents with worktrees of their own, and the commands that are shown."""

from __future__ import annotations

import os
import shlex
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import groupby
from pathlib import Path

from agents import Agent, Delete, Edit, Replace, Write

HERE = Path(__file__).resolve().parent
FIRST_COMMIT = "1767225600 +0000"
"""2026-01-01T00:00:00Z, so that trunk has the same id everywhere. Agents commit by the clock, as agents do."""

_FOREIGN = ("GIT_", "CARGO_", "GATEKEEPER_", "XDG_")


@dataclass
class Fleet:
    """The repository under construction, and what people have to know to run commands in it."""

    root: Path
    environment: dict[str, str] = field(default_factory=dict)

    @property
    def repository(self) -> Path:
        """Where trunk is checked out."""
        return self.root / "quarry"

    def worktree(self, agent: str) -> Path:
        """Where an agent works."""
        return self.root / "agents" / agent

    def git(self, *arguments: str, cwd: Path, date: str | None = None) -> None:
        """Run git with an identity and a configuration that are the same on every machine."""
        dates = {} if date is None else {"GIT_AUTHOR_DATE": date, "GIT_COMMITTER_DATE": date}
        subprocess.run(["git", *arguments], cwd=cwd, env=self.environment | dates, check=True)

    def commit(self, where: Path, message: str, *, date: str | None = None) -> None:
        """Commit everything in a worktree."""
        self.git("add", "--all", cwd=where)
        self.git("commit", "--quiet", "--message", message, cwd=where, date=date)

    def gatekeeper(self, *arguments: str, cwd: Path | None = None) -> subprocess.CompletedProcess[str]:
        """Run the installed command, and return what it has printed."""
        return self._run(arguments, cwd, stdout=subprocess.PIPE)

    def show(self, *arguments: str, agent: str | None = None, note: str = "", leave_out: tuple[str, ...] = ()) -> int:
        """Run the command as a person would, in the worktree of ``agent`` or on trunk; return its exit code.

        ``leave_out``: with what paragraphs of its output begin that are not worth the room.
        """
        command = shlex.join(("gatekeeper", *arguments))
        where = "" if agent is None else f"cd ~/agents/{agent} && "
        print(f"$ {where}{command}{note and f'  # {note}'}", flush=True)
        cwd = None if agent is None else self.worktree(agent)
        if sys.stdout.isatty() and not leave_out:
            # Colours are for terminals, and gatekeeper has to see that it writes to one.
            return self._run(arguments, cwd).returncode
        done = self.gatekeeper(*arguments, cwd=cwd)
        told = done.stdout.replace(str(self.root), "~").split("\n\n")
        shown = ["[...]" if leave_out and part.startswith(leave_out) else part for part in told]
        print("\n\n".join(part for part, _ in groupby(shown)), end="", flush=True)
        return done.returncode

    def _run(
        self, arguments: tuple[str, ...], cwd: Path | None, stdout: int | None = None
    ) -> subprocess.CompletedProcess[str]:
        installed = Path(sys.executable).with_name("gatekeeper")
        program = [str(installed)] if installed.exists() else [sys.executable, "-m", "gatekeeper"]
        return subprocess.run(
            [*program, *arguments],
            cwd=cwd or self.repository,
            env=self.environment,
            stdout=stdout,
            text=True,
            encoding="utf-8",
            check=False,
        )

    def build_trunk(self) -> None:
        """Make the example workspace the first commit of a new repository."""
        shutil.copytree(HERE / "workspace", self.repository, ignore=shutil.ignore_patterns("target"))
        self.git("init", "--quiet", "--template=", "--initial-branch=main", cwd=self.repository)
        self.commit(self.repository, "Quarry 0.4.0", date=FIRST_COMMIT)

    def work(self, agent: Agent) -> None:
        """Let an agent that was started do its work, and commit most of it."""
        where = self.worktree(agent.name)
        for edit in agent.committed:
            apply(edit, where)
        self.commit(where, agent.message)
        for edit in agent.uncommitted:
            apply(edit, where)


def hermetic_environment(home: Path) -> dict[str, str]:
    """Return the environment without what a user's configuration or a surrounding git has set."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(_FOREIGN)}
    identity = {"NAME": "Quarry Agents", "EMAIL": "agents@quarry.invalid"}
    people = {f"GIT_{role}_{part}": value for role in ("AUTHOR", "COMMITTER") for part, value in identity.items()}
    settings = {"HOME": str(home), "GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_NOSYSTEM": "1", "LC_ALL": "C.UTF-8"}
    return kept | people | settings


def apply(edit: Edit, where: Path) -> None:
    """Make one edit in a worktree; an edit that no longer fits the example workspace is a mistake in this program."""
    path = where / edit.path
    match edit:
        case Write(text=text):
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
        case Delete():
            shutil.rmtree(path)
        case Replace(old=old, new=new):
            before = path.read_text(encoding="utf-8")
            if before.count(old) != 1:
                raise ValueError(f"{edit.path} holds {old!r} {before.count(old)} times, not once")
            path.write_text(before.replace(old, new), encoding="utf-8")


@contextmanager
def workplace(keep: Path | None) -> Iterator[Path]:
    """Yield the directory to build in: a temporary one, or the one to keep."""
    if keep is None:
        # Not as the system spells it, but as git does: without links on the way.
        with tempfile.TemporaryDirectory(prefix="gatekeeper-demo-") as directory:
            yield Path(directory).resolve()
        return
    if keep.exists() and any(keep.iterdir()):
        raise SystemExit(f"demo: {keep} is not empty")
    keep.mkdir(parents=True, exist_ok=True)
    yield keep.resolve()
