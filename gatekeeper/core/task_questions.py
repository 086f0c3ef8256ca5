"""Tasks of makefiles that one change gives a trait while the other change counts on them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from gatekeeper.core.cargo_make_core import CORE_TASKS
from gatekeeper.core.cargo_make_task_facts import DISABLED
from gatekeeper.core.combination import Answer, Atom, Deed, Question
from gatekeeper.core.makefiles import Makefile, Makefiles, atom_of, task_of
from gatekeeper.core.schema.cargo_make import PLATFORMS
from gatekeeper.core.symbols import How, Kind, Symbol
from gatekeeper.core.task_conditions import ONE_OF
from gatekeeper.core.task_links import TaskLinks, on_one_platform, platform_of
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


Given = Mapping[tuple[str, str], list[Atom]]
"""By makefile and task, what gives the task the trait that is asked for."""


def with_trait(view: WorkspaceView, trait: str) -> Given:
    """Return what gives tasks ``trait``, everywhere or on one platform, of those where that varies."""
    kinds = (Kind.TASK_TRAIT, Kind.PLATFORM_TRAIT)
    varying = {symbol.name for kind in kinds for symbol in view.index.changed(kind) if symbol.name[2] == trait}
    return {
        (path, task): [
            *view.atoms(Kind.TASK_TRAIT, path, task, trait),
            *(atom for at in sorted(PLATFORMS) for atom in view.atoms(Kind.PLATFORM_TRAIT, path, task, trait, at)),
        ]
        for path, task in sorted({name[:2] for name in varying})
    }


def narrowed(view: WorkspaceView) -> Given:
    """Return what somebody adds to the conditions of tasks; a longer list of which one entry must fit is no more."""
    changed = view.index.changed(Kind.TASK_CRITERION)
    stood: dict[tuple[str, ...], list[frozenset[str]]] = {}
    for symbol in view.index.of_kind(Kind.TASK_CRITERION) if changed else ():
        if symbol.name[2] in ONE_OF and view.index.standing(symbol).bases:
            stood.setdefault(symbol.name[:3], []).append(frozenset(symbol.name[3:]))
    found: dict[tuple[str, str], list[Atom]] = {}
    for symbol in sorted(changed):
        path, task, _, *entries = symbol.name
        atoms = view.atoms(Kind.TASK_CRITERION, *symbol.name)
        general = any(atom.standing.bases and platform_of(atom.place.key) is None for atom in atoms)
        if not general and not any(before <= {*entries} for before in stood.get(symbol.name[:3], ())):
            new = [atom for atom in atoms if not _stood(view, atom)]
            found.setdefault((path, task), []).extend(new)
    return found


def meetings(view: WorkspaceView, given: Given, *hows: How) -> Iterator[Meeting]:
    """Yield the tasks that one side gives what is asked for and to which the other side's task comes to refer."""
    makefiles = view.shared(Makefiles)
    seen: set[object] = set()
    for (path, task), having in given.items():
        for makefile in makefiles.with_file(path) if _is_known(view, path, task) else ():
            for use in makefiles.calls(makefile, task, *hows):
                called = atom_of(use)
                if (path, task, use.reference) in seen or task_of(use.reference) == task:
                    continue
                seen.add((path, task, use.reference))
                here = [atom for atom in having if on_one_platform(atom.place.key, called.place.key)]
                for answer, deeds in both_stand(view, here, [called]):
                    yield Meeting(task, task_of(use.reference), answer, deeds)


def needs_of_disabled(view: WorkspaceView) -> Iterator[Meeting]:
    """Yield the tasks that one side disables and to which the other side gives dependencies."""
    makefiles = view.shared(Makefiles)
    seen: set[tuple[str, str, str]] = set()
    for (path, task), having in with_trait(view, DISABLED).items():
        for makefile in makefiles.with_file(path) if _is_known(view, path, task) else ():
            needs = [atom_of(use) for _, use in view.shared(TaskLinks).of(makefile, task, How.TASK_DEPENDENCY)]
            new = [atom for atom in needs if not _stood(view, atom) and (path, task, atom.place.path) not in seen]
            seen.update((path, task, atom.place.path) for atom in new)
            for answer, deeds in both_stand(view, having, new):
                yield Meeting(task, task, answer, deeds)


def _is_known(view: WorkspaceView, path: str, task: str) -> bool:
    """Return whether the task stood before: of one that both add, with a trait and without, there is another rule."""
    return task in CORE_TASKS or bool(view.index.standing(Symbol(Kind.TASK.value, (path, task))).bases)


def _stood(view: WorkspaceView, atom: Atom) -> bool:
    return atom.standing.bases == view.everywhere.bases


def changed_tasks(view: WorkspaceView, *kinds: Kind) -> list[tuple[Makefile, str]]:
    """Return the tasks of which a symbol of one of ``kinds`` varies, in each makefile that has them."""
    makefiles = view.shared(Makefiles)
    names = sorted({symbol.name[:2] for kind in kinds for symbol in view.index.changed(kind)})
    return list(dict.fromkeys((makefile, task) for path, task in names for makefile in makefiles.with_file(path)))


def traits(view: WorkspaceView, makefile: Makefile, task: str, *names: str) -> list[Atom]:
    """Return what gives ``task`` one of these traits in any file of ``makefile``."""
    makefiles = view.shared(Makefiles)
    return [atom for name in names for atom in makefiles.atoms(makefile, Kind.TASK_TRAIT, task, name)]
