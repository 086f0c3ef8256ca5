"""Tasks that one side switches off, hides or makes conditional while the other side comes to count on them."""

from __future__ import annotations

from collections.abc import Iterator

from gatekeeper.core.cargo_make_core import WITH_CONDITION
from gatekeeper.core.cargo_make_task_facts import ALIAS, CLEAR, DISABLED, OWN_CONDITION, PRIVATE
from gatekeeper.core.makefiles import Makefiles, atom_of, task_of
from gatekeeper.core.names import RuleId, Severity
from gatekeeper.core.rules.model import Family, RuleInfo
from gatekeeper.core.rules.registry import workspace_rule
from gatekeeper.core.rules.workspace_hits import combined_hit, named
from gatekeeper.core.symbols import How, Kind
from gatekeeper.core.task_flows import lasting_target_dirs
from gatekeeper.core.task_questions import (
    Given,
    both_stand,
    changed_tasks,
    meetings,
    narrowed,
    needs_of_disabled,
    traits,
    with_trait,
)
from gatekeeper.core.task_sequences import replaced_dependencies
from gatekeeper.core.workspace_view import WorkspaceHit, WorkspaceView

_RUNS = (How.TASK_DEPENDENCY, How.ALIAS, How.RUN_TASK, How.RUN_TASK_IF)

PRIVATE_CALLED = RuleInfo(
    id=RuleId("mk-private-vs-called"),
    family=Family.CARGO_MAKE,
    severity=Severity.MAJOR,
    summary="One side makes a task private; the other side's task calls it as `cargo make` on a command line.",
    explanation=(
        "`dependencies` and `run_task` may name a private task, a command line may not: the call fails when it is "
        "reached. Calls in scripts and commands of makefiles are seen, calls in CI files are not."
    ),
    settles="Name the task in `dependencies` or `run_task`, or leave it public.",
    fixtures=(
        "mk-private-vs-called",
        "mk-private-vs-called--script",
        "mk-private-vs-called--platform",
    ),
    tool_says="Task p is private",
)

DISABLED_DEPENDED_ON = RuleInfo(
    id=RuleId("mk-disabled-vs-dep"),
    family=Family.CARGO_MAKE,
    severity=Severity.MAJOR,
    summary="One side disables a task that the other side comes to rely on, or to which it adds dependencies.",
    explanation=(
        "Nothing fails: the task is left out of the plan, and what it depends on with it, whatever the documentation "
        "says of dependencies. The flow that should have run it passes without it."
    ),
    settles="Decide whether the task is to run; what only it depends on has to be named elsewhere if not.",
    fixtures=(
        "mk-disabled-vs-dep",
        "mk-disabled-vs-dep--its-own-needs",
        "mk-disabled-vs-dep--platform",
    ),
)

CONDITION_NARROWED = RuleInfo(
    id=RuleId("mk-condition-narrowed"),
    family=Family.CARGO_MAKE,
    severity=Severity.MAJOR,
    summary="One side adds to the conditions of a task; the other side comes to rely on the task.",
    explanation=(
        "Where the condition does not hold the task is skipped and the flow goes on, so what counts on it works with "
        "what was there before. Its dependencies run nevertheless. It depends on the condition whether this matters. "
        "Taking out of a condition is none of this, nor is adding to `profiles`, `platforms`, `os` and `channels`."
    ),
    settles="Check that the condition holds wherever the new caller runs, or give the caller the same condition.",
    fixtures=(
        "mk-condition-narrowed",
        "mk-condition-narrowed--further",
        "mk-condition-narrowed--platform",
    ),
    tool_says="Skipping Task: p",
)

CORE_CONDITION = RuleInfo(
    id=RuleId("mk-core-override-inherits-condition"),
    family=Family.CARGO_MAKE,
    severity=Severity.MAJOR,
    summary="One side redefines a core task that has a condition; the other side comes to rely on the task.",
    explanation=(
        "A task with the name of one of cargo-make's own is blended with it unless it says `clear = true`, so the "
        "core task's condition stays. Where it does not hold, the new task is skipped, and the flow passes."
    ),
    settles="Add `clear = true` to the task, or a condition of its own.",
    fixtures=("mk-core-override-inherits-condition",),
    tool_says="Skipping Task: audit",
)

TARGET_DIR_LEAK = RuleInfo(
    id=RuleId("mk-env-target-dir-leak"),
    family=Family.CARGO_MAKE,
    severity=Severity.MAJOR,
    summary="One side sets CARGO_TARGET_DIR for a task that the other side puts before others.",
    explanation=(
        "Variables of a task are not cleaned up after it: what runs later in the same flow builds into the other "
        "directory, and what looks for results in `target` finds old ones or none. Of what runs later, that counts "
        "which has to do with cargo or a target directory, as far as its commands tell."
    ),
    settles="Set the variable on the command line of the one command, or run the task in a fork with `run_task`.",
    fixtures=(
        "mk-env-target-dir-leak",
        "mk-env-target-dir-leak--nested",
        "mk-env-target-dir-leak--platform",
        "mk-env-target-dir-leak--run-task",
        "mk-env-target-dir-leak--value",
    ),
)

