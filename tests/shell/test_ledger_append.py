"""Appending: whoever is first wins, the other one decides again, and nobody's event is lost."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from gatekeeper.core.ledger.events import FindingOpened, MemoryPut
from gatekeeper.core.ledger.records import FindingRecord, LedgerRecord, MemoryRecord
from gatekeeper.core.ledger.references import KEPT_REF
from gatekeeper.core.ledger.state import Records
from gatekeeper.errors import RepositoryError
from gatekeeper.ledger import LEDGER_REF, Ledger
from gatekeeper.ledger.commits import read_commit
from gatekeeper.ledger.ledger import new_event
from gatekeeper.ledger.verify import verify
from tests.cli.run import ROOT
from tests.core.ledger_events import problem
from tests.kit import RepositoryBuilder
from tests.shell.ledgers import NOW, forget_kept, keys, ledger_of, message_of, put, record, set_back, tip

_WRITER = """
import sys
from datetime import UTC, datetime
from gatekeeper.core.ledger.events import MemoryPut
from gatekeeper.ledger import Ledger
from gatekeeper.ledger.ledger import new_event
from gatekeeper.repository import open_repository

path, name, count = sys.argv[1:]
ledger = Ledger(open_repository(path))
for number in range(int(count)):
    event = new_event(MemoryPut(f"{name}/{number}", "text", ""), at=datetime(2026, 1, 1, tzinfo=UTC), by=name)
    ledger.append(lambda _state: [event], subject="test", at=event.at)
"""
_HOLDER = """
import sys, time
from pathlib import Path
from gatekeeper.ledger.file_lock import held
with held(Path(sys.argv[1])):
    print("held", flush=True)
    time.sleep(600)
