"""Levels of lints that do not go together, in one manifest."""

from __future__ import annotations

from itertools import product
from typing import TYPE_CHECKING, NamedTuple

from gatekeeper.core.changes import ABSENT, Absent
from gatekeeper.core.document import same
from gatekeeper.core.lint_groups import MEMBERS
from gatekeeper.core.names import RuleId, Severity
from gatekeeper.core.rules.cases import (
    disagreements,
    disputed_by,
    hit,
    is_claimed_inside,
    meeting_heads,
    merged_at,
    remembered,
    starts_with,
    value_at,
)
from gatekeeper.core.rules.duplicates import Spelling, duplicates
from gatekeeper.core.rules.model import Family, RuleInfo
from gatekeeper.core.rules.registry import path_rule
from gatekeeper.core.rules.wording import settled_text
from gatekeeper.core.schema import CARGO
from gatekeeper.core.slots import look_up
from gatekeeper.core.toml_text import named, proposed, shown
from gatekeeper.core.value_merge import ClashReason

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from gatekeeper.core.document import Value
    from gatekeeper.core.names import KeyPath
    from gatekeeper.core.rules.model import Hit, PathCase

_TABLES: tuple[KeyPath, ...] = (("lints",), ("workspace", "lints"))
_LINTS: KeyPath = ("lints",)
_INHERITED: KeyPath = ("lints", "workspace")
_LEVELS: tuple[KeyPath, ...] = tuple((*above, tool) for above in _TABLES for tool in MEMBERS)

DUP_KEY = RuleInfo(
    id=RuleId("lint-dup-key"),
    family=Family.WORKSPACE,
    severity=Severity.MINOR,
    summary="Both sides set the level of the same lint, at different places of the table.",
    explanation=(
        "Git merges the two lines, and a key may stand only once: no cargo command works any more. Levels have an "
        "order, allow < warn < deny < forbid, and the stricter one does for both, which is the proposal."
    ),
    settles="Keep one line: the stricter level, unless the milder one is meant as an exception.",
    fixtures=("lint-dup-key", "lint-dup-key--equal"),
    tool_says="error: duplicate key",
)
INHERIT_PLUS_LOCAL = RuleInfo(
    id=RuleId("lint-inherit-plus-local"),
    family=Family.WORKSPACE,
    severity=Severity.MAJOR,
    summary="One side lets a crate inherit the workspace's lints, the other sets lints in the crate.",
    explanation="A crate has either the lints of the workspace or its own; cargo refuses a manifest with both.",
    settles="Move the new lint to `[workspace.lints]`, or do not inherit in this crate and list all lints there.",
    fixtures=("lint-inherit-plus-local",),
    tool_says=(
        "cannot override `workspace.lints` in `lints`, either remove the overrides or `lints.workspace = true` and "
        "manually specify the lints"
    ),
)
GROUP_SAME_PRIORITY = RuleInfo(
    id=RuleId("lint-group-same-priority"),
    family=Family.WORKSPACE,
    severity=Severity.MAJOR,
    summary="One side sets the level of a group of lints, the other the level of a lint in it, at one priority.",
    explanation=(
        "The order in the file means nothing. Of two entries with the same priority cargo hands the one whose name "
        "sorts first to the compiler last, and the last one counts: `unused` overrides `unused_variables`, whichever "
        "side meant the exception. Clippy has a lint of its own for that, which is an error by default."
    ),
    settles="Give the group a lower priority than the lints that are exceptions from it.",
    fixtures=(
        "lint-group-same-priority",
        "lint-group-same-priority--workspace",
        "lint-group-same-priority--clippy",
        "lint-group-same-priority--dashes",
        "lint-group-same-priority--header-twice",
    ),
    tool_says="`-D unused-variables` implied by `-D unused`",
)


@remembered
def duplicate_lints(case: PathCase) -> list[KeyPath]:
    """Return the lints whose level git's result sets twice."""
    return [two.key for two in duplicates(case) if _is_lint(two.key) and two.spellings <= {Spelling.PAIR}]


def _is_lint(key: KeyPath) -> bool:
    return any(key[: len(above)] == above and len(key) == len(above) + 2 for above in _TABLES)


@path_rule(DUP_KEY, profile=CARGO, needs=duplicate_lints)
def lint_dup_key(case: PathCase) -> Iterator[Hit]:
    """Report lints that both sides set at two places."""
    for key in duplicate_lints(case):
        if is_claimed_inside(case, key):
            continue
        left, right = (value_at(document, key) for document in (case.left, case.right))
        if same(left, right):
            message = f"{{left}} and {{right}} both set {named(key)} to {shown(left)}, at two places of the file"
        else:
            message = f"{{left}} sets {named(key)} to {shown(left)}, {{right}} sets it elsewhere to {shown(right)}"
        yield hit(DUP_KEY.id, case, key, message, proposal=_settled(case, key))


