"""Keys of one manifest of which only one may stand, and lists whose entries do not all go together."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from gatekeeper.core.changes import ABSENT
from gatekeeper.core.names import RuleId, Severity
from gatekeeper.core.rules.cases import disagreements, disputed_by, hit, is_claimed, value_at
from gatekeeper.core.rules.model import Family, RuleInfo
from gatekeeper.core.rules.registry import path_rule
from gatekeeper.core.rules.wording import both_did, both_edited_list
from gatekeeper.core.schema import CARGO
from gatekeeper.core.schema.cargo import package_field
from gatekeeper.core.toml_text import named, proposed, shown
from gatekeeper.core.value_merge import ClashReason
from gatekeeper.core.values import strings

if TYPE_CHECKING:
    from collections.abc import Iterator

    from gatekeeper.core.document import Document, Value
    from gatekeeper.core.names import KeyPath
    from gatekeeper.core.rules.cases import Disagreement
    from gatekeeper.core.rules.model import Hit, PathCase

_PROC_MACRO, _CRATE_TYPE = ("proc-macro",), ("crate-type",)
_OF_PACKAGE, _OF_WORKSPACE = ("package", "resolver"), ("workspace", "resolver")

CRATE_TYPE_UNION = RuleInfo(
    id=RuleId("lib-crate-type-union"),
    family=Family.WORKSPACE,
    severity=Severity.MAJOR,
    summary="The sides add crate types that do not go together: `dylib` and `cdylib`, or `proc-macro` and any other.",
    explanation="Crate types are a set, and the union is right for all others; of these cargo refuses the union.",
    settles="Choose one of them, or make a second crate for the other.",
    fixtures=("lib-crate-type-union", "lib-crate-type-union--lines"),
    tool_says="library `a` cannot set the crate type of both `dylib` and `cdylib`",
)
PROC_MACRO = RuleInfo(
    id=RuleId("lib-procmacro-vs-crate-type"),
    family=Family.WORKSPACE,
    severity=Severity.MAJOR,
    summary="One side makes a library a procedural macro, the other side gives it crate types.",
    explanation=(
        "Cargo says nothing: `crate-type` wins, and the crate stops being a procedural macro. What it defines can no "
        "longer be derived or called. Where both say the same, the finding is minor."
    ),
    settles="Choose one of them, or make a second crate for the other.",
    fixtures=("lib-procmacro-vs-crate-type", "lib-procmacro-vs-crate-type--alike"),
)
POINTER_AND_TABLE = RuleInfo(
    id=RuleId("ws-package-workspace-vs-table"),
    family=Family.WORKSPACE,
    severity=Severity.MAJOR,
    summary="One side points a package at its workspace (`package.workspace`), the other makes it a workspace itself.",
    explanation="A package is a member or a root. Cargo refuses the manifest, and with it the whole workspace.",
    settles="Decide which of the two it is.",
    fixtures=("ws-package-workspace-vs-table",),
    tool_says="cannot configure both `package.workspace` and `[workspace]`, only one can be specified",
)
RESOLVER_IN_BOTH = RuleInfo(
    id=RuleId("ws-resolver-in-both"),
    family=Family.WORKSPACE,
    severity=Severity.MINOR,
    summary="One side sets the resolver under [package], the other under [workspace] of the same manifest.",
    explanation="Cargo refuses the manifest, be they equal or not. Where they differ, the finding is major.",
    settles="Keep the one under [workspace].",
    fixtures=("ws-resolver-in-both", "ws-resolver-in-both--different"),
    tool_says="cannot specify `resolver` field in both `[workspace]` and `[package]`",
)
RESOLVER_CHANGED = RuleInfo(
    id=RuleId("ws-resolver-both-changed"),
    family=Family.WORKSPACE,
    severity=Severity.MAJOR,
    summary="Both sides choose a resolver for the workspace, and not the same.",
    explanation="The resolver decides which features and versions every crate is built with; no rule can choose it.",
    settles="Decide on one, and build the workspace with it.",
    fixtures=("ws-resolver-both-changed",),
)
ORDERED_GLOBS = RuleInfo(
    id=RuleId("pkg-include-exclude-both"),
    family=Family.WORKSPACE,
    severity=Severity.MAJOR,
    summary="Both sides edit `include` or `exclude` of a package, and entries begin with `!`.",
    explanation=(
        'The last entry that matches decides: `["*.txt", "!a.txt"]` leaves the file out of the package, '
        '`["!a.txt", "*.txt"]` takes it in. Nothing but `cargo package --list` shows it. Without a `!`, the lists are '
        "sets, and their union is proposed."
    ),
    settles="Put the entries into the order that is meant.",
    fixtures=("pkg-include-exclude-both", "pkg-include-exclude-both--clean"),
)

_slots = disputed_by(ClashReason.EXCLUSIVE_SLOT)


@path_rule(CRATE_TYPE_UNION, profile=CARGO, needs=disputed_by(ClashReason.FORBIDDEN_SET))
def crate_type_union(case: PathCase) -> Iterator[Hit]:
    """Report sets of crate types of which cargo refuses the union."""
    for one in disagreements(case):
        if one.reason is ClashReason.FORBIDDEN_SET and one.key[-1] == "crate-type":
            message = f"{both_did(one)}: cargo refuses the two together"
            yield hit(CRATE_TYPE_UNION.id, case, one.key, message)


@path_rule(PROC_MACRO, profile=CARGO, needs=_slots)
def procmacro_vs_crate_type(case: PathCase) -> Iterator[Hit]:
    """Report a library that is to be a procedural macro and something else."""
    for one in _slots(case):
        if _PROC_MACRO in one.members:
            kinds, is_macro = (_either(case, (*one.key, *member)) for member in (_CRATE_TYPE, _PROC_MACRO))
            if kinds == ["proc-macro"] or is_macro is not True:
                message, severity = f"{_filled(case, one)}: one of the two is enough", Severity.MINOR
            else:
                message, severity = f"{_filled(case, one)}: `crate-type` wins, and `proc-macro` has no effect", None
            yield hit(PROC_MACRO.id, case, one.key, message, severity=severity)


@path_rule(POINTER_AND_TABLE, profile=CARGO, needs=_slots)
def package_workspace_vs_table(case: PathCase) -> Iterator[Hit]:
    """Report a manifest that is a member and a root."""
    for one in _slots(case):
        if not one.key and ("package", "workspace") in one.members:
            message = f"{_filled(case, one)}: a package is a member of a workspace or its root"
            yield _at_their_own(POINTER_AND_TABLE, case, one, min(one.members), message)


@path_rule(RESOLVER_IN_BOTH, profile=CARGO, needs=_slots)
def resolver_in_both(case: PathCase) -> Iterator[Hit]:
    """Report two places for the resolver."""
    for one in _slots(case):
        if not one.key and _OF_PACKAGE in one.members:
            values = [_either(case, key) for key in (_OF_PACKAGE, _OF_WORKSPACE)]
            equal = values[0] == values[1] and values[1] is not None
            proposal = proposed(case.profile, _OF_WORKSPACE, values[1]) if equal and values[1] is not None else None
            message = f"{_filled(case, one)}: cargo accepts one place"
            severity = None if equal else Severity.MAJOR
            found = _at_their_own(RESOLVER_IN_BOTH, case, one, _OF_PACKAGE, message)
            yield replace(found, proposal=proposal, severity=severity)


def _at_their_own(info: RuleInfo, case: PathCase, one: Disagreement, key: KeyPath, message: str) -> Hit:
    """Return a hit with each side at the key that it has."""
    left, right = (
        next((member for member in one.members if value_at(document, member) is not ABSENT), key)
        for document in (case.left, case.right)
    )
    return hit(info.id, case, key, message, left_key=left, right_key=right)


def _either(case: PathCase, key: KeyPath) -> Value | None:
    values = (value_at(document, key) for document in (case.left, case.right))
    return next((value for value in values if value is not ABSENT), None)


def _filled(case: PathCase, one: Disagreement) -> str:
    left, right = (_members_on(document, one) for document in (case.left, case.right))
    return f"{{left}} has {left}, {{right}} has {right}"


def _members_on(document: Document, one: Disagreement) -> str:
    keys = [(*one.key, *member) for member in one.members]
    there = [(key, value_at(document, key)) for key in keys if value_at(document, key) is not ABSENT]
    told = [named(key) if isinstance(value, dict) else f"{named(key)} = {shown(value)}" for key, value in there]
    return " and ".join(told) or "neither"


@path_rule(RESOLVER_CHANGED, profile=CARGO, needs=disputed_by(ClashReason.BOTH_CHANGED))
def resolver_both_changed(case: PathCase) -> Iterator[Hit]:
    """Report two values for the resolver at one place."""
    for one in disagreements(case):
        if one.reason is ClashReason.BOTH_CHANGED and one.key in {_OF_PACKAGE, _OF_WORKSPACE}:
            yield hit(RESOLVER_CHANGED.id, case, one.key, both_did(one))


@path_rule(ORDERED_GLOBS, profile=CARGO, needs=disagreements)
def include_exclude_both(case: PathCase) -> Iterator[Hit]:
    """Report lists of globs whose order means something."""
    for one in disagreements(case):
        is_globs = package_field(one.key) in {"include", "exclude"} and not one.is_modify_delete
        sides = [value for value in (one.left, one.right) if value is not ABSENT]
        if is_globs and not is_claimed(case, one.key) and any(_is_ordered(value) for value in sides):
            message = f"{both_edited_list(one)}: the order decides what an entry with `!` leaves out"
            yield hit(ORDERED_GLOBS.id, case, one.key, message)


def _is_ordered(value: Value) -> bool:
    return any(entry.startswith("!") for entry in strings(value))
