"""The repository of an example: trunk, agents with worktrees of their own, and the commands that are shown."""

from __future__ import annotations

import os
import shlex
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING

from edits import Agent, Edit, apply

if TYPE_CHECKING:
    from people import People

HERE = Path(__file__).resolve().parent
FIRST_COMMIT = "1767225600 +0000"
"""2026-01-01T00:00:00Z, so that trunk has the same id everywhere. Agents commit by the clock, as agents do."""

_FOREIGN = ("GIT_", "CARGO_", "GATEKEEPER_", "XDG_")


@dataclass
class Fleet:
    """The repository under construction, and what people have to know to run commands in it."""

    root: Path
    environment: dict[str, str] = field(default_factory=dict)
    people: People | None = None

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

    def gatekeeper(
        self, *arguments: str, cwd: Path | None = None, who: str | None = None
    ) -> subprocess.CompletedProcess[str]:
        """Run the installed command, in the shell of ``who``, and return what it has printed."""
        return self._run(("gatekeeper", *arguments), cwd, who, stdout=subprocess.PIPE)

    def show(
        self,
        *arguments: str,
        agent: str | None = None,
        person: str | None = None,
        note: str = "",
        leave_out: tuple[str, ...] = (),
    ) -> int:
        """Run the command as somebody would, in the worktree of ``agent`` or on trunk; return its exit code.

        ``leave_out``: with what paragraphs of its output begin that are not worth the room.
        """
        return self._show(("gatekeeper", *arguments), agent, person, note, leave_out)

    def show_git(self, *arguments: str, agent: str | None = None, note: str = "") -> int:
        """Run git in the worktree of ``agent`` or on trunk, and show what it says; return its exit code."""
        return self._show(("git", *arguments), agent, None, note, ())

    def say(self, person: str, *arguments: str) -> None:
        """Show a command of which the output is not worth the room."""
        print(f"{person}$ {shlex.join(('gatekeeper', *arguments))}", flush=True)

    def _show(
        self, command: tuple[str, ...], agent: str | None, person: str | None, note: str, leave_out: tuple[str, ...]
    ) -> int:
        where = "" if agent is None else f"cd ~/agents/{agent} && "
        print(f"{person or ''}$ {where}{shlex.join(command)}{note and f'  # {note}'}", flush=True)
        cwd = None if agent is None else self.worktree(agent)
        if sys.stdout.isatty() and not leave_out:
            # Colours are for terminals, and gatekeeper has to see that it writes to one.
            return self._run(command, cwd, person or agent).returncode
        done = self._run(command, cwd, person or agent, stdout=subprocess.PIPE)
        told = done.stdout.replace(str(self.root), "~").split("\n\n")
        shown = ["[...]" if leave_out and part.startswith(leave_out) else part for part in told]
        print("\n\n".join(part for part, _ in groupby(shown)), end="", flush=True)
        return done.returncode

    def _run(
        self, command: tuple[str, ...], cwd: Path | None, who: str | None, stdout: int | None = None
    ) -> subprocess.CompletedProcess[str]:
        name, *arguments = command
        installed = Path(sys.executable).with_name("gatekeeper")
        gatekeeper = [str(installed)] if installed.exists() else [sys.executable, "-m", "gatekeeper"]
        own = {} if self.people is None or who is None else self.people.shell_of(who)
        return subprocess.run(
            [*(gatekeeper if name == "gatekeeper" else [name]), *arguments],
            cwd=cwd or self.repository,
            env=self.environment | own,
            stdout=stdout,
            text=True,
            encoding="utf-8",
            check=False,
        )

    def build_trunk(self, example: str = "workspace") -> None:
        """Make the example workspace, with the settings of an example, the first commit of a new repository."""
        shutil.copytree(HERE / "workspace", self.repository, ignore=shutil.ignore_patterns("target"))
        shutil.copyfile(HERE / example / "gatekeeper.toml", self.repository / "gatekeeper.toml")
        if self.people is not None:
            signers = self.people.allowed_signers()
            (self.repository / "allowed_signers").write_text(signers, encoding="utf-8")
        self.git("init", "--quiet", "--template=", "--initial-branch=main", cwd=self.repository)
        self.commit(self.repository, "Quarry 0.4.0", date=FIRST_COMMIT)
        self.git("tag", "v0.4.0", cwd=self.repository)

    def work(self, agent: Agent) -> None:
        """Let an agent that was started do its work, and commit most of it."""
        self.edit(agent.name, agent.committed, agent.message)
        for edit in agent.uncommitted:
            apply(edit, self.worktree(agent.name))

    def edit(self, agent: str, edits: Iterable[Edit], message: str) -> None:
        """Let an agent that was started make some edits, and commit them."""
        for edit in edits:
            apply(edit, self.worktree(agent))
        self.commit(self.worktree(agent), message)


def hermetic_environment(home: Path) -> dict[str, str]:
    """Return the environment without what a user's configuration or a surrounding git has set."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(_FOREIGN)}
    identity = {"NAME": "Quarry Agents", "EMAIL": "agents@quarry.invalid"}
    people = {f"GIT_{role}_{part}": value for role in ("AUTHOR", "COMMITTER") for part, value in identity.items()}
    settings = {"HOME": str(home), "GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_NOSYSTEM": "1", "LC_ALL": "C.UTF-8"}
    return kept | people | settings


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
