"""Tasks that cargo-make runs in each member of a workspace, because they say so or because nothing says otherwise."""

from __future__ import annotations

from typing import NamedTuple

from gatekeeper.core.bits import union
from gatekeeper.core.cargo_make_task_facts import DISABLED, NO_WORKSPACE, PRIVATE
from gatekeeper.core.combination import Groups, Place, Question, Standing
from gatekeeper.core.makefiles import Makefile, Makefiles, atom_of
from gatekeeper.core.symbols import How, Kind
from gatekeeper.core.task_links import TaskLinks
from gatekeeper.core.task_questions import traits
from gatekeeper.core.workspace_view import WorkspaceView

_RUN_BY_TASKS = (How.TASK_DEPENDENCY, How.RUN_TASK, How.RUN_TASK_IF, How.CLEANUP_TASK)


class DefaultFlow:
    """When ``task`` runs in members unless the makefile says otherwise, in the bits of a question.

    Only what is asked for by name does: what other tasks run is run where they are. An alias and an extending task
    take over what the other task says.
    """

    def __init__(self, view: WorkspaceView, question: Question, makefile: Makefile, task: str) -> None:
        makefiles = view.shared(Makefiles)
        self.there = question.any_of(makefiles.atoms(makefile, Kind.TASK, task))
        called = [atom_of(use) for use in makefiles.calls(makefile, task, *_RUN_BY_TASKS)]
        own = traits(view, makefile, task, NO_WORKSPACE, PRIVATE, DISABLED)
        self._excused = question.any_of([*own, *called])
        self._ways = [
            tuple(map(question.any_of, (*link.steps, traits(view, makefile, link.task, NO_WORKSPACE))))
            for link in view.shared(TaskLinks).led_to(makefile, task, How.ALIAS, How.EXTEND)
        ]

    def runs(self, bits: int) -> bool:
        """Return whether the task is there and runs in members where the makefile leaves it at that."""
        if not bits & self.there or bits & self._excused:
            return False
        return not any(all(bits & mask for mask in way) for way in self._ways)


class MemberFlow(NamedTuple):
    """A task that is run in each member, where that is said, and in whose trees it is so."""

    task: str
    place: Place
    standing: Standing


def member_flows(view: WorkspaceView, path: str) -> list[MemberFlow]:
    """Return the tasks of the makefile at ``path`` that somebody lets run in each member, by name."""
    found: dict[str, MemberFlow] = {}
    for symbol in view.index.changed(Kind.MEMBER_FLOW):
        if symbol.name[0] == path:
            place = view.atoms(Kind.MEMBER_FLOW, *symbol.name)[0].place
            found[symbol.name[1]] = MemberFlow(symbol.name[1], place, view.index.standing(symbol))
    makefiles = [one for one in view.shared(Makefiles).with_file(path) if one.path == path]
    for symbol in view.index.changed(Kind.TASK) if makefiles else ():
        if symbol.name[0] == path and symbol.name[1] not in found:
            place = view.atoms(Kind.TASK, *symbol.name)[0].place
            found[symbol.name[1]] = MemberFlow(symbol.name[1], place, _by_default(view, makefiles[0], symbol.name[1]))
    return [found[name] for name in sorted(found)]


def _by_default(view: WorkspaceView, makefile: Makefile, task: str) -> Standing:
    question = Question(view.everywhere)
    once = question.any_of(view.shared(Makefiles).atoms(makefile, Kind.NO_WORKSPACE_FLOW))
    flow = DefaultFlow(view, question, makefile, task)
    groups = Groups.of(view.relation, question.standings)
    agents, bases = (union(members for bits, members in some if flow.runs(bits) and not bits & once) for some in groups)
    return Standing(agents, bases)
