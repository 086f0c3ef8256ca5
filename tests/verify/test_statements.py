from __future__ import annotations

import shlex
from typing import Any

import pytest

from tests.verify.statements import Outcome, Statement

FINE = Outcome(0, "all is well\nbye\n")
BAD = Outcome(101, "error: no\n\nCaused by:\n  feature `a` is\n  not there\n")
SCRIPTS = {"ship.sh": b"makers pack\n", "ci.yml": b"- run: cargo make pack\n", "test.sh": b"cargo test --all\n"}


def stated(**row: Any) -> Statement:
    return Statement.of({"run": ["cargo", "metadata"], **row})


@pytest.mark.parametrize(
    ("row", "merge", "alone", "fault"),
    [
        ({"exit": 101, "says": "feature `a`"}, BAD, FINE, ""),
        ({"exit": 101, "says": "feature `b`"}, BAD, FINE, "does not say 'feature `b`'"),
        ({"exit": 1, "says": "feature `a`"}, BAD, FINE, "exits 101, not 1"),
        ({"says": "feature `a`"}, BAD, BAD, "left alone does so too"),
        ({"exit": 101}, BAD, FINE, ""),
        ({"exit": 101}, BAD, BAD, "left alone does so too"),
        ({"exit": 0}, FINE, FINE, ""),
        ({"quiet": True}, BAD, FINE, "exits 101, not 0"),
        ({"lacks": "feature"}, FINE, BAD, ""),
        ({"lacks": "feature"}, FINE, FINE, "no side alone says 'feature'"),
        ({"lacks": "bye"}, FINE, FINE, "says 'bye'"),
        ({"says": "bye", "unlike": "left"}, FINE, BAD, ""),
        ({"says": "bye", "unlike": "left"}, FINE, FINE, "left alone does so too"),
        ({"says": "bye", "unlike": "right"}, FINE, FINE, ""),
    ],
)
def test_a_statement_is_about_the_merge_and_no_side(
    row: dict[str, Any], merge: Outcome, alone: Outcome, fault: str
) -> None:
    statement = stated(**row)
    assert (statement.fault(merge) or statement.fault_alone({"left": alone})) == fault


@pytest.mark.parametrize(
    "command",
    ["cargo make pack", "bash -c 'cargo make pack | head'", "bash ship.sh", "bash -c 'sed 1d ci.yml | bash'"],
)
def test_cargo_make_is_needed_where_a_command_or_its_script_calls_it(command: str) -> None:
    assert stated(run=shlex.split(command), quiet=True).needs_cargo_make(SCRIPTS)


@pytest.mark.parametrize("command", ["cargo metadata", "bash test.sh"])
def test_cargo_make_is_not_needed_elsewhere(command: str) -> None:
    assert not stated(run=shlex.split(command), quiet=True).needs_cargo_make(SCRIPTS)


def test_what_is_true_elsewhere_only_is_not_asked_here(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.platform", "darwin")
    assert [stated(quiet=True, on=platform).elsewhere for platform in ("", "darwin", "linux")] == ["", "", "linux"]


@pytest.mark.parametrize("row", [{}, {"exits": 1}, {"says": "x", "run": []}, {"unlike": "left"}])
def test_what_states_nothing_is_refused(row: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="not a statement"):
        stated(**row)


def test_the_words_are_the_lines_that_were_stated() -> None:
    assert stated(says="`a` is\n  not").words(BAD) == "feature `a` is not there"
    assert stated(exit=101).words(BAD) == "error: no"
    assert stated(quiet=True).words(FINE) == ""
    assert stated(says="bye").words(Outcome(0, "x" * 1000 + "bye")) == "… bye …"
