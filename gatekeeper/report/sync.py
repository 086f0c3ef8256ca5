"""What ``sync`` and ``archive`` have done, for people and as ``gatekeeper.sync/1`` and ``gatekeeper.archive/1``."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from gatekeeper.core.safe_text import safe
from gatekeeper.report.json_lines import document_text

if TYPE_CHECKING:
    from gatekeeper.ledger.archive import Archived
    from gatekeeper.ledger.sync import Synced

SYNC_SCHEMA: Final = "gatekeeper.sync/1"
ARCHIVE_SCHEMA: Final = "gatekeeper.archive/1"

_ATTRIBUTE_DOCSTRINGS = {"use_attribute_docstrings": True}


@dataclass(slots=True)
class SyncDocument:
    """What came and what went."""

    __pydantic_config__ = _ATTRIBUTE_DOCSTRINGS

    schema: str
    remote: str
    tip: str | None
    """The commit that both ledgers have now; null while neither has any."""
    received: int
    """Events that this clone did not have."""
    sent: int
    """Events that the remote did not have."""


@dataclass(slots=True)
class ArchiveDocument:
    """Where the history is kept now."""

    __pydantic_config__ = _ATTRIBUTE_DOCSTRINGS

    schema: str
    ref: str
    tip: str
    commits: int
    """How many commits the ledger no longer carries itself."""


def synced_text(done: Synced, remote: str, *, output: str) -> str:
    """Return what was exchanged."""
    if output == "json":
        return document_text(SyncDocument(SYNC_SCHEMA, remote, done.tip, done.received, done.sent))
    return safe(f"{remote}: {done.received} events received, {done.sent} sent") + "\n"


def archived_text(done: Archived, *, output: str) -> str:
    """Return where the history went."""
    if output == "json":
        return document_text(ArchiveDocument(ARCHIVE_SCHEMA, done.ref, done.tip, done.commits))
    return f"{done.commits} commits up to {done.tip[:10]} are kept by {done.ref}\n"
