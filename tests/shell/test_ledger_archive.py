"""The history in an archive: replayed across it, taken along by sync, and asked for where it is missing."""

from __future__ import annotations

import json
import os
import re
import shlex
import subprocess
from pathlib import Path

import pytest

from gatekeeper.cli.main import run
from gatekeeper.errors import DamagedLedgerError
from gatekeeper.ledger import LEDGER_REF
from gatekeeper.ledger.archive import archive
from gatekeeper.ledger.sync import ARCHIVES, SharedLedger
from gatekeeper.repository import open_repository
from gatekeeper.repository.remotes import Remote
from tests.kit import RepositoryBuilder
from tests.shell.ledgers import NOW, by_hand, forget_kept, keys, ledger_of, message_of, put, tip, tree_with


class Clone:
    """A clone with a ledger that it shares with ``origin``."""

    def __init__(self, path: Path, remote: Path) -> None:
        self.path = path
        subprocess.run(["git", "clone", "-q", "-b", "main", str(remote), str(path)], check=True)

    def put(self, key: str) -> None:
        """Append a value."""
        put(ledger_of(self.path), key)

    def keys(self) -> list[str]:
        """Return the keys of the memory."""
        return keys(ledger_of(self.path))

    def sync(self) -> tuple[int, int]:
        """Return how many events came and went."""
        repository = open_repository(str(self.path))
        shared = SharedLedger(ledger_of(self.path), repository.named_references(), Remote(repository, "origin"))
        done = shared.sync()
        return done.received, done.sent

    def archive(self) -> str:
        """Archive the history and return the reference."""
        repository = open_repository(str(self.path))
        return archive(ledger_of(self.path), repository.named_references(), at=NOW, by="me").ref

    def git(self, *arguments: str) -> str:
        """Run git."""
        return subprocess.run(["git", *arguments], cwd=self.path, check=True, capture_output=True, text=True).stdout


@pytest.fixture
def clones(tmp_path: Path) -> tuple[Clone, Clone]:
    remote = RepositoryBuilder(tmp_path / "remote", bare=True)
    remote.commit("main", {"a": "a"})
    return Clone(tmp_path / "one", remote.root), Clone(tmp_path / "two", remote.root)


@pytest.fixture
def archived(repository: RepositoryBuilder, monkeypatch: pytest.MonkeyPatch) -> RepositoryBuilder:
    repository.commit("main", {"a": "a"})
    monkeypatch.chdir(repository.root)
    put(ledger_of(repository), "old")
    assert run(["archive", "--as", "ops"]) == 0
    put(ledger_of(repository), "new")
    return repository


def verified(capsys: pytest.CaptureFixture[str]) -> dict[str, object]:
    run(["log", "--verify", "--format", "json"])
    found: dict[str, object] = json.loads(capsys.readouterr().out)
    return found


def test_log_and_verify_go_back_into_the_archive(
    archived: RepositoryBuilder, capsys: pytest.CaptureFixture[str]
) -> None:
    assert len(archived.git("rev-list", LEDGER_REF).split()) == 2
    assert run(["log"]) == 0
    lines = capsys.readouterr().out
    assert [word in lines for word in ("put new", "is kept as", "put old", "ledger of format 1")] == [True] * 4
    found = verified(capsys)
    assert (found["sound"], found["commits"], found["events"], found["unseen"]) == (True, 4, 4, None)


def test_the_state_goes_on_without_the_archive_and_that_is_said(
    archived: RepositoryBuilder, capsys: pytest.CaptureFixture[str]
) -> None:
    (name,) = archived.git("for-each-ref", "--format=%(refname)", ARCHIVES).split()
    before = tip(archived, name)
    archived.git("update-ref", "-d", name)
    archived.git("reflog", "expire", "--expire=all", "--all")
    archived.git("gc", "-q", "--prune=now")
    capsys.readouterr()
    found = verified(capsys)
    assert (found["sound"], found["commits"], found["unseen"]) == (True, 2, before)
    assert run(["log", "--verify"]) == 0
    assert f"up to {before}, is archived and not in this clone" in capsys.readouterr().out
    assert keys(ledger_of(archived)) == ["new", "old"]
    put(ledger_of(archived), "newer")


def test_a_state_that_was_edited_while_it_was_archived_is_found_out(
    archived: RepositoryBuilder, capsys: pytest.CaptureFixture[str]
) -> None:
    first = f"{LEDGER_REF}~1"
    by_hand(archived, message_of(archived, first), tree=tree_with(archived, "old.json", "{}"), parent=None)
    capsys.readouterr()
    found = verified(capsys)
    assert (found["sound"], found["commits"]) == (False, 2)


def test_archiving_again_goes_on_from_the_archive(
    archived: RepositoryBuilder, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["archive", "--as", "ops"]) == 0
    told = r"2 commits up to [0-9a-f]{10} are kept by refs/gatekeeper/archive/ledger/\S+\n"
    assert re.fullmatch(told, capsys.readouterr().out)
    put(ledger_of(archived), "newest")
    found = verified(capsys)
    assert (found["sound"], found["events"], found["unseen"]) == (True, 6, None)