EXTEND_REPLACES = RuleInfo(
    id=RuleId("mk-extend-replaces-array"),
    family=Family.CARGO_MAKE,
    severity=Severity.MAJOR,
    summary="One side adds a dependency to a task; the other side's task that extends it gets dependencies of its own.",
    explanation=(
        "`extend` takes over whole values: an own list of dependencies replaces the inherited one and is not added to "
        "it. What the first side added to the extended task does not run for the extending one."
    ),
    settles="Repeat the new dependency in the extending task, if it is meant for it.",
    fixtures=(
        "mk-extend-replaces-array",
        "mk-extend-replaces-array--far",
    ),
)


@workspace_rule(PRIVATE_CALLED)
def mk_private_vs_called(view: WorkspaceView) -> Iterator[WorkspaceHit]:
    """``private = true``, and `cargo make x` in a script."""
    does = "has a task {caller} that runs `cargo make {name}`"
    private = with_trait(view, PRIVATE)
    yield from _met(view, PRIVATE_CALLED, private, "makes the task {task} private", does, How.CALLED)


@workspace_rule(DISABLED_DEPENDED_ON)
def mk_disabled_vs_dep(view: WorkspaceView) -> Iterator[WorkspaceHit]:
    """``disabled = true``, and a new reference."""
    does = "lets the task {caller} rely on it"
    yield from _met(view, DISABLED_DEPENDED_ON, with_trait(view, DISABLED), "disables the task {task}", does, *_RUNS)
    for met in needs_of_disabled(view):
        needed = named(str(met.deeds[1].place.shown))
        message = f"{{left}} disables the task {named(met.task)}; {{right}} lets it depend on {needed}."
        yield combined_hit(DISABLED_DEPENDED_ON, met.answer, met.deeds, message)


@workspace_rule(CONDITION_NARROWED)
def mk_condition_narrowed(view: WorkspaceView) -> Iterator[WorkspaceHit]:
    """``condition`` or ``condition_script``, and a new reference."""
    does = "lets the task {caller} rely on it"
    deed = "lets the task {task} run under a further condition only"
    yield from _met(view, CONDITION_NARROWED, narrowed(view), deed, does, *_RUNS)


def _met(view: WorkspaceView, info: RuleInfo, given: Given, deed: str, does: str, *hows: How) -> Iterator[WorkspaceHit]:
    for met in meetings(view, given, *hows):
        names = {"task": named(met.task), "caller": named(met.caller), "name": met.task}
        message = f"{{left}} {deed.format(**names)}; {{right}} {does.format(**names)}."
        yield combined_hit(info, met.answer, met.deeds, message)


@workspace_rule(CORE_CONDITION)
def mk_core_override_inherits_condition(view: WorkspaceView) -> Iterator[WorkspaceHit]:
    """Tasks of the 51 names, without ``clear`` and without a condition of their own."""
    makefiles = view.shared(Makefiles)
    seen: set[object] = set()
    for makefile, task in changed_tasks(view, Kind.TASK, Kind.TASK_TRAIT):
        if task not in WITH_CONDITION:
            continue
        defining = makefiles.atoms(makefile, Kind.TASK, task)
        excused = traits(view, makefile, task, CLEAR, OWN_CONDITION, ALIAS)
        excused += makefiles.atoms(makefile, Kind.NO_CORE_TASKS)
        for use in makefiles.calls(makefile, task, How.TASK_DEPENDENCY, How.RUN_TASK, How.RUN_TASK_IF):
            if use.reference in seen or task_of(use.reference) == task:
                continue
            seen.add(use.reference)
            for answer, deeds in both_stand(view, defining, [atom_of(use)], excused):
                caller = named(task_of(use.reference))
                message = (
                    f"{{left}} defines the task {named(task)} without `clear = true`, so it keeps the condition of "
                    f"cargo-make's own task of this name; {{right}} lets the task {caller} rely on it."
                )
                yield combined_hit(CORE_CONDITION, answer, deeds, message, "clear = true")


@workspace_rule(TARGET_DIR_LEAK)
def mk_env_target_dir_leak(view: WorkspaceView) -> Iterator[WorkspaceHit]:
    """``CARGO_TARGET_DIR`` in the ``env`` of a dependency after which something else runs."""
    for found in lasting_target_dirs(view):
        runs = "run" if found.after == found.caller else f"run {named(found.after)}"
        message = (
            f"{{left}} sets CARGO_TARGET_DIR in the environment of {named(found.task)}; {{right}} lets "
            f"{named(found.caller)} {runs} after it, which gets the same directory."
        )
        yield combined_hit(TARGET_DIR_LEAK, found.answer, found.deeds, message)


@workspace_rule(EXTEND_REPLACES)
def mk_extend_replaces_array(view: WorkspaceView) -> Iterator[WorkspaceHit]:
    """Dependencies of an extended task that the extending task's own list leaves out."""
    for found in replaced_dependencies(view):
        message = (
            f"{{left}} adds {named(found.dependency)} to the dependencies of {named(found.extended)}; {{right}} gives "
            f"{named(found.extending)}, which extends it, dependencies of its own: these replace the inherited ones."
        )
        yield combined_hit(EXTEND_REPLACES, found.answer, found.deeds, message)
