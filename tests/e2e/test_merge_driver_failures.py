"""Whatever becomes of the driver, git has the old file or a complete new one, and nothing is left beside it."""

from __future__ import annotations

import os
import resource
import shutil
import signal
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest
import tomli

from gatekeeper.merging.wrapper import driver_command, this_program
from tests.e2e.merge_driver_kit import (
    BASE,
    CLASHES,
    CLASHING,
    MERGED,
    OURS,
    THEIRS,
    TRACEBACK,
    git,
    leftovers,
    manifest,
    set_up,
    shell_line,
    use_driver,
)
from tests.kit import RepositoryBuilder

needs_timeout = pytest.mark.skipif(shutil.which("timeout") is None, reason="only timeout ends a program of others")


def a_script(lines: str) -> tuple[str, ...]:
    """Return a driver in which $OUT is the file that gets the merge."""
    return ("sh", "-c", f"OUT=$3\n{lines}", "driver")


@pytest.mark.parametrize(
    "program",
    [
        a_script("kill -9 $$"),
        a_script('echo half >"$OUT"; exit 70'),
        a_script('echo half >"$OUT"; kill -9 $$'),
        a_script("exit 0"),
        a_script("exit 1"),
        pytest.param(a_script("exec sleep 60"), marks=needs_timeout),
        pytest.param(a_script("trap '' TERM INT HUP; while :; do sleep 60; done"), marks=needs_timeout),
    ],
    ids=["killed", "half", "half, killed", "nothing", "nothing, a conflict", "hanging", "deaf"],
)
def test_git_merges_the_lines(repository: RepositoryBuilder, program: Sequence[str]) -> None:
    worktree = set_up(repository, program=program, seconds=0.3 if "sleep" in program[2] else 10)
    done = git(worktree, "merge", "theirs", "-m", "m")
    assert done.returncode == 1
    assert "git merges the lines" in done.stderr
    text = manifest(worktree)
    assert text.startswith(f"{BASE}<<<<<<< ")
    assert "half" not in text
    for line in ("# for the chain", 'tide = "2"'):
        assert line in text.splitlines()
    assert leftovers(worktree) == []


@pytest.mark.parametrize(("sides", "code"), [((BASE, OURS, THEIRS), 0), ((BASE, CLASHING, CLASHES), 1)])
@pytest.mark.parametrize("program", [(), TRACEBACK], ids=["installed", "crashing"])
def test_nothing_but_the_shell_and_git_is_needed(
    tmp_path: Path, program: Sequence[str], sides: tuple[str, ...], code: int
) -> None:
    tools = tmp_path / "tools"
    tools.mkdir()
    for name in ("sh", "env", "git", "mkdir", "mv", "rm"):
        (tools / name).symlink_to(str(shutil.which(name)))
    place = written(tmp_path / "place", *sides)
    done = run_driver(place, driver_command(program or this_program(), "ask"), env=os.environ | {"PATH": str(tools)})
    assert done.returncode == (1 if program else code), done.stderr
    text = (place / "ours").read_text()
    assert ("<<<<<<< ours" in text) == (bool(program) or code == 1)
    assert sorted(path.name for path in place.iterdir()) == ["base", "ours", "theirs"]


@pytest.mark.parametrize("name", ["SIGTERM", "SIGINT", "SIGHUP"])
def test_killed_half_way_it_leaves_the_old_file(tmp_path: Path, name: str) -> None:
    place = written(tmp_path / "place", BASE, OURS, THEIRS)
    ready = tmp_path / "ready"
    os.mkfifo(ready)
    program = a_script(f'echo half >"$OUT"; echo >{ready}; exec sleep 60')
    running = subprocess.Popen(
        ["sh", "-c", shell_line(driver_command(program, "ask", seconds=60), *ARGUMENTS)],
        cwd=place,
        stderr=subprocess.PIPE,
        text=True,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),  # noqa: PLW1509 - no threads here
    )
    ready.read_bytes()
    running.send_signal(signal.Signals[name])
    said = running.communicate(timeout=20)[1]
    assert running.returncode == 128 + signal.Signals[name]
    assert "gatekeeper: the merge was interrupted and has written nothing; git has both sides" in said
    assert sorted(path.name for path in place.iterdir()) == ["base", "ours", "theirs"]
    assert (place / "ours").read_text() == OURS


