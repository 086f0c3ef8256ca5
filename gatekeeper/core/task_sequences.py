"""What follows from lists of dependencies that replace inherited ones."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from gatekeeper.core.bits import union
from gatekeeper.core.combination import Answer, Atom, Deed, Question
from gatekeeper.core.makefiles import Makefile
from gatekeeper.core.symbols import How, Kind, Symbol
from gatekeeper.core.task_links import Link, TaskLinks
from gatekeeper.core.task_questions import changed_tasks
from gatekeeper.core.workspace_view import WorkspaceView


@dataclass(frozen=True, slots=True)
class Replaced:
    """``dependency`` of ``extended`` that ``extending`` does not inherit."""

    dependency: str
    extended: str
    extending: str
    answer: Answer
    deeds: tuple[Deed, Deed]


def replaced_dependencies(view: WorkspaceView) -> Iterator[Replaced]:
    """Yield the dependencies that one side gives an extended task and the other side's own list keeps out."""
    extending = set(view.shared(TaskLinks).makers(How.EXTEND)) if view.index.changed(Kind.TASK_ORDER) else set()
    changed = set(changed_tasks(view, Kind.TASK_ORDER)) if extending else set()
    for makefile, task in sorted(changed, key=lambda one: (one[0].path, one[1])):
        if any((file, task) in extending for file in makefile.files):
            for link in view.shared(TaskLinks).led_to(makefile, task, How.EXTEND):
                if (makefile, link.task) in changed:
                    yield from _Inheritance(view, makefile, task, link).replaced()


class _Inheritance:
    """A task, and another that it extends, by itself or through others."""

    def __init__(self, view: WorkspaceView, makefile: Makefile, extending: str, link: Link) -> None:
        self._view, self._makefile, self._extending, self._link = view, makefile, extending, link
        self._between = [atom.place.shown for step in link.steps[:-1] for atom in step]
        self._own = _orders(view, makefile, extending)

    def replaced(self) -> Iterator[Replaced]:
        inherited = _orders(self._view, self._makefile, self._link.task)
        for dependency in dict.fromkeys(name for order in inherited for name in order.name[2:]):
            wanted = [order for order in inherited if dependency in order.name[2:]]
            lacking = [order for order in self._own if not self._runs_anyway(order, dependency)]
            if lacking and not self._leads_back(dependency, wanted):
                yield from self._kept_out(dependency, wanted, lacking)

    def _kept_out(self, dependency: str, wanted: list[Symbol], lacking: list[Symbol]) -> Iterator[Replaced]:
        view = self._view
        question = Question(view.everywhere)
        adds, keeps_out = (question.any_of(_atoms(view, orders)) for orders in (wanted, lacking))
        steps = [question.any_of(step) for step in self._link.steps]
        # A list of a task on the way is what replaces the inherited one.
        before = question.any_of(
            _atoms(view, (o for name in self._between for o in _orders(view, self._makefile, str(name))))
        )

        def fault(bits: int) -> bool:
            return bool(bits & adds and bits & keeps_out and all(bits & step for step in steps)) and not bits & before

        for answer in question.ask(view.relation, fault, adds):
            deeds = question.deeds(answer, adds, keeps_out | union(steps))
            if deeds is not None:
                yield Replaced(dependency, self._link.task, self._extending, answer, deeds)

    def _runs_anyway(self, own: Symbol, dependency: str) -> bool:
        """Return whether an own list comes to ``dependency``, or to the task from which it would be inherited."""
        wanted = {dependency, self._link.task}
        return not wanted.isdisjoint(self._reached(own.name[2:], [own]))

    def _leads_back(self, dependency: str, wanted: list[Symbol]) -> bool:
        """Return whether ``dependency`` comes to the extending task, which cannot depend on it then."""
        return self._extending in self._reached([dependency], wanted)

    def _reached(self, names: Iterable[str], beside: list[Symbol]) -> set[str]:
        """Return ``names`` and what they depend on, as it stood before or wherever one of ``beside`` stands."""
        index = self._view.index
        agents = 0
        for symbol in beside:
            agents |= index.standing(symbol).agents
        found: set[str] = set()
        waiting = list(names)
        while waiting:
            task = waiting.pop()
            if task in found:
                continue
            found.add(task)
            for order in _orders(self._view, self._makefile, task):
                standing = index.standing(order)
                if standing.bases or not agents & ~standing.agents:
                    waiting += order.name[2:]
        return found


def _orders(view: WorkspaceView, makefile: Makefile, task: str) -> list[Symbol]:
    found = view.shared(_Orders).of.get(task, ())
    return [symbol for symbol in found if symbol.name[0] in makefile.files]


def _atoms(view: WorkspaceView, orders: Iterable[Symbol]) -> list[Atom]:
    return [atom for order in orders for atom in view.atoms(Kind.TASK_ORDER, *order.name)]


class _Orders:
    """The lists of dependencies by task."""

    def __init__(self, view: WorkspaceView) -> None:
        self.of: dict[str, list[Symbol]] = {}
        for symbol in view.index.of_kind(Kind.TASK_ORDER):
            self.of.setdefault(symbol.name[1], []).append(symbol)
