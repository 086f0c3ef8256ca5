"""The lists of a workspace root, and targets that two sides add under one name."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gatekeeper.core.changes import ABSENT
from gatekeeper.core.document import Document
from gatekeeper.core.names import RuleId, Severity
from gatekeeper.core.rules.cases import combined, disagreements, hit, meeting_heads, merged_at, remembered, value_at
from gatekeeper.core.rules.model import Family, RuleInfo
from gatekeeper.core.rules.registry import path_rule
from gatekeeper.core.rules.wording import both_did, both_edited_list
from gatekeeper.core.schema import CARGO
from gatekeeper.core.schema.cargo import TARGET_ARRAYS
from gatekeeper.core.toml_text import named, proposed, shown
from gatekeeper.core.values import table

if TYPE_CHECKING:
    from collections.abc import Iterator
    from collections.abc import Set as AbstractSet

    from gatekeeper.core.rules.model import Hit, PathCase

_MEMBERS = ("workspace", "members")

MEMBERS_BOTH_APPENDED = RuleInfo(
    id=RuleId("ws-members-both-appended"),
    family=Family.WORKSPACE,
    severity=Severity.MINOR,
    summary="Both sides edit the list of workspace members.",
    explanation=(
        "For cargo the list is a set: what either side added is in, what either took out is out, and naming a member "
        "twice does no harm. Git conflicts when the new lines are neighbours. The order is kept, the left side's "
        "additions first, because cargo-make walks the members in this order."
    ),
    settles="Take the union, which is the proposal.",
    fixtures=("ws-members-both-appended",),
)
INHERIT_VS_BUMP = RuleInfo(
    id=RuleId("pkg-version-inherit-vs-bump"),
    family=Family.WORKSPACE,
    severity=Severity.MAJOR,
    summary="One side inherits a package's version from the workspace, the other sets it itself.",
    explanation=(
        "With the first edit the version stands in `[workspace.package]` and holds for all members; the second means "
        "this package alone. The same goes for every other field that a package can inherit."
    ),
    settles="Decide where the version is kept; if it is the workspace, change it there.",
    fixtures=("pkg-version-inherit-vs-bump",),
)
DUPLICATE_TARGET = RuleInfo(
    id=RuleId("target-duplicate-name"),
    family=Family.WORKSPACE,
    severity=Severity.MAJOR,
    summary="Both sides add a target (`[[bin]]`, `[[test]]`, ...) of the same name.",
    explanation=(
        "Two tables of an array are legal TOML, so git's result parses, and cargo refuses it: targets of one kind need "
        "different names."
    ),
    settles="Keep one of two equal ones; else rename one.",
    fixtures=("target-duplicate-name", "target-duplicate-name--equal"),
    tool_says="found duplicate binary name tool, but all binary targets must have a unique name",
)


@path_rule(MEMBERS_BOTH_APPENDED, profile=CARGO, needs=combined)
def members_both_appended(case: PathCase) -> Iterator[Hit]:
    """Report the members that both sides edited."""
    for one in disagreements(case):
        if one.key == _MEMBERS and isinstance(one.settled, list):
            proposal = proposed(case.profile, one.key, one.settled)
            yield hit(MEMBERS_BOTH_APPENDED.id, case, one.key, both_edited_list(one), proposal=proposal)


@path_rule(INHERIT_VS_BUMP, profile=CARGO, needs=disagreements)
def version_inherit_vs_bump(case: PathCase) -> Iterator[Hit]:
    """Report package fields that one side inherits and the other sets."""
    for one in disagreements(case):
        is_field = len(one.key) == 2 and one.key[0] == "package"  # noqa: PLR2004 - package.FIELD
        if is_field and (_inherits(one.left) != _inherits(one.right)) and not one.is_modify_delete:
            yield hit(INHERIT_VS_BUMP.id, case, one.key, both_did(one))


def _inherits(value: object) -> bool:
    return isinstance(value, dict) and value.get("workspace") is True


def _names(document: Document | None, kind: str) -> AbstractSet[str]:
    return table(document.tree.get(kind) if document is not None else None).keys()


@remembered
def added_targets(case: PathCase) -> list[tuple[str, list[str]]]:
    """Return the kinds of targets of which both sides add some of the same name, each with these names."""
    found: list[tuple[str, list[str]]] = []
    for kind in meeting_heads(case):
        if kind in TARGET_ARRAYS:
            mine, other, before = (_names(document, kind) for document in (case.left, case.right, case.base))
            if names := (mine & other) - before:
                found.append((kind, sorted(names)))
    return found


@path_rule(DUPLICATE_TARGET, profile=CARGO, needs=added_targets)
def duplicate_target(case: PathCase) -> Iterator[Hit]:
    """Report targets that both sides added: with different contents, or twice in git's result."""
    twice = case.git_result.tree if isinstance(case.git_result, Document) else {}
    disputed = {one.key[:2] for one in disagreements(case)}
    for kind, names in added_targets(case):
        for name in names:
            key = (kind, name)
            left, right = value_at(case.left, key), value_at(case.right, key)
            entries = twice.get(kind)
            repeated = isinstance(entries, dict) and f"{name}#2" in entries
            if left == right and not repeated:
                continue
            merged = merged_at(case, key)
            settled = key not in disputed and merged is not ABSENT
            message = f"{{left}} adds {named(key)} as {shown(left)}, {{right}} as {shown(right)}"
            severity = Severity.MINOR if left == right else None
            yield hit(
                DUPLICATE_TARGET.id,
                case,
                key,
                message,
                proposal=proposed(case.profile, key, merged) if settled and merged is not ABSENT else None,
                severity=severity,
            )