@pytest.mark.parametrize("program", [(), TRACEBACK], ids=["installed", "crashing"])
def test_where_there_is_no_room_for_the_merge_the_file_stays(
    repository: RepositoryBuilder, program: Sequence[str]
) -> None:
    base = f"{BASE}\n[features]\n"
    dependencies = "".join(f'ours-{number:04} = "1"\n' for number in range(1000))
    features = "".join(f"theirs-{number:04} = []\n" for number in range(1000))
    sides = (base, base.replace("[dependencies]\n", f"[dependencies]\n{dependencies}"), f"{base}{features}")
    worktree = set_up(repository, *sides, program=program)
    room = max(map(len, sides)) + 1000
    done = git(
        worktree,
        "merge",
        "theirs",
        "-m",
        "m",
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (room, room)),
    )
    assert done.returncode != 0
    assert "gatekeeper: the merge cannot be written and has written nothing; git has both sides" in done.stderr
    assert manifest(worktree) == sides[1]
    assert leftovers(worktree) == []
    use_driver(worktree)
    again = (
        ["checkout", "--merge", "--", "Cargo.toml"] if git(worktree, "ls-files", "-u").stdout else ["merge", "theirs"]
    )
    assert git(worktree, *again).returncode == 0
    merged = tomli.loads(manifest(worktree))
    assert (len(merged["dependencies"]), len(merged["features"])) == (1001, 1000)


def test_what_git_takes_for_binary_conflicts_as_ever(repository: RepositoryBuilder) -> None:
    worktree = set_up(repository, BASE, f"{OURS}# \0\n", THEIRS, program=TRACEBACK)
    done = git(worktree, "merge", "theirs", "-m", "m")
    assert done.returncode == 1
    assert "CONFLICT (content)" in done.stdout
    assert "cannot be written" not in done.stderr
    assert manifest(worktree) == f"{OURS}# \0\n"
    assert leftovers(worktree) == []


@pytest.mark.parametrize("python_path", [None, os.pathsep], ids=["plain", "PYTHONPATH with the current directory"])
def test_no_python_of_the_branch_is_run(repository: RepositoryBuilder, python_path: str | None) -> None:
    worktree = set_up(repository)
    hostile = "from pathlib import Path\nPath('owned').touch()\nraise SystemExit(0)\n"
    for name in ("click.py", "gatekeeper/__init__.py", "gatekeeper/__main__.py", "rtoml.py", "sitecustomize.py"):
        (worktree / name).parent.mkdir(exist_ok=True)
        (worktree / name).write_text(hostile)
    git(worktree, "add", "--all")
    git(worktree, "commit", "-qm", "modules with well-known names")
    environment = {} if python_path is None else {"PYTHONPATH": python_path}
    done = git(worktree, "merge", "theirs", "-m", "m", env=environment)
    assert done.returncode == 0, done.stdout + done.stderr
    assert manifest(worktree) == MERGED
    assert leftovers(worktree) == []


def test_it_starts_where_pythonpath_leads_to_it(monkeypatch: pytest.MonkeyPatch) -> None:
    start = ("-P", "-c", "from gatekeeper.cli.driver_process import main; main()")
    monkeypatch.setenv("PYTHONPATH", os.pathsep)
    assert this_program() == (sys.executable, "-E", *start)
    root = str(Path(__file__).parent.parent.parent)
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join(["", root]))
    assert this_program() == ("env", f"PYTHONPATH={root}", sys.executable, *start)


ARGUMENTS = ("base", "ours", "theirs", "7", "Cargo.toml")


def written(place: Path, *texts: str) -> Path:
    place.mkdir()
    for name, text in zip(ARGUMENTS, texts, strict=False):
        (place / name).write_text(text)
    return place


def run_driver(
    place: Path, command: str, *labels: str, env: dict[str, str] | None = None
) -> subprocess.CompletedProcess[str]:
    line = shell_line(command, *ARGUMENTS, *labels)
    return subprocess.run(["/bin/sh", "-c", line], cwd=place, env=env, capture_output=True, text=True, check=False)


@pytest.mark.parametrize("program", [(), TRACEBACK], ids=["installed", "crashing"])
def test_markers_have_git_s_labels_where_git_gives_them(tmp_path: Path, program: Sequence[str]) -> None:
    command = driver_command(program or this_program(), "ask")
    place = written(tmp_path / "new", BASE, CLASHING, CLASHES)
    run_driver(place, command, "1a2b3c4", "HEAD", "'5d6e7f8 (raise the anchor)'")
    assert "<<<<<<< HEAD\n" in (place / "ours").read_text()
    assert ">>>>>>> 5d6e7f8 (raise the anchor)\n" in (place / "ours").read_text()
    place = written(tmp_path / "old", BASE, CLASHING, CLASHES)
    run_driver(place, command)
    assert "<<<<<<< ours\n" in (place / "ours").read_text()
    assert ">>>>>>> theirs\n" in (place / "ours").read_text()


def test_the_command_keeps_paths_as_they_are(tmp_path: Path) -> None:
    program = tmp_path / "100 %P 'percent'" / "driver"
    program.parent.mkdir()
    program.write_text('#!/bin/sh\necho "$@" >said\necho merged >"$3"\n')
    program.chmod(0o755)
    place = written(tmp_path / "place", BASE, OURS, THEIRS)
    assert run_driver(place, driver_command((str(program),), "max")).returncode == 0
    assert (place / "ours").read_text() == "merged\n"
    assert (place / "said").read_text() == (
        "10 max ours.gatekeeper/merged base ours theirs base ours theirs 7 Cargo.toml\n"
    )
