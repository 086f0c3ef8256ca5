"""Tasks of makefiles that one change gives a trait while the other change counts on them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from gatekeeper.core.cargo_make_core import CORE_TASKS
from gatekeeper.core.combination import Answer, Atom, Deed, Question
from gatekeeper.core.makefiles import Makefile, Makefiles, atom_of, task_of
from gatekeeper.core.symbols import How, Kind, Symbol
from gatekeeper.core.workspace_view import WorkspaceView


@dataclass(frozen=True, slots=True)
class Meeting:
    """One side gives ``task`` what it has at the left deed, the other refers to it from ``caller``."""

    task: str
    caller: str
    answer: Answer
    deeds: tuple[Deed, Deed]


def both_stand(
    view: WorkspaceView, having: Iterable[Atom], calling: Iterable[Atom], unless: Iterable[Atom] = ()
) -> Iterator[tuple[Answer, tuple[Deed, Deed]]]:
    """Yield who brings together any of ``having`` (left) and any of ``calling`` (right), with none of ``unless``."""
    question = Question(view.everywhere)
    had, called, excused = (question.any_of(atoms) for atoms in (having, calling, unless))
    taking = had | excused

    def fault(bits: int) -> bool:
        return bool(bits & had and bits & called and not bits & excused)

    for answer in question.ask(view.relation, fault, taking):
        for turned in (answer, answer.mirrored()):
            deeds = question.deeds(turned, taking, called)
            if deeds is not None:
                yield turned, deeds
                break


def meetings(view: WorkspaceView, trait: str, *hows: How) -> Iterator[Meeting]:
    """Yield the tasks that one side gives ``trait`` and to which the other side's task comes to refer."""
    makefiles = view.shared(Makefiles)
    seen: set[object] = set()
    for symbol in sorted(view.index.changed(Kind.TASK_TRAIT)):
        path, task, name = symbol.name
        # Of a task that both add, one with the trait and one without, there is another rule.
        known = task in CORE_TASKS or view.index.standing(Symbol(Kind.TASK.value, (path, task))).bases
        for makefile in makefiles.with_file(path) if name == trait and known else ():
            for use in makefiles.calls(makefile, task, *hows):
                if (symbol, use.reference) in seen or task_of(use.reference) == task:
                    continue
                seen.add((symbol, use.reference))
                for answer, deeds in both_stand(view, view.atoms(Kind.TASK_TRAIT, *symbol.name), [atom_of(use)]):
                    yield Meeting(task, task_of(use.reference), answer, deeds)


def changed_tasks(view: WorkspaceView, *kinds: Kind) -> list[tuple[Makefile, str]]:
    """Return the tasks of which a symbol of one of ``kinds`` varies, in each makefile that has them."""
    makefiles = view.shared(Makefiles)
    names = sorted({symbol.name[:2] for kind in kinds for symbol in view.index.changed(kind)})
    return list(dict.fromkeys((makefile, task) for path, task in names for makefile in makefiles.with_file(path)))


def traits(view: WorkspaceView, makefile: Makefile, task: str, *names: str) -> list[Atom]:
    """Return what gives ``task`` one of these traits in any file of ``makefile``."""
    makefiles = view.shared(Makefiles)
    return [atom for name in names for atom in makefiles.atoms(makefile, Kind.TASK_TRAIT, task, name)]
