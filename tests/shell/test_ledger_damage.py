"""What people and disks do to a ledger: each is named, nothing is lost, and the way out works when it is followed."""

from __future__ import annotations

import json
import re
import shlex
from pathlib import Path

import pytest

from gatekeeper.cli.main import run
from gatekeeper.core.ledger.events import MemoryPut
from gatekeeper.core.ledger.references import KEPT_REF
from gatekeeper.ledger import LEDGER_REF
from gatekeeper.ledger.codec import event_line
from gatekeeper.ledger.ledger import new_event
from tests.kit import RepositoryBuilder
from tests.shell.ledgers import NOW, by_hand, forget_kept, keys, ledger_of, message_of, put, tip, tree_with

FOUND = 3


@pytest.fixture
def here(repository: RepositoryBuilder, monkeypatch: pytest.MonkeyPatch) -> RepositoryBuilder:
    repository.commit("main", {"a": "a"})
    monkeypatch.chdir(repository.root)
    ledger = ledger_of(repository)
    put(ledger, "one", "1")
    put(ledger, "two", "2")
    return repository


def state_without_event(here: RepositoryBuilder) -> None:
    by_hand(here, "ledger: hand", tree=tree_with(here, "one.json", "{}"))


def line_changed(here: RepositoryBuilder) -> None:
    by_hand(here, message_of(here).replace('"text":"2"', '"text":"3"'), parent=f"{LEDGER_REF}~1")


def event_without_state(here: RepositoryBuilder) -> None:
    event = new_event(MemoryPut("three", "text", "3"), at=NOW, by="me")
    by_hand(here, f"x\n\n{event_line(event).decode()}\n")


def event_twice(here: RepositoryBuilder) -> None:
    by_hand(here, message_of(here))


def commit_without_events(here: RepositoryBuilder) -> None:
    by_hand(here, "A note of mine")


def commit_inserted(here: RepositoryBuilder) -> None:
    last = message_of(here)
    tree = here.git("rev-parse", f"{LEDGER_REF}^{{tree}}").strip()
    by_hand(here, "A note of mine", tree=f"{LEDGER_REF}~1^{{tree}}", parent=f"{LEDGER_REF}~1")
    by_hand(here, last, tree=tree)


def damaged_line(here: RepositoryBuilder) -> None:
    by_hand(here, 'x\n\n{"v":1,"id":\n')


def merged(here: RepositoryBuilder) -> None:
    commit = here.git("commit-tree", f"{LEDGER_REF}^{{tree}}", "-p", LEDGER_REF, "-p", "main", "-m", "x").strip()
    here.git("update-ref", LEDGER_REF, commit)


def foreign_commit(here: RepositoryBuilder) -> None:
    here.git("update-ref", LEDGER_REF, "main")


def blob(here: RepositoryBuilder) -> None:
    # update-ref would not, but a file can.
    oid = here.git("hash-object", "-w", "--stdin", stdin="parent \xe9\n").strip()
    (here.git_dir / LEDGER_REF).write_text(f"{oid}\n")


DAMAGES = (
    *(state_without_event, line_changed, event_without_state, event_twice, commit_without_events, commit_inserted),
    *(damaged_line, merged, foreign_commit, blob),
)


def followed(here: RepositoryBuilder, said: str) -> None:
    """Run the commands of git that a message names."""
    commands = re.findall(r"git update-ref (.*?)(?: goes back| keeps|$)", said, re.MULTILINE)
    assert commands
    for command in commands:
        here.git("update-ref", *shlex.split(command))


@pytest.mark.parametrize("damage", DAMAGES)
def test_writing_stops_and_the_hint_leads_back(
    here: RepositoryBuilder, damage: object, capsys: pytest.CaptureFixture[str]
) -> None:
    kept = tip(here)
    damage(here)  # type: ignore[operator] # one of those above
    edited = tip(here)
    assert run(["claim", "a", "--as", "main"]) == FOUND
    told = capsys.readouterr()
    assert told.out == ""
    assert "edited by hand" in told.err or "no commit of a ledger" in told.err
    assert "hint: " in told.err
    assert "Traceback" not in told.err
    # A person decides: nothing has moved.
    assert (tip(here), tip(here, KEPT_REF)) == (edited, kept)
    if "update-ref" not in told.err:
        assert run(["log", "--verify"]) == FOUND
        told = capsys.readouterr()
    followed(here, told.out + told.err)
    assert run(["claim", "a", "--as", "main"]) == 0
    assert keys(ledger_of(here)) == ["one", "two"]
    assert run(["log", "--verify"]) == 0
    assert "sound: 4 commits, 4 events" in capsys.readouterr().out


