"""Two documents to the list of what changed between them."""

from __future__ import annotations

import enum
from collections.abc import Mapping
from typing import TYPE_CHECKING, Final, Literal, NamedTuple

from gatekeeper.core.document import comparable, same

if TYPE_CHECKING:
    from collections.abc import Callable, ItemsView, Iterable, Iterator

    from gatekeeper.core.document import Document, Value
    from gatekeeper.core.names import KeyPath


class Absent(enum.Enum):
    """The type of ``ABSENT``: TOML has no null, and None must not be mistaken for a value."""

    ABSENT = "absent"

    def __repr__(self) -> str:
        return "ABSENT"


ABSENT: Final = Absent.ABSENT
_NO_TABLE: Final[dict[str, Value]] = {}


class Change(NamedTuple):
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


class ChangeSet(Mapping["KeyPath", Change]):
    """Changes by key, which are looked for when somebody asks: of most pairs of documents nobody does."""

    __slots__ = ("_after", "_before", "_found")

    def __init__(self, before: Document | None, after: Document) -> None:
        self._before: Final = before
        self._after: Final = after
        self._found: dict[KeyPath, Change] | None = None

    def __getitem__(self, key: KeyPath) -> Change:
        return self._all()[key]

    def __iter__(self) -> Iterator[KeyPath]:
        return iter(self._all())

    def __len__(self) -> int:
        return len(self._all())

    def items(self) -> ItemsView[KeyPath, Change]:
        """Return the changes with their keys, at the speed of a dictionary."""
        return self._all().items()

    def _all(self) -> dict[KeyPath, Change]:
        if self._found is None:
            self._found = {change.key: change for change in changes(self._before, self._after)}
        return self._found


def changes(before: Document | None, after: Document | None) -> tuple[Change, ...]:
    """Return what differs, leaf by leaf: in the order of ``after``, then what is gone in the order of ``before``.

    Tables are descended into; arrays, scalars and empty tables are leaves. Where a table stands against something
    else, that key is one change. A table that lost all its keys and stays is a change of its own besides theirs.
    """
    old = before.tree if before is not None else {}
    new = after.tree if after is not None else {}
    found: list[Change] = []
    removed: list[Change] = []
    _compare((), old, new, found, removed, None if comparable(before, after) else same)
    return (*found, *removed)


def changes_below(before: Document | None, after: Document | None, key: KeyPath) -> tuple[Change, ...]:
    """Return those of all ``changes`` whose key is ``key`` or lies inside, without looking at the rest."""
    old: Value = before.tree if before is not None else {}
    new: Value = after.tree if after is not None else {}
    for part in key[:-1]:
        # What is not there is as good as empty; where a table stands against something else, the change is further up.
        old, new = (side.get(part, _NO_TABLE) if isinstance(side, dict) else side for side in (old, new))
    if not isinstance(old, dict) or not isinstance(new, dict):
        return ()
    old, new = ({name: side[name] for name in key[-1:] if name in side} for side in (old, new))
    found: list[Change] = []
    removed: list[Change] = []
    _compare(key[:-1], old, new, found, removed, None if comparable(before, after) else same)
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


def _compare(
    key: KeyPath,
    old: dict[str, Value],
    new: dict[str, Value],
    found: list[Change],
    removed: list[Change],
    exactly: Callable[[object, object], bool] | None,
) -> None:
    """Add what differs below ``key``. ``exactly`` tells values apart that Python takes for equal, if there are any."""
    for name, value in new.items():
        was = old.get(name, ABSENT)
        # Identity first: NaN is one object and unequal to itself.
        if (was is value or was == value) and (exactly is None or exactly(was, value)):
            continue
        if type(value) is not dict:
            found.append(Change((*key, name), was, value))
        elif was is ABSENT:
            _add_leaves((*key, name), value, found)
        elif type(was) is dict:
            if not value:
                found.append(Change((*key, name), was, value))
            _compare((*key, name), was, value, found, removed, exactly)
        else:
            found.append(Change((*key, name), was, value))
    for name, was in old.items():
        if name not in new:
            _remove_leaves((*key, name), was, removed)


def _add_leaves(key: KeyPath, value: Value, found: list[Change]) -> None:
    if type(value) is dict and value:
        for name, inner in value.items():
            _add_leaves((*key, name), inner, found)
    else:
        found.append(Change(key, ABSENT, value))


def _remove_leaves(key: KeyPath, value: Value, removed: list[Change]) -> None:
    if type(value) is dict and value:
        for name, inner in value.items():
            _remove_leaves((*key, name), inner, removed)
    else:
        removed.append(Change(key, value, ABSENT))


def _shallowest_missing(key: KeyPath, missing_in: Value, there: Value) -> tuple[KeyPath, Value]:
    depth = 1
    while isinstance(missing_in, dict) and key[depth - 1] in missing_in:
        missing_in = missing_in[key[depth - 1]]
        depth += 1
    for part in key[:depth]:
        there = there[part]  # type: ignore[call-overload,index]
    return key[:depth], there
