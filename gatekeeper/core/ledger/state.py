"""The state of the ledger: records by kind and key, and changes on top of them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Protocol

from gatekeeper.core.ledger.record_kinds import R, Record

THE_ONLY = ""
"""The key of a record of which there is one: the checkpoint, trunk, the ledger itself."""

RecordKey = tuple[type[Record], str]
Changes = Mapping[RecordKey, Record | None]
"""What an event does to the state: a record in place of what was there, None where nothing is left."""


class Records(Protocol):
    """The state: records by kind and key, read when they are asked for."""

    def get(self, kind: type[R], key: str = THE_ONLY, /) -> R | None:
        """Return one record, None where there is none."""
        ...

    def each(self, kind: type[R], /) -> Iterator[tuple[str, R]]:
        """Yield every record of a kind with its key, by key."""
        ...


class Overlaid:
    """A state with changes on top, as it will be once they are written."""

    def __init__(self, below: Records) -> None:
        self._below = below
        self._changes: dict[RecordKey, Record | None] = {}

    @property
    def changes(self) -> Changes:
        """All that differs from the state below."""
        return self._changes

    def put(self, changes: Changes) -> None:
        """Lay more changes on top."""
        self._changes.update(changes)

    def get(self, kind: type[R], key: str = THE_ONLY, /) -> R | None:
        """Return one record, None where there is none."""
        if (kind, key) in self._changes:
            found = self._changes[kind, key]
            return found if isinstance(found, kind) else None
        return self._below.get(kind, key)

    def each(self, kind: type[R], /) -> Iterator[tuple[str, R]]:
        """Yield every record of a kind with its key, by key."""
        found = dict(self._below.each(kind))
        for (changed, key), record in self._changes.items():
            if changed is kind:
                found.pop(key, None)
                if isinstance(record, kind):
                    found[key] = record
        yield from sorted(found.items(), key=lambda pair: pair[0])


class NoRecords:
    """The state before anything was recorded."""

    def get(self, _kind: type[R], _key: str = THE_ONLY, /) -> R | None:
        """Return None."""
        return None

    def each(self, _kind: type[R], /) -> Iterator[tuple[str, R]]:
        """Yield nothing."""
        yield from ()
