"""What ``gatekeeper merge-driver`` is to git: 0 clean, 1 a conflict that is marked, above 128 nothing done."""

from __future__ import annotations

import os
import signal
from pathlib import Path

import pytest

from tests.cli.run import gatekeeper

BASE = '[dependencies]\nanchor = "1"\n'
OURS = f'{BASE}chain = "2"\n'
THEIRS = f'{BASE}tide = "3"\n'
RAISED = BASE.replace('"1"', '"2"')
RAISED_MORE = BASE.replace('"1"', '"3"')


def drive(place: Path, *options: str, sides: tuple[str, str, str] = (BASE, OURS, THEIRS)) -> tuple[int, str]:
    for name, text in zip(("base", "ours", "theirs"), sides, strict=True):
        if not (place / name).exists():
            (place / name).write_text(text)
    done = gatekeeper(
        "merge-driver", *options, "--", "base", "ours", "theirs", "9", "Cargo.toml", cwd=place, timeout=60
    )
    return done.returncode, done.stderr


def test_a_merge_takes_the_place_of_ours(tmp_path: Path) -> None:
    assert drive(tmp_path) == (0, "")
    assert (tmp_path / "ours").read_text() == f'{OURS}tide = "3"\n'


def test_a_clash_takes_the_place_of_ours_with_markers(tmp_path: Path) -> None:
    code, said = drive(tmp_path, "--labels", "1a2b3c4", "HEAD", "--theirs", sides=(BASE, RAISED, RAISED_MORE))
    assert code == 1
    assert said == 'Cargo.toml: dependencies.anchor.version: ours "2" (line 2), theirs "3" (line 2)\n'
    marked = '[dependencies]\n<<<<<<<<< HEAD\nanchor = "2"\n=========\nanchor = "3"\n>>>>>>>>> --theirs\n'
    assert (tmp_path / "ours").read_text() == marked


def test_another_file_can_take_it(tmp_path: Path) -> None:
    assert drive(tmp_path, "-o", "merged") == (0, "")
    assert (tmp_path / "ours").read_text() == OURS
    assert (tmp_path / "merged").read_text() == f'{OURS}tide = "3"\n'


@pytest.mark.parametrize("options", [("-o", "nowhere/merged"), ("--no-such-option",), ("--limit", "0")])
def test_a_failure_is_no_conflict_to_git(tmp_path: Path, options: tuple[str, ...]) -> None:
    code, said = drive(tmp_path, *options)
    assert code == 129
    assert said.startswith("gatekeeper: ")
    assert (tmp_path / "ours").read_text() == OURS


def test_it_gives_up_when_the_time_is_over(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "base")
    code, _ = drive(tmp_path, "--limit", "0.2")
    assert code == -signal.SIGALRM
    assert (tmp_path / "ours").read_text() == OURS
