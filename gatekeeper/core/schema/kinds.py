"""What a key of a TOML file can be, and what every profile must be able to say about one.

The base class is the answer for a file of which nothing is known; each known kind of file overrides what it knows.
"""

from __future__ import annotations

import enum
from dataclasses import dataclass
from datetime import date, datetime, time
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Iterable

    from gatekeeper.core.names import KeyPath

Value: TypeAlias = "dict[str, Value] | list[Value] | str | int | float | bool | datetime | date | time"
"""What TOML can say. Trees of values are shared between documents and merges: never change one in place."""

ExclusiveSlot: TypeAlias = tuple[frozenset[str], ...]
"""Alternatives of which one table may fill one at most.

Each alternative is the set of keys that fill it, relative to the table; a dotted name reaches into a sub-table, and
``*`` stands for every key that no other alternative names.
"""


class ArrayKind(enum.Enum):
    """What the order and the number of an array's entries mean."""

    SET = "set"
    SEQUENCE = "sequence"
    ATOMIC = "atomic"


class Combine(enum.Enum):
    """What can be proposed when both sides gave one scalar different values."""

    NEVER = "never"
    HIGHER_VERSION = "higher-version"
    HIGHER_REQUIREMENT = "higher-requirement"
    STRICTER_LINT = "stricter-lint"
    DEFAULT = "default"


@dataclass(frozen=True, slots=True)
class AliasUse:
    """A deprecated spelling of a key. ``key`` is canonical, ``spelled`` its last part as the file has it.

    ``shadowed``: the file has both spellings, so the value of this one is not in the tree but here in ``value``.
    """

    key: KeyPath
    spelled: str
    shadowed: bool = False
    value: Value | None = None


Canonical: TypeAlias = tuple[dict[str, Value], tuple[AliasUse, ...]]


@dataclass(frozen=True, slots=True)
class Profile:
    """What the keys of one kind of TOML file mean."""

    name: str

    def canonicalise(self, raw: dict[str, Value]) -> Canonical:
        """Return ``raw`` with one spelling for each thing that has several. Takes ``raw`` over and changes it.

        Values of an unexpected type stay as they are.
        """
        return raw, ()

    def array_kind(self, _key: KeyPath, _entries: Iterable[Value] = ()) -> ArrayKind:
        """Return what the array at ``key`` is. ``entries``: those of all sides, since some decide by their text."""
        return ArrayKind.SEQUENCE

    def identity_array(self, _key: KeyPath) -> bool:
        """Return whether the array of tables at ``key`` becomes a table keyed by the entries' identity."""
        return False

    def is_collection(self, _key: KeyPath) -> bool:
        """Return whether the table at ``key`` is there for the tables in it alone, and goes with the last of them."""
        return False

    def forbidden_together(self, _key: KeyPath, _entries: frozenset[str]) -> bool:
        """Return whether the set at ``key`` must not hold all of ``entries`` at once."""
        return False

    def combine(self, _key: KeyPath) -> Combine:
        """Return what can be proposed for the scalar at ``key``."""
        return Combine.DEFAULT

    def means_the_same(self, _key: KeyPath, _one: str, _other: str) -> bool:
        """Return whether two different texts at ``key`` say the same."""
        return False

    def exclusive_slots(self, _key_of_table: KeyPath) -> tuple[ExclusiveSlot, ...]:
        """Return the exclusive slots of the table at ``key_of_table``; ``()`` is the document itself."""
        return ()

    def whole_value(self, _key: KeyPath, *_values: Value) -> bool:
        """Return whether the value at ``key`` is replaced whole and never united inside. ``values``: of all sides."""
        return False
