"""The order in which tasks run, and what a variable of one of them does to those after it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import product

from gatekeeper.core.bits import union
from gatekeeper.core.cargo_make_core import CORE_TASKS, KEPT_WITHOUT_CORE_TASKS
from gatekeeper.core.cargo_make_task_facts import ACTIONS, BUILDS, DISABLED
from gatekeeper.core.combination import Answer, Deed, Question
from gatekeeper.core.makefiles import Makefile, Makefiles
from gatekeeper.core.symbols import How, Kind, Symbol
from gatekeeper.core.task_links import TaskLinks
from gatekeeper.core.task_questions import traits
from gatekeeper.core.workspace_view import WorkspaceView

_LEADS = (How.TASK_DEPENDENCY, How.RUN_TASK, How.RUN_TASK_IF, How.ALIAS, How.EXTEND)
_OF_ALL_TASKS = ""

_Chain = tuple[Symbol, ...]
"""Orders that bring a task and one after it into one flow: each holds the task whose order the one before is."""


@dataclass(frozen=True, slots=True)
class LastingTargetDir:
    """The target directory of ``task`` is still set when ``caller`` runs ``after``."""

    task: str
    caller: str
    after: str
    answer: Answer
    deeds: tuple[Deed, Deed]


def lasting_target_dirs(view: WorkspaceView) -> Iterator[LastingTargetDir]:
    """Yield the tasks that get a target directory from one side and something to run after them from the other."""
    changed = view.index.changed
    if not (changed(Kind.TASK_TARGET_DIR) and (changed(Kind.TASK_ORDER) or changed(Kind.RUN_ORDER))):
        return
    makefiles = view.shared(Makefiles)
    setting: dict[Makefile, dict[str, set[str]]] = {}
    for symbol in view.index.of_kind(Kind.TASK_TARGET_DIR):
        path, task, directory = symbol.name
        for makefile in makefiles.with_file(path) if task != _OF_ALL_TASKS else ():
            setting.setdefault(makefile, {}).setdefault(task, set()).add(directory)
    for makefile, tasks in setting.items():
        flows = _Flows(view, makefile, frozenset(tasks))
        for task, directories in tasks.items():
            followers = flows.after(task)
            for directory, ((caller, after), chains) in product(sorted(directories), followers.items()):
                for answer, deeds in flows.lasting(task, directory, chains):
                    yield LastingTargetDir(task, caller, after, answer, deeds)


class _Flows:
    """The flows of one makefile, of which ``setting`` are the tasks with a target directory of their own."""

    def __init__(self, view: WorkspaceView, makefile: Makefile, setting: frozenset[str]) -> None:
        self._view, self._makefile, self._setting = view, makefile, setting
        self._links = view.shared(TaskLinks)
        self._needs: dict[str, frozenset[str]] = {}
        self._holding: dict[str, list[Symbol]] = {}
        for kind in (Kind.TASK_ORDER, Kind.RUN_ORDER):
            for symbol in view.index.of_kind(kind):
                for name in dict.fromkeys(symbol.name[2:]) if symbol.name[0] in makefile.files else ():
                    self._holding.setdefault(name, []).append(symbol)
        self._building = {
            symbol.name[1]
            for symbol in view.index.of_kind(Kind.TASK_BODY)
            if symbol.name[0] in makefile.files and symbol.name[-1] == BUILDS
        }

    def after(self, task: str) -> dict[tuple[str, str], list[_Chain]]:
        """Return what runs after ``task`` and would build elsewhere: in whose order, what, and what makes it so."""
        found: dict[tuple[str, str], list[_Chain]] = {}
        seen = {task}
        waiting: list[tuple[str, _Chain, frozenset[str]]] = [(task, (), frozenset())]
        while waiting:
            node, chain, done = waiting.pop()
            for order in self._holding.get(node, ()):
                caller = order.name[1]
                before = done | self._done_before(order, node) if order.kind == Kind.TASK_ORDER else frozenset()
                after = self._follower(order, node, before)
                if after is not None:
                    found.setdefault((caller, after), []).append((*chain, order))
                elif caller not in seen:
                    seen.add(caller)
                    waiting.append((caller, (*chain, order), before))
        return found

    def _done_before(self, order: Symbol, node: str) -> set[str]:
        """Return what has run before ``node``: as dependencies, tasks run once in a flow."""
        done: set[str] = set()
        for name in order.name[2 : order.name.index(node, 2)]:
            if name not in self._needs:
                self._needs[name] = self._needed_by(name)
            done |= self._needs[name]
        return done

    def _needed_by(self, task: str) -> frozenset[str]:
        needed: set[str] = set()
        waiting = [task]
        while waiting:
            name = waiting.pop()
            if name not in needed:
                needed.add(name)
                waiting += (target for target, _ in self._links.of(self._makefile, name, How.TASK_DEPENDENCY))
        return frozenset(needed)

    def _follower(self, order: Symbol, node: str, done: frozenset[str]) -> str | None:
        caller = order.name[1]
        later = [*order.name[order.name.index(node, 2) + 1 :]]
        if order.kind == Kind.TASK_ORDER and traits(self._view, self._makefile, caller, *ACTIONS):
            later.append(caller)
        for name in later:
            if name in done:
                continue
            if name not in self._setting:
                if self._builds(name, done):
                    return name
            elif any(self._stood(symbol) for symbol in self._directories(name)):
                # From here on it is the directory of this one that lasts.
                return None
        return None

    def _directories(self, task: str) -> list[Symbol]:
        symbols = self._view.index.of_kind(Kind.TASK_TARGET_DIR)
        return [symbol for symbol in symbols if symbol.name[1] == task and symbol.name[0] in self._makefile.files]

    def _stood(self, symbol: Symbol) -> bool:
        return bool(self._view.index.standing(symbol).bases)

    def _builds(self, task: str, done: frozenset[str]) -> bool:
        """Return whether ``task``, or what it still has to run without a directory of its own, may build."""
        makefiles = self._view.shared(Makefiles)
        seen = {task, *done}
        waiting = [task]
        while waiting:
            name = waiting.pop()
            own = makefiles.atoms(self._makefile, Kind.TASK, name)
            if name in self._building or (not own and name in CORE_TASKS - KEPT_WITHOUT_CORE_TASKS):
                return True
            led_to = {target for target, _ in self._links.of(self._makefile, name, *_LEADS)}
            waiting += sorted(led_to - seen - self._setting)
            seen |= led_to
        return False

    def lasting(self, task: str, directory: str, chains: list[_Chain]) -> Iterator[tuple[Answer, tuple[Deed, Deed]]]:
        """Yield who brings together the directory of ``task`` and any of ``chains``."""
        view, makefiles, makefile = self._view, self._view.shared(Makefiles), self._makefile
        question = Question(view.everywhere)
        sets = question.any_of(makefiles.atoms(makefile, Kind.TASK_TARGET_DIR, task, directory))
        excused = question.any_of(
            [
                *makefiles.atoms(makefile, Kind.TASK_TARGET_DIR, _OF_ALL_TASKS, directory),
                *traits(view, makefile, task, DISABLED),
            ]
        )
        steps = {
            order: question.any_of(view.atoms(Kind(order.kind), *order.name)) for chain in chains for order in chain
        }
        # Most have one step, of which any will do.
        near = union(steps[chain[0]] for chain in chains if len(chain) == 1)
        far = {tuple(steps[order] for order in chain) for chain in chains if len(chain) > 1}

        def fault(bits: int) -> bool:
            if not bits & sets or bits & excused:
                return False
            return bool(bits & near) or any(all(bits & step for step in way) for way in far)

        for answer in question.ask(view.relation, fault, sets | excused):
            for turned in (answer, answer.mirrored()):
                deeds = question.deeds(turned, sets | excused, union(steps.values()))
                if deeds is not None:
                    yield turned, deeds
                    break
