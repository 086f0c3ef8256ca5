"""Commits of the ledger: a subject, a readable line an event, then one event of JSON a line."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from gatekeeper.core.ledger.events import Event, LedgerStarted
from gatekeeper.core.ledger.record_kinds import FORMAT
from gatekeeper.core.ledger.records import EventId, LedgerRecord
from gatekeeper.core.ledger.state import THE_ONLY
from gatekeeper.core.ledger.summaries import summary_lines
from gatekeeper.core.names import Oid
from gatekeeper.core.safe_text import safe
from gatekeeper.errors import DamagedLedgerError
from gatekeeper.ledger.codec import event_line, read_event
from gatekeeper.ledger.tree import StateTree
from gatekeeper.repository.object_database import Objects

_IDENTITY = "Gatekeeper <gatekeeper@localhost>"
_LONGEST_LINE = 200
_LONGEST_SUBJECT = 72


@dataclass(frozen=True, slots=True)
class LedgerCommit:
    """One batch of events, and the tree that gives the state after them."""

    oid: Oid
    tree: Oid
    parent: Oid | None
    subject: str
    events: tuple[Event, ...]


def read_commit(objects: Objects, oid: Oid) -> LedgerCommit:
    """Return a commit of the ledger; raises LedgerError when it is none."""
    head, _, message = objects.read(oid).partition(b"\n\n")
    headers = [line.split(b" ", 1) for line in head.split(b"\n") if b" " in line]
    parents = [_oid(value) for name, value in headers if name == b"parent"]
    trees = [_oid(value) for name, value in headers if name == b"tree"]
    if len(trees) != 1 or len(parents) > 1:
        raise DamagedLedgerError(f"{oid} is no commit of a ledger")
    events = tuple(read_event(line) for line in message.split(b"\n") if line.startswith(b"{"))
    subject = message.split(b"\n", 1)[0].decode("utf-8", "replace")
    return LedgerCommit(oid, trees[0], parents[0] if parents else None, subject, events)


def parent_of(objects: Objects, oid: Oid) -> Oid | None:
    """Return the commit before one, without reading its events; raises LedgerError when it is no commit."""
    head = objects.read(oid).partition(b"\n\n")[0]
    if not head.startswith(b"tree "):
        raise DamagedLedgerError(f"{oid} is no commit of a ledger")
    found = next((line for line in head.split(b"\n") if line.startswith(b"parent ")), None)
    return None if found is None else _oid(found[len(b"parent ") :])


def _oid(text: bytes) -> Oid:
    # Of an object that is no commit anything may stand there; it then names nothing.
    return Oid(text.decode("ascii", "replace"))


def write_commit(
    objects: Objects, *, tree: Oid, parent: Oid | None, at: datetime, subject: str, events: Sequence[Event]
) -> Oid:
    """Write a commit and return its id."""
    # Git knows no time before 1970.
    when = f"{max(0, int(at.timestamp()))} +0000"
    head = [f"tree {tree}", *([f"parent {parent}"] if parent else [])]
    head += [f"author {_IDENTITY} {when}", f"committer {_IDENTITY} {when}", "encoding UTF-8"]
    told = [_cut(safe(line), _LONGEST_LINE) for event in events for line in summary_lines(event)]
    text = "\n".join([*head, "", _cut(safe(subject), _LONGEST_SUBJECT), "", *told, "", ""])
    return objects.write("commit", text.encode() + b"".join(event_line(event) + b"\n" for event in events))


def _cut(line: str, longest: int) -> str:
    return line if len(line) <= longest else line[: longest - 1] + "…"


def first_commit(objects: Objects) -> Oid:
    """Write the commit with which every ledger begins, the same in all clones, and return its id."""
    at = datetime.fromtimestamp(0, UTC)
    started = Event(EventId("0" * 24), at, "gatekeeper", LedgerStarted(FORMAT))
    tree = StateTree(objects, None).with_changes({(LedgerRecord, THE_ONLY): LedgerRecord(FORMAT)}, objects)
    if tree is None:
        raise DamagedLedgerError("the first state of a ledger is empty")
    return write_commit(objects, tree=tree, parent=None, at=at, subject="ledger: started", events=[started])
