"""The compatibility of a change."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING

from gatekeeper.core.compat.ci import ci_references
from gatekeeper.core.compat.dependencies import dependencies_lost
from gatekeeper.core.compat.features import features_lost
from gatekeeper.core.compat.items import Compatibility, ordered
from gatekeeper.core.compat.packages import Packages
from gatekeeper.core.compat.tasks import tasks_lost
from gatekeeper.core.compat.trees import Sides
from gatekeeper.core.compat.users import Users
from gatekeeper.core.tree_state import Delta

if TYPE_CHECKING:
    from gatekeeper.core.compat.found import Found
    from gatekeeper.core.compat.trees import Other, Trees
    from gatekeeper.core.names import TreePath


_QUIET = (".rs", ".md", ".lock")
"""Files whose contents nobody relies on by a name that could be told here; that they are there still counts."""


def may_matter(changed: Delta) -> bool:
    """Return whether a change that puts this at its paths can take anything away at all."""
    return any(state is None or not path.endswith(_QUIET) for path, state in changed.items())


def compare(trees: Trees, others: Callable[[], Sequence[Other]] = tuple) -> Compatibility:
    """Return what the head removes or alters of what the base has, and by whom it is used.

    ``others`` are asked for only where something could be taken away.
    """
    changed = {path: trees.head.get(path) for path, entry in trees.base.items() if trees.head.get(path) != entry}
    if not may_matter(changed):
        return Compatibility()
    sides = Sides(trees)
    found = list(_lost(sides))
    if not found and not any(map(_may_be_run, changed)):
        return Compatibility((), sides.unreadable)
    users = Users(trees, others())
    items = ordered([one.item.with_uses(users.of(one)) for one in found])
    return Compatibility((*items, *ordered(list(ci_references(trees, items, users)))), sides.unreadable)


def _may_be_run(path: TreePath) -> bool:
    """Return whether commands may name the file as one to run; who names a crate is told with the crate."""
    return not path.endswith((*_QUIET, ".toml"))


def _lost(sides: Sides) -> Iterator[Found]:
    packages = Packages(sides)
    yield from packages.removed()
    yield from packages.members_removed()
    yield from packages.targets_lost()
    yield from features_lost(sides, packages)
    yield from dependencies_lost(sides, packages)
    yield from tasks_lost(sides)