def test_one_that_was_killed_in_between_is_done_again(archived: RepositoryBuilder) -> None:
    put(ledger_of(archived), "newer")
    name = f"{ARCHIVES}{NOW:%Y-%m-%d}-{tip(archived)[:12]}"
    archived.git("update-ref", name, LEDGER_REF)
    references = open_repository(str(archived.root)).named_references()
    assert archive(ledger_of(archived), references, at=NOW, by="me").ref == name


def test_nothing_to_archive(
    repository: RepositoryBuilder, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(repository.root)
    assert run(["archive"]) == 2
    assert "there is no ledger yet" in capsys.readouterr().err


def test_sync_takes_the_archive_along(clones: tuple[Clone, Clone]) -> None:
    one, two = clones
    one.put("a")
    assert one.sync() == (0, 2)
    assert two.sync() == (2, 0)
    two.put("b")
    name = one.archive()
    one.put("c")
    assert one.sync() == (0, 2)
    assert two.sync()[0] == 2
    assert one.sync() == (1, 0)
    assert one.keys() == two.keys() == ["a", "b", "c"]
    assert two.git("rev-parse", name) == one.git("rev-parse", name)
    assert two.sync() == (0, 0)


def test_two_clones_that_archive_on_one_day_lose_nothing(clones: tuple[Clone, Clone]) -> None:
    one, two = clones
    one.put("a")
    one.sync()
    two.sync()
    for clone, key in ((one, "b"), (two, "c")):
        clone.put(key)
        clone.archive()
    for clone in (one, two, one):
        clone.sync()
    assert one.keys() == two.keys() == ["a", "b", "c"]
    assert one.git("rev-parse", LEDGER_REF) == two.git("rev-parse", LEDGER_REF)
    assert len(one.git("for-each-ref", ARCHIVES).splitlines()) == 2


def test_a_ledger_that_goes_on_from_an_archive_that_is_not_here_is_not_appended_again(
    clones: tuple[Clone, Clone], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    one, two = clones
    one.put("a")
    one.sync()
    two.sync()
    two.put("b")
    one.put("c")
    one.archive()
    one.sync()
    # As a person does who knows of the ledger only.
    two.git("fetch", "-q", "--no-tags", "origin", f"+{LEDGER_REF}:{LEDGER_REF}")
    monkeypatch.chdir(two.path)
    assert run(["memory", "put", "d", os.devnull]) == 2
    told = capsys.readouterr().err
    assert "an archive that this clone lacks" in told
    (command,) = re.findall(r"git (fetch .*) brings it", told)
    two.git(*shlex.split(command.replace("REMOTE", "origin")))
    assert run(["memory", "put", "d", os.devnull]) == 0
    assert two.keys() == ["a", "b", "c", "d"]
    assert run(["log", "--verify"]) == 0


def test_two_ledgers_with_nothing_in_common_are_for_a_person(repository: RepositoryBuilder) -> None:
    put(ledger_of(repository), "a")
    kept = tip(repository)
    repository.git("update-ref", "-d", LEDGER_REF)
    forget_kept(repository)
    put(ledger_of(repository), "b")
    mine = tip(repository)
    # The same history, but for its beginning.
    root = repository.git("cat-file", "commit", f"{LEDGER_REF}~1").replace("+0000", "+0100")
    other = repository.git("hash-object", "-w", "-t", "commit", "--stdin", stdin=root).strip()
    repository.git("update-ref", LEDGER_REF, other)
    with pytest.raises(DamagedLedgerError, match="nothing in common") as refused:
        put(ledger_of(repository), "c")
    assert f"git update-ref {LEDGER_REF} {mine}" in str(refused.value.hint)
    assert kept != mine


def test_a_remote_that_was_edited_by_hand_is_set_right_as_the_hint_says(
    clones: tuple[Clone, Clone], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    one, two = clones
    one.put("a")
    one.sync()
    two.sync()
    two.put("b")
    remote = tmp_path / "remote"
    tree = one.git("rev-parse", f"{LEDGER_REF}^{{tree}}").strip()
    made = ["git", "commit-tree", tree, "-p", LEDGER_REF, "-m", "A note"]
    bad = subprocess.run(made, cwd=remote, check=True, capture_output=True, text=True).stdout.strip()
    subprocess.run(["git", "update-ref", LEDGER_REF, bad], cwd=remote, check=True)
    before = two.git("rev-parse", LEDGER_REF)
    monkeypatch.chdir(two.path)
    assert run(["sync", "--remote", "origin"]) == 3
    told = capsys.readouterr().err
    assert f"the ledger of origin was edited by hand: of commit {bad}, it holds no event" in told
    assert two.git("rev-parse", LEDGER_REF) == before
    (command,) = re.findall(r"git (push .*) goes back", told)
    two.git(*shlex.split(command))
    assert run(["sync", "--remote", "origin"]) == 0
    assert capsys.readouterr().out == "origin: 0 events received, 1 sent\n"
