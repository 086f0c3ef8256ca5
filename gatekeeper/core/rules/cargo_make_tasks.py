"""Tasks that one side removes while the other side calls them, and circles of tasks."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

from gatekeeper.core.cycles import Cycle, Edges, new_cycles
from gatekeeper.core.makefiles import Makefiles, task_of
from gatekeeper.core.names import RuleId, Severity
from gatekeeper.core.rules.model import Family, RuleInfo
from gatekeeper.core.rules.registry import workspace_rule
from gatekeeper.core.rules.workspace_hits import cycle_hit, dangling_hit, named
from gatekeeper.core.symbols import How
from gatekeeper.core.workspace_view import WorkspaceHit, WorkspaceView

_TASK_NOT_FOUND = 'Task "p" not found'

DEP_REMOVED = RuleInfo(
    id=RuleId("mk-dep-removed"),
    family=Family.CARGO_MAKE,
    severity=Severity.CRITICAL,
    summary="One side removes a task that the other side adds to another task's dependencies.",
    explanation=(
        "The merge is clean, and the makefile loads. Every flow that comes to the task fails, and only when it is run."
    ),
    settles="Restore the task, or depend on what replaces it.",
    fixtures=("mk-dep-removed", "mk-dep-removed--extended-file"),
    tool_says=_TASK_NOT_FOUND,
)

ALIAS_REMOVED = RuleInfo(
    id=RuleId("mk-alias-removed-target"),
    family=Family.CARGO_MAKE,
    severity=Severity.CRITICAL,
    summary="One side removes a task of which the other side makes an alias.",
    explanation="The alias leads nowhere; listing the steps of the makefile fails too.",
    settles="Restore the task, or let the alias name what replaces it.",
    fixtures=("mk-alias-removed-target",),
    tool_says=_TASK_NOT_FOUND,
)

EXTEND_REMOVED = RuleInfo(
    id=RuleId("mk-extend-removed-target"),
    family=Family.CARGO_MAKE,
    severity=Severity.CRITICAL,
    summary="One side removes a task that the other side's task extends.",
    explanation="The extending task cannot be put together; listing the steps of the makefile fails too.",
    settles="Restore the task, or extend what replaces it.",
    fixtures=("mk-extend-removed-target",),
    tool_says=_TASK_NOT_FOUND,
)

RUN_TASK_REMOVED = RuleInfo(
    id=RuleId("mk-run_task-removed-target"),
    family=Family.CARGO_MAKE,
    severity=Severity.CRITICAL,
    summary="One side removes a task that the other side runs with `run_task`.",
    explanation="It is found out only when the flow gets there, after the steps before it have run.",
    settles="Restore the task, or run what replaces it.",
    fixtures=("mk-run_task-removed-target",),
    tool_says=_TASK_NOT_FOUND,
)

DEP_CYCLE = RuleInfo(
    id=RuleId("mk-dep-cycle"),
    family=Family.CARGO_MAKE,
    severity=Severity.CRITICAL,
    summary="Two changes each add a task dependency; together the tasks depend on each other in a circle.",
    explanation=(
        "Each change is right by itself. Together they send cargo-make round in circles until its stack overflows: "
        "the error that its documentation promises is never reached."
    ),
    settles="One of the dependencies has to go.",
    fixtures=("mk-dep-cycle",),
    tool_says="thread 'main' has overflowed its stack",
)

EXTEND_CYCLE = RuleInfo(
    id=RuleId("mk-extend-cycle"),
    family=Family.CARGO_MAKE,
    severity=Severity.CRITICAL,
    summary="Two changes each let a task extend another; together the tasks extend each other in a circle.",
    explanation="Cargo-make follows the circle until its stack overflows, even when it only lists its steps.",
    settles="One of the tasks has to spell out what it needs.",
    fixtures=("mk-extend-cycle",),
    tool_says="thread 'main' has overflowed its stack",
)

_DEPENDS = frozenset({How.TASK_DEPENDENCY, How.ALIAS, How.EXTEND_DEPENDENCIES})
_EXTENDS = frozenset({How.EXTEND})


@workspace_rule(DEP_REMOVED)
def mk_dep_removed(view: WorkspaceView) -> Iterator[WorkspaceHit]:
    """``dependencies``."""
    yield from _removed(view, DEP_REMOVED, How.TASK_DEPENDENCY, "depends on it")


@workspace_rule(ALIAS_REMOVED)
def mk_alias_removed_target(view: WorkspaceView) -> Iterator[WorkspaceHit]:
    """``alias`` and its forms for one platform."""
    yield from _removed(view, ALIAS_REMOVED, How.ALIAS, "is an alias of it")


@workspace_rule(EXTEND_REMOVED)
def mk_extend_removed_target(view: WorkspaceView) -> Iterator[WorkspaceHit]:
    """``extend`` in a task."""
    yield from _removed(view, EXTEND_REMOVED, How.EXTEND, "extends it")


@workspace_rule(RUN_TASK_REMOVED)
def mk_run_task_removed_target(view: WorkspaceView) -> Iterator[WorkspaceHit]:
    """``run_task`` in all its forms."""
    yield from _removed(view, RUN_TASK_REMOVED, How.RUN_TASK, "runs it")


def _removed(view: WorkspaceView, info: RuleInfo, how: How, deed: str) -> Iterator[WorkspaceHit]:
    for found in view.shared(Makefiles).dangling:
        if found.reference.how == how:
            task, caller = named(found.definition.symbol.name[1]), named(task_of(found.reference))
            message = f"{{left}} removes the task {task}; {{right}} has a task {caller} that {deed}."
            yield dangling_hit(info, view, found, message)


@workspace_rule(DEP_CYCLE)
def mk_dep_cycle(view: WorkspaceView) -> Iterator[WorkspaceHit]:
    """Dependencies, through aliases and through what an extended task depends on."""
    yield from _cycles(view, DEP_CYCLE, _DEPENDS, "dependencies", "The tasks depend on each other in a circle: ")


@workspace_rule(EXTEND_CYCLE)
def mk_extend_cycle(view: WorkspaceView) -> Iterator[WorkspaceHit]:
    """``extend`` between tasks."""
    yield from _cycles(view, EXTEND_CYCLE, _EXTENDS, "extend", "The tasks extend each other in a circle: ")


def _cycles(view: WorkspaceView, info: RuleInfo, hows: frozenset[How], part: str, what: str) -> Iterator[WorkspaceHit]:
    makefiles = view.shared(Makefiles)
    seen: set[Cycle] = set()
    for makefile in makefiles.all:
        edges = makefiles.edges(makefile, hows)
        for cycle in new_cycles(view.relation, view.everywhere, edges):
            # A circle of nothing but aliases or extensions is another fault.
            if cycle not in seen and part in _parts(edges, cycle):
                seen.add(cycle)
                yield cycle_hit(info, cycle, what)


def _parts(edges: Edges, cycle: Cycle) -> set[str]:
    steps = pairwise((*cycle.nodes, cycle.nodes[0]))
    return {atom.place.key[-1] for step in steps for atom in edges[step]}
