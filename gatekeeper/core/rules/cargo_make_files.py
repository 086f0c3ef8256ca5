"""What makefiles take from outside: extended files, cargo-make's own tasks, and the workspace."""

from __future__ import annotations

from collections.abc import Iterator

from gatekeeper.core.cargo_make_core import CORE_TASKS, KEPT_WITHOUT_CORE_TASKS
from gatekeeper.core.combination import Answer, Atom, Deed, Question
from gatekeeper.core.makefiles import Makefile, Makefiles, atom_of, task_of
from gatekeeper.core.member_flows import DefaultFlow
from gatekeeper.core.names import RuleId, Severity, format_key
from gatekeeper.core.rules.model import Family, RuleInfo
from gatekeeper.core.rules.registry import workspace_rule
from gatekeeper.core.rules.workspace_hits import combined_hit, dangling_hit, named
from gatekeeper.core.symbols import How, Kind
from gatekeeper.core.task_blends import blended_tasks
from gatekeeper.core.task_questions import both_stand, changed_tasks
from gatekeeper.core.tree_paths import directory_of
from gatekeeper.core.workspace_view import WorkspaceHit, WorkspaceView

_CALLS = (How.TASK_DEPENDENCY, How.ALIAS, How.EXTEND, How.RUN_TASK, How.RUN_TASK_IF)
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
        "and `default`. Flows that come to another core task fail."
    ),
    settles="Define the task in the makefile, or keep cargo-make's own.",
    fixtures=("mk-skip-core-tasks",),
    tool_says=_TASK_NOT_FOUND,
)

CORE_NAMESPACE = RuleInfo(
    id=RuleId("mk-core-namespace"),
    family=Family.CARGO_MAKE,
    severity=Severity.CRITICAL,
    summary="One side gives cargo-make's own tasks a prefix; the other side relies on one under its bare name.",
    explanation='With `namespace = "core"` the task is `core::check-format`; the bare name is gone.',
    settles="Use the name with the prefix.",
    fixtures=("mk-core-namespace",),
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
    for switch, task, caller, answer, deeds in _core_tasks_missed(view, "skip_core_tasks"):
        relies = f"{{right}} lets {named(caller)} rely on cargo-make's {named(task)}"
        message = f"{{left}} sets {named(switch.place.key[-1])}; {relies}."
        yield combined_hit(SKIP_CORE, answer, deeds, message)


@workspace_rule(CORE_NAMESPACE)
def mk_core_namespace(view: WorkspaceView) -> Iterator[WorkspaceHit]:
    """``config.modify_core_tasks.namespace``."""
    for switch, task, caller, answer, deeds in _core_tasks_missed(view, "namespace"):
        full = named(f"{switch.place.shown}::{task}")
        relies = f"{{right}} lets {named(caller)} rely on it as {named(task)}"
        message = f"{{left}} makes cargo-make's {named(task)} {full}; {relies}."
        yield combined_hit(CORE_NAMESPACE, answer, deeds, message, f"Let {named(caller)} name {full}.")


def _core_tasks_missed(
    view: WorkspaceView, switch_name: str
) -> Iterator[tuple[Atom, str, str, Answer, tuple[Deed, Deed]]]:
    makefiles = view.shared(Makefiles)
    lost = CORE_TASKS if switch_name == "namespace" else CORE_TASKS - KEPT_WITHOUT_CORE_TASKS
    seen: set[object] = set()
    for symbol in sorted(view.index.changed(Kind.NO_CORE_TASKS)):
        switches = [atom for atom in view.atoms(Kind.NO_CORE_TASKS, *symbol.name) if atom.place.key[-1] == switch_name]
        for makefile in makefiles.with_file(symbol.name[0]) if switches else ():
            for task, use in makefiles.uses(makefile, *_CALLS):
                if task in lost and use.reference not in seen:
                    seen.add(use.reference)
                    defining = makefiles.atoms(makefile, Kind.TASK, task)
                    for answer, deeds in both_stand(view, switches, [atom_of(use)], defining):
                        yield switches[0], task, task_of(use.reference), answer, deeds


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
