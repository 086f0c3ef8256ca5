"""A view of the same trees in which files have the new names that somebody gave them."""

from __future__ import annotations

from collections.abc import Mapping

from gatekeeper.core.combination import Standing
from gatekeeper.core.names import Oid, TreePath
from gatekeeper.core.symbol_index import NOWHERE, PathStates
from gatekeeper.core.workspace_view import SourceReader, WorkspaceView

Names = Mapping[TreePath, TreePath]
"""Old name -> new name."""

_TRUNK = 1


def renamed(view: WorkspaceView, names: Names, agents: int, movers: int) -> WorkspaceView:
    """Return the view of the pairs of ``movers`` with ``agents``; all other agents have what trunk has."""
    return _Renaming(view, names, agents).view(movers)


class _Renaming:
    def __init__(self, view: WorkspaceView, names: Names, agents: int) -> None:
        self._view = view
        self._names = names
        self._old_names = {new: old for old, new in names.items()}
        self._agents = agents
        self._others = view.everywhere.agents & ~agents

    def view(self, movers: int) -> WorkspaceView:
        paths = {path: self._among(states) for path, states in self._view.states.items()}
        self._rename(paths)
        scripts = {states.path: self._among(states) for states in self._view.scripts}
        self._rename(scripts)
        existence, trunk_paths = self._existence()
        return WorkspaceView(
            relation=self._view.relation.only(movers),
            paths=paths.values(),
            facts=self._view.facts,
            existence=existence,
            trunk_paths=trunk_paths,
            edited={self._names.get(path, path): mask & self._agents for path, mask in self._view.edited.items()},
            scripts=list(scripts.values()),
            sources=self._sources(),
        )

    def _among(self, states: PathStates) -> PathStates:
        """Return what stands at a path for the agents that count."""
        if len(states.states) == 1:
            return states
        held = [(oid, self._standing_among(standing)) for oid, standing in states.states]
        return PathStates(states.path, tuple((oid, standing) for oid, standing in held if standing != NOWHERE))

    def _standing_among(self, standing: Standing) -> Standing:
        others = self._others if standing.bases & _TRUNK else 0
        return Standing(standing.agents & self._agents | others, standing.bases)

    def _rename(self, paths: dict[TreePath, PathStates]) -> None:
        for old, new in self._names.items():
            if old in paths and new in paths:
                paths[old], paths[new] = _moved(paths[old], paths[new])

    def _existence(self) -> tuple[dict[TreePath, Standing], set[TreePath]]:
        view = self._view
        existence = {path: self._standing_among(standing) for path, standing in view.existence.items()}
        trunk_paths = set(view.trunk_paths)
        for old, new in self._names.items():
            before, after = (
                existence.get(path, view.everywhere if path in trunk_paths else NOWHERE) for path in (old, new)
            )
            trunk_paths.discard(old)
            existence[old], existence[new] = before & after, before | after
            if existence[new].bases & _TRUNK:
                trunk_paths.add(new)
        kept = {
            path: standing
            for path, standing in existence.items()
            if standing != (view.everywhere if path in trunk_paths else NOWHERE)
        }
        return kept, trunk_paths

    def _sources(self) -> SourceReader | None:
        reader = self._view.sources if self._view.has_read_sources else None
        if reader is None:
            return None
        read = reader.states

        def states(path: TreePath) -> PathStates:
            here = self._among(read(path))
            old, new = self._old_names.get(path), self._names.get(path)
            if old is not None:
                return _moved(self._among(read(old)), here)[1]
            return here if new is None else _moved(here, self._among(read(new)))[0]

        return SourceReader(reader.changed, states, reader.text, reader.facts)


def _moved(old: PathStates, new: PathStates) -> tuple[PathStates, PathStates]:
    """Return both with what stands at the old name standing at the new one, where nothing does."""
    before, after = dict(old.states), dict(new.states)
    free = after.get(None, NOWHERE)
    for oid, standing in old.states:
        moving = standing & free if oid is not None else NOWHERE
        for held, gone, come in ((before, oid, None), (after, None, oid)):
            held[gone] = held.get(gone, NOWHERE).without(moving)
            held[come] = held.get(come, NOWHERE) | moving
    return _states(old.path, before), _states(new.path, after)


def _states(path: TreePath, held: Mapping[Oid | None, Standing]) -> PathStates:
    return PathStates(path, tuple((oid, standing) for oid, standing in held.items() if standing != NOWHERE))