def _settled(case: PathCase, key: KeyPath) -> str | None:
    clash = next((one for one in disagreements(case) if starts_with(one.key, key)), None)
    if clash is not None:
        return settled_text(case, clash) if clash.key == key else None
    merged = merged_at(case, key)
    return None if merged is ABSENT else proposed(case.profile, key, merged)


inherited_beside_own = disputed_by(ClashReason.EXCLUSIVE_SLOT)


@path_rule(INHERIT_PLUS_LOCAL, profile=CARGO, needs=inherited_beside_own)
def lint_inherit_plus_local(case: PathCase) -> Iterator[Hit]:
    """Report lints that one side inherits and the other sets."""
    for one in inherited_beside_own(case):
        if one.key == _LINTS and not is_claimed_inside(case, _LINTS):
            inherits, sets = _left_first(value_at(case.left, _INHERITED) is True)
            setting = one.right if inherits == "{left}" else one.left
            tables = setting if isinstance(setting, dict) else {}
            own = [f"[{named((*_LINTS, name))}]" for name in tables if name != _INHERITED[-1]]
            message = f"{inherits} lets the crate inherit the workspace's lints, {sets} sets {' and '.join(own)} in it"
            yield hit(INHERIT_PLUS_LOCAL.id, case, _LINTS, message)


def _left_first(is_left: bool) -> tuple[str, str]:  # noqa: FBT001 - which side is meant
    return ("{left}", "{right}") if is_left else ("{right}", "{left}")


class _Overridden(NamedTuple):
    """A lint whose level the group that holds it overrides."""

    table: KeyPath
    group: str
    lint: str


@remembered
def overridden_lints(case: PathCase) -> list[_Overridden]:
    """Return the lints that a group overrides in the merge of the values and in none of what it was made of."""
    heads = meeting_heads(case)
    found: list[_Overridden] = []
    for above in _LEVELS:
        if above[0] not in heads:
            continue
        merged = look_up(case.merge.tree, above)
        sides = [look_up(side.tree, above) for side in (case.base, case.left, case.right) if side is not None]
        # What one side made of the table it has made alone.
        if merged is ABSENT or any(side is merged or side == merged for side in sides):
            continue
        before = {one for side in sides for one in _overridden(side, above)}
        found += (one for one in _overridden(merged, above) if one not in before)
    return found


def _overridden(lints: Value | Absent, above: KeyPath) -> Iterator[_Overridden]:
    if not isinstance(lints, dict):
        return
    groups = MEMBERS[above[-1]]
    called: dict[str, list[str]] = {}
    for name in lints:
        # To the compiler a dash is an underscore; the order of two names follows what is written.
        called.setdefault(name.replace("-", "_"), []).append(name)
    for group, lint in _members(called, groups):
        if group < lint:
            (level, priority), (of_group, group_priority) = _level(lints[lint]), _level(lints[group])
            if priority == group_priority and level != of_group:
                yield _Overridden(above, group, lint)


def _members(called: Mapping[str, list[str]], groups: Mapping[str, frozenset[str]]) -> Iterator[tuple[str, str]]:
    """Yield the groups with the lints in them, as they are written; ``called``: compiler's name -> written names."""
    for group in called.keys() & groups.keys():
        for lint in called.keys() & groups[group]:
            yield from product(called[group], called[lint])


def _level(value: Value) -> tuple[Value | None, Value]:
    if isinstance(value, dict):
        return value.get("level"), value.get("priority", 0)
    return value, 0


@path_rule(GROUP_SAME_PRIORITY, profile=CARGO, needs=overridden_lints)
def lint_group_same_priority(case: PathCase) -> Iterator[Hit]:
    """Report lints whose level does not count beside the group's."""
    for one in sorted(overridden_lints(case)):
        group, lint = (*one.table, one.group), (*one.table, one.lint)
        on_left = not same(value_at(case.base, group), value_at(case.left, group))
        keys = (group, lint) if on_left else (lint, group)
        for_group, for_lint = _left_first(on_left)
        of_group, of_lint = (_level_of(case, key) for key in (group, lint))
        message = (
            f"{for_group} sets the group {named(group)} to {shown(of_group)}, {for_lint} sets {named(lint)} in it to "
            f"{shown(of_lint)}: at one priority the group overrides it"
        )
        proposal = proposed(case.profile, group, {"level": of_group, "priority": -1})
        yield hit(GROUP_SAME_PRIORITY.id, case, lint, message, proposal=proposal, left_key=keys[0], right_key=keys[1])


def _level_of(case: PathCase, key: KeyPath) -> Value:
    merged = merged_at(case, key)
    level = None if merged is ABSENT else _level(merged)[0]
    return "" if level is None else level
