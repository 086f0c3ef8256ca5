"""One task or environment table of a ``Makefile.toml`` that both sides edit."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gatekeeper.core.cargo_make_task_facts import is_circular
from gatekeeper.core.changes import ABSENT, Absent
from gatekeeper.core.names import RuleId, Severity
from gatekeeper.core.rules.cases import (
    disagreements,
    hit,
    is_claimed,
    is_claimed_inside,
    merged_at,
    starts_with,
    touched_below,
    value_at,
)
from gatekeeper.core.rules.duplicates import duplicates
from gatekeeper.core.rules.model import Family, GitVerdict, RuleInfo
from gatekeeper.core.rules.registry import path_rule
from gatekeeper.core.rules.task_edits import (
    ALTERNATIVES,
    edited_in_vain,
    is_left_out,
    may_be_blended,
    need_each_other,
    shared_tasks,
    tasks_and_overrides,
)
from gatekeeper.core.rules.wording import both_did, both_edited_list
from gatekeeper.core.schema import CARGO_MAKE
from gatekeeper.core.schema.cargo_make import env_variable_depth, is_task
from gatekeeper.core.sequences import merge_sets
from gatekeeper.core.toml_text import named, proposed, shown, table_text

if TYPE_CHECKING:
    from collections.abc import Iterator

    from gatekeeper.core.document import Value
    from gatekeeper.core.names import KeyPath
    from gatekeeper.core.rules.cases import Disagreement
    from gatekeeper.core.rules.model import Hit, PathCase

_ENV: KeyPath = ("env",)
_LEFT_FIRST, _RIGHT_FIRST = ("{left}", "{right}"), ("{right}", "{left}")

DUPLICATE_TASK = RuleInfo(
    id=RuleId("mk-dup-task"),
    family=Family.CARGO_MAKE,
    severity=Severity.MINOR,
    summary="Both sides add a task of the same name.",
    explanation=(
        "At two places of the file git keeps both blocks, and no task of the file runs any more, because it no longer "
        "parses. If the bodies are equal, one is enough; if not, the first to land keeps the name."
    ),
    settles="Keep one block, or give the second task another name.",
    fixtures=("mk-dup-task", "mk-dup-task--equal", "mk-dup-task--one-place"),
    tool_says="invalid table header / duplicate key `x` in table `tasks`",
)
TWO_ACTIONS = RuleInfo(
    id=RuleId("mk-two-actions"),
    family=Family.CARGO_MAKE,
    severity=Severity.MAJOR,
    summary="The sides give one task two actions: of `command`, `script` and `run_task` there may be one.",
    explanation=(
        "The keys stand on different lines, so git keeps both; cargo-make then refuses the task when it is to run. "
        "`args` belong to `command`, `script_runner` and the like to `script`."
    ),
    settles="Choose the action.",
    fixtures=("mk-two-actions",),
    tool_says="Invalid task: m, contains multiple actions.",
)
COMMAND_TO_SCRIPT = RuleInfo(
    id=RuleId("mk-command-to-script-vs-args"),
    family=Family.CARGO_MAKE,
    severity=Severity.MINOR,
    summary="One side replaces the action of a task while the other edits the old one.",
    explanation="The edit of the old action has nothing to act on. Merged by lines, it survives without effect.",
    settles="The first side's action stands; the other brings its edit into it.",
    fixtures=(
        "mk-command-to-script-vs-args",
        "mk-command-to-script-vs-args--args-left-behind",
        "mk-command-to-script-vs-args--platform",
    ),
)
ENV_SAME_KEY = RuleInfo(
    id=RuleId("mk-env-same-key"),
    family=Family.CARGO_MAKE,
    severity=Severity.MINOR,
    summary="Both sides edit the same `[env]`: one variable to two values, or different variables of it.",
    explanation=(
        "Different values of one variable: the first to land wins and the other follows. Different variables of the "
        "global `[env]` combine, but every task of the file sees both, and variables are not cleaned up after a task, "
        "so each side should know of the other. In a task's own `env` different variables are an edit of the same task "
        "(mk-task-different-keys)."
    ),
    settles="Take the first side's value; different variables go side by side.",
    fixtures=("mk-env-same-key", "mk-env-same-key--task", "mk-env-same-key--same-table"),
)
DEPS_BOTH_EDITED = RuleInfo(
    id=RuleId("mk-deps-both-edited"),
    family=Family.CARGO_MAKE,
    severity=Severity.MINOR,
    summary="Both sides edit the dependencies of one task.",
    explanation=(
        "The order is the order in which they run, so the union alone says too little. Edits at different places are "
        "merged as a sequence; at one place the left side's order is proposed, then what the right side added. What "
        "one side took out stays out, even when the other moved it."
    ),
    settles="Take the proposal if the new tasks do not need each other in another order.",
    fixtures=("mk-deps-both-edited",),
)
TASK_SAME_KEY = RuleInfo(
    id=RuleId("mk-task-same-key"),
    family=Family.CARGO_MAKE,
    severity=Severity.MINOR,
    summary="Both sides edit the same key of one task.",
    explanation=(
        "On one line git conflicts. In a script of several lines it weaves both edits together, and the result can be "
        "broken without looking so: one side renames a variable, the other adds a line that uses the old name."
    ),
    settles="The first to land wins; the other makes its edit again on top, and reads the whole script.",
    fixtures=("mk-task-same-key", "mk-task-same-key--script"),
)
TASK_DIFFERENT_KEYS = RuleInfo(
    id=RuleId("mk-task-different-keys"),
    family=Family.CARGO_MAKE,
    severity=Severity.MINOR,
    summary="Both sides edit one task, in different keys.",
    explanation=(
        "The edits combine key by key, whether or not git conflicts. It is reported all the same, because both change "
        "what the task does: the first to land wins, the second integrates and runs the task once."
    ),
    settles="Take the merged task, which is the proposal.",
    fixtures=(
        "mk-task-different-keys",
        "mk-task-different-keys--conflict",
        "mk-task-different-keys--alias-on-another-platform",
        "mk-task-different-keys--circle-of-variables",
        "mk-task-different-keys--disabled-core-task",
        "mk-task-different-keys--same-value-on-a-platform",
    ),
)


def _disputed(case: PathCase) -> list[Disagreement]:
    return [one for one in disagreements(case) if not is_claimed(case, one.key)]


@path_rule(DUPLICATE_TASK, profile=CARGO_MAKE, needs=shared_tasks)
def duplicate_task(case: PathCase) -> Iterator[Hit]:
    """Report tasks that both sides added, unless git keeps one of two equal ones."""
    twice = [two.key for two in duplicates(case)]
    for task in shared_tasks(case):
        left, right = value_at(case.left, task), value_at(case.right, task)
        if value_at(case.base, task) is not ABSENT or left is ABSENT or right is ABSENT:
            continue
        stands_twice = any(starts_with(key, task) for key in twice)
        if left != right:
            message = f"{{left}} adds {named(task)} as {shown(left)}, {{right}} as {shown(right)}"
            yield hit(DUPLICATE_TASK.id, case, task, message)
        elif stands_twice:
            proposal = table_text(case.profile, task, left) if isinstance(left, dict) else None
            message = f"{{left}} and {{right}} add the same {named(task)} at two places of the file"
            yield hit(DUPLICATE_TASK.id, case, task, message, proposal=proposal)


@path_rule(TWO_ACTIONS, profile=CARGO_MAKE, needs=disagreements)
def two_actions(case: PathCase) -> Iterator[Hit]:
    """Report a task to which each side gives another kind of action."""
    for one in _disputed(case):
        if one.is_slot and is_task(one.key) and not _is_replaced(one):
            actions = [_action_of(side, one) for side in (one.left, one.right)]
            message = f"{{left}} gives {named(one.key)} {actions[0]}, {{right}} {actions[1]}: a task has one action"
            yield hit(TWO_ACTIONS.id, case, one.key, message)


@path_rule(COMMAND_TO_SCRIPT, profile=CARGO_MAKE, needs=shared_tasks)
def command_to_script(case: PathCase) -> Iterator[Hit]:
    """Report an action that one side replaces while the other edits it."""
    for one in _disputed(case):
        if one.is_slot and is_task(one.key):
            replaces_left = _alternative(one.left) != _alternative(one.base)
            who, other = ("{left}", "{right}") if replaces_left else ("{right}", "{left}")
            action = _action_of(one.left if replaces_left else one.right, one)
            message = f"{who} gives {named(one.key)} {action} instead, {other} edits the action that it had"
            yield hit(COMMAND_TO_SCRIPT.id, case, one.key, message)
    for task in tasks_and_overrides(case):
        base, left, right = (value_at(document, task) for document in (case.base, case.left, case.right))
        for mine, theirs, (who, other) in ((left, right, _LEFT_FIRST), (right, left, _RIGHT_FIRST)):
            edited = edited_in_vain(base, mine, theirs)
            if edited:
                message = f"{who} gives {named(task)} another action, {other} edits {edited} of the one that it had"
                yield hit(COMMAND_TO_SCRIPT.id, case, task, message)


def _is_replaced(one: Disagreement) -> bool:
    """Return whether exactly one side has another kind of action than before, and there was one before."""
    before = _alternative(one.base)
    return bool(before) and (_alternative(one.left) == before) != (_alternative(one.right) == before)


def _alternative(task: object) -> frozenset[int]:
    present = frozenset(task) if isinstance(task, dict) else frozenset()
    return frozenset(number for number, keys in enumerate(ALTERNATIVES) if keys & present)


def _action_of(side: object, one: Disagreement) -> str:
    members = {member[0] for member in one.members}
    filled: dict[str, Value] = {k: v for k, v in side.items() if k in members} if isinstance(side, dict) else {}
    return ", ".join(f"`{name}` = {shown(value)}" for name, value in filled.items()) or "no action"


@path_rule(ENV_SAME_KEY, profile=CARGO_MAKE)
def env_same_key(case: PathCase) -> Iterator[Hit]:
    """Report variables that both sides set differently, and the global [env] when both edit it."""
    variables = [one for one in _disputed(case) if env_variable_depth(one.key) and not one.is_modify_delete]
    variables = [
        one
        for one in variables
        if not _is_section(case, one.key, one.left) and not _is_section(case, one.key, one.right)
    ]
    for one in variables:
        yield hit(ENV_SAME_KEY.id, case, one.key, both_did(one))
    if is_claimed_inside(case, _ENV) or _stands_twice(case, _ENV):
        return
    if any(starts_with(one.key, _ENV) or not one.key for one in disagreements(case)):
        return
    left, right = touched_below(case, _ENV)
    if left and right:
        both = [_listed_keys(side, _ENV) for side in (left, right)]
        message = f"{{left}} edits {both[0]} and {{right}} edits {both[1]} in the same [env]"
        merged = merged_at(case, _ENV)
        circular = _ties_a_circle(case, merged)
        if circular and case.git is not GitVerdict.CONFLICT:
            # That is told already, as what it is (mk-env-cycle).
            return
        proposal = table_text(case.profile, _ENV, merged) if isinstance(merged, dict) and not circular else None
        yield hit(ENV_SAME_KEY.id, case, _ENV, message, proposal=proposal)


def _is_section(case: PathCase, key: KeyPath, value: Value | Absent) -> bool:
    """Return whether ``value`` is no variable but a section of [env] for one profile."""
    return isinstance(value, dict) and not case.profile.whole_value(key, value)


def _ties_a_circle(case: PathCase, merged: Value | Absent) -> bool:
    """Return whether only both sides together make variables of each other in a circle."""
    if not isinstance(merged, dict) or not is_circular(merged):
        return False
    alone = (value_at(case.left, _ENV), value_at(case.right, _ENV))
    return not any(isinstance(env, dict) and is_circular(env) for env in alone)


def _stands_twice(case: PathCase, key: KeyPath) -> bool:
    return any(starts_with(two.key, key) or starts_with(key, two.key) for two in duplicates(case))


@path_rule(DEPS_BOTH_EDITED, profile=CARGO_MAKE, needs=disagreements)
def deps_both_edited(case: PathCase) -> Iterator[Hit]:
    """Report dependencies of a task that both sides edited."""
    for one in _disputed(case):
        lists = isinstance(one.left, list) and isinstance(one.right, list)
        if lists and one.key[-1] == "dependencies" and is_task(one.key[:-1]):
            settled = one.settled
            if settled is None and isinstance(one.left, list) and isinstance(one.right, list):
                settled = merge_sets(one.base if isinstance(one.base, list) else [], one.left, one.right)
            proposal = None if settled is None else proposed(case.profile, one.key, settled)
            yield hit(DEPS_BOTH_EDITED.id, case, one.key, both_edited_list(one), proposal=proposal)


@path_rule(TASK_SAME_KEY, profile=CARGO_MAKE, needs=disagreements)
def task_same_key(case: PathCase) -> Iterator[Hit]:
    """Report any other key of a task that both sides edited."""
    for one in _disputed(case):
        if not is_task(one.key[:2]) or len(one.key) < 3 or one.is_slot or one.is_modify_delete:  # noqa: PLR2004
            continue
        proposal = None if one.settled is None else proposed(case.profile, one.key, one.settled)
        yield hit(TASK_SAME_KEY.id, case, one.key, both_did(one), proposal=proposal)


@path_rule(TASK_DIFFERENT_KEYS, profile=CARGO_MAKE, needs=shared_tasks)
def task_different_keys(case: PathCase) -> Iterator[Hit]:
    """Report tasks that both sides edited in different keys, git's verdict notwithstanding."""
    for task in shared_tasks(case):
        base, merged = value_at(case.base, task), merged_at(case, task)
        if not isinstance(base, dict) or not isinstance(merged, dict):
            continue
        if is_claimed_inside(case, task) or _stands_twice(case, task):
            continue
        if any(starts_with(one.key, task) for one in disagreements(case)):
            continue
        left, right = touched_below(case, task)
        if left and right and not is_left_out(case, task):
            both = [_listed_keys(side, task) for side in (left, right)]
            message = f"{{left}} edits {both[0]} and {{right}} edits {both[1]} of the same {named(task)}"
            proposal = None if may_be_blended(left, right) else table_text(case.profile, task, merged)
            if need_each_other(case, left, right):
                message += ": the variables need each other, and cargo-make does not resolve a circle of them"
                proposal = None
            yield hit(TASK_DIFFERENT_KEYS.id, case, task, message, proposal=proposal)


def _listed_keys(keys: set[KeyPath], inside: KeyPath) -> str:
    """Return a few keys by their names inside a table."""
    names = [named(key[len(inside) :]) for key in sorted(keys)]
    return ", ".join(names[:4]) + (", …" if names[4:] else "")
