"""What rules say of pairs in which one side moves a file that the other edits: asked where both call it the same.

Facts are told apart by path, and git carries edits of the old path to the new one. So the rules see such a pair once
more in trees in which everybody has the mover's names. What they say there of files at new names takes the place of
what they said before.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from gatekeeper.core.bits import members, union
from gatekeeper.core.grouping import Rows, products
from gatekeeper.core.renamed_view import renamed
from gatekeeper.core.symbol_index import PathStates
from gatekeeper.core.workspace_view import WorkspaceHit, WorkspaceView

if TYPE_CHECKING:
    from gatekeeper.core.file_moves import Moves
    from gatekeeper.core.names import TreePath
    from gatekeeper.core.rules.model import HitSide

Ask = Callable[[WorkspaceView], Iterable[WorkspaceHit]]


def hits_of(view: WorkspaceView, ask: Ask) -> list[WorkspaceHit]:
    """Return what ``ask`` finds in the view, with pairs between which files move seen under the new names."""
    found = list(ask(view))
    for number, moves in enumerate(view.moves.all):
        pairs = _Pairs.of(view, moves, view.moves.all[number + 1 :])
        if pairs.rows:
            world = renamed(view, moves.names, moves.agents | union(pairs.rows.values()), moves.agents)
            found = [rest for hit in found for rest in pairs.outside(hit)]
            found += [inside for hit in ask(world) for inside in pairs.inside(hit)]
            world.forget()
    return found


@dataclass(slots=True)
class _Pairs:
    """Who moves files, and with whom git has something to merge under the new names. ``rows`` hold either direction."""

    moves: Moves
    old_names: Mapping[TreePath, TreePath]
    rows: Rows = field(default_factory=dict)

    @classmethod
    def of(cls, view: WorkspaceView, moves: Moves, later: Iterable[Moves]) -> _Pairs:
        """Return the pairs of a move; those who make it as well count with the one that comes first."""
        pairs = cls(moves, {new: old for old, new in moves.names.items()})
        alike = [(one.agents, one.names) for one in (moves, *later)]
        for old, new in moves.names.items():
            before, after = _states(view, old), _states(view, new)
            if before is None or after is None:
                continue
            same = union(agents for agents, names in alike if names.get(old) == new)
            for left, right, bases in (*_edits(before, moves.agents), *_others(before, after, moves.agents, same)):
                for some, others in view.relation.bicliques(left, right, bases):
                    pairs._add(some, others)
        return pairs

    def _add(self, left: int, right: int) -> None:
        for mine, others in ((left, right), (right, left)):
            for agent in members(mine):
                self.rows[agent] = self.rows.get(agent, 0) | others

    def _concerns(self, hit: WorkspaceHit) -> bool:
        sides = (hit.hit.left, hit.hit.right)
        two = bool(hit.right) and not hit.others
        return two and any(side is not None and side.path in self.old_names for side in sides)

    def outside(self, hit: WorkspaceHit) -> Iterator[WorkspaceHit]:
        """Yield what is left of ``hit`` without these pairs, if it is about a new name."""
        if not self._concerns(hit):
            yield hit
            return
        rows = {agent: hit.right & ~self.rows.get(agent, 0) for agent in members(hit.left)}
        for left, right in products(rows):
            yield replace(hit, left=left, right=right)

    def inside(self, hit: WorkspaceHit) -> Iterator[WorkspaceHit]:
        """Yield what ``hit`` says of these pairs, if it is about a new name; each side has it by the name it gave."""
        if not self._concerns(hit) or hit.hit.right is None:
            return
        rows = {agent: hit.right & self.rows.get(agent, 0) for agent in members(hit.left)}
        movers = self.moves.agents
        for left, right in products(rows):
            for some in (left & movers, left & ~movers):
                for others in (right & movers, right & ~movers):
                    if some and others:
                        sides = self._as_named(hit.hit.left, some), self._as_named(hit.hit.right, others)
                        said = replace(hit.hit, left=sides[0], right=sides[1])
                        yield replace(hit, hit=said, left=some, right=others)

    def _as_named(self, side: HitSide, agents: int) -> HitSide:
        return side if agents & self.moves.agents else replace(side, path=self.old_names.get(side.path, side.path))


def _states(view: WorkspaceView, path: TreePath) -> PathStates | None:
    """Return what stands at a path of which rules know the facts."""
    known = view.states.get(path) or view.shared(_scripts).get(path)
    if known is None and view.has_read_sources and view.sources is not None and path in view.sources.changed:
        return view.sources.states(path)
    return known


def _scripts(view: WorkspaceView) -> dict[TreePath, PathStates]:
    return {states.path: states for states in view.scripts}


def _edits(before: PathStates, movers: int) -> Iterator[tuple[int, int, int]]:
    """Yield (movers, who has changed the file under its old name, bases)."""
    for base_oid, base in before.states:
        if base_oid is not None and base.bases:
            editors = union(s.agents for oid, s in before.states if oid is not None and oid != base_oid)
            yield movers, editors & ~movers, base.bases


def _others(before: PathStates, after: PathStates, movers: int, same: int) -> Iterator[tuple[int, int, int]]:
    """Yield (movers, who made the same move and something else of the file, bases)."""
    bases = union(s.bases for oid, s in before.states if oid is not None)
    bases &= union(s.bases for oid, s in after.states if oid is None)
    for _, standing in after.states:
        yield standing.agents & movers, same & ~standing.agents, bases
