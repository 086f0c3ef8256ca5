"""Tasks made of several parts: one in each file of a makefile, and those of the tasks that they extend."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from gatekeeper.core.bits import union
from gatekeeper.core.cargo_make_core import ACTIONS as CORE_ACTIONS
from gatekeeper.core.cargo_make_task_facts import ACTIONS, CLEAR
from gatekeeper.core.combination import Answer, Atom, Deed, Question
from gatekeeper.core.makefiles import Makefile, Makefiles, atom_of
from gatekeeper.core.symbols import How, Kind
from gatekeeper.core.task_links import TaskLinks
from gatekeeper.core.task_questions import changed_tasks
from gatekeeper.core.workspace_view import WorkspaceView


class _Layer(NamedTuple):
    """One part of a task, as bits: what takes it in, its actions, and whether it starts afresh."""

    taken_in: tuple[int, ...]
    actions: tuple[int, ...]
    clear: int


def blended_tasks(view: WorkspaceView) -> Iterator[tuple[str, Answer, tuple[Deed, Deed]]]:
    """Yield the tasks to which two changes give two actions, each in another part."""
    told: set[object] = set()
    for makefile, task in _of_several_parts(view):
        for answer, deeds in _blended(view, makefile, task):
            # A task and the one that it extends can be taken in by several makefiles.
            if (deeds, answer.left, answer.right) not in told:
                told.add((deeds, answer.left, answer.right))
                yield task, answer, deeds


def _of_several_parts(view: WorkspaceView) -> Iterator[tuple[Makefile, str]]:
    changed = changed_tasks(view, Kind.TASK_TRAIT)
    in_files = dict.fromkeys(one for one in changed if len(one[0].files) > 1)
    yield from in_files
    links, varying = view.shared(TaskLinks), set(changed)
    for file, task in links.makers(How.EXTEND) if changed else ():
        for makefile in view.shared(Makefiles).with_file(file):
            if (makefile, task) in in_files:
                continue
            found = [(makefile, link.task) in varying for link in links.led_to(makefile, task, How.EXTEND)]
            if (makefile, task) in varying or any(found):
                yield makefile, task


def _blended(view: WorkspaceView, makefile: Makefile, task: str) -> Iterator[tuple[Answer, tuple[Deed, Deed]]]:
    question = Question(view.everywhere)
    own = _layers(view, question, makefile, task, ())
    extended: list[_Layer] = []
    for link in view.shared(TaskLinks).led_to(makefile, task, How.EXTEND):
        steps = tuple(map(question.any_of, link.steps))
        extended += _layers(view, question, makefile, link.task, steps)
        if link.task in CORE_ACTIONS and not view.shared(Makefiles).atoms(makefile, Kind.NO_CORE_TASKS):
            always = question.number(view.everywhere)
            action = CORE_ACTIONS[link.task]
            extended.append(_Layer(steps, tuple(1 << always if name == action else 0 for name in ACTIONS), 0))
    layers = [*own, *extended]

    def fault(bits: int) -> bool:
        blended: set[int] = set()
        for number, layer in enumerate(layers):
            if not all(bits & step for step in layer.taken_in):
                continue
            here = {n for n, mask in enumerate(layer.actions) if bits & mask}
            # Two in one part are another fault, and what an extended task has twice is told of that one.
            if len(here) > 1 or (number >= len(own) and not blended):
                return False
            blended |= here
            if bits & layer.clear:
                break
        return len(blended) > 1

    anything = union(mask for layer in layers for mask in (*layer.taken_in, *layer.actions, layer.clear))
    for answer in question.ask(view.relation, fault, anything):
        deeds = question.deeds(answer, anything, anything)
        if deeds is not None:
            yield answer, deeds


def _layers(
    view: WorkspaceView, question: Question, makefile: Makefile, task: str, steps: tuple[int, ...]
) -> list[_Layer]:
    """Return the parts of ``task``, nearest first; those of files that are extended are there if these are."""
    return [
        _Layer(
            (*steps, question.any_of(_extending(view, makefile, file))) if number else steps,
            tuple(question.any_of(view.atoms(Kind.TASK_TRAIT, file, task, action)) for action in ACTIONS),
            question.any_of(view.atoms(Kind.TASK_TRAIT, file, task, CLEAR)),
        )
        for number, file in enumerate(makefile.files)
    ]


def _extending(view: WorkspaceView, makefile: Makefile, file: str) -> list[Atom]:
    return [atom_of(use) for use in view.uses(Kind.FILE, file) if use.reference.path in makefile.files]
