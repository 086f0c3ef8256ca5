"""What makefiles take from outside: extended files, cargo-make's own tasks, and the workspace."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from gatekeeper.core.combination import Answer, Deed, Question
from gatekeeper.core.core_tasks_missed import NAMESPACE, CoreTaskMissed, core_tasks_missed
from gatekeeper.core.makefiles import Makefile, Makefiles
from gatekeeper.core.member_flows import DefaultFlow
from gatekeeper.core.names import RuleId, Severity, format_key
from gatekeeper.core.rules.model import Family, RuleInfo
from gatekeeper.core.rules.registry import workspace_rule
from gatekeeper.core.rules.workspace_hits import combined_hit, dangling_hit, named
from gatekeeper.core.symbols import Kind
from gatekeeper.core.task_blends import blended_tasks
from gatekeeper.core.task_questions import changed_tasks
from gatekeeper.core.tree_paths import directory_of
from gatekeeper.core.workspace_view import WorkspaceHit, WorkspaceView

_TASK_NOT_FOUND = 'Task "check-format" not found'

EXTEND_FILE_REMOVED = RuleInfo(
    id=RuleId("mk-extend-file-removed"),
    family=Family.CARGO_MAKE,
    severity=Severity.CRITICAL,
    summary="One side deletes or moves a file that the other side's makefile starts to extend.",
    explanation="No task of the makefile runs any more. With `optional = true` a missing file is passed over.",
    settles="Restore the file, or extend what replaces it.",
    fixtures=("mk-extend-file-removed",),
    tool_says='Descriptor file: "./common.toml" not found.',
)

FIELD_BLEND = RuleInfo(
    id=RuleId("mk-extend-file-field-blend"),
    family=Family.CARGO_MAKE,
    severity=Severity.MAJOR,
    summary="The sides give one task two actions, in two of the files or of the tasks of which it is made.",
    explanation=(
        "A task that stands in a makefile and in a file that it extends is one task: the fields of both are blended, "
        "and `command` from one with `script` from the other is refused when the task is to run. So are those of a "
        "task and of the one that it names in `extend`."
    ),
    settles="Choose the action, give one of the tasks another name, or add `clear = true` to the extending one.",
    fixtures=(
        "mk-extend-file-field-blend",
        "mk-extend-file-field-blend--extended-task",
        "mk-extend-file-field-blend--through-another",
        "mk-extend-file-field-blend--core-task",
    ),
    tool_says="Invalid task: rel, contains multiple actions.",
)

SKIP_CORE = RuleInfo(
    id=RuleId("mk-skip-core-tasks"),
    family=Family.CARGO_MAKE,
    severity=Severity.CRITICAL,
    summary="One side turns cargo-make's own tasks off; the other side comes to rely on one of them.",
    explanation=(
        "With `skip_core_tasks = true` only what the makefile defines is there, and the bare `init`, `end`, `empty` "
        "and `default`. Flows that come to another core task fail. Where only a command, a clean-up or the task after "
        "an error comes to it, it is major."
    ),
    settles="Define the task in the makefile, or keep cargo-make's own.",
    fixtures=(
        "mk-skip-core-tasks",
        "mk-skip-core-tasks--cleanup",
        "mk-skip-core-tasks--init-task",
        "mk-skip-core-tasks--script",
    ),
    tool_says=_TASK_NOT_FOUND,
)

CORE_NAMESPACE = RuleInfo(
    id=RuleId("mk-core-namespace"),
    family=Family.CARGO_MAKE,
    severity=Severity.CRITICAL,
    summary="One side gives cargo-make's own tasks a prefix; the other side relies on one under its bare name.",
    explanation='With `namespace = "core"` the task is `core::check-format`; the bare name is gone.',
    settles="Use the name with the prefix.",
    fixtures=("mk-core-namespace", "mk-core-namespace--script"),
    tool_says=_TASK_NOT_FOUND,
)

DEFAULT_TO_WORKSPACE = RuleInfo(
    id=RuleId("mk-default_to_workspace"),
    family=Family.CARGO_MAKE,
    severity=Severity.MAJOR,
    summary="One side lets tasks run in every member by default; the other side adds a task that should run once.",
    explanation=(
        "At the root of a workspace cargo-make runs a task once a member, in the member's directory, unless the task, "
        "or the one that it extends or is an alias of, says `workspace = false` or `[config]` says "
        "`default_to_workspace = false`. The new task was written while the second was so: it ran once, at the root."
    ),
    settles="Add `workspace = false` to the new task, if it is to run once.",
    fixtures=("mk-default_to_workspace",),
)


@workspace_rule(EXTEND_FILE_REMOVED)
def mk_extend_file_removed(view: WorkspaceView) -> Iterator[WorkspaceHit]:
    """``extend`` at the top of a makefile."""
    for found in view.shared(Makefiles).dangling_files:
        file, makefile = named(found.definition.path), named(found.reference.path)
        message = f"{{left}} deletes {file}; {{right}} lets {makefile} extend it."
        yield dangling_hit(EXTEND_FILE_REMOVED, view, found, message)


@workspace_rule(FIELD_BLEND)
def mk_extend_file_field_blend(view: WorkspaceView) -> Iterator[WorkspaceHit]:
    """``command``, ``script`` and ``run_task`` of one task in several files, or of a task and one that it extends."""
    for task, answer, deeds in blended_tasks(view):
        left, right = map(_part, deeds)
        message = f"{{left}} {left}, {{right}} {right}: together the task {named(task)} has two actions."
        yield combined_hit(FIELD_BLEND, answer, deeds, message)


def _part(deed: Deed) -> str:
    path, key, shown = deed.place
    if key == ("extend",):
        return f"lets {named(path)} extend {named(str(shown))}"
    if key[-1] == "extend":
        return f"{'lets' if deed.added else 'no longer lets'} {named(key[1])} extend {named(str(shown))}"
    verb = "writes" if deed.added else "takes out"
    return f"{verb} {named(format_key(key))} in {named(path)}"


@workspace_rule(SKIP_CORE)
def mk_skip_core_tasks(view: WorkspaceView) -> Iterator[WorkspaceHit]:
    """``config.skip_core_tasks``."""
    for found in core_tasks_missed(view, "skip_core_tasks"):
        relies = f"{{right}} lets {_caller(found)} rely on cargo-make's {named(found.task)}{_only(found)}"
        message = f"{{left}} sets {named(found.switch.place.key[-1])}; {relies}."
        yield _weighed(combined_hit(SKIP_CORE, found.answer, found.deeds, message), found)


@workspace_rule(CORE_NAMESPACE)
def mk_core_namespace(view: WorkspaceView) -> Iterator[WorkspaceHit]:
    """``config.modify_core_tasks.namespace``."""
    for found in core_tasks_missed(view, NAMESPACE):
        full, caller = named(f"{found.switch.place.shown}::{found.task}"), _caller(found)
        relies = f"{{right}} lets {caller} rely on it as {named(found.task)}{_only(found)}"
        message = f"{{left}} makes cargo-make's {named(found.task)} {full}; {relies}."
        made = combined_hit(CORE_NAMESPACE, found.answer, found.deeds, message, f"Let {caller} name {full}.")
        yield _weighed(made, found)


def _caller(found: CoreTaskMissed) -> str:
    path, key = found.reference.path, found.reference.key
    return named(key[1] if key[:1] == ("tasks",) else format_key(key) if key[:1] == ("config",) else path)


def _only(found: CoreTaskMissed) -> str:
    on = " and ".join(named(platform) for platform in found.platforms)
    return f" on {on} only" if on else ""


def _weighed(made: WorkspaceHit, found: CoreTaskMissed) -> WorkspaceHit:
    return made if found.stops else replace(made, hit=replace(made.hit, severity=Severity.MAJOR))


@workspace_rule(DEFAULT_TO_WORKSPACE)
def mk_default_to_workspace(view: WorkspaceView) -> Iterator[WorkspaceHit]:
    """``config.default_to_workspace`` of a makefile at the root of a workspace, once for all new tasks of a side."""
    makefiles = view.shared(Makefiles)
    changed = view.index.changed(Kind.NO_WORKSPACE_FLOW)
    affected = dict.fromkeys(makefile for symbol in sorted(changed) for makefile in makefiles.with_file(symbol.name[0]))
    for makefile in affected:
        if not view.atoms(Kind.WORKSPACE, directory_of(makefile.path)):
            continue
        found: dict[tuple[int, int], list[tuple[str, Answer, tuple[Deed, Deed]]]] = {}
        for same, task in changed_tasks(view, Kind.TASK):
            if same == makefile:
                for answer, deeds in _run_in_members(view, makefile, task):
                    found.setdefault((answer.left, answer.right), []).append((task, answer, deeds))
        for hits in found.values():
            _, answer, deeds = hits[0]
            tasks = ", ".join(named(task) for task, _, _ in hits)
            message = (
                f"{{left}} lets tasks run in every member of the workspace by default; "
                f"{{right}} adds {tasks} without `workspace = false`."
            )
            yield combined_hit(DEFAULT_TO_WORKSPACE, answer, deeds, message, "workspace = false")


def _run_in_members(view: WorkspaceView, makefile: Makefile, task: str) -> Iterator[tuple[Answer, tuple[Deed, Deed]]]:
    question = Question(view.everywhere)
    once = question.any_of(view.shared(Makefiles).atoms(makefile, Kind.NO_WORKSPACE_FLOW))
    flow = DefaultFlow(view, question, makefile, task)

    def fault(bits: int) -> bool:
        return not bits & once and flow.runs(bits)

    for answer in question.ask(view.relation, fault, once):
        deeds = question.deeds(answer, once, flow.there)
        if deeds is not None and not deeds[0].added:
            yield answer, deeds
