"""Tasks, aliases and variables that two changes tie into a circle."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from gatekeeper.core.cycles import Cycle
from gatekeeper.core.makefile_cycles import Circle, task_circles, variable_circles
from gatekeeper.core.names import RuleId, Severity
from gatekeeper.core.rules.model import Family, RuleInfo
from gatekeeper.core.rules.registry import workspace_rule
from gatekeeper.core.rules.workspace_hits import cycle_hit, named, wide_cycle_hit
from gatekeeper.core.symbols import How
from gatekeeper.core.workspace_view import WorkspaceHit, WorkspaceView

DEP_CYCLE = RuleInfo(
    id=RuleId("mk-dep-cycle"),
    family=Family.CARGO_MAKE,
    severity=Severity.CRITICAL,
    summary="Two changes each add a task dependency; together the tasks depend on each other in a circle.",
    explanation=(
        "Each change is right by itself. Together they send cargo-make round in circles until its stack overflows: "
        "the error that its documentation promises is never reached. The circle is looked for on each platform by "
        "itself: on its platform a table like `[tasks.x.linux]` goes before the task. On one platform only it is major."
    ),
    settles="One of the dependencies has to go.",
    fixtures=("mk-dep-cycle", "mk-dep-cycle--extended-file", "mk-dep-cycle--one-platform"),
    tool_says="thread 'main' has overflowed its stack",
)

EXTEND_CYCLE = RuleInfo(
    id=RuleId("mk-extend-cycle"),
    family=Family.CARGO_MAKE,
    severity=Severity.CRITICAL,
    summary="Two changes each let a task extend another; together the tasks extend each other in a circle.",
    explanation=(
        "Cargo-make follows the circle until its stack overflows, even when it only lists its steps. Where an extended "
        "task is an alias, that is a step of it."
    ),
    settles="One of the tasks has to spell out what it needs.",
    fixtures=("mk-extend-cycle", "mk-extend-cycle--alias"),
    tool_says="thread 'main' has overflowed its stack",
)

ALIAS_CYCLE = RuleInfo(
    id=RuleId("mk-alias-cycle"),
    family=Family.CARGO_MAKE,
    severity=Severity.CRITICAL,
    summary="Two changes each make a task an alias of another; together the aliases go round in a circle.",
    explanation=(
        "No task is left at the end of the aliases: none of them can be run, nor anything that depends on one. On its "
        "platform an alias like `linux_alias` goes before the general one."
    ),
    settles="One of the tasks has to be a task again.",
    fixtures=("mk-alias-cycle",),
    tool_says="Detected cycle while resolving alias y: x -> y",
)

RUN_TASK_CYCLE = RuleInfo(
    id=RuleId("mk-run_task-cycle"),
    family=Family.CARGO_MAKE,
    severity=Severity.CRITICAL,
    summary="Two changes each let a task run another by `run_task`; together the tasks run each other without end.",
    explanation=(
        "The plan of each task is sound, so it starts; then the tasks call each other until the stack overflows, "
        "or, with `fork = true`, until the machine has no room for another process. `run_task` under a condition, of "
        "the task or of the entry, is left out: such a circle may come to an end."
    ),
    settles="One of the calls has to go.",
    fixtures=("mk-run_task-cycle",),
)

ENV_CYCLE = RuleInfo(
    id=RuleId("mk-env-cycle"),
    family=Family.CARGO_MAKE,
    severity=Severity.CRITICAL,
    summary="Two changes each make a variable of `[env]` out of another; together they need each other in a circle.",
    explanation=(
        "Cargo-make sorts the variables by what they need when it loads the file; no task runs any more. Its message "
        "may name other variables than those of the circle."
    ),
    settles="One of the variables has to be spelled out.",
    fixtures=("mk-env-cycle", "mk-env-cycle--extended-file", "mk-env-cycle--extend-added"),
    tool_says="A cycle between different env variables has been detected",
)

_DEPENDS = frozenset({How.TASK_DEPENDENCY, How.ALIAS, How.EXTEND_DEPENDENCIES})
_EXTENDS = frozenset({How.EXTEND, How.ALIAS})
_RUNS = frozenset({How.RUN_TASK, How.TASK_DEPENDENCY, How.ALIAS})
_ALIASES = frozenset({How.ALIAS})


@workspace_rule(DEP_CYCLE)
def mk_dep_cycle(view: WorkspaceView) -> Iterator[WorkspaceHit]:
    """Dependencies, through aliases and through what an extended task depends on."""
    for circle in task_circles(view, _DEPENDS, How.TASK_DEPENDENCY):
        yield _hit(DEP_CYCLE, circle, "the tasks depend on each other in a circle: ")


@workspace_rule(EXTEND_CYCLE)
def mk_extend_cycle(view: WorkspaceView) -> Iterator[WorkspaceHit]:
    """``extend`` between tasks, through aliases."""
    for circle in task_circles(view, _EXTENDS, How.EXTEND):
        yield _hit(EXTEND_CYCLE, circle, "the tasks extend each other in a circle: ")


@workspace_rule(ALIAS_CYCLE)
def mk_alias_cycle(view: WorkspaceView) -> Iterator[WorkspaceHit]:
    """``alias`` and, platform by platform, the form for one platform that replaces it there."""
    for circle in task_circles(view, _ALIASES, How.ALIAS):
        yield _hit(ALIAS_CYCLE, circle, "the tasks are aliases of each other in a circle: ")


@workspace_rule(RUN_TASK_CYCLE)
def mk_run_task_cycle(view: WorkspaceView) -> Iterator[WorkspaceHit]:
    """``run_task`` without a condition, through dependencies and aliases."""
    for circle in task_circles(view, _RUNS, How.RUN_TASK):
        yield _hit(RUN_TASK_CYCLE, circle, "the tasks run each other in a circle: ")


@workspace_rule(ENV_CYCLE)
def mk_env_cycle(view: WorkspaceView) -> Iterator[WorkspaceHit]:
    """Variables of ``[env]`` in a makefile and all that it extends."""
    for cycle in variable_circles(view):
        yield _hit(ENV_CYCLE, Circle(cycle), "the variables need each other in a circle: ")


def _hit(info: RuleInfo, circle: Circle, what: str) -> WorkspaceHit:
    where = " and ".join(named(platform) for platform in circle.platforms)
    said = f"On {where}, {what}" if where else what[0].upper() + what[1:]
    cycle = circle.cycle
    made = cycle_hit(info, cycle, said) if isinstance(cycle, Cycle) else wide_cycle_hit(info, cycle, said)
    only_one = len(circle.platforms) == 1
    return replace(made, hit=replace(made.hit, severity=Severity.MAJOR)) if only_one else made
