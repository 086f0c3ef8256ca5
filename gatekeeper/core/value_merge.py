"""The three-way merge of what documents say, key by key; their text is no part of it."""

from __future__ import annotations

import enum
from dataclasses import dataclass
from itertools import chain
from typing import TYPE_CHECKING, Final, Literal, TypeAlias

from gatekeeper.core.changes import ABSENT, Absent
from gatekeeper.core.document import comparable, same
from gatekeeper.core.schema.kinds import ArrayKind
from gatekeeper.core.schema.precedence import proposal
from gatekeeper.core.sequences import merge_sequences, merge_sets
from gatekeeper.core.slots import overfilled, take_members

if TYPE_CHECKING:
    from collections.abc import Callable

    from gatekeeper.core.document import Document, Value
    from gatekeeper.core.names import KeyPath
    from gatekeeper.core.schema.kinds import ExclusiveSlot, Profile

_Side: TypeAlias = "Value | Absent"


class ClashReason(enum.Enum):
    """Why two changes of one key do not combine by themselves."""

    # Each reason is one object, and rules look for reasons in sets more often than for anything else.
    __hash__ = object.__hash__

    BOTH_CHANGED = "both-changed"
    CHANGED_AND_REMOVED = "changed-and-removed"
    TYPE_CLASH = "type-clash"
    EXCLUSIVE_SLOT = "exclusive-slot"
    SEQUENCE_ORDER = "sequence-order"
    FORBIDDEN_SET = "forbidden-set"


@dataclass(frozen=True, slots=True)
class Clash:
    """One key on which the sides disagree. ``proposal`` is what the schema would take; it decides nothing.

    ``members`` (EXCLUSIVE_SLOT only): the keys that exclude each other, relative to the table at ``key``. The table
    clashes as a whole, except for the document itself, ``()``, of which only the members clash.
    """

    key: KeyPath
    base: Value | Absent
    ours: Value | Absent
    theirs: Value | Absent
    reason: ClashReason
    proposal: Value | None = None
    members: tuple[KeyPath, ...] = ()


@dataclass(frozen=True, slots=True)
class United:
    """One key that both sides changed differently and whose changes were combined."""

    key: KeyPath
    how: Literal["set", "sequence"]


@dataclass(frozen=True, slots=True)
class ValueMerge:
    """The merged tree, with ours' value at every clashed key."""

    tree: dict[str, Value]
    clashes: tuple[Clash, ...] = ()
    united: tuple[United, ...] = ()


def merge_values(base: Document | None, ours: Document, theirs: Document) -> ValueMerge:
    """Merge two documents that grew from ``base`` (None: both were added)."""
    merger = _Merger(ours.profile, _surely if comparable(base, ours, theirs) else same)
    tree = merger.table((), base.tree if base is not None else ABSENT, ours.tree, theirs.tree)
    return ValueMerge(tree, tuple(merger.clashes), tuple(merger.united))


