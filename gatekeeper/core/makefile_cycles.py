"""Circles of tasks and of variables in makefiles, with all that decides on whether a step of them is gone."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property, partial
from itertools import pairwise
from typing import TYPE_CHECKING

from gatekeeper.core.combination import Question
from gatekeeper.core.cycles import Cycle, Edge, Way, cycles_of, knots, standing_edges
from gatekeeper.core.makefile_readings import Reading
from gatekeeper.core.makefiles import Makefile, Makefiles
from gatekeeper.core.symbols import How, Kind
from gatekeeper.core.wide_cycles import WideCycle, wide_cycles

if TYPE_CHECKING:
    from gatekeeper.core.symbol_index import Use
    from gatekeeper.core.workspace_view import WorkspaceView

_Ways = dict[Edge, list[Way]]


@dataclass(frozen=True, slots=True)
class Circle:
    """A cycle, and the platforms on which alone it closes; none are named where it closes on all."""

    cycle: Cycle | WideCycle
    platforms: tuple[str, ...] = ()


def task_circles(view: WorkspaceView, hows: frozenset[How], made_by: How) -> Iterator[Circle]:
    """Yield the circles of references of which some is a ``made_by``: of others other rules speak."""
    makefiles = view.shared(Makefiles)
    told: set[object] = set()
    for makefile in makefiles.all:
        edges = makefiles.edges(makefile, hows)
        for knot in knots(edges, _varying(view, makefile, edges)):
            inside = {edge: uses for edge, uses in sorted(edges.items()) if edge[0] in knot and edge[1] in knot}
            makers = {edge for edge, uses in inside.items() if any(use.reference.how == made_by for use in uses)}
            for circle in _of_tasks(view, makefile, knot, inside) if makers else ():
                steps = pairwise((*circle.cycle.nodes, circle.cycle.nodes[0]))
                if _identity(circle.cycle) not in told and not makers.isdisjoint(steps):
                    told.add(_identity(circle.cycle))
                    yield circle


def _identity(cycle: Cycle | WideCycle) -> object:
    """Return what tells a cycle from others, wherever its edges are written."""
    sides = (cycle.left, cycle.right) if isinstance(cycle, Cycle) else tuple(agents for agents, _ in cycle.sides)
    return cycle.nodes, sides


def _varying(view: WorkspaceView, makefile: Makefile, edges: Mapping[Edge, list[Use]]) -> list[Edge]:
    """Return the edges that count in some trees and not in others."""
    makefiles = view.shared(Makefiles)
    everywhere, changed = view.everywhere, makefiles.changed_parts
    extending = len(makefile.files) > 1 and makefiles.extending_varies(makefile)

    def constant(edge: Edge, use: Use) -> bool:
        path = use.reference.path
        decided = any((file, edge[0]) in changed for file in makefile.files) if changed else False
        return use.standing == everywhere and not decided and not (extending and path != makefile.path)

    return [edge for edge, uses in edges.items() if not any(constant(edge, use) for use in uses)]


def _of_tasks(
    view: WorkspaceView, makefile: Makefile, knot: Collection[str], edges: Mapping[Edge, list[Use]]
) -> Iterator[Circle]:
    question = Question(view.everywhere)
    reading = Reading(view, makefile, question)
    platforms = reading.platforms(knot)
    found: dict[object, tuple[Cycle | WideCycle, list[str]]] = {}
    graphs: list[tuple[_Ways, list[str]]] = []
    for platform in platforms:
        ways = _ways(reading, platform, edges)
        same = next((alike for graph, alike in graphs if graph == ways), None)
        if same is None:
            graphs.append((ways, [platform]))
        else:
            same.append(platform)
    for ways, alike in graphs:
        for cycle in _closed(view, question, ways):
            found.setdefault(_identity(cycle), (cycle, []))[1].extend(alike)
    for cycle, closing in found.values():
        yield Circle(cycle, tuple(closing) if len(closing) < len(platforms) else ())


def _ways(reading: Reading, platform: str, edges: Mapping[Edge, list[Use]]) -> _Ways:
    found = ((edge, [reading.way(use, platform) for use in uses]) for edge, uses in edges.items())
    ways = {edge: [way for way in mine if way is not None] for edge, mine in found}
    return {edge: mine for edge, mine in ways.items() if mine}


def _closed(view: WorkspaceView, question: Question, ways: _Ways) -> Iterator[Cycle | WideCycle]:
    yield from cycles_of(view.relation, question, ways)
    yield from wide_cycles(view.everywhere, standing_edges(view.relation, question, ways))


def variable_circles(view: WorkspaceView) -> Iterator[Cycle | WideCycle]:
    """Yield the circles of variables of [env] that are made of each other."""
    makefiles = view.shared(Makefiles)
    told: set[object] = set()
    for makefile in makefiles.all:
        changed = _changed_variables(view, makefile)
        edges: dict[Edge, list[str]] = {}
        for path in makefile.files if changed else ():
            for variable, used in view.shared(_Variables).uses.get(path, ()):
                edges.setdefault((variable, used), []).append(path)
        for knot in knots(edges, [edge for edge in edges if edge[0] in changed]):
            inside = {edge: paths for edge, paths in sorted(edges.items()) if edge[0] in knot and edge[1] in knot}
            for cycle in _of_variables(view, makefile, inside):
                if _identity(cycle) not in told:
                    told.add(_identity(cycle))
                    yield cycle


def _changed_variables(view: WorkspaceView, makefile: Makefile) -> frozenset[str]:
    """Return the variables that some trees make of other things than the rest."""
    variables = view.shared(_Variables)
    if len(makefile.files) > 1 and view.shared(Makefiles).extending_varies(makefile):
        return frozenset(variable for path in makefile.files for variable, _ in variables.uses.get(path, ()))
    return frozenset().union(*(variables.changed.get(path, ()) for path in makefile.files))


class _Variables:
    """What the variables of [env] of each file are made of, and which differ between the trees."""

    def __init__(self, view: WorkspaceView) -> None:
        self._view = view
        self.changed: dict[str, set[str]] = {}
        for kind in (Kind.ENV_USE, Kind.ENV_VARIABLE):
            for symbol in view.index.changed(kind):
                self.changed.setdefault(symbol.name[0], set()).add(symbol.name[1])

    @cached_property
    def uses(self) -> Mapping[str, list[Edge]]:
        """The variables of each file, each with one that it is made of."""
        uses: dict[str, list[Edge]] = {}
        for symbol in self._view.index.of_kind(Kind.ENV_USE):
            path, variable, used = symbol.name
            uses.setdefault(path, []).append((variable, used))
        return uses


def _of_variables(
    view: WorkspaceView, makefile: Makefile, edges: Mapping[Edge, list[str]]
) -> Iterator[Cycle | WideCycle]:
    question = Question(view.everywhere)
    reading = Reading(view, makefile, question)
    settings = {variable: reading.masks(Kind.ENV_VARIABLE, variable) for variable, _ in edges}
    ways: _Ways = {}
    for (variable, used), paths in edges.items():
        for path in paths:
            layer = reading.layers[path]
            nearer = [setting for setting in settings[variable] if setting[0] < layer]
            for atom in view.atoms(Kind.ENV_USE, path, variable, used):
                mask, counts = question.any_of([atom]), _counting(reading, layer, nearer)
                deciding = reading.extending
                for _, bits in nearer:
                    deciding |= bits
                ways.setdefault((variable, used), []).append(Way(mask, atom.place, deciding, counts))
    yield from _closed(view, question, ways)


def _counting(reading: Reading, layer: int, nearer: list[tuple[int, int]]) -> Callable[[int], bool] | None:
    """Return whether a file is taken in and none before it sets the same variable; None where that is always so."""
    return partial(_counts, reading, layer, nearer) if layer else None


def _counts(reading: Reading, layer: int, nearer: list[tuple[int, int]], bits: int) -> bool:
    return layer in reading.taken(bits) and not reading.any_taken(bits, nearer)
