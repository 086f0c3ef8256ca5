"""Tasks in which what one side writes hides what the other side writes, or is blended with cargo-make's own task."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from gatekeeper.core.cargo_make_core import ACTIONS as CORE_ACTIONS
from gatekeeper.core.cargo_make_task_facts import ACTIONS
from gatekeeper.core.changes import ABSENT
from gatekeeper.core.document import same
from gatekeeper.core.names import RuleId, Severity
from gatekeeper.core.rules.cases import hit, remembered, value_at
from gatekeeper.core.rules.misplaced import misplaced
from gatekeeper.core.rules.model import Family, RuleInfo
from gatekeeper.core.rules.registry import path_rule
from gatekeeper.core.schema import CARGO_MAKE
from gatekeeper.core.schema.cargo_make import PLATFORMS, is_task
from gatekeeper.core.schema.cargo_make_keys import is_known
from gatekeeper.core.toml_text import named, proposed, shown
from gatekeeper.core.values import table

if TYPE_CHECKING:
    from collections.abc import Iterator

    from gatekeeper.core.document import Document, Value
    from gatekeeper.core.names import KeyPath
    from gatekeeper.core.rules.model import Hit, PathCase

_ALIASES = frozenset({"alias", "linux_alias", "windows_alias", "mac_alias"})
_ABOUT = frozenset({"description", "category", "private", "deprecated"})
_OF_CORE_TASKS = (("tasks",), ("config",))
_LEFT_FIRST, _RIGHT_FIRST = ("{left}", "{right}"), ("{right}", "{left}")

UNKNOWN_KEY = RuleInfo(
    id=RuleId("mk-unknown-key"),
    family=Family.CARGO_MAKE,
    severity=Severity.MINOR,
    summary="Git's clean merge puts a key under a header where cargo-make does not know it.",
    explanation=(
        "One side puts a header in the middle of a table or moves a block, the other side adds a key further down, and "
        "git places the key by its line. Cargo-make warns of a key that it does not know and goes on without it. Where "
        "it knows the key in its new place it says nothing (toml-header-captures-keys)."
    ),
    settles="Place the key by its path: take the proposal.",
    fixtures=("mk-unknown-key",),
    tool_says="Found unknown key: tasks.?.ferry.linux.?.workspace in file: ./Makefile.toml",
)
CORE_TWO_ACTIONS = RuleInfo(
    id=RuleId("mk-core-override-two-actions"),
    family=Family.CARGO_MAKE,
    severity=Severity.MAJOR,
    summary="The two edits let a task be blended with cargo-make's own of the same name into one with two actions.",
    explanation=(
        "A task with the name of a core task takes over all that it does not set itself, unless it says "
        "`clear = true`. One side drops that line, or lets core tasks in again; the other side gives the task another "
        "kind of action than the core task has. Each is right alone."
    ),
    settles="Add `clear = true` to the task.",
    fixtures=("mk-core-override-two-actions", "mk-core-override-two-actions--switch"),
    tool_says="Invalid task: test, contains multiple actions.",
)
ALIAS_HIDES = RuleInfo(
    id=RuleId("mk-alias-hides-body"),
    family=Family.CARGO_MAKE,
    severity=Severity.MAJOR,
    summary="One side makes a task an alias, the other side edits what the task does.",
    explanation=(
        "The alias is followed before anything else of the task is looked at, its sections for one platform included: "
        "the second side's edit has no effect."
    ),
    settles="Decide whether the task is an alias; if it is, make the edit in the task that it leads to.",
    fixtures=("mk-alias-hides-body", "mk-alias-hides-body--one-platform"),
)
PLATFORM_SHADOWS = RuleInfo(
    id=RuleId("mk-platform-override-shadows"),
    family=Family.CARGO_MAKE,
    severity=Severity.MAJOR,
    summary="One side edits what a task does, the other side overrides that on one platform.",
    explanation=(
        "On its platform the override replaces the value, so the edit has no effect there. If it has another kind of "
        "action and does not say `clear = true`, the task has two actions there and is refused."
    ),
    settles="Carry the edit over to the override, where it is meant to hold there too.",
    fixtures=("mk-platform-override-shadows", "mk-platform-override-shadows--two-actions"),
)


@path_rule(UNKNOWN_KEY, profile=CARGO_MAKE, needs=misplaced)
def unknown_key(case: PathCase) -> Iterator[Hit]:
    """Report captured keys that are fields of nothing where they have landed."""
    for one in misplaced(case):
        if one.captured is not None and one.wanted is not ABSENT and not is_known(one.captured) and is_known(one.key):
            author_is_left = any(key[: len(one.key)] == one.key for key in case.left_changes)
            author, other = ("{left}", "{right}") if author_is_left else ("{right}", "{left}")
            header = one.captured[:-1]
            message = (
                f"git's clean merge puts {named(one.key)}, which {author} edits, under [{named(header)}], whose header "
                f"{other} puts above it and where cargo-make does not know it"
            )
            yield hit(
                UNKNOWN_KEY.id,
                case,
                one.key,
                message,
                proposal=proposed(case.profile, one.key, one.wanted),
                left_key=None if author_is_left else header,
                right_key=header if author_is_left else None,
            )


@remembered
def shared_tasks(case: PathCase) -> list[str]:
    """Return the names of the tasks that base has and both sides touched, sorted."""
    left, right = ({key[1] for key in side if is_task(key[:2])} for side in (case.left_changes, case.right_changes))
    return sorted(task for task in left & right if value_at(case.base, ("tasks", task)) is not ABSENT)


@path_rule(CORE_TWO_ACTIONS, profile=CARGO_MAKE)
def core_override_two_actions(case: PathCase) -> Iterator[Hit]:
    """Report tasks that clash with core tasks in the merge and in no version before it."""
    trees = [document.tree for document in (case.base, case.left, case.right) if document is not None]
    touched = [key for side in (case.left_changes, case.right_changes) for key in side if key[:1] in _OF_CORE_TASKS]
    suspects = table(case.merge.tree.get("tasks")).keys() & CORE_ACTIONS.keys() if touched else ()
    for task in sorted(suspects):
        if _clashes(case.merge.tree, task) and not any(_clashes(tree, task) for tree in trees):
            key = ("tasks", task)
            action = _actions(table(case.merge.tree.get("tasks"))[task])[0]
            message = (
                f"{{left}} and {{right}} together let {named(key)} have `{action}` beside the `{CORE_ACTIONS[task]}` "
                "of cargo-make's own task of this name"
            )
            yield hit(CORE_TWO_ACTIONS.id, case, key, message, proposal=f"{named((*key, 'clear'))} = true")


def _clashes(tree: Mapping[str, Value], task: str) -> bool:
    """Return whether the task has another action than the core task of its name, and is blended with that."""
    config = table(tree.get("config"))
    if config.get("skip_core_tasks") is True or table(config.get("modify_core_tasks")).get("namespace"):
        return False
    body = table(table(tree.get("tasks")).get(task))
    actions = _actions(body)
    # An alias is followed, and a disabled task left out, before anything is blended.
    passed_over = body.get("clear") is True or body.get("disabled") is True or "alias" in body
    return not passed_over and len(actions) == 1 and actions[0] != CORE_ACTIONS[task]


def _actions(task: Value | Mapping[str, Value]) -> list[str]:
    return [name for name in ACTIONS if isinstance(task, Mapping) and name in task]


@path_rule(ALIAS_HIDES, profile=CARGO_MAKE, needs=shared_tasks)
def alias_hides_body(case: PathCase) -> Iterator[Hit]:
    """Report tasks that one side makes an alias."""
    for task in shared_tasks(case):
        key = ("tasks", task)
        base, left, right = (table_at(document, key) for document in (case.base, case.left, case.right))
        for mine, other, who in ((left, right, _LEFT_FIRST), (right, left, _RIGHT_FIRST)):
            aliases = sorted(_ALIASES & (mine.keys() - other.keys())) if _ALIASES.isdisjoint(base) else ()
            edits = ((alias, _passed_over(alias, _edited(base, other))) for alias in aliases)
            alias, edited = next((found for found in edits if found[1]), ("", []))
            if edited:
                there = "" if alias == "alias" else f" on {alias.removesuffix('_alias')}"
                message = (
                    f"{who[0]} makes {named(key)} an alias of {shown(mine[alias])}{there}, {who[1]} edits "
                    f"{', '.join(map(_quoted, edited[:4]))} of it, which an alias does not look at"
                )
                yield hit(ALIAS_HIDES.id, case, key, message)


def _passed_over(alias: str, edited: list[str]) -> list[str]:
    """Return what of ``edited`` is not looked at where ``alias`` holds."""
    elsewhere = frozenset() if alias == "alias" else PLATFORMS - {alias.removesuffix("_alias")}
    return [name for name in edited if name not in _ABOUT | _ALIASES | elsewhere]


@path_rule(PLATFORM_SHADOWS, profile=CARGO_MAKE, needs=shared_tasks)
def platform_override_shadows(case: PathCase) -> Iterator[Hit]:
    """Report tasks of which one side edits what the other side comes to override."""
    for task in shared_tasks(case):
        key = ("tasks", task)
        base, left, right = (table_at(document, key) for document in (case.base, case.left, case.right))
        for wide, narrow, who in ((left, right, _LEFT_FIRST), (right, left, _RIGHT_FIRST)):
            for platform in sorted(PLATFORMS & narrow.keys()):
                if wide.get(platform) == base.get(platform) and (said := _shadowed(platform, base, wide, narrow)):
                    place = (*key, platform)
                    message = f"{who[0]} edits {said[0]} of {named(key)}, {who[1]} writes {named(place)}: {said[1]}"
                    sides = (key, place) if who is _LEFT_FIRST else (place, key)
                    yield hit(PLATFORM_SHADOWS.id, case, place, message, left_key=sides[0], right_key=sides[1])


def _shadowed(
    platform: str, base: Mapping[str, Value], wide: Mapping[str, Value], narrow: Mapping[str, Value]
) -> tuple[str, str] | None:
    """Return what ``wide`` edits in vain, and what becomes of it; None where the override leaves it alone."""
    before, after = table(base.get(platform)), table(narrow.get(platform))
    cleared = after.get("clear") is True
    new = {name for name in after if name not in before}
    edited = [name for name in _edited(base, wide) if name not in _ABOUT and name not in PLATFORMS and name in wide]
    hidden = [name for name in edited if name in new or (cleared and "clear" in new and name not in before)]
    hidden = [name for name in hidden if not same(wide[name], after.get(name, ABSENT))]
    if hidden:
        return ", ".join(map(_quoted, hidden[:4])), f"on {platform} the edit has no effect"
    both, alone = ({*_actions(after), *(() if cleared else _actions(task))} for task in (wide, base))
    if len(both) > 1 and len(alone) == 1 and new:
        return ", ".join(map(_quoted, sorted(both - alone))), f"on {platform} the task has two actions"
    return None


def table_at(document: Document | None, key: KeyPath) -> Mapping[str, Value]:
    """Return the table that ``document`` has at ``key``, an empty one where there is none."""
    found = value_at(document, key)
    return found if isinstance(found, dict) else {}


def _edited(base: Mapping[str, Value], side: Mapping[str, Value]) -> list[str]:
    names = sorted({*base, *side})
    return [name for name in names if not same(base.get(name, ABSENT), side.get(name, ABSENT))]


def _quoted(name: str) -> str:
    return f"`{name}`"
