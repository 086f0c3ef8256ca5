"""``kill -9`` anywhere leaves a state that the next call completes or takes back (DESIGN 5, invariants 3 and 4)."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from gatekeeper import agents
from gatekeeper.core.names import Oid
from gatekeeper.errors import BadInputError
from tests.kit import RepositoryBuilder
from tests.kit.environment import git_program
from tests.shell.scans import fingerprint, opened, scanned
from tests.shell.workplaces import FILES, commit_in, git, nobody_s, planned, references, started_in, trunk

_CREATE = """\
import sys
sys.path[:0] = sys.argv[3:]
from pathlib import Path
from tests.shell.killed_process import run
run("create", Path(sys.argv[1]), sys.argv[2])
"""

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


@pytest.fixture(scope="module")
def killer() -> Iterator[Killer]:
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


@pytest.fixture
def fleet(tmp_path: Path) -> RepositoryBuilder:
    """A repository with another agent at work beside."""
    builder = RepositoryBuilder(tmp_path / "place/repository")
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


def test_a_start_that_is_killed_is_completed(killer: Killer, fleet: RepositoryBuilder) -> None:
    def nobody_sees_half_of_it() -> None:
        report = scanned(fleet)
        assert [str(status.name) for status in report.agents] in (["other"], ["one", "other"])
        assert not report.findings

    assert killed_everywhere(killer, fleet, "create", nobody_sees_half_of_it) > 20


def test_a_start_on_an_existing_branch_that_is_killed_is_completed(killer: Killer, fleet: RepositoryBuilder) -> None:
    fleet.branch("one")
    assert killed_everywhere(killer, fleet, "existing") > 20


def test_a_start_that_is_killed_is_taken_back(killer: Killer, fleet: RepositoryBuilder) -> None:
    before = end_state(fleet)
    copies = Copies(fleet)
    for number in range(1, MANY):
        copies.put_back()
        done = killer.runs("create", fleet, trunk(fleet), number)
        killer.runs("abandon", fleet, trunk(fleet), 1 + number // 2)
        assert killer.runs("abandon", fleet, trunk(fleet)), number
        assert end_state(fleet) == before, number
        if done:
            return
    raise AssertionError


def test_a_removal_that_is_killed_is_completed(killer: Killer, fleet: RepositoryBuilder) -> None:
    _, worktree = started_in(fleet)
    (worktree / "noise.log").write_text("1\n")
    (worktree.parent / ".target/one/debug").mkdir()
    assert killed_everywhere(killer, fleet, "remove") > 20


def test_a_removal_of_archived_work_that_is_killed_is_completed(killer: Killer, fleet: RepositoryBuilder) -> None:
    _, worktree = started_in(fleet)
    commit_in(worktree, "new.txt", "1\n")
    (worktree / "a.txt").write_text("uncommitted\n")
    assert killer.runs("archive", fleet, trunk(fleet))
    assert killed_everywhere(killer, fleet, "remove archived") > 20


def test_an_archive_that_is_killed_is_made_once(killer: Killer, fleet: RepositoryBuilder) -> None:
    _, worktree = started_in(fleet)
    (worktree / "a.txt").write_text("uncommitted\n")
    for number in range(1, MANY):
        if killer.runs("archive", fleet, trunk(fleet), number):
            break
    assert [ref for ref in references(fleet) if "archive" in ref] == ["refs/gatekeeper/archive/agents/one/1"]


def test_a_start_that_is_killed_and_begins_at_a_newer_trunk(killer: Killer, fleet: RepositoryBuilder) -> None:
    copies = Copies(fleet)
    worktree = fleet.root.parent / "repository.agents/one"
    for number in range(1, MANY):
        copies.put_back()
        older = trunk(fleet)
        done = killer.runs("create", fleet, older, number)
        is_in_place = worktree.exists()
        newer = Oid(fleet.git("commit-tree", "-p", "main", "-m", "newer", "main^{tree}").strip())
        fleet.git("update-ref", "refs/heads/main", newer)
        assert killer.runs("create", fleet, newer)
        # One that is in its place may have been worked in.
        assert references(fleet)["refs/heads/one"] == (older if is_in_place else newer)
        assert git(worktree, "status", "--porcelain", "-b") == "## one"
        if done:
            return
    raise AssertionError


def made_by_a_killed_git(builder: RepositoryBuilder, stage: int) -> Path:
    """Leave what ``git worktree add`` leaves when it is killed after each thing that it writes."""
    making = builder.root.parent / "repository.agents/.making/one"
    admin = builder.git_dir / "worktrees/one"
    admin.mkdir(parents=True)
    (admin / "locked").write_text("gatekeeper: the workplace of one")
    if stage > 0:
        making.mkdir(parents=True)
    if stage > 1:
        (admin / "gitdir").write_text(f"{making}/.git\n")
        (making / ".git").write_text(f"gitdir: {admin}\n")
    if stage > 2:
        (admin / "HEAD").write_text(f"{'0' * 40}\n")
        (admin / "commondir").write_text("../..\n")
    return making


@pytest.mark.parametrize("stage", range(4))
def test_a_git_that_was_killed_while_it_made_the_worktree(fleet: RepositoryBuilder, stage: int) -> None:
    before = nobody_s(fleet)
    made_by_a_killed_git(fleet, stage)
    assert agents.abandon(opened(fleet), planned(fleet, "one"))
    assert nobody_s(fleet) == before
    assert not (fleet.git_dir / "worktrees/one").exists()
    made_by_a_killed_git(fleet, stage)
    _, worktree = started_in(fleet)
    assert git(worktree, "status", "--porcelain", "-b") == "## one"
    assert sorted(path.name for path in (fleet.git_dir / "worktrees").iterdir()) == ["one", "other"]


def half_made(killer: Killer, builder: RepositoryBuilder) -> Path:
    """Kill a start when there are files in the worktree, and it is not in its place yet."""
    making = builder.root.parent / "repository.agents/.making/one"
    number = next(n for n in range(1, MANY) if _has_files(killer, builder, making, n))
    assert number
    return making


def _has_files(killer: Killer, builder: RepositoryBuilder, making: Path, number: int) -> bool:
    assert not killer.runs("create", builder, trunk(builder), number)
    if (making / "a.txt").exists():
        return True
    agents.abandon(opened(builder), planned(builder, "one"))
    return False


@pytest.mark.parametrize("partial", ["", "a"])
def test_a_file_that_git_had_only_begun(killer: Killer, fleet: RepositoryBuilder, partial: str) -> None:
    making = half_made(killer, fleet)
    (making / "a.txt").write_text(partial)
    (fleet.git_dir / "worktrees/one/index.lock").touch()
    _, worktree = started_in(fleet)
    assert (worktree / "a.txt").read_text() == "a\n"


@pytest.mark.parametrize("where", ["a.txt", "new.txt", ".cargo/mine"])
def test_what_somebody_has_put_into_a_half_made_worktree_stays(
    killer: Killer, fleet: RepositoryBuilder, where: str
) -> None:
    making = half_made(killer, fleet)
    (making / where).parent.mkdir(exist_ok=True)
    (making / where).write_text("somebody's\n")
    workplace = planned(fleet, "one")
    found = agents.obstacles(opened(fleet), workplace, trunk(fleet))
    assert [each.kind.value for each in found] == ["uncommitted"]
    assert agents.remove(opened(fleet), workplace, trunk=trunk(fleet)).obstacles == found
    for again in (lambda: agents.create(opened(fleet), workplace, trunk(fleet)), lambda: _abandon(fleet)):
        with pytest.raises(BadInputError, match="has not put there"):
            again()
    assert (making / where).read_text() == "somebody's\n"
    (making / where).unlink()
    assert agents.remove(opened(fleet), workplace, trunk=trunk(fleet)).obstacles == ()


def _abandon(builder: RepositoryBuilder) -> None:
    agents.abandon(opened(builder), planned(builder, "one"))


def test_a_branch_that_somebody_has_made_meanwhile(killer: Killer, fleet: RepositoryBuilder) -> None:
    copies = Copies(fleet)
    for number in range(1, MANY):
        copies.put_back()
        killer.runs("create", fleet, trunk(fleet), number)
        if (fleet.git_dir / "worktrees/one/gatekeeper.json").exists():
            break
    assert "refs/heads/one" not in references(fleet)
    theirs = fleet.git("commit-tree", "-p", "main", "-m", "theirs", "main^{tree}").strip()
    fleet.git("update-ref", "refs/heads/one", theirs)
    with pytest.raises(BadInputError, match="has changed meanwhile"):
        agents.create(opened(fleet), planned(fleet, "one"), trunk(fleet))
    assert agents.abandon(opened(fleet), planned(fleet, "one"))
    assert references(fleet)["refs/heads/one"] == theirs


def test_a_directory_made_again_that_is_killed(killer: Killer, fleet: RepositoryBuilder) -> None:
    _, worktree = started_in(fleet)
    tip = commit_in(worktree, "new.txt", "1\n")
    shutil.rmtree(worktree)
    copies = Copies(fleet)
    for number in range(1, MANY):
        copies.put_back()
        done = killer.runs("create", fleet, trunk(fleet), number)
        # Neither a removal nor an abandoned start may take what was on the branch.
        if number % 2:
            assert not agents.abandon(opened(fleet), planned(fleet, "one"))
            assert agents.remove(opened(fleet), planned(fleet, "one"), trunk=trunk(fleet)).obstacles
        assert references(fleet)["refs/heads/one"] == tip
        assert killer.runs("create", fleet, trunk(fleet))
        assert git(worktree, "rev-parse", "HEAD") == tip
        assert git(worktree, "status", "--porcelain", "-b") == "## one"
        if done:
            return
    raise AssertionError


def test_git_that_outlives_gatekeeper_is_waited_for(fleet: RepositoryBuilder, tmp_path: Path) -> None:
    """The lock lasts as long as any git that was started under it."""
    tools = tmp_path / "tools"
    tools.mkdir()
    fifo = tmp_path / "fifo"
    os.mkfifo(fifo)
    (tools / "git").write_text(
        f'#!/bin/sh\ncase "$1" in read-tree) kill -9 $PPID; cat {fifo};; esac\nexec {git_program()} "$@"\n'
    )
    (tools / "git").chmod(0o755)
    command = [
        sys.executable,
        "-c",
        _CREATE,
        str(fleet.root),
        trunk(fleet),
        *sys.path,
    ]
    first = subprocess.run(
        command, env=os.environ | {"PATH": f"{tools}:{os.environ['PATH']}"}, check=False, stdout=subprocess.DEVNULL
    )
    assert first.returncode == -9
    with subprocess.Popen(command) as second:
        # It can only end after the git of the first one, which waits for this.
        with fifo.open("w") as unblocked:
            assert second.poll() is None
            unblocked.write("go\n")
        assert second.wait() == 0
    worktree = fleet.root.parent / "repository.agents/one"
    assert git(worktree, "status", "--porcelain", "-b") == "## one"
