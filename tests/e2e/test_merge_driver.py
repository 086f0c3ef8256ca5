"""The merge driver in the hands of real git: every command that merges, with the driver, without it, and crashing."""

from __future__ import annotations

import subprocess
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest
import tomli

from tests.e2e.merge_driver_kit import (
    BASE,
    CLASHES,
    CLASHING,
    MERGED,
    MISSING,
    OURS,
    THEIRS,
    TRACEBACK,
    git,
    git_version,
    leftovers,
    manifest,
    set_up,
    use_driver,
)
from tests.kit import RepositoryBuilder

Start = Callable[..., Path]
Done = tuple[subprocess.CompletedProcess[str], str]
"""How git ended, and the text that it has made of the manifest."""


@pytest.fixture
def start(repository: RepositoryBuilder) -> Start:
    return lambda *sides, program=(): set_up(repository, *sides, program=program)


def merge(worktree: Path) -> Done:
    return git(worktree, "merge", "theirs", "-m", "m"), manifest(worktree)


def rebase(worktree: Path) -> Done:
    return git(worktree, "rebase", "theirs"), manifest(worktree)


def cherry_pick(worktree: Path) -> Done:
    return git(worktree, "cherry-pick", "theirs"), manifest(worktree)


def stash_pop(worktree: Path) -> Done:
    (worktree / "Cargo.toml").write_text(MERGED)
    assert git(worktree, "stash").returncode == 0
    assert git(worktree, "checkout", "-q", "-b", "elsewhere").returncode == 0
    (worktree / "Cargo.toml").write_text(f'{OURS}wind = "3"\n')
    assert git(worktree, "commit", "-qam", "wind").returncode == 0
    return git(worktree, "stash", "pop"), manifest(worktree)


def revert(worktree: Path) -> Done:
    (worktree / "Cargo.toml").write_text(MERGED)
    assert git(worktree, "commit", "-qam", "tide").returncode == 0
    return git(worktree, "revert", "--no-edit", "HEAD~1"), manifest(worktree)


def merge_tree(worktree: Path) -> Done:
    done = git(worktree, "merge-tree", "--write-tree", "ours", "theirs")
    assert manifest(worktree) == OURS
    return done, git(worktree, "show", f"{done.stdout.split()[0]}:Cargo.toml").stdout


COMMANDS: dict[Callable[[Path], Done], tuple[str, list[str]]] = {
    merge: (MERGED, ["# for the chain", 'tide = "2"']),
    rebase: (MERGED, ["# for the chain", 'tide = "2"']),
    cherry_pick: (MERGED, ["# for the chain", 'tide = "2"']),
    stash_pop: (f'{MERGED}wind = "3"\n', ['wind = "3"', 'tide = "2"']),
    revert: (THEIRS, ["# for the chain", 'tide = "2"']),
    merge_tree: (MERGED, ["# for the chain", 'tide = "2"']),
}
"""What the merge says, and what of both sides has to be there where the lines conflict."""


@pytest.mark.parametrize("command", COMMANDS, ids=lambda command: command.__name__)
def test_git_merges_with_the_driver(start: Start, command: Callable[[Path], Done]) -> None:
    worktree = start()
    done, text = command(worktree)
    assert done.returncode == 0, done.stdout + done.stderr
    assert tomli.loads(text) == tomli.loads(COMMANDS[command][0])
    assert leftovers(worktree) == []


@pytest.mark.parametrize("command", COMMANDS, ids=lambda command: command.__name__)
@pytest.mark.parametrize("program", [MISSING, TRACEBACK], ids=["missing", "crashing"])
def test_git_marks_the_conflict_without_the_driver(
    start: Start, command: Callable[[Path], Done], program: Sequence[str]
) -> None:
    worktree = start(program=program)
    done, text = command(worktree)
    assert done.returncode == 1, done.stdout + done.stderr
    lines = text.splitlines()
    assert all(line in lines for line in COMMANDS[command][1])
    assert [line[:7] for line in lines if line[:7] in {"<" * 7, "=" * 7, ">" * 7}] == ["<" * 7, "=" * 7, ">" * 7]
    assert leftovers(worktree) == []


def test_the_text_is_that_of_both_sides(start: Start) -> None:
    assert merge(start())[1] == MERGED


def test_both_sides_add_the_file(repository: RepositoryBuilder) -> None:
    repository.commit("main", {"notes.txt": "x\n"})
    for name, text in (("ours", OURS), ("theirs", THEIRS)):
        repository.branch(name)
        repository.commit(name, {"Cargo.toml": text})
    worktree = repository.worktree("ours")
    use_driver(worktree)
    assert merge(worktree)[0].returncode == 0
    assert tomli.loads(manifest(worktree)) == tomli.loads(MERGED)


