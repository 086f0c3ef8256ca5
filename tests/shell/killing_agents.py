"""Steps of agents that are killed at any of their changes, and the end that each has to come to."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

from gatekeeper.core.names import Oid
from tests.kit import RepositoryBuilder
from tests.shell.scans import fingerprint
from tests.shell.workplaces import FILES, commit_in, references, started_in, trunk

MANY = 400
"""More changes than any step makes."""


class Killer:
    """A process that does steps, and is killed at them."""

    def __init__(self) -> None:
        self.process = subprocess.Popen(
            [sys.executable, str(Path(__file__).with_name("killed_process.py"))],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env=os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)},
            text=True,
        )

    def runs(self, step: str, builder: RepositoryBuilder, at: Oid, number: int = 0) -> bool:
        """Do the step; return whether it came to its end. With a number, it is killed before that change."""
        if self.process.stdin is None or self.process.stdout is None:
            raise AssertionError
        self.process.stdin.write(f"{step}\t{builder.root}\t{at}\t{number}\n")
        self.process.stdin.flush()
        answer = self.process.stdout.readline().strip()
        assert answer in {"done", "killed"}, f"{step} failed after change {number}"
        return answer == "done"

    def stop(self) -> None:
        """Let the process end."""
        self.process.communicate()


def killers() -> Iterator[Killer]:
    """Start what kills, and let it end after use: the body of a fixture."""
    killer = Killer()
    yield killer
    killer.stop()


class Copies:
    """One repository and its surroundings, put back to how they were before each attempt."""

    def __init__(self, builder: RepositoryBuilder) -> None:
        self.builder = builder
        self.place = builder.root.parent
        self.saved = self.place.with_name(f"{self.place.name}-saved")
        shutil.copytree(self.place, self.saved, symlinks=True)

    def put_back(self) -> None:
        """Make all as it was."""
        shutil.rmtree(self.place)
        shutil.copytree(self.saved, self.place, symlinks=True)


def with_another_agent(place: Path) -> RepositoryBuilder:
    """Return a repository with another agent at work beside."""
    builder = RepositoryBuilder(place / "place/repository")
    builder.commit("main", {**FILES, ".gitignore": "*.log\n"})
    _, other = started_in(builder, "other")
    commit_in(other, "other.txt", "1\n")
    (other / "a.txt").write_text("uncommitted\n")
    return builder


def end_state(builder: RepositoryBuilder) -> tuple[object, ...]:
    """Return all that counts: references, worktrees, every file but objects, logs, and times."""
    place = builder.root.parent
    without = [builder.git_dir / name for name in ("objects", "logs", "worktrees")]
    files = {path: what[:2] for path, what in fingerprint(place, without=without).items()}
    worktrees = {
        path.name: sorted(inner.name for inner in path.iterdir()) for path in builder.git_dir.glob("worktrees/*")
    }
    return references(builder), files, worktrees, builder.git("worktree", "list", "--porcelain")


def killed_everywhere(
    killer: Killer, builder: RepositoryBuilder, step: str, check: Callable[[], None] | None = None
) -> int:
    """Kill a step before each of its changes and do it again: always with the end of one that was never killed."""
    copies = Copies(builder)
    at = trunk(builder)
    assert killer.runs(step, builder, at)
    wanted = end_state(builder)
    for number in range(1, MANY):
        copies.put_back()
        if killer.runs(step, builder, at, number):
            return number
        if check is not None:
            check()
        # Twice: what completes it can be killed as well.
        killer.runs(step, builder, at, 1 + number // 2)
        assert killer.runs(step, builder, at), number
        assert end_state(builder) == wanted, number
    raise AssertionError(step)