@pytest.mark.parametrize("damage", DAMAGES)
def test_verify_names_the_commit_and_its_way_leads_back(
    here: RepositoryBuilder, damage: object, capsys: pytest.CaptureFixture[str]
) -> None:
    damage(here)  # type: ignore[operator] # one of those above
    assert run(["log", "--verify", "--format", "json"]) == FOUND
    found = json.loads(capsys.readouterr().out)
    assert (found["sound"], found["fault"] is not None) == (False, True)
    assert found["bad"] == (tip(here) if damage is not commit_inserted else tip(here, f"{LEDGER_REF}~1"))
    assert run(["log", "--verify"]) == FOUND
    followed(here, capsys.readouterr().out)
    put(ledger_of(here), "three")
    assert keys(ledger_of(here)) == ["one", "three", "two"]
    assert run(["log", "--verify"]) == 0


def test_a_history_that_was_rewritten_consistently_is_found_out_by_who_kept_the_other(
    here: RepositoryBuilder, capsys: pytest.CaptureFixture[str]
) -> None:
    line, state = message_of(here), here.git("show", f"{LEDGER_REF}:memory/two.json")
    tree = tree_with(here, "two.json", state.replace('"2"', '"3"'))
    by_hand(here, line.replace('"text":"2"', '"text":"3"'), tree=tree, parent=f"{LEDGER_REF}~1")
    assert run(["log", "--verify"]) == 0
    capsys.readouterr()
    assert run(["claim", "a", "--as", "main"]) == FOUND
    told = capsys.readouterr().err
    assert "is not what this clone has under that id" in told
    followed(here, told)
    assert run(["memory", "get", "two"]) == 0
    assert capsys.readouterr().out == "2"


def test_a_clone_that_has_nothing_sound_can_begin_anew(
    here: RepositoryBuilder, capsys: pytest.CaptureFixture[str]
) -> None:
    foreign_commit(here)
    forget_kept(here)
    assert run(["claim", "a", "--as", "main"]) == FOUND
    capsys.readouterr()
    assert run(["log", "--verify"]) == FOUND
    followed(here, capsys.readouterr().out)
    assert run(["claim", "a", "--as", "main"]) == 0


def test_what_a_later_program_wrote_is_left_alone(here: RepositoryBuilder, capsys: pytest.CaptureFixture[str]) -> None:
    by_hand(here, message_of(here).replace('"v":1', '"v":2'))
    before = tip(here)
    for arguments in (["log"], ["claim", "a", "--as", "main"], ["memory", "get", "one", "--history"]):
        assert run(arguments) in {2, FOUND}
        assert "upgrade this one" in capsys.readouterr().err or arguments[0] == "claim"
    assert tip(here) == before


@pytest.mark.parametrize("lost", ["tip", "tree", "parent"])
def test_missing_objects_are_named(here: RepositoryBuilder, lost: str, capsys: pytest.CaptureFixture[str]) -> None:
    of = {"tip": LEDGER_REF, "tree": f"{LEDGER_REF}^{{tree}}", "parent": f"{LEDGER_REF}~1"}[lost]
    oid = tip(here, of)
    (here.git_dir / "objects" / oid[:2] / oid[2:]).unlink()
    assert run(["log", "--verify"]) == FOUND
    assert oid in capsys.readouterr().out
    for arguments in (["memory", "list"], ["log"], ["claim", "a", "--as", "main"]):
        assert run(arguments) in {0, 2, FOUND}
        assert "failed unexpectedly" not in capsys.readouterr().err


def test_a_broken_configuration_does_not_keep_the_ledger_from_being_replayed(
    here: RepositoryBuilder, capsys: pytest.CaptureFixture[str]
) -> None:
    here.commit("main", {"gatekeeper.toml": "trunk = [\n"})
    assert run(["log", "--verify"]) == 0
    assert "signatures were not checked: " in capsys.readouterr().out


def test_a_ledger_in_a_worktree_is_that_of_the_repository(here: RepositoryBuilder, tmp_path: Path) -> None:
    here.branch("work")
    place = here.worktree("work", tmp_path / "work")
    put(ledger_of(place), "three")
    assert keys(ledger_of(here)) == ["one", "three", "two"]


def test_what_was_taken_for_sound_once_can_be_left_behind(
    here: RepositoryBuilder, capsys: pytest.CaptureFixture[str]
) -> None:
    # Somebody has moved both references: nothing else knows of what was there before.
    line_changed(here)
    here.git("update-ref", KEPT_REF, LEDGER_REF)
    assert run(["log", "--verify"]) == FOUND
    followed(here, capsys.readouterr().out)
    put(ledger_of(here), "three")
    assert run(["log", "--verify"]) == 0
    assert keys(ledger_of(here)) == ["one", "three"]
