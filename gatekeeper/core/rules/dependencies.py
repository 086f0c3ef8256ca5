"""The version and the features of one dependency that both sides edit."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gatekeeper.core.changes import ABSENT
from gatekeeper.core.document import same
from gatekeeper.core.names import RuleId, Severity
from gatekeeper.core.rules.cases import (
    dependency_entries,
    depends_on_member,
    disputed_dependencies,
    disputes_of_dependencies,
    hit,
    is_broken,
    is_claimed_inside,
    merged_at,
    touched_below,
    value_at,
)
from gatekeeper.core.rules.model import Family, RuleInfo
from gatekeeper.core.rules.registry import path_rule
from gatekeeper.core.rules.requirements import same_caret_range
from gatekeeper.core.rules.wording import both_did, both_edited_list, settled_text
from gatekeeper.core.schema import CARGO
from gatekeeper.core.spans import Form
from gatekeeper.core.toml_text import named, proposed

if TYPE_CHECKING:
    from collections.abc import Iterator

    from gatekeeper.core.names import KeyPath
    from gatekeeper.core.rules.model import Hit, PathCase
    from gatekeeper.core.spans import SourceMap

_REFERENCES = frozenset({"branch", "tag", "rev"})
_SOURCES = frozenset({"path", "git", "registry", "registry-index"})

VERSION_BOTH_BUMPED = RuleInfo(
    id=RuleId("dep-version-both-bumped"),
    family=Family.DEPENDENCIES,
    severity=Severity.MINOR,
    summary="Both sides change the version of one dependency, each to another one.",
    explanation=(
        "Inside one caret range the higher requirement does for both, and is the proposal: minor. Different major "
        "versions, or a requirement with `=`, `~`, `<` or `*`, are an intent of their own: then the finding is major, "
        "and what is proposed is only the higher one."
    ),
    settles="Take the higher requirement; across ranges, ask both sides.",
    fixtures=(
        "dep-version-both-bumped",
        "dep-version-both-bumped--majors",
        "dep-version-both-bumped--exact",
        "dep-version-both-bumped--both-added",
    ),
)
VERSION_VS_FORM = RuleInfo(
    id=RuleId("dep-version-vs-form"),
    family=Family.DEPENDENCIES,
    severity=Severity.MINOR,
    summary="One side changes a dependency's version, the other rewrites it from a string to a table.",
    explanation=(
        '`foo = "1.0"` and `foo = { version = "1.0" }` are the same, so the edits combine key by key, although git '
        "conflicts on the line."
    ),
    settles="Take the merged entry, which is the proposal.",
    fixtures=("dep-version-vs-form",),
)
FEATURES_BOTH_EDITED = RuleInfo(
    id=RuleId("dep-features-both-edited"),
    family=Family.DEPENDENCIES,
    severity=Severity.MINOR,
    summary="Both sides change which features they ask of one crate.",
    explanation=(
        "Cargo turns on what anyone asks for, so the union does for both: minor for a third party's crate. For a crate "
        "of this workspace (the dependency has a `path`, or is inherited and its package is a member) the list says "
        "what the workspace is made of: that is major, and the architect accepts the union."
    ),
    settles="Take the union, which is the proposal.",
    fixtures=(
        "dep-features-both-edited",
        "dep-features-both-edited--workspace-table",
        "dep-features-both-edited--member",
    ),
)


def _left_to_toml(case: PathCase, entry: KeyPath) -> bool:
    """Return whether the entry is new on both sides and stands twice in git's result: the duplicate is the cause."""
    return is_broken(case) and value_at(case.base, entry) is ABSENT


@path_rule(VERSION_BOTH_BUMPED, profile=CARGO, needs=disputes_of_dependencies)
def version_both_bumped(case: PathCase) -> Iterator[Hit]:
    """Report versions that both sides changed."""
    for entry, field, one in disputed_dependencies(case):
        if field == "version" and not one.is_modify_delete and not _left_to_toml(case, entry):
            proposal = settled_text(case, one)
            severity = None if same_caret_range(one.left, one.right) else Severity.MAJOR
            yield hit(VERSION_BOTH_BUMPED.id, case, one.key, both_did(one), proposal=proposal, severity=severity)


@path_rule(VERSION_VS_FORM, profile=CARGO, needs=dependency_entries)
def version_vs_form(case: PathCase) -> Iterator[Hit]:
    """Report a version that one side changes while the other makes a table of the string."""
    for entry in dependency_entries(case):
        if value_at(case.base, entry) is ABSENT or is_claimed_inside(case, entry):
            continue
        version = (*entry, "version")
        if same(value_at(case.left, version), value_at(case.right, version)):
            continue
        left, right = touched_below(case, entry)
        for changed, others, bumped, other, names in (
            (left, right, case.left_source, case.right_source, ("{left}", "{right}")),
            (right, left, case.right_source, case.left_source, ("{right}", "{left}")),
        ):
            if changed == {version} and version not in others and others and _is_rewritten(entry, bumped, other):
                merged = merged_at(case, entry)
                proposal = None if merged is ABSENT else proposed(CARGO, entry, merged)
                message = f"{names[0]} changes {named(version)}, {names[1]} makes a table of {named(entry)}"
                yield hit(VERSION_VS_FORM.id, case, entry, message, proposal=proposal)


def _is_rewritten(entry: KeyPath, bumped: SourceMap, other: SourceMap) -> bool:
    """Return whether the dependency is a string in one text and a table in the other."""
    version = (*entry, "version")
    is_string = [site.form for site in bumped.sites(entry)] == [Form.PAIR] and not bumped.sites(version)
    return is_string and bool(other.sites(version))


@path_rule(FEATURES_BOTH_EDITED, profile=CARGO, needs=disputes_of_dependencies)
def features_both_edited(case: PathCase) -> Iterator[Hit]:
    """Report features that both sides asked of one crate."""
    for entry, field, one in disputed_dependencies(case):
        united = one.reason is None and isinstance(one.settled, list)
        if field == "features" and united and one.settled is not None and not _left_to_toml(case, entry):
            proposal = proposed(case.profile, one.key, one.settled)
            severity = Severity.MAJOR if depends_on_member(case, entry) else None
            message = both_edited_list(one)
            yield hit(FEATURES_BOTH_EDITED.id, case, one.key, message, proposal=proposal, severity=severity)