"""


def sound(ledger: Ledger, events: int) -> None:
    found = verify(ledger.objects, ledger.tip() or "")  # type: ignore[arg-type] # no tip is no commit
    assert (found.fault, found.events) == (None, events)


def test_a_batch_is_one_commit_that_people_can_read(repository: RepositoryBuilder) -> None:
    #
    ledger = ledger_of(repository)
    record(ledger, MemoryPut("a", "text", "one\ntwo \x1b[2J"), MemoryPut("b", "json", "{}"), by="coder é")
    assert repository.git("log", "--format=%an %s", LEDGER_REF).splitlines() == [
        "Gatekeeper test",
        "Gatekeeper ledger: started",
    ]
    subject, _, first, second, _, *lines = message_of(repository).splitlines()
    assert (subject, first, second) == (
        "test",
        "[coder é] put a (12 characters)",
        "[coder é] put b (2 characters)",
    )
    assert [line[:8] for line in lines if line] == ['{"v":1,"', '{"v":1,"']
    assert repository.git("show", f"{LEDGER_REF}:memory/a.json").startswith('{\n  "key": "a"')
    assert repository.git("fsck", "--strict") == ""
    # No branch, no file, no index: nothing that people work with has moved.
    assert repository.git("for-each-ref", "--format=%(refname)").split() == sorted([KEPT_REF, LEDGER_REF])


def test_nothing_to_say_is_no_commit(repository: RepositoryBuilder) -> None:
    ledger = ledger_of(repository)
    done = ledger.append(lambda _state: [], subject="test", at=NOW)
    assert (done.tip, done.events, ledger.tip()) == (None, (), None)
    put(ledger, "a")
    before = tip(repository)
    assert ledger.append(lambda _state: [], subject="test", at=NOW).tip == before


def test_all_ledgers_begin_alike(tmp_path: Path) -> None:
    roots = set()
    for name in ("one", "two"):
        repository = RepositoryBuilder(tmp_path / name)
        put(ledger_of(repository), name)
        roots.add(repository.git("rev-list", "--max-parents=0", LEDGER_REF))
    assert len(roots) == 1


def test_a_time_before_all_time_is_no_trouble_for_git(repository: RepositoryBuilder) -> None:
    ledger = ledger_of(repository)
    event = new_event(MemoryPut("a", "text", ""), at=NOW.replace(year=1900), by="me")
    ledger.append(lambda _state: [event], subject="test", at=event.at)
    assert repository.git("fsck", "--strict") == ""
    sound(ledger, 2)


def test_many_threads(repository: RepositoryBuilder) -> None:
    def write(name: str) -> None:
        ledger = ledger_of(repository)
        for number in range(10):
            put(ledger, f"{name}/{number}")

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(write, "abcd"))
    ledger = ledger_of(repository)
    assert len(keys(ledger)) == 40
    sound(ledger, 41)


def test_many_processes(repository: RepositoryBuilder) -> None:
    env = os.environ | {"PYTHONPATH": str(ROOT)}
    writers = [
        subprocess.Popen([sys.executable, "-c", _WRITER, str(repository.root), name, "15"], env=env) for name in "abc"
    ]
    assert [writer.wait() for writer in writers] == [0, 0, 0]
    ledger = ledger_of(repository)
    assert len(keys(ledger)) == 45
    sound(ledger, 46)


def test_a_decision_is_made_again_where_somebody_without_the_lock_was_faster(repository: RepositoryBuilder) -> None:
    ledger, other = ledger_of(repository), ledger_of(repository)
    put(ledger, "before")
    asked: list[list[str]] = []

    def decide(state: Records) -> list[object]:
        asked.append([key for key, _ in state.each(MemoryRecord)])
        if len(asked) == 1:
            # As a program does that knows nothing of the lock: git push into this repository, for one.
            event = new_event(MemoryPut("faster", "text", ""), at=NOW, by="me")
            new = other.committed(other.tip(), [event], subject="test", at=NOW)
            assert other.move(other.tip(), new)
        return [new_event(MemoryPut("mine", "text", ""), at=NOW, by="me")]

    ledger.append(decide, subject="test", at=NOW)  # type: ignore[arg-type] # a list of events
    assert asked == [["before"], ["before", "faster"]]
    assert keys(ledger) == ["before", "faster", "mine"]


def test_the_lock_of_a_process_that_was_killed_is_free(repository: RepositoryBuilder) -> None:
    lock = repository.git_dir / "gatekeeper" / "ledger.lock"
    env = os.environ | {"PYTHONPATH": str(ROOT)}
    with subprocess.Popen(
        [sys.executable, "-c", _HOLDER, str(lock)], env=env, stdout=subprocess.PIPE, text=True
    ) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == "held\n"
        holder.send_signal(signal.SIGKILL)
    put(ledger_of(repository), "a")
    assert keys(ledger_of(repository)) == ["a"]


def test_the_lock_of_a_reference_that_a_dead_git_has_left_is_taken_away(repository: RepositoryBuilder) -> None:
    ledger = ledger_of(repository)
    put(ledger, "a")
    lock = repository.git_dir / f"{LEDGER_REF}.lock"
    lock.touch()
    os.utime(lock, (1, 1))
    put(ledger, "b")
    assert keys(ledger) == ["a", "b"]
    assert not lock.exists()


@pytest.mark.parametrize("text", ["", "garbage\n", "\0" * 41, "1" * 39 + "\n"])
def test_a_reference_that_cannot_be_read_is_named_and_comes_back(repository: RepositoryBuilder, text: str) -> None:
    ledger = ledger_of(repository)
    put(ledger, "a")
    file = repository.git_dir / LEDGER_REF
    file.write_text(text)
    with pytest.raises(RepositoryError) as refused:
        put(ledger_of(repository), "b")
    assert refused.value.hint == f"remove the file {file}"
    file.unlink()
    put(ledger_of(repository), "b")
    assert keys(ledger_of(repository)) == ["a", "b"]


def test_a_symbolic_reference_is_refused(repository: RepositoryBuilder) -> None:
    repository.commit("main", {"a": "a"})
    main = repository.commit_id("main")
    put(ledger_of(repository), "a")
    repository.git("symbolic-ref", LEDGER_REF, "refs/heads/main")
    with pytest.raises(RepositoryError) as refused:
        put(ledger_of(repository), "b")
    # The branch behind it is nobody's to move.
    assert repository.commit_id("main") == main
    repository.git(*str(refused.value.hint).removeprefix("git ").split())
    put(ledger_of(repository), "b")
    assert keys(ledger_of(repository)) == ["a", "b"]


def test_a_ledger_that_was_set_back_is_whole_again_with_the_next_event(repository: RepositoryBuilder) -> None:
    ledger = ledger_of(repository)
    for key in "abcd":
        put(ledger, key)
    before = tip(repository)
    set_back(repository, 2)
    assert keys(ledger_of(repository)) == ["a", "b"]
    done = ledger_of(repository).append(lambda _state: [], subject="test", at=NOW)
    assert (done.tip, done.restored) == (before, True)
    assert tip(repository) == before


def test_a_ledger_that_was_set_back_and_went_on_elsewhere_has_both(repository: RepositoryBuilder) -> None:
    ledger = ledger_of(repository)
    put(ledger, "a")
    put(ledger, "b")
    kept = tip(repository)
    set_back(repository, 1)
    forget_kept(repository)
    put(ledger_of(repository), "c")
    repository.git("update-ref", KEPT_REF, kept)
    put(ledger_of(repository), "d")
    assert keys(ledger_of(repository)) == ["a", "b", "c", "d"]
    sound(ledger_of(repository), 5)
    assert "ledger: 1 event restored" in repository.git("log", "--format=%s", LEDGER_REF).splitlines()


def test_a_ledger_that_was_deleted_stands_as_it_was(repository: RepositoryBuilder) -> None:
    ledger = ledger_of(repository)
    put(ledger, "a")
    repository.git("update-ref", "-d", LEDGER_REF)
    assert keys(ledger_of(repository)) == ["a"]
    put(ledger_of(repository), "b")
    sound(ledger_of(repository), 3)
    assert tip(repository) == tip(repository, KEPT_REF)


def test_a_ledger_of_a_later_format_is_not_read(repository: RepositoryBuilder) -> None:
    ledger = ledger_of(repository)
    put(ledger, "a")
    tree = ledger.state().with_changes({(LedgerRecord, ""): LedgerRecord(2)}, ledger.objects)
    commit = repository.git("commit-tree", str(tree), "-m", "x").strip()
    repository.git("update-ref", LEDGER_REF, commit)
    with pytest.raises(Exception, match="format 2") as refused:
        ledger_of(repository).state()
    assert "upgrade" in str(refused.value.hint)  # type: ignore[attr-defined] # one of ours


def test_a_large_batch_is_one_pack(repository: RepositoryBuilder) -> None:
    ledger = ledger_of(repository)
    record(ledger, *(FindingOpened(problem(f"{number:012x}")) for number in range(250)))
    assert len(list(ledger_of(repository).state().each(FindingRecord))) == 250
    assert "packs: 1\n" in repository.git("count-objects", "-v")
    assert len(read_commit(ledger.objects, ledger.tip() or "").events) == 250  # type: ignore[arg-type] # there is one
    assert repository.git("fsck", "--strict") == ""