class _Merger:
    """The schema, and what was found on the way down."""

    def __init__(self, profile: Profile, same_too: Callable[[object, object], bool]) -> None:
        self.profile: Final = profile
        self.same_too: Final = same_too
        """Whether two values that Python takes for equal are the same."""
        self.clashes: list[Clash] = []
        self.united: list[United] = []

    def table(self, key: KeyPath, base: _Side, ours: dict[str, Value], theirs: dict[str, Value]) -> dict[str, Value]:
        merged = dict(ours)
        same_too, mark = self.same_too, (len(self.clashes), len(self.united))
        before: dict[str, Value] = base if type(base) is dict else {}
        by_ours = by_theirs = False
        # Documents share what is equal in them: most names are done with at C's speed.
        unlike = [name for name, mine in ours.items() if theirs.get(name, ABSENT) is not mine]
        unlike += [name for name in theirs if name not in ours]
        for name in unlike:
            was, mine, other = before.get(name, ABSENT), ours.get(name, ABSENT), theirs.get(name, ABSENT)
            # Spelled out for speed; identity first, since NaN is one object and unequal to itself.
            if was is other:
                value, by_ours = mine, True
            elif mine == other and same_too(mine, other):
                value = mine
            elif was == other and same_too(was, other):
                value, by_ours = mine, True
            elif (was is mine or was == mine) and same_too(was, mine):
                value, by_theirs = other, True
            else:
                value, by_ours, by_theirs = self._both_changed((*key, name), was, mine, other), True, True
            if value is not ABSENT:
                merged[name] = value
            else:
                merged.pop(name, None)
        # What one side alone has made of a table it has made by itself.
        slots = self.profile.exclusive_slots(key) if by_ours and by_theirs else ()
        return self._one_alternative(slots, key, (base, ours, theirs), merged, mark) if slots else merged

    def _both_changed(self, key: KeyPath, was: _Side, mine: _Side, other: _Side) -> _Side:
        if mine is ABSENT or other is ABSENT:
            return self._removed(key, was, mine, other)
        if self.profile.whole_value(key, mine, other, *(() if was is ABSENT else (was,))):
            return self._clash(Clash(key, was, mine, other, ClashReason.BOTH_CHANGED))
        if type(mine) is dict and type(other) is dict:
            return self.table(key, was, mine, other)
        if type(mine) is list and type(other) is list:
            return self._arrays(key, was, mine, other)
        if isinstance(mine, (dict, list)) or isinstance(other, (dict, list)):
            return self._clash(Clash(key, was, mine, other, ClashReason.TYPE_CLASH))
        better = proposal(self.profile.combine(key), mine, other)
        return self._clash(Clash(key, was, mine, other, ClashReason.BOTH_CHANGED, better))

    def _removed(self, key: KeyPath, was: _Side, mine: _Side, other: _Side) -> _Side:
        gained = self._gained(key, was, other if mine is ABSENT else mine)
        return gained or self._clash(Clash(key, was, mine, other, ClashReason.CHANGED_AND_REMOVED))

    def _gained(self, key: KeyPath, was: _Side, kept: _Side) -> dict[str, Value] | None:
        """Return what came into a collection whose one entry has stayed as it was; None if that is not what happened.

        Nobody writes a collection down by itself: whoever removes its last entry has nothing against a new one. In real
        merges that is different for those who remove several at once: they do away with the collection.
        """
        if type(was) is not dict or type(kept) is not dict or len(was) > 1 or not self.profile.is_collection(key):
            return None
        gained: dict[str, Value] = {}
        for name, value in kept.items():
            if type(value) is not dict:
                return None
            if name not in was:
                gained[name] = value
            elif not same(was[name], value):
                inside = self._gained((*key, name), was[name], value)
                if inside is None:
                    return None
                gained[name] = inside
        return gained if was.keys() <= kept.keys() else None

    def _arrays(self, key: KeyPath, was: _Side, mine: list[Value], other: list[Value]) -> Value:
        before = was if isinstance(was, list) else []
        kind = self.profile.array_kind(key, chain(before, mine, other))
        if kind is ArrayKind.SET:
            united = merge_sets(before, mine, other)
            forbidden = self._forbidden(key, united) and not self._forbidden(key, mine)
            if forbidden and not self._forbidden(key, other):
                self._clash(Clash(key, was, mine, other, ClashReason.FORBIDDEN_SET))
                return mine
            self.united.append(United(key, "set"))
            return united
        sequence = merge_sequences(before, mine, other) if kind is ArrayKind.SEQUENCE else None
        if sequence is None:
            ordered = kind is ArrayKind.SEQUENCE
            reason = ClashReason.SEQUENCE_ORDER if ordered else ClashReason.BOTH_CHANGED
            self._clash(Clash(key, was, mine, other, reason))
            return mine
        self.united.append(United(key, "sequence"))
        return sequence

    def _forbidden(self, key: KeyPath, entries: list[Value]) -> bool:
        return self.profile.forbidden_together(key, frozenset(entry for entry in entries if isinstance(entry, str)))

    def _one_alternative(
        self,
        slots: tuple[ExclusiveSlot, ...],
        key: KeyPath,
        sides: tuple[_Side, dict[str, Value], dict[str, Value]],
        merged: dict[str, Value],
        mark: tuple[int, int],
    ) -> dict[str, Value]:
        """Return ``merged`` unless the sides filled one slot differently; then that is the clash, not its parts."""
        base, ours, theirs = sides
        clashes, united = self.clashes[mark[0] :], self.united[mark[1] :]
        slots_filled = overfilled(slots, merged, {clash.key[len(key) :] for clash in clashes}, sides)
        if not slots_filled:
            return merged
        members = sorted({member for filled in slots_filled for member in filled})
        del self.clashes[mark[0] :], self.united[mark[1] :]
        if key:
            self.clashes.append(Clash(key, base, ours, theirs, ClashReason.EXCLUSIVE_SLOT, None, tuple(members)))
            return ours
        # The document is no unit: each slot clashes for itself, and the rest is merged as ever.
        self.clashes += [clash for clash in clashes if not _concerns(members, clash.key)]
        self.united += [one for one in united if not _concerns(members, one.key)]
        for filled in slots_filled:
            self.clashes.append(Clash(key, base, ours, theirs, ClashReason.EXCLUSIVE_SLOT, None, filled))
        return take_members(merged, ours, members)

    def _clash(self, clash: Clash) -> _Side:
        self.clashes.append(clash)
        return clash.ours


def _surely(_left: object, _right: object) -> bool:
    return True


def _concerns(members: list[KeyPath], key: KeyPath) -> bool:
    return any(key[: len(member)] == member for member in members)
