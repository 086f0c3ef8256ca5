"""Who turns off or renames cargo-make's own tasks, and who comes to rely on one of them."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import TYPE_CHECKING, NamedTuple

from gatekeeper.core.cargo_make_core import CORE_TASKS, KEPT_WITHOUT_CORE_TASKS
from gatekeeper.core.cargo_make_part_facts import EVERYWHERE
from gatekeeper.core.combination import Answer, Atom, Deed, Question
from gatekeeper.core.makefile_readings import Course, Reading
from gatekeeper.core.makefiles import Makefile, Makefiles, atom_of, task_of
from gatekeeper.core.symbols import How, Kind
from gatekeeper.core.tool_names import NamesInCommands

if TYPE_CHECKING:
    from gatekeeper.core.symbol_index import Use
    from gatekeeper.core.symbols import Reference
    from gatekeeper.core.workspace_view import WorkspaceView

NAMESPACE = "namespace"
_CALLS = (
    How.ALIAS, How.EXTEND, How.TASK_DEPENDENCY, How.RUN_TASK, How.RUN_TASK_IF, How.CLEANUP_TASK, How.CONFIG_TASK,
)  # fmt: skip


class CoreTaskMissed(NamedTuple):
    """The left side sets ``switch``, so that ``task`` is gone or has another name; the right side refers to it."""

    switch: Atom
    task: str
    reference: Reference
    answer: Answer
    deeds: tuple[Deed, Deed]
    platforms: tuple[str, ...]

    @property
    def stops(self) -> bool:
        """Return whether every run that comes to the caller fails before it has done anything."""
        how, platforms = self.reference.how, self.platforms
        if how in {How.COMMAND, How.CLEANUP_TASK, How.RUN_TASK_IF} or len(platforms) == 1:
            return False
        return self.reference.key[-1] != "on_error_task"


def core_tasks_missed(view: WorkspaceView, switch_name: str) -> Iterator[CoreTaskMissed]:
    """Yield what is missed because of the switch: ``skip_core_tasks`` or ``namespace``."""
    makefiles = view.shared(Makefiles)
    lost = CORE_TASKS if switch_name == NAMESPACE else CORE_TASKS - KEPT_WITHOUT_CORE_TASKS
    told: set[object] = set()
    for symbol in sorted(view.index.changed(Kind.NO_CORE_TASKS)):
        switches = [atom for atom in view.atoms(Kind.NO_CORE_TASKS, *symbol.name) if atom.place.key[-1] == switch_name]
        for makefile in makefiles.with_file(symbol.name[0]) if switches else ():
            for task, use in _uses(view, makefile, lost):
                for found in _missed(view, makefile, switches, task, use):
                    same = (task, use.reference.path, use.reference.key[:2], found.answer.left, found.answer.right)
                    if same not in told:
                        told.add(same)
                        yield found


def _uses(view: WorkspaceView, makefile: Makefile, lost: Collection[str]) -> Iterator[tuple[str, Use]]:
    uses = view.shared(Makefiles).uses(makefile, *_CALLS)
    uses.sort(key=lambda one: _CALLS.index(How(one[1].reference.how)))
    yield from (one for one in uses if one[0] in lost)
    for file in makefile.files:
        yield from (one for one in view.shared(_Commands).of(file) if one[0] in lost)


class _Commands:
    """The commands that run core tasks, by the makefile that they run them of."""

    def __init__(self, view: WorkspaceView) -> None:
        self._names = view.shared(NamesInCommands)
        self._of: dict[str, list[tuple[str, Use]]] = {}

    def of(self, file: str) -> list[tuple[str, Use]]:
        if file not in self._of:
            tasks = sorted(CORE_TASKS)
            self._of[file] = [(task, use) for task in tasks for use in self._names.calling(task, file)]
        return self._of[file]


def _missed(
    view: WorkspaceView, makefile: Makefile, switches: list[Atom], task: str, use: Use
) -> Iterator[CoreTaskMissed]:
    question = Question(view.everywhere)
    reading = Reading(view, makefile, question)
    layer, switched = reading.layers[switches[0].place.path], question.any_of(switches)
    elsewhere = [*reading.masks(Kind.TASK, task), *reading.masks(Kind.OPEN_MAKEFILE)]
    used = question.any_of([atom_of(use)])
    course = Course(reading, use.reference) if use.reference.path in reading.layers else None
    in_a_task = course is not None and use.reference.key[0] == "tasks"
    platforms = reading.platforms([task_of(use.reference)]) if in_a_task else (EVERYWHERE,)
    using = used | (course.deciding if course is not None else 0)
    found: dict[Answer, list[str]] = {}
    for platform in platforms:

        def fault(bits: int, platform: str = platform) -> bool:
            if not (bits & used and reading.any_taken(bits, [(layer, switched)])):
                return False
            return not reading.any_taken(bits, elsewhere) and (course is None or course.comes(platform, bits))

        for answer in question.ask(view.relation, fault, switched):
            found.setdefault(answer, []).append(platform)
    for answer, missing in found.items():
        for turned in (answer, answer.mirrored()):
            deeds = question.deeds(turned, switched, using)
            if deeds is not None and deeds[0].added:
                only = tuple(missing) if len(missing) < len(platforms) else ()
                yield CoreTaskMissed(switches[0], task, use.reference, turned, deeds, only)
                break
