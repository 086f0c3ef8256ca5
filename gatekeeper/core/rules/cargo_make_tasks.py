"""Tasks and plugins that one side removes or renames while the other side calls them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from gatekeeper.core.makefiles import task_of
from gatekeeper.core.missing_tasks import Missed, MissingTasks
from gatekeeper.core.names import RuleId, Severity
from gatekeeper.core.rules.model import Family, RuleInfo
from gatekeeper.core.rules.registry import workspace_rule
from gatekeeper.core.rules.workspace_hits import dangling_hit, named
from gatekeeper.core.symbols import How, Kind
from gatekeeper.core.workspace_view import WorkspaceHit, WorkspaceView

_DEPENDENCIES = (How.TASK_DEPENDENCY, How.DEPENDENCY_ELSEWHERE)
_TASK_NOT_FOUND = 'Task "p" not found'

DEP_REMOVED = RuleInfo(
    id=RuleId("mk-dep-removed"),
    family=Family.CARGO_MAKE,
    severity=Severity.CRITICAL,
    summary="One side removes a task that the other side adds to another task's dependencies.",
    explanation=(
        "The merge is clean, and the makefile loads. Every flow that comes to the task fails, and only when it is run. "
        "Where the dependency counts on one platform only, it is major; behind an alias, or of a disabled task, it "
        "counts nowhere. Who no longer extends the file with the task removes it as well."
    ),
    settles="Restore the task, or depend on what replaces it.",
    fixtures=(
        "mk-dep-removed",
        "mk-dep-removed--extended-file",
        "mk-dep-removed--lent-makefile",
        "mk-dep-removed--by-path",
        "mk-dep-removed--no-longer-extended",
        "mk-dep-removed--one-platform",
    ),
    tool_says=_TASK_NOT_FOUND,
)

ALIAS_REMOVED = RuleInfo(
    id=RuleId("mk-alias-removed-target"),
    family=Family.CARGO_MAKE,
    severity=Severity.CRITICAL,
    summary="One side removes a task of which the other side makes an alias.",
    explanation=(
        "The alias leads nowhere; listing the steps of the makefile fails too. On one platform only it is major."
    ),
    settles="Restore the task, or let the alias name what replaces it.",
    fixtures=(
        "mk-alias-removed-target",
        "mk-alias-removed-target--named-thrice",
        "mk-alias-removed-target--one-platform",
    ),
    tool_says=_TASK_NOT_FOUND,
)

EXTEND_REMOVED = RuleInfo(
    id=RuleId("mk-extend-removed-target"),
    family=Family.CARGO_MAKE,
    severity=Severity.CRITICAL,
    summary="One side removes a task that the other side's task extends.",
    explanation=(
        "The extending task cannot be put together, even if it is disabled; listing the steps of the makefile fails "
        "too. On one platform only it is major."
    ),
    settles="Restore the task, or extend what replaces it.",
    fixtures=("mk-extend-removed-target", "mk-extend-removed-target--named-twice"),
    tool_says=_TASK_NOT_FOUND,
)

RUN_TASK_REMOVED = RuleInfo(
    id=RuleId("mk-run_task-removed-target"),
    family=Family.CARGO_MAKE,
    severity=Severity.CRITICAL,
    summary="One side removes a task that the other side runs with `run_task`.",
    explanation=(
        "It is found out only when the flow gets there, after the steps before it have run. Under a condition of the "
        "entry, or after one with a condition, it is major, and on one platform only."
    ),
    settles="Restore the task, or run what replaces it.",
    fixtures=("mk-run_task-removed-target", "mk-run_task-removed-target--condition"),
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
    for found in _missed(view, *_DEPENDENCIES):
        renamed = sum(agents for _, agents in _new_names(view, found))
        if found.dangling.left & ~renamed:
            yield _removed_hit(DEP_REMOVED, view, found.narrowed(found.dangling.left & ~renamed), "depends on it")


@workspace_rule(DEP_RENAMED)
def mk_dep_renamed(view: WorkspaceView) -> Iterator[WorkspaceHit]:
    """``dependencies`` on tasks that have got another name."""
    for found in _missed(view, *_DEPENDENCIES):
        for name, agents in _new_names(view, found):
            old, caller = found.name, named(task_of(found.reference))
            renames = f"{{left}} renames the task {named(old)} to {named(name)}"
            message = f"{renames}; {{right}} lets {caller} depend on {named(old)}{_only(found)}."
            proposal = f"Let {caller} depend on {named(name)}."
            yield dangling_hit(DEP_RENAMED, view, found.narrowed(agents).dangling, message, proposal)


def _new_names(view: WorkspaceView, found: Missed) -> Iterator[tuple[str, int]]:
    """Yield the new names of a removed task, each with the agents on the left who use it, nobody twice."""
    path, task = found.dangling.definition.symbol.name
    bodies = {s.name[2] for s in view.index.changed(Kind.TASK_BODY) if s.name[:2] == (path, task)}
    waiting = found.dangling.left
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
    yield from _removed(view, ALIAS_REMOVED, "is an alias of it", How.ALIAS)


@workspace_rule(EXTEND_REMOVED)
def mk_extend_removed_target(view: WorkspaceView) -> Iterator[WorkspaceHit]:
    """``extend`` in a task."""
    yield from _removed(view, EXTEND_REMOVED, "extends it", How.EXTEND)


@workspace_rule(RUN_TASK_REMOVED)
def mk_run_task_removed_target(view: WorkspaceView) -> Iterator[WorkspaceHit]:
    """``run_task`` in all its forms."""
    yield from _removed(view, RUN_TASK_REMOVED, "runs it", How.RUN_TASK, How.RUN_TASK_IF)


@workspace_rule(CLEANUP_REMOVED)
def mk_cleanup_removed_target(view: WorkspaceView) -> Iterator[WorkspaceHit]:
    """``cleanup_task`` of ``run_task``."""
    yield from _removed(view, CLEANUP_REMOVED, "cleans up with it", How.CLEANUP_TASK)


@workspace_rule(CONFIG_TASK_REMOVED)
def mk_config_task_removed(view: WorkspaceView) -> Iterator[WorkspaceHit]:
    """``init_task``, ``end_task``, ``legacy_migration_task`` and ``on_error_task``."""
    for found in _missed(view, How.CONFIG_TASK):
        entry = found.reference.key[-1]
        message = f"{_taken(found)}; {{right}} makes it the {named(entry)} of the makefile."
        made = dangling_hit(CONFIG_TASK_REMOVED, view, found.dangling, message)
        severity = Severity.MAJOR if entry == "on_error_task" else None
        yield replace(made, hit=replace(made.hit, severity=severity))


@workspace_rule(PLUGIN_REMOVED)
def mk_plugin_removed(view: WorkspaceView) -> Iterator[WorkspaceHit]:
    """``plugin`` in a task, and ``[plugins.impl]`` and ``[plugins.aliases]``."""
    for found in view.shared(MissingTasks).plugins:
        task = named(task_of(found.reference))
        message = f"{_taken(found, 'plugin')}; {{right}} has a task {task} that runs with it{_only(found)}."
        yield _weighed(dangling_hit(PLUGIN_REMOVED, view, found.dangling, message), found)


def _missed(view: WorkspaceView, *hows: How) -> Iterator[Missed]:
    return (found for found in view.shared(MissingTasks).tasks if found.reference.how in hows)


def _removed(view: WorkspaceView, info: RuleInfo, deed: str, *hows: How) -> Iterator[WorkspaceHit]:
    for found in _missed(view, *hows):
        yield _removed_hit(info, view, found, deed)


def _removed_hit(info: RuleInfo, view: WorkspaceView, found: Missed, deed: str) -> WorkspaceHit:
    caller = named(task_of(found.reference))
    message = f"{_taken(found)}; {{right}} has a task {caller} that {deed}{_only(found)}."
    return _weighed(dangling_hit(info, view, found.dangling, message), found)


def _taken(found: Missed, what: str = "task") -> str:
    file = found.no_longer_extended
    if file is None:
        return f"{{left}} removes the {what} {named(found.name)}"
    return f"{{left}} no longer takes in {named(file)}, which has the {what} {named(found.name)}"


def _only(found: Missed) -> str:
    """Return when it is missed, for the end of a sentence."""
    on = " and ".join(named(platform) for platform in found.platforms)
    condition = " under a condition" if found.reference.how == How.RUN_TASK_IF else ""
    return f"{condition}, on {on} only" if on else condition


def _weighed(made: WorkspaceHit, found: Missed) -> WorkspaceHit:
    """Return the hit, as major at most where it takes a platform or a condition."""
    if found.certain:
        return made
    return replace(made, hit=replace(made.hit, severity=Severity.MAJOR))
