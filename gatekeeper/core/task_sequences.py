"""What follows from the order in which dependencies run, and from lists that replace inherited ones."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from gatekeeper.core.cargo_make_task_facts import ACTIONS
from gatekeeper.core.combination import Answer, Atom, Deed, Question
from gatekeeper.core.makefiles import Makefile, Makefiles, atom_of, task_of
from gatekeeper.core.symbol_index import Use
from gatekeeper.core.symbols import How, Kind, Symbol
from gatekeeper.core.task_questions import both_stand, changed_tasks, traits
from gatekeeper.core.workspace_view import WorkspaceView


@dataclass(frozen=True, slots=True)
class LastingTargetDir:
    """The target directory of ``task`` is still set when ``caller`` runs ``after``."""

    task: str
    caller: str
    after: str
    answer: Answer
    deeds: tuple[Deed, Deed]


@dataclass(frozen=True, slots=True)
class Replaced:
    """``dependency`` of ``extended`` that ``extending`` does not inherit."""

    dependency: str
    extended: str
    extending: str
    answer: Answer
    deeds: tuple[Deed, Deed]


def lasting_target_dirs(view: WorkspaceView) -> Iterator[LastingTargetDir]:
    """Yield the tasks that get a target directory from one side and something to run after them from the other."""
    if not (view.index.changed(Kind.TASK_TARGET_DIR) and view.index.changed(Kind.TASK_ORDER)):
        return
    makefiles = view.shared(Makefiles)
    setting: dict[str, set[str]] = {}
    for symbol in view.index.of_kind(Kind.TASK_TARGET_DIR):
        for makefile in makefiles.with_file(symbol.name[0]):
            setting.setdefault(makefile.path, set()).add(symbol.name[1])
    for makefile, caller in changed_tasks(view, Kind.TASK_ORDER):
        own = setting.get(makefile.path, set())
        then = caller if traits(view, makefile, caller, *ACTIONS) else None
        followers: dict[tuple[str, str], list[Atom]] = {}
        for order in _orders(view, makefile, caller):
            names = order.name[2:]
            for number, task in enumerate(names):
                after = next((name for name in (*names[number + 1 :], then) if name not in own), None)
                if task in own and after is not None:
                    followers.setdefault((task, after), []).extend(view.atoms(Kind.TASK_ORDER, *order.name))
        for (task, after), atoms in followers.items():
            having = makefiles.atoms(makefile, Kind.TASK_TARGET_DIR, task)
            for answer, deeds in both_stand(view, having, atoms):
                yield LastingTargetDir(task, caller, after, answer, deeds)


def replaced_dependencies(view: WorkspaceView) -> Iterator[Replaced]:
    """Yield the dependencies that one side gives an extended task and the other side's own list keeps out."""
    changed = set(changed_tasks(view, Kind.TASK_ORDER))
    makefiles = view.shared(Makefiles) if changed else None
    for makefile in dict.fromkeys(makefile for makefile, _ in changed) if makefiles is not None else ():
        for extended, use in makefiles.uses(makefile, How.EXTEND) if makefiles is not None else ():
            extending = task_of(use.reference)
            if (makefile, extended) in changed and (makefile, extending) in changed:
                yield from _replaced(view, makefile, extended, extending, use)


def _replaced(view: WorkspaceView, makefile: Makefile, extended: str, extending: str, use: Use) -> Iterator[Replaced]:
    inherited, own = (_orders(view, makefile, task) for task in (extended, extending))
    for dependency in dict.fromkeys(name for order in inherited for name in order.name[2:]):
        question = Question(view.everywhere)
        wanted = question.any_of(_atoms(view, (order for order in inherited if dependency in order.name[2:])))
        lacking = question.any_of(
            _atoms(view, (order for order in own if not {dependency, extended} & set(order.name[2:])))
        )
        extends = question.any_of([atom_of(use)])

        def fault(bits: int, wanted: int = wanted, lacking: int = lacking, extends: int = extends) -> bool:
            return bool(bits & wanted and bits & lacking and bits & extends)

        for answer in question.ask(view.relation, fault, wanted):
            deeds = question.deeds(answer, wanted, lacking | extends)
            if deeds is not None:
                yield Replaced(dependency, extended, extending, answer, deeds)


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
