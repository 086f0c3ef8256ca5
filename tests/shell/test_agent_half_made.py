"""What a start that was killed has left is completed or taken back, and what somebody put there meanwhile stays."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from gatekeeper import agents
from gatekeeper.errors import BadInputError
from tests.kit import RepositoryBuilder
from tests.kit.environment import git_program
from tests.shell.killing_agents import MANY, Copies, Killer, killers, with_another_agent
from tests.shell.scans import opened
from tests.shell.workplaces import git, nobody_s, planned, references, started_in, trunk

_CREATE = """\
import sys
sys.path[:0] = sys.argv[3:]
from pathlib import Path
from tests.shell.killed_process import run
run("create", Path(sys.argv[1]), sys.argv[2])
"""


@pytest.fixture(scope="module")
def killer() -> Iterator[Killer]:
    yield from killers()


@pytest.fixture
def fleet(tmp_path: Path) -> RepositoryBuilder:
    return with_another_agent(tmp_path)


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
