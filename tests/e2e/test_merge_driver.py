"""The merge driver in the hands of real git: installed, missing, crashing and too slow."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest
import tomli

from gatekeeper.merging.install import Scope, driver_command, install
from tests.kit import RepositoryBuilder

BASE = """\
[package]
name = "buoy"
version = "0.1.0"

[dependencies]
anchor = "1"
"""
OURS = f'{BASE}# for the chain\nchain = {{ version = "1", features = ["steel"] }}\n'
THEIRS = f'{BASE}tide = "2"\n'
MERGED = f'{OURS}tide = "2"\n'
CLASHING = BASE.replace('anchor = "1"', 'anchor = "2"')
CLASHES = BASE.replace('anchor = "1"', 'anchor = "3"')
PROGRAM = (sys.executable, "-m", "gatekeeper")

Start = Callable[..., Path]


@pytest.fixture
def start(repository: RepositoryBuilder) -> Start:
    """Return what makes a worktree of a branch in which the driver is installed, and two sides to merge."""

    def started(ours: str = OURS, theirs: str = THEIRS, program: Sequence[str] = PROGRAM) -> Path:
        repository.commit("main", {"Cargo.toml": BASE})
        for name, text in (("ours", ours), ("theirs", theirs)):
            repository.branch(name)
            repository.commit(name, {"Cargo.toml": text})
        worktree = repository.worktree("ours")
        install(worktree, Scope.LOCAL, program=program, versions="ask")
        return worktree

    return started


def git(worktree: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(["git", *arguments], cwd=worktree, capture_output=True, text=True, check=False)


def manifest(worktree: Path) -> str:
    return (worktree / "Cargo.toml").read_text()


def test_a_merge_is_what_both_sides_did(start: Start) -> None:
    worktree = start()
    assert git(worktree, "merge", "theirs", "-m", "m").returncode == 0
    assert manifest(worktree) == MERGED
    assert not list(worktree.glob("*.gatekeeper-ours"))


@pytest.mark.parametrize("command", [("rebase", "theirs"), ("cherry-pick", "theirs")])
def test_rebase_and_cherry_pick_call_the_driver(start: Start, command: tuple[str, ...]) -> None:
    worktree = start()
    done = git(worktree, *command)
    assert done.returncode == 0, done.stderr
    assert tomli.loads(manifest(worktree)) == tomli.loads(MERGED)


def test_a_stash_is_popped_onto_another_commit(start: Start) -> None:
    worktree = start()
    (worktree / "Cargo.toml").write_text(f'{OURS}wind = "3"\n')
    assert git(worktree, "stash").returncode == 0
    assert git(worktree, "reset", "-q", "--hard", "theirs").returncode == 0
    git(worktree, "stash", "pop")
    assert tomli.loads(manifest(worktree))["dependencies"].keys() >= {"wind", "tide"}


def test_a_revert_keeps_what_came_after(start: Start) -> None:
    worktree = start()
    (worktree / "Cargo.toml").write_text(f'{OURS}wind = "3"\n')
    git(worktree, "commit", "-qam", "wind")
    assert git(worktree, "revert", "--no-edit", "HEAD~1").returncode == 0
    assert manifest(worktree) == f'{BASE}wind = "3"\n'


def test_merge_tree_calls_the_driver_and_leaves_the_worktree(start: Start) -> None:
    worktree = start()
    done = git(worktree, "merge-tree", "--write-tree", "ours", "theirs")
    assert done.returncode == 0, done.stdout
    assert git(worktree, "show", f"{done.stdout.strip()}:Cargo.toml").stdout == MERGED
    assert manifest(worktree) == OURS


def test_a_criss_cross_is_merged_on_a_base_that_the_driver_has_merged(start: Start) -> None:
    worktree = start()
    first, second = (git(worktree, "rev-parse", name).stdout.strip() for name in ("ours", "theirs"))
    assert git(worktree, "merge", second, "-m", "ours with theirs").returncode == 0
    (worktree / "Cargo.toml").write_text(MERGED.replace('anchor = "1"', 'anchor = "2"'))
    git(worktree, "commit", "-am", "a newer anchor")
    git(worktree, "checkout", "-q", "theirs")
    assert git(worktree, "merge", first, "-m", "theirs with ours").returncode == 0
    (worktree / "Cargo.toml").write_text(manifest(worktree).replace('tide = "2"', 'tide = "3"'))
    git(worktree, "commit", "-am", "a newer tide")
    assert len(git(worktree, "merge-base", "--all", "ours", "theirs").stdout.split()) == 2
    done = git(worktree, "merge", "ours", "-m", "both")
    assert done.returncode == 0, done.stdout + done.stderr
    expected = MERGED.replace('anchor = "1"', 'anchor = "2"').replace('tide = "2"', 'tide = "3"')
    assert tomli.loads(manifest(worktree)) == tomli.loads(expected)


def test_both_sides_add_the_file(repository: RepositoryBuilder) -> None:
    repository.commit("main", {"notes.txt": "x\n"})
    for name, text in (("ours", OURS), ("theirs", THEIRS)):
        repository.branch(name)
        repository.commit(name, {"Cargo.toml": text})
    worktree = repository.worktree("ours")
    install(worktree, Scope.LOCAL, program=PROGRAM, versions="ask")
    assert git(worktree, "merge", "theirs", "-m", "m").returncode == 0
    assert tomli.loads(manifest(worktree)) == tomli.loads(MERGED)


def test_a_clash_has_markers_and_says_what_clashes(start: Start) -> None:
    worktree = start(CLASHING, CLASHES)
    done = git(worktree, "merge", "theirs", "-m", "m")
    assert done.returncode == 1
    assert 'dependencies.anchor.version: ours "2" (line 6), theirs "3" (line 6)' in done.stderr
    text = manifest(worktree)
    assert text.count("<<<<<<< ours") == text.count(">>>>>>> theirs") == 1
    assert 'anchor = "2"' in text
    assert 'anchor = "3"' in text


@pytest.mark.parametrize(
    "program",
    [("/nowhere/gatekeeper",), (sys.executable, "-c", "raise SystemError('boom')"), ("sh", "-c", "kill -9 $$")],
    ids=["missing", "crashing", "killed"],
)
def test_without_the_driver_git_merges_the_lines(start: Start, program: tuple[str, ...]) -> None:
    worktree = start(program=program)
    assert git(worktree, "merge", "theirs", "-m", "m").returncode == 1
    text = manifest(worktree)
    for line in ("<<<<<<< ours", "# for the chain", 'tide = "2"', ">>>>>>> theirs"):
        assert line in text
    assert not list(worktree.glob("*.gatekeeper-ours"))


def test_without_the_driver_a_clean_merge_is_clean(start: Start) -> None:
    ours = BASE.replace('name = "buoy"', 'name = "beacon"')
    worktree = start(ours, THEIRS, program=("/nowhere/gatekeeper",))
    assert git(worktree, "merge", "theirs", "-m", "m").returncode == 0
    assert manifest(worktree) == ours.replace('anchor = "1"\n', 'anchor = "1"\ntide = "2"\n')


def test_a_driver_that_writes_half_and_dies_eats_no_side(start: Start) -> None:
    worktree = start(program=("sh", "-c", 'echo half > "$4"; exit 70', "driver"))
    assert git(worktree, "merge", "theirs", "-m", "m").returncode == 1
    assert "half" not in manifest(worktree)
    assert "# for the chain" in manifest(worktree)


def test_the_command_keeps_paths_as_they_are() -> None:
    command = driver_command(("/opt/a b/python", "-m", "gatekeeper"), "max")
    assert "'\"'\"'/opt/a b/python'\"'\"' -m gatekeeper merge-driver --versions max --" in command
    assert command.endswith(" %O %A %B %L %P")
