"""Arrays of tables whose entries have an identity, so that their order says nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gatekeeper.core.schema.kinds import Value

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping


def target_identity(entry: Mapping[str, Value]) -> str | None:
    """Return the identity of a ``[[bin]]``, ``[[test]]``, ``[[example]]`` or ``[[bench]]``: its name."""
    name = entry.get("name")
    return name if isinstance(name, str) else None


def locked_identity(entry: Mapping[str, Value]) -> str | None:
    """Return the identity of a ``[[package]]`` of a lock file: name, version and source, as far as they are there."""
    name = entry.get("name")
    if not isinstance(name, str):
        return None
    rest = (entry.get("version"), entry.get("source"))
    return " ".join((name, *(part for part in rest if isinstance(part, str))))


def by_identity(array: Value, identity: Callable[[Mapping[str, Value]], str | None]) -> Value:
    """Return ``array`` as a table keyed by identity; unchanged when an entry has none.

    The second entry of one identity gets ``#2`` after it, the third ``#3``: none is lost.
    """
    if not isinstance(array, list):
        return array
    names = [identity(entry) if isinstance(entry, dict) else None for entry in array]
    if None in names:
        return array
    return dict(zip(numbered(name for name in names if name is not None), array, strict=True))


def numbered(names: Iterable[str]) -> Iterator[str]:
    """Yield ``names``, each that came before with the next free number: ``x``, ``x#2``, ``x#3``."""
    taken: set[str] = set()
    last: dict[str, int] = {}
    for name in names:
        free = name
        while free in taken:
            last[name] = last.get(name, 1) + 1
            free = f"{name}#{last[name]}"
        taken.add(free)
        yield free
