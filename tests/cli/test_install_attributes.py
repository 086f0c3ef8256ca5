"""What ``install merge-driver`` does to .gitattributes, and what git makes of it."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest

from tests.cli.run import gatekeeper
from tests.kit import RepositoryBuilder

BEGIN, END = "# gatekeeper merge driver: begin", "# gatekeeper merge driver: end"
DEFAULT = "Cargo.toml merge=gatekeeper\nMakefile.toml merge=gatekeeper\nCargo.lock merge=gatekeeper\n"


@pytest.fixture
def worktree(repository: RepositoryBuilder) -> Path:
    repository.commit("main", {"Cargo.toml": "[workspace]\n"})
    repository.branch("work")
    return repository.worktree("work")


def install(worktree: Path, *options: str) -> subprocess.CompletedProcess[str]:
    return gatekeeper("install", "merge-driver", *options, cwd=worktree)


def merge_attribute(worktree: Path, path: str) -> str:
    arguments = ["git", "check-attr", "-z", "merge", "--", path]
    done = subprocess.run(arguments, cwd=worktree, capture_output=True, text=True, check=True)
    return done.stdout.split("\0")[2]


@pytest.mark.parametrize(
    ("pattern", "path"),
    [
        ("my deps.toml", "my deps.toml"),
        (" led.toml", " led.toml"),
        ("#one.toml", "#one.toml"),
        ('"two".toml', '"two".toml'),
        ("\\!three.toml", "!three.toml"),
        ("\\! four.toml", "! four.toml"),
        ("tab\tand\nline.toml", "tab\tand\nline.toml"),
        ("bell\a.toml", "bell\a.toml"),
        ("größe.toml", "größe.toml"),
        ("/config/**", "config/deep/deny.toml"),
    ],
)
def test_git_reads_the_pattern_that_was_given(worktree: Path, pattern: str, path: str) -> None:
    done = install(worktree, "--pattern", pattern)
    assert done.returncode == 0, done.stderr
    assert merge_attribute(worktree, path) == "gatekeeper"
    assert merge_attribute(worktree, "Cargo.toml") == "gatekeeper"
    assert install(worktree, "--pattern", pattern).stdout.startswith("already in ")
    assert install(worktree, "--uninstall").returncode == 0
    assert not (worktree / ".gitattributes").exists()


@pytest.mark.parametrize(
    ("pattern", "said"),
    [
        ("!deny.toml", "git's attributes know no negative patterns"),
        ("[attr]deny", "[attr]deny defines an attribute"),
        ("config/", "no file has the name 'config/'"),
        ("", "no file has the name ''"),
        ("x" * 3000, "is too long for git"),
    ],
)
def test_what_git_has_no_line_for_is_refused(worktree: Path, pattern: str, said: str) -> None:
    done = install(worktree, "--pattern", pattern)
    assert done.returncode == 2
    assert said in done.stderr
    assert not (worktree / ".gitattributes").exists()
    assert install(worktree, "--uninstall").stdout.startswith("not in ")


def test_patterns_from_before_stay(worktree: Path) -> None:
    install(worktree, "--pattern", "deny.toml")
    assert install(worktree).stdout.startswith("already in ")
    install(worktree, "--pattern", "rust fmt.toml")
    lines = f'{DEFAULT}deny.toml merge=gatekeeper\n"rust fmt.toml" merge=gatekeeper\n'
    assert (worktree / ".gitattributes").read_text() == f"{BEGIN}\n{lines}{END}\n"


def test_a_beginning_without_an_end_takes_nothing_with_it(worktree: Path) -> None:
    attributes = worktree / ".gitattributes"
    attributes.write_text(f"{BEGIN}\n*.png binary\n")
    install(worktree)
    assert attributes.read_text() == f"{BEGIN}\n*.png binary\n{BEGIN}\n{DEFAULT}{END}\n"
    install(worktree, "--uninstall")
    assert attributes.read_text() == f"{BEGIN}\n*.png binary\n"


def test_a_line_that_somebody_has_put_in_between_stays(worktree: Path) -> None:
    install(worktree)
    attributes = worktree / ".gitattributes"
    attributes.write_text(attributes.read_text().replace(END, f"*.md text\n{END}"))
    assert install(worktree).stdout.startswith("already in ")
    install(worktree, "--uninstall")
    assert attributes.read_text() == "*.md text\n"


@pytest.mark.parametrize(
    "line", ["Cargo.lock -merge", "Cargo.lock merge=union", "*.lock binary", '"Cargo.lock" !merge']
)
def test_a_line_of_somebody_else_that_no_longer_counts_is_named(worktree: Path, line: str) -> None:
    attributes = worktree / ".gitattributes"
    attributes.write_text(f"*.rs merge=union\n{line}\n*.toml text\n")
    done = install(worktree, "--format", "json")
    sentence = f"{attributes}, line 2, {line}: no longer counts there"
    assert done.stderr == f"{sentence}\n"
    document = json.loads(done.stdout)
    assert (document["schema"], document["changed"], document["notes"]) == ("gatekeeper.install/1", True, [sentence])
    assert merge_attribute(worktree, "Cargo.lock") == "gatekeeper"


def test_a_line_of_somebody_else_that_comes_later_counts_and_is_named(worktree: Path) -> None:
    install(worktree)
    with (worktree / ".gitattributes").open("a") as attributes:
        attributes.write("Cargo.lock -merge\n")
    done = install(worktree)
    assert done.stdout.startswith("already in ")
    assert done.stderr == f"{worktree / '.gitattributes'}, line 6, Cargo.lock -merge: goes before gatekeeper's lines\n"
    assert merge_attribute(worktree, "Cargo.lock") == "unset"
