"""Ledgers in real repositories, and what people do to them by hand."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

from gatekeeper.core.ledger.events import Event, MemoryPut, Payload
from gatekeeper.core.ledger.records import MemoryRecord
from gatekeeper.core.ledger.references import KEPT_REF
from gatekeeper.ledger import LEDGER_REF, Ledger
from gatekeeper.ledger.ledger import new_event
from gatekeeper.repository import open_repository
from tests.kit import RepositoryBuilder

NOW = datetime(2026, 1, 1, 12, tzinfo=UTC)


def ledger_of(repository: RepositoryBuilder | Path) -> Ledger:
    """Return the ledger of a repository, opened anew."""
    return Ledger(open_repository(str(repository.root if isinstance(repository, RepositoryBuilder) else repository)))


def record(ledger: Ledger, *payloads: Payload, hours: int = 0, by: str = "somebody") -> tuple[Event, ...]:
    """Append facts as one commit and return them."""
    at = NOW + timedelta(hours=hours)
    events = [new_event(payload, at=at, by=by) for payload in payloads]
    return ledger.append(lambda _state: events, subject="test", at=at).events


def put(ledger: Ledger, key: str, text: str = "value") -> None:
    """Append one value of the memory."""
    record(ledger, MemoryPut(key, "text", text))


def keys(ledger: Ledger) -> list[str]:
    """Return the keys of the memory."""
    return [key for key, _ in ledger.state().each(MemoryRecord)]


def tip(repository: RepositoryBuilder, ref: str = LEDGER_REF) -> str:
    """Return what a reference names."""
    return repository.git("rev-parse", "--verify", ref).strip()


def set_back(repository: RepositoryBuilder, commits: int) -> None:
    """Take the newest commits out of the ledger."""
    repository.git("update-ref", LEDGER_REF, f"{LEDGER_REF}~{commits}")


def forget_kept(repository: RepositoryBuilder) -> None:
    """Leave no second reference, as in a clone that somebody fetched the ledger into."""
    repository.git("update-ref", "-d", KEPT_REF)


def by_hand(
    repository: RepositoryBuilder, message: str, *, tree: str | None = None, parent: str | None = LEDGER_REF
) -> str:
    """Put a commit on the ledger as a person with git can, and return its id."""
    parents = ["-p", parent] if parent else []
    commit = repository.git("commit-tree", tree or f"{LEDGER_REF}^{{tree}}", *parents, stdin=message).strip()
    repository.git("update-ref", LEDGER_REF, commit)
    return commit


def tree_with(repository: RepositoryBuilder, name: str, text: str) -> str:
    """Return the tree of the ledger with another file in its memory."""
    blob = repository.git("hash-object", "-w", "--stdin", stdin=text).strip()
    memory = repository.git("ls-tree", f"{LEDGER_REF}:memory")
    rows = [row for row in memory.splitlines() if not row.endswith(f"\t{name}")] + [f"100644 blob {blob}\t{name}"]
    inner = repository.git("mktree", stdin="\n".join(rows) + "\n").strip()
    top = [row for row in repository.git("ls-tree", LEDGER_REF).splitlines() if not row.endswith("\tmemory")]
    return repository.git("mktree", stdin="\n".join([*top, f"040000 tree {inner}\tmemory"]) + "\n").strip()


def message_of(repository: RepositoryBuilder, commit: str = LEDGER_REF) -> str:
    """Return the message of a commit."""
    return repository.git("log", "-1", "--format=%B", commit)
