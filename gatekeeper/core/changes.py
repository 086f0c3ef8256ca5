"""Two documents to the list of what changed between them."""

from __future__ import annotations

import enum
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Literal

from gatekeeper.core.document import comparable, same

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from gatekeeper.core.document import Document, Value
    from gatekeeper.core.names import KeyPath


class Absent(enum.Enum):
    """The type of ``ABSENT``: TOML has no null, and None must not be mistaken for a value."""

    ABSENT = "absent"

    def __repr__(self) -> str:
        return "ABSENT"


ABSENT: Final = Absent.ABSENT


@dataclass(frozen=True, slots=True)
class Change:
    """One key that differs."""

    key: KeyPath
    before: Value | Absent
    after: Value | Absent

    @property
    def kind(self) -> Literal["added", "removed", "changed"]:
        """What happened to the key."""
        if self.before is ABSENT:
            return "added"
        return "removed" if self.after is ABSENT else "changed"


def changes(before: Document | None, after: Document | None) -> tuple[Change, ...]:
    """Return what differs, leaf by leaf: in the order of ``after``, then what is gone in the order of ``before``.

    Tables are descended into; arrays, scalars and empty tables are leaves. Where a table stands against something
    else, that key is one change. A table that lost all its keys and stays is a change of its own besides theirs.
    """
    old = before.tree if before is not None else {}
    new = after.tree if after is not None else {}
    removed: list[Change] = []
    found = list(_differences((), old, new, removed, _equal if comparable(before, after) else same))
    return (*found, *removed)


def group_changes(all_changes: Iterable[Change], before: Document | None, after: Document | None) -> tuple[Change, ...]:
    """Fold the leaves of a table that was added or removed whole into one change of that table."""
    old = before.tree if before is not None else {}
    new = after.tree if after is not None else {}
    groups: dict[KeyPath, Change] = {}
    for change in all_changes:
        if change.kind == "changed":
            groups[change.key] = change
            continue
        missing_in, there = (old, new) if change.kind == "added" else (new, old)
        key, value = _shallowest_missing(change.key, missing_in, there)
        if key not in groups:
            added = change.kind == "added"
            groups[key] = Change(key, ABSENT if added else value, value if added else ABSENT)
    return tuple(groups.values())


def _equal(left: object, right: object) -> bool:
    # Identity first: NaN is one object and unequal to itself.
    return left is right or left == right


def _differences(
    key: KeyPath,
    old: dict[str, Value],
    new: dict[str, Value],
    removed: list[Change],
    equal: Callable[[object, object], bool],
) -> Iterator[Change]:
    for name, value in new.items():
        inner = (*key, name)
        if name not in old:
            yield from (Change(leaf, ABSENT, what) for leaf, what in _leaves(inner, value))
            continue
        was = old[name]
        if equal(was, value):
            continue
        if type(was) is dict and type(value) is dict:
            if not value:
                yield Change(inner, was, value)
            yield from _differences(inner, was, value, removed, equal)
        else:
            yield Change(inner, was, value)
    for name, was in old.items():
        if name not in new:
            removed.extend(Change(leaf, what, ABSENT) for leaf, what in _leaves((*key, name), was))


def _leaves(key: KeyPath, value: Value) -> Iterator[tuple[KeyPath, Value]]:
    if type(value) is dict and value:
        for name, inner in value.items():
            yield from _leaves((*key, name), inner)
    else:
        yield key, value


def _shallowest_missing(key: KeyPath, missing_in: Value, there: Value) -> tuple[KeyPath, Value]:
    depth = 1
    while isinstance(missing_in, dict) and key[depth - 1] in missing_in:
        missing_in = missing_in[key[depth - 1]]
        depth += 1
    for part in key[:depth]:
        there = there[part]  # type: ignore[call-overload,index]
    return key[:depth], there
