"""The commits that one branch has and another lacks, as people read them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime

from gatekeeper.core.names import Oid
from gatekeeper.errors import BadInputError, GitCommandError
from gatekeeper.repository.objects import ObjectStore

_FORMAT = "%H%x00%P%x00%at%x00%an%x00%s"
_FIELDS = 5
_LAST_SECOND = int(datetime.max.replace(tzinfo=UTC).timestamp())
"""Git keeps any number as a time, and Python's years end."""


@dataclass(frozen=True, slots=True)
class CommitLine:
    """A commit: its author, when it was made, and its subject."""

    oid: Oid
    parents: tuple[Oid, ...]
    time: datetime
    author: str
    subject: str


def commit_lines(store: ObjectStore, head: Oid, without: Oid) -> list[CommitLine]:
    """Return the commits that ``head`` has and ``without`` lacks, oldest first; raises BadInputError."""
    command = ("log", "-z", "--topo-order", "--reverse", "--encoding=UTF-8", "--no-show-signature", "--no-mailmap")
    try:
        output = store.git(*command, f"--format={_FORMAT}", head, f"^{without}", "--")
    except GitCommandError as error:
        raise BadInputError("a part of its history is missing", "fetch it: the clone is shallow or partial") from error
    fields = output.decode("utf-8", "surrogateescape").split("\0")
    rows = (fields[start : start + _FIELDS] for start in range(0, len(fields) - _FIELDS + 1, _FIELDS))
    return [
        CommitLine(Oid(oid), tuple(map(Oid, parents.split())), _time(when), author, subject)
        for oid, parents, when, author, subject in rows
    ]


def _time(seconds: str) -> datetime:
    known = min(max(int(seconds or 0), 0), _LAST_SECOND)
    return datetime.fromtimestamp(known, UTC)
