"""Tasks and plugins that one side removes or renames while the other side calls them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from gatekeeper.core.makefiles import Makefiles, task_of
from gatekeeper.core.names import RuleId, Severity
from gatekeeper.core.rules.model import Family, RuleInfo
from gatekeeper.core.rules.registry import workspace_rule
from gatekeeper.core.rules.workspace_hits import dangling_hit, named
from gatekeeper.core.symbols import How, Kind
from gatekeeper.core.workspace_view import Dangling, WorkspaceHit, WorkspaceView

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
    fixtures=(
        "mk-dep-removed",
        "mk-dep-removed--extended-file",
        "mk-dep-removed--lent-makefile",
    ),
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

DEP_RENAMED = RuleInfo(
    id=RuleId("mk-dep-renamed"),
    family=Family.CARGO_MAKE,
    severity=Severity.MAJOR,
    summary="One side renames a task that the other side adds to another task's dependencies.",
    explanation=(
        "A task with another name and the same body is taken for the renamed one. The merge is clean, and every flow "
        "that comes to the old name fails; what is meant is known, so it is less than a task that is gone."
    ),
    settles="Use the new name, or keep the old one as an alias.",
    fixtures=("mk-dep-renamed",),
    tool_says=_TASK_NOT_FOUND,
)

CLEANUP_REMOVED = RuleInfo(
    id=RuleId("mk-cleanup-removed-target"),
    family=Family.CARGO_MAKE,
    severity=Severity.MAJOR,
    summary="One side removes a task that the other side names as `cleanup_task`.",
    explanation="It is found out after the tasks that it should clean up after have run.",
    settles="Restore the task, or clean up with what replaces it.",
    fixtures=("mk-cleanup-removed-target",),
    tool_says="Cleanup task: p not found.",
)

CONFIG_TASK_REMOVED = RuleInfo(
    id=RuleId("mk-config-task-removed"),
    family=Family.CARGO_MAKE,
    severity=Severity.CRITICAL,
    summary="One side removes a task that the other side enters in `[config]`, as `init_task` or the like.",
    explanation=(
        "Init, end and migration tasks are part of every plan, so nothing of the file runs any more. An "
        "`on_error_task` is only missed after an error, which is major."
    ),
    settles="Restore the task, or take it out of `[config]`.",
    fixtures=("mk-config-task-removed", "mk-config-task-removed--on-error"),
    tool_says=_TASK_NOT_FOUND,
)

PLUGIN_REMOVED = RuleInfo(
    id=RuleId("mk-plugin-removed"),
    family=Family.CARGO_MAKE,
    severity=Severity.CRITICAL,
    summary="One side removes a plugin with which the other side's task runs.",
    explanation="The merge is clean, and the makefile loads. The task fails when it is run.",
    settles="Restore the plugin, or let the task do without.",
    fixtures=("mk-plugin-removed",),
    tool_says="Invalid task: p, unknown plugin: foo",
)


@workspace_rule(DEP_REMOVED)
def mk_dep_removed(view: WorkspaceView) -> Iterator[WorkspaceHit]:
    """``dependencies`` on tasks that have not got another name."""
    for found in _missed(view, How.TASK_DEPENDENCY):
        renamed = sum(agents for _, agents in _new_names(view, found))
        if found.left & ~renamed:
            yield _removed_hit(DEP_REMOVED, view, replace(found, left=found.left & ~renamed), "depends on it")


@workspace_rule(DEP_RENAMED)
def mk_dep_renamed(view: WorkspaceView) -> Iterator[WorkspaceHit]:
    """``dependencies`` on tasks that have got another name."""
    for found in _missed(view, How.TASK_DEPENDENCY):
        for name, agents in _new_names(view, found):
            old, caller = found.definition.symbol.name[1], named(task_of(found.reference))
            renames = f"{{left}} renames the task {named(old)} to {named(name)}"
            message = f"{renames}; {{right}} lets {caller} depend on {named(old)}."
            proposal = f"Let {caller} depend on {named(name)}."
            yield dangling_hit(DEP_RENAMED, view, replace(found, left=agents), message, proposal)


def _new_names(view: WorkspaceView, found: Dangling) -> Iterator[tuple[str, int]]:
    """Yield the new names of a removed task, each with the agents on the left who use it, nobody twice."""
    path, task = found.definition.symbol.name
    bodies = {s.name[2] for s in view.index.changed(Kind.TASK_BODY) if s.name[:2] == (path, task)}
    waiting = found.left
    for symbol in sorted(view.index.changed(Kind.TASK_BODY)):
        if symbol.name[2] in bodies and symbol.name[1] != task:
            standing = view.index.standing(symbol)
            agents = waiting & standing.agents
            if agents and not standing.bases:
                waiting &= ~agents
                yield symbol.name[1], agents


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
    for found in _missed(view, How.RUN_TASK, How.RUN_TASK_IF):
        yield _removed_hit(RUN_TASK_REMOVED, view, found, "runs it")


@workspace_rule(CLEANUP_REMOVED)
def mk_cleanup_removed_target(view: WorkspaceView) -> Iterator[WorkspaceHit]:
    """``cleanup_task`` of ``run_task``."""
    yield from _removed(view, CLEANUP_REMOVED, How.CLEANUP_TASK, "cleans up with it")


@workspace_rule(CONFIG_TASK_REMOVED)
def mk_config_task_removed(view: WorkspaceView) -> Iterator[WorkspaceHit]:
    """``init_task``, ``end_task``, ``legacy_migration_task`` and ``on_error_task``."""
    for found in _missed(view, How.CONFIG_TASK):
        task, entry = named(found.definition.symbol.name[1]), found.reference.key[-1]
        message = f"{{left}} removes the task {task}; {{right}} makes it the {named(entry)} of the makefile."
        made = dangling_hit(CONFIG_TASK_REMOVED, view, found, message)
        severity = Severity.MAJOR if entry == "on_error_task" else None
        yield replace(made, hit=replace(made.hit, severity=severity))


@workspace_rule(PLUGIN_REMOVED)
def mk_plugin_removed(view: WorkspaceView) -> Iterator[WorkspaceHit]:
    """``plugin`` in a task, and ``[plugins.impl]`` and ``[plugins.aliases]``."""
    for found in view.shared(Makefiles).dangling_plugins:
        plugin, task = named(found.definition.symbol.name[1]), named(task_of(found.reference))
        message = f"{{left}} removes the plugin {plugin}; {{right}} has a task {task} that runs with it."
        yield dangling_hit(PLUGIN_REMOVED, view, found, message)


def _missed(view: WorkspaceView, *hows: How) -> Iterator[Dangling]:
    return (found for found in view.shared(Makefiles).dangling if found.reference.how in hows)


def _removed(view: WorkspaceView, info: RuleInfo, how: How, deed: str) -> Iterator[WorkspaceHit]:
    for found in _missed(view, how):
        yield _removed_hit(info, view, found, deed)


def _removed_hit(info: RuleInfo, view: WorkspaceView, found: Dangling, deed: str) -> WorkspaceHit:
    task, caller = named(found.definition.symbol.name[1]), named(task_of(found.reference))
    message = f"{{left}} removes the task {task}; {{right}} has a task {caller} that {deed}."
    return dangling_hit(info, view, found, message)
