"""What both sides make of one task of a ``Makefile.toml``, as the rules about it ask."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gatekeeper.core.cargo_make_task_facts import ACTIONS, variables_used
from gatekeeper.core.changes import ABSENT, Absent
from gatekeeper.core.document import same
from gatekeeper.core.rules.cases import remembered, set_edits, value_at
from gatekeeper.core.schema.cargo_make import PLATFORMS, env_variable_depth, is_task

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from gatekeeper.core.document import Value
    from gatekeeper.core.names import KeyPath
    from gatekeeper.core.rules.model import PathCase

_ACTIONS = frozenset(ACTIONS)
_SCRIPT = frozenset({"script", "script_runner", "script_runner_args", "script_extension"})
ALTERNATIVES = (frozenset({"command", "args"}), _SCRIPT, frozenset({"run_task"}))
"""The keys of the three kinds of action, of which a task can have one."""


@remembered
def shared_tasks(case: PathCase) -> list[KeyPath]:
    """Return the tasks that both sides touched, sorted."""
    left, right = ({key[:2] for key in side} for side in (case.left_changes, case.right_changes))
    return [key for key in sorted(left & right) if is_task(key)]


def tasks_and_overrides(case: PathCase) -> Iterator[KeyPath]:
    """Yield the tasks that both sides touched, each with its parts for one platform."""
    for task in shared_tasks(case):
        yield task
        yield from ((*task, platform) for platform in sorted(PLATFORMS))


def edited_in_vain(base: Value | Absent, mine: Value | Absent, theirs: Value | Absent) -> str:
    """Return the keys of an action that ``theirs`` edits, if ``mine`` has another action instead."""
    if not (isinstance(base, dict) and isinstance(mine, dict) and isinstance(theirs, dict)):
        return ""
    before, after, kept = (_ACTIONS & side.keys() for side in (base, mine, theirs))
    if len(before) != 1 or before != kept or len(after) != 1 or before == after:
        return ""
    [keys] = [keys for keys in ALTERNATIVES if before <= keys]
    edited = sorted(key for key in keys if not same(base.get(key, ABSENT), theirs.get(key, ABSENT)))
    return ", ".join(f"`{key}`" for key in edited)


def is_left_out(case: PathCase, task: KeyPath) -> bool:
    """Return whether one side disables ``task`` and the other adds to what it depends on (mk-disabled-vs-dep)."""
    disabled, needed = (*task, "disabled"), (*task, "dependencies")
    before = value_at(case.base, needed)
    return any(
        value_at(mine, disabled) is True and set_edits(before, value_at(theirs, needed))[0]
        for mine, theirs in ((case.left, case.right), (case.right, case.left))
    )


def may_be_blended(left: set[KeyPath], right: set[KeyPath]) -> bool:
    """Return whether one side lets the task extend another and the other side edits its action."""
    mine, others = ({key[2] for key in side if len(key) > 2} for side in (left, right))  # noqa: PLR2004 - tasks.x.y
    return any("extend" in one and _ACTIONS & other for one, other in ((mine, others), (others, mine)))


def need_each_other(case: PathCase, left: set[KeyPath], right: set[KeyPath]) -> bool:
    """Return whether each side edits a variable that is made of one that the other edits."""
    sides = ((case.left, left), (case.right, right))
    mine, others = (
        {key[:depth]: value_at(document, key[:depth]) for key in keys if (depth := env_variable_depth(key))}
        for document, keys in sides
    )
    return _are_made_of(mine, others) and _are_made_of(others, mine)


def _are_made_of(some: Mapping[KeyPath, Value | Absent], others: Mapping[KeyPath, Value | Absent]) -> bool:
    made = ((key, value) for key, value in some.items() if value is not ABSENT)
    return any((*key[:-1], name) in others for key, value in made for name in variables_used(value))
