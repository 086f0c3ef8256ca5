"""One agent's change: what its branch does to its fork point, and what landing it would do to trunk."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from gatekeeper.core.commit_graph import Bases
from gatekeeper.core.names import AgentName, Oid, RefName, TreePath
from gatekeeper.core.tree_state import Delta, State, parents


@dataclass(frozen=True, slots=True)
class AgentChange:
    """A change as the fleet sees it.

    ``touched`` is what the branch changed since its fork: path -> (at the fork, on the branch). ``overlay`` is what
    landing would change in trunk. Paths in ``conflicts`` do not merge onto trunk; they are in neither of the two.
    """

    name: AgentName
    ref: RefName
    commit: Oid
    forks: Bases
    touched: Mapping[TreePath, tuple[State, State]]
    overlay: Delta
    conflicts: frozenset[TreePath] = frozenset()
    worktree: str | None = None
    uncommitted: bool = False

    @property
    def lands(self) -> bool:
        """Whether the change merges onto trunk on its own."""
        return not self.conflicts


@dataclass(slots=True)
class TreeStates:
    """What stands at a path of trunk and of the bases, from each base's difference to trunk.

    ``deltas`` maps a base commit to path -> its state, for the paths that differ from trunk's.
    """

    trunk_entry: Callable[[TreePath], State]
    deltas: Mapping[Oid, Delta]
    _trunk: dict[TreePath, State] = field(default_factory=dict)

    def trunk(self, path: TreePath) -> State:
        """Return what stands at ``path`` in trunk."""
        if path not in self._trunk:
            self._trunk[path] = self.trunk_entry(path)
        return self._trunk[path]

    def base(self, commit: Oid, path: TreePath) -> State:
        """Return what stands at ``path`` in the base ``commit``."""
        delta = self.deltas[commit]
        return delta[path] if path in delta else self.trunk(path)


def can_compose(
    touched: Mapping[TreePath, tuple[State, State]], trunk_moved: Mapping[TreePath, tuple[State, State]]
) -> bool:
    """Return whether merging a change onto trunk is the mere sum of both sides' paths.

    That needs disjoint paths, and nothing that could bring git's detection of renamed directories or a clash of a file
    with a directory into play.
    """
    if not touched.keys().isdisjoint(trunk_moved):
        return False
    ours, theirs = _shape(touched), _shape(trunk_moved)
    return (
        ours.added_under.isdisjoint(theirs.removed_under)
        and theirs.added_under.isdisjoint(ours.removed_under)
        and ours.added_under.isdisjoint(trunk_moved)
        and theirs.added_under.isdisjoint(touched)
    )


@dataclass(frozen=True, slots=True)
class _Shape:
    """The directories under which a side adds and removes files."""

    added_under: frozenset[TreePath]
    removed_under: frozenset[TreePath]


def _shape(side: Mapping[TreePath, tuple[State, State]]) -> _Shape:
    added: set[TreePath] = set()
    removed: set[TreePath] = set()
    for path, (before, after) in side.items():
        if before is None:
            added.update(parents(path))
        elif after is None:
            removed.update(parents(path))
    return _Shape(frozenset(added), frozenset(removed))
