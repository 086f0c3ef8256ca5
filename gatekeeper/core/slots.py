"""Exclusive slots: keys of one table of which only one alternative may be there."""

from __future__ import annotations

from functools import cache
from itertools import combinations, product
from typing import TYPE_CHECKING

from gatekeeper.core.changes import ABSENT, Absent

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from gatekeeper.core.names import KeyPath
    from gatekeeper.core.schema.kinds import ExclusiveSlot, Value

_ANY = ("*",)


def overfilled(
    slots: tuple[ExclusiveSlot, ...],
    merged: Mapping[str, Value],
    disputed: Collection[KeyPath],
    sides: tuple[Value | Absent, ...],
) -> list[tuple[KeyPath, ...]]:
    """Return, for each slot that ``merged`` fills more than once, the keys that fill it, relative to the table.

    ``disputed`` keys count as present, whichever side's value ``merged`` holds for the time being. What one of
    ``sides`` fills twice on its own is that side's fault and not the merge's.
    """
    found: list[tuple[KeyPath, ...]] = []
    touched = {key[:depth] for key in disputed for depth in range(1, len(key) + 1)}
    named = {*merged, *(key[0] for key in touched)}
    for slot in slots:
        # Most tables come nowhere near: that is found out at C's speed.
        if not any(map(named.issuperset, _ways_to_overfill(slot))):
            continue
        filled = _filled(slot, merged, disputed, touched)
        if len(filled) > 1 and not any(filled.keys() <= _filled(slot, side, (), ()).keys() for side in sides):
            found.append(tuple(sorted(set().union(*filled.values()))))
    return found


def take_members(
    merged: Mapping[str, Value], side: Mapping[str, Value], members: Collection[KeyPath]
) -> dict[str, Value]:
    """Return ``merged`` with what ``side`` has at ``members``; neither is changed."""
    taken = dict(merged)
    for member in members:
        _put(taken, member, look_up(side, member))
    return taken


def put(tree: Mapping[str, Value], key: KeyPath, value: Value | Absent) -> dict[str, Value]:
    """Return ``tree`` with ``value`` at ``key``, whose tables are there; ``tree`` is not changed."""
    changed = dict(tree)
    _put(changed, key, value)
    return changed


def look_up(value: Value | Absent | Mapping[str, Value], key: KeyPath) -> Value | Absent:
    """Return what is at ``key`` below ``value``."""
    for part in key:
        if not isinstance(value, dict) or part not in value:
            return ABSENT
        value = value[part]
    return value  # type: ignore[return-value]


def _filled(
    slot: ExclusiveSlot,
    table: Value | Absent | Mapping[str, Value],
    disputed: Collection[KeyPath],
    touched: Collection[KeyPath],
) -> dict[int, set[KeyPath]]:
    """Return the alternatives of ``slot`` that are filled, each with the keys that fill it; one alone may be left out.

    ``touched``: the ``disputed`` keys and those around them.
    """
    if not isinstance(table, dict):
        return {}
    filled: dict[int, set[KeyPath]] = {}
    for number, alternative in enumerate(_alternatives(slot)):
        if number == len(slot) - 1 and not filled:
            break
        candidates: Collection[KeyPath] = alternative
        if _ANY in alternative:
            named = frozenset().union(*slot)
            candidates = {(name,) for name in (*table, *(key[0] for key in disputed)) if name not in named}
        for key in candidates:
            if key in touched or (key[0] in table and _is_present(key, table, disputed)):
                filled.setdefault(number, set()).add(key)
    return filled


@cache
def _ways_to_overfill(slot: ExclusiveSlot) -> tuple[frozenset[str], ...]:
    """Return sets of names of which a table must have one to fill two alternatives of ``slot``."""
    found = (
        frozenset(key[0] for key in pair if key != _ANY)
        for one, other in combinations(_alternatives(slot), 2)
        for pair in product(one, other)
    )
    return tuple(dict.fromkeys(found))


@cache
def _alternatives(slot: ExclusiveSlot) -> tuple[frozenset[KeyPath], ...]:
    return tuple(frozenset(tuple(name.split(".")) for name in alternative) for alternative in slot)


def _is_present(key: KeyPath, table: Mapping[str, Value], disputed: Collection[KeyPath]) -> bool:
    if len(key) == 1:
        return True
    # Where what holds the key is disputed as a whole, that clash says it all.
    return look_up(table, key) is not ABSENT and not any(key[:depth] in disputed for depth in range(1, len(key)))


def _put(table: dict[str, Value], key: KeyPath, value: Value | Absent) -> None:
    if len(key) > 1:
        inner = table.get(key[0])
        if isinstance(inner, dict):
            copied = dict(inner)
            _put(copied, key[1:], value)
            table[key[0]] = copied
    elif value is ABSENT:
        table.pop(key[0], None)
    else:
        table[key[0]] = value