def test_a_clash_has_markers_and_says_what_clashes(start: Start) -> None:
    worktree = start(BASE, CLASHING, CLASHES)
    done, text = merge(worktree)
    assert done.returncode == 1
    assert 'dependencies.anchor.version: ours "2" (line 6), theirs "3" (line 6)' in done.stderr
    ours = "HEAD" if git_version() >= (2, 44) else "ours"
    assert text.endswith(f'[dependencies]\n<<<<<<< {ours}\nanchor = "2"\n=======\nanchor = "3"\n>>>>>>> theirs\n')
    assert leftovers(worktree) == []


@pytest.mark.parametrize("program", [(), MISSING], ids=["installed", "missing"])
def test_markers_are_as_long_as_the_attributes_say(start: Start, program: Sequence[str]) -> None:
    worktree = start(BASE, CLASHING, CLASHES, program=program)
    with (worktree / ".gitattributes").open("a") as attributes:
        attributes.write("Cargo.toml conflict-marker-size=11\n")
    done, text = merge(worktree)
    assert done.returncode == 1
    assert [line.split(" ")[0] for line in text.splitlines() if line[:7] in {"<" * 7, "=" * 7, ">" * 7}] == [
        "<" * 11,
        "=" * 11,
        ">" * 11,
    ]


def test_without_the_driver_a_clean_merge_is_clean(start: Start) -> None:
    ours = BASE.replace('name = "buoy"', 'name = "beacon"')
    worktree = start(BASE, ours, THEIRS, program=MISSING)
    done, text = merge(worktree)
    assert done.returncode == 0
    assert text == ours.replace('anchor = "1"\n', 'anchor = "1"\ntide = "2"\n')
    assert "gatekeeper gave no answer (exit code 127): git merges the lines" in done.stderr


def _crossed(worktree: Path, ours: str, theirs: str, *, resolved: str | None = None) -> None:
    """Merge both branches into each other, and then change each: git's base is a merge of its own."""
    first, second = (git(worktree, "rev-parse", name).stdout.strip() for name in ("ours", "theirs"))
    for branch, other, text in (("ours", second, ours), ("theirs", first, theirs)):
        git(worktree, "checkout", "-q", branch)
        done = git(worktree, "merge", other, "-m", "the other side")
        assert done.returncode == (0 if resolved is None else 1)
        if resolved is not None:
            (worktree / "Cargo.toml").write_text(resolved)
            assert git(worktree, "commit", "-qam", "resolved").returncode == 0
        (worktree / "Cargo.toml").write_text(text)
        git(worktree, "commit", "-qam", f"later on {branch}")
    assert len(git(worktree, "merge-base", "--all", "ours", "theirs").stdout.split()) == 2
    git(worktree, "checkout", "-q", "ours")


def test_a_criss_cross_is_merged_on_a_base_that_the_driver_has_merged(start: Start) -> None:
    worktree = start()
    newer = (MERGED.replace('anchor = "1"', 'anchor = "2"'), MERGED.replace('tide = "2"', 'tide = "3"'))
    _crossed(worktree, *newer)
    done, text = merge(worktree)
    assert done.returncode == 0, done.stdout + done.stderr
    expected = newer[0].replace('tide = "2"', 'tide = "3"')
    assert tomli.loads(text) == tomli.loads(expected)


def test_a_criss_cross_on_a_base_with_markers_is_merged_where_either_reading_gives_the_same(start: Start) -> None:
    worktree = start(BASE, CLASHING, CLASHES)
    renamed = CLASHES.replace('name = "buoy"', 'name = "beacon"')
    _crossed(worktree, renamed, f'{CLASHES}tide = "2"\n', resolved=CLASHES)
    done, text = merge(worktree)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "base is not valid TOML" in done.stderr
    assert text == f'{renamed}tide = "2"\n'


def test_a_criss_cross_on_a_base_with_markers_is_no_merge_with_a_key_twice(start: Start) -> None:
    worktree = start(BASE, CLASHING, CLASHES)
    ours = CLASHES.replace("[dependencies]\n", '[dependencies]\nserde = "1"\n')
    theirs = f'{CLASHES}\n[dependencies.serde]\nversion = "2"\n'
    _crossed(worktree, ours, theirs, resolved=CLASHES)
    done, text = merge(worktree)
    assert done.returncode == 1, text
    assert 'dependencies.serde.version: ours "1" (line 6), theirs "2" (line 9)' in done.stderr
    assert git(worktree, "ls-files", "--unmerged").stdout != ""
