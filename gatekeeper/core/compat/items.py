"""What compatibility consists of: items, each with those who use it."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from difflib import get_close_matches
from typing import Literal, NamedTuple

from gatekeeper.core.names import KeyPath, TreePath

ItemKind = Literal["task", "feature", "member", "dependency", "package", "target", "ci-reference"]
ItemChange = Literal["removed", "altered"]

KINDS: tuple[ItemKind, ...] = ("package", "member", "target", "feature", "dependency", "task", "ci-reference")
"""In the order in which they are told."""


class Use(NamedTuple):
    """Something that refers to an item: where, and what it does there.

    ``place`` is a key of a manifest, or a line of a script or a CI file. ``trees`` names the other branches in which
    it stands; it is empty for what stands in the changed tree itself.
    """

    path: TreePath
    place: str
    what: str
    trees: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class CompatItem:
    """Something that the change removes or alters. ``name`` is unique, and tells it from all others for good.

    ``before`` and ``after`` are short texts; None where there is nothing to show.
    """

    kind: ItemKind
    name: str
    change: ItemChange
    path: TreePath
    key: KeyPath = ()
    before: str | None = None
    after: str | None = None
    used_by: tuple[Use, ...] = ()

    def with_uses(self, uses: Sequence[Use]) -> CompatItem:
        """Return the same item with those who use it."""
        return replace(self, used_by=tuple(uses))


class Unreadable(NamedTuple):
    """A manifest that one side cannot read, so that its items cannot be told."""

    path: TreePath
    side: Literal["before", "after"]
    why: str

    @property
    def name(self) -> str:
        """The name by which it can be waived."""
        return f"manifest {self.path}"


@dataclass(frozen=True, slots=True)
class Compatibility:
    """All items of a change, in the order of their kinds and names, and what could not be told."""

    items: tuple[CompatItem, ...] = ()
    unreadable: tuple[Unreadable, ...] = ()

    @property
    def names(self) -> tuple[str, ...]:
        """Every name that can be waived."""
        return tuple(dict.fromkeys([*(item.name for item in self.items), *(one.name for one in self.unreadable)]))

    def is_backward_compatible(self, waived: Collection[str] = ()) -> bool:
        """Return whether nothing is removed, altered or unknown but what is waived by its name."""
        return all(name in waived for name in self.names)

    def unknown(self, waived: Collection[str]) -> tuple[str, str | None] | None:
        """Return the first of ``waived`` that names nothing here, and the name that is nearest; None if all do."""
        names = self.names
        for name in waived:
            if name not in names:
                return name, next(iter(get_close_matches(name, names, n=1, cutoff=0)), None)
        return None


def ordered(items: Collection[CompatItem]) -> tuple[CompatItem, ...]:
    """Return the items in the order in which they are told, each name once."""
    by_name: dict[str, CompatItem] = {}
    for item in sorted(items, key=lambda item: (KINDS.index(item.kind), item.name, item.path, item.key)):
        by_name.setdefault(item.name, item)
    return tuple(by_name.values())
