"""One dependency that both sides edit: its version, its source, its features."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gatekeeper.core.changes import ABSENT
from gatekeeper.core.names import RuleId, Severity
from gatekeeper.core.rules.cases import (
    both_did,
    both_edited_list,
    dependency_entries,
    dependency_entry,
    disagreements,
    hit,
    is_broken,
    is_claimed,
    is_claimed_inside,
    merged_at,
    touched_below,
    value_at,
)
from gatekeeper.core.rules.model import Family, RuleInfo
from gatekeeper.core.rules.registry import path_rule
from gatekeeper.core.rules.requirements import same_caret_range
from gatekeeper.core.rules.toml_text import named, proposed, shown
from gatekeeper.core.schema import CARGO
from gatekeeper.core.spans import Form

if TYPE_CHECKING:
    from collections.abc import Iterator

    from gatekeeper.core.document import Value
    from gatekeeper.core.names import KeyPath
    from gatekeeper.core.rules.cases import Disagreement
    from gatekeeper.core.rules.model import Hit, PathCase
    from gatekeeper.core.spans import SourceMap

_REFERENCES = frozenset({"branch", "tag", "rev"})
_SOURCES = frozenset({"path", "git", "registry", "registry-index"})

INHERIT_VS_LOCAL = RuleInfo(
    id=RuleId("dep-inherit-vs-local"),
    family=Family.DEPENDENCIES,
    severity=Severity.MAJOR,
    summary="One side inherits a dependency from the workspace, the other gives it a version or source of its own.",
    explanation=(
        "`workspace = true` stands for version and source. Beside it cargo ignores a local `version`, `path` or `git` "
        "with a warning (`cargo metadata` prints nothing): that side's edit is silently without effect."
    ),
    settles="Change the entry in `[workspace.dependencies]`, or do not inherit.",
    fixtures=("dep-inherit-vs-local", "dep-inherit-vs-local--table"),
    tool_says="warning: unused manifest key: dependencies.opt.version",
)
GIT_AND_PATH = RuleInfo(
    id=RuleId("dep-git-and-path"),
    family=Family.DEPENDENCIES,
    severity=Severity.MAJOR,
    summary="Both sides change where a dependency comes from, to different places.",
    explanation=(
        "A dependency has one source: a path, a git repository or a registry. In table form the two keys stand on "
        "different lines and git keeps both; cargo then refuses the manifest. Two different paths, repositories or "
        "registries are the same choice, found here too."
    ),
    settles="Choose the source.",
    fixtures=("dep-git-and-path", "dep-git-and-path--two-paths"),
    tool_says="dependency (opt) specification is ambiguous. Only one of `git` or `path` is allowed.",
)
GIT_TWO_REFS = RuleInfo(
    id=RuleId("dep-git-two-refs"),
    family=Family.DEPENDENCIES,
    severity=Severity.MAJOR,
    summary="Both sides pin a git dependency, to different references.",
    explanation=(
        "`branch`, `tag` and `rev` are one slot: with two of them cargo refuses the manifest, even when both name the "
        "same commit today. Two different values of one of them are the same choice."
    ),
    settles="Choose the reference.",
    fixtures=("dep-git-two-refs", "dep-git-two-refs--same-key"),
    tool_says="dependency (opt) specification is ambiguous. Only one of `branch`, `tag` or `rev` is allowed.",
)
GIT_REMOVED_REF_ADDED = RuleInfo(
    id=RuleId("dep-git-removed-ref-added"),
    family=Family.DEPENDENCIES,
    severity=Severity.MINOR,
    summary="One side takes a dependency away from git, the other pins its git reference.",
    explanation="A `branch`, `tag` or `rev` without `git` means nothing, and cargo refuses the manifest.",
    settles="Drop the reference; the proposal is the entry without it.",
    fixtures=("dep-git-removed-ref-added",),
    tool_says="key `branch` is ignored for dependency (opt).",
)
DEV_MADE_OPTIONAL = RuleInfo(
    id=RuleId("dep-dev-made-optional"),
    family=Family.DEPENDENCIES,
    severity=Severity.MINOR,
    summary="One side moves a dependency to the dev-dependencies, the other makes it optional.",
    explanation=(
        "When only the header of a dependency's table changes, git merges the other side's `optional = true` below it. "
        "A dev-dependency cannot be optional, and cargo refuses the manifest."
    ),
    settles="Drop `optional`, or leave the dependency where it was.",
    fixtures=("dep-dev-made-optional",),
    tool_says="dev-dependencies are not allowed to be optional: `opt`",
)
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
    summary="Both sides change which features they ask of a third party's crate.",
    explanation=(
        "Cargo turns on what anyone asks for, so the union does for both. For a crate of this workspace the list says "
        "what the workspace is made of, and the finding is feature-definition-conflict."
    ),
    settles="Take the union, which is the proposal.",
    fixtures=("dep-features-both-edited", "dep-features-both-edited--workspace-table"),
)


def _left_to_toml(case: PathCase, entry: KeyPath) -> bool:
    """Return whether the entry is new on both sides and stands twice in git's result: the duplicate is the cause."""
    return is_broken(case) and value_at(case.base, entry) is ABSENT


def _disputed(case: PathCase) -> Iterator[tuple[KeyPath, str, Disagreement]]:
    """Yield the disagreements about dependencies: the entry, the field in it ('' for the whole entry), and what it is."""
    if case.profile is not CARGO:
        return
    for one in disagreements(case):
        entry = dependency_entry(one.key)
        if entry is not None and not is_claimed(case, one.key) and len(one.key) <= len(entry) + 1:
            yield entry, one.key[-1] if len(one.key) > len(entry) else "", one


def _slot(case: PathCase, one: Disagreement) -> str:
    """Say what each side puts into the slot."""
    said = []
    for document in (case.left, case.right):
        spec = value_at(document, one.key)
        members = {member[0] for member in one.members}
        filled = {name: value for name, value in spec.items() if name in members} if isinstance(spec, dict) else {}
        said.append(shown(filled) if filled else "nothing of it")
    return f"for {named(one.key)}, {{left}} has {said[0]}, {{right}} has {said[1]}"


@path_rule(INHERIT_VS_LOCAL)
def inherit_vs_local(case: PathCase) -> Iterator[Hit]:
    """Report `workspace = true` from one side beside a version or source from the other."""
    for _, _, one in _disputed(case):
        if one.is_slot and ("workspace",) in one.members:
            yield hit(INHERIT_VS_LOCAL.id, case, one.key, _slot(case, one))


@path_rule(GIT_AND_PATH)
def git_and_path(case: PathCase) -> Iterator[Hit]:
    """Report two sources of one dependency."""
    plain: dict[KeyPath, list[Disagreement]] = {}
    for entry, field, one in _disputed(case):
        if one.is_slot and not _REFERENCES.issuperset(member[0] for member in one.members):
            yield hit(GIT_AND_PATH.id, case, one.key, _slot(case, one))
        elif field in _SOURCES or (field in _REFERENCES and _leaves_git(case, entry)):
            plain.setdefault(entry, []).append(one)
    for entry, found in plain.items():
        key = entry if len(found) > 1 else found[0].key
        yield hit(GIT_AND_PATH.id, case, key, "; ".join(map(both_did, found)))


def _leaves_git(case: PathCase, entry: KeyPath) -> bool:
    """Return whether one side takes the dependency away from git while the other keeps it there."""
    return (value_at(case.left, (*entry, "git")) is ABSENT) != (value_at(case.right, (*entry, "git")) is ABSENT)


@path_rule(GIT_TWO_REFS)
def git_two_refs(case: PathCase) -> Iterator[Hit]:
    """Report two references of one git dependency."""
    for _, field, one in _disputed(case):
        if one.is_slot:
            yield hit(GIT_TWO_REFS.id, case, one.key, _slot(case, one))
        elif field in _REFERENCES:
            yield hit(GIT_TWO_REFS.id, case, one.key, both_did(one))


@path_rule(GIT_REMOVED_REF_ADDED)
def git_removed_ref_added(case: PathCase) -> Iterator[Hit]:
    """Report a reference that the merge leaves without its git repository."""
    if case.profile is not CARGO:
        return
    disputed = {entry for entry, _, _ in _disputed(case)}
    for entry in dependency_entries(case):
        merged = merged_at(case, entry)
        if entry in disputed or is_claimed_inside(case, entry) or not _is_orphaned(merged) or not isinstance(merged, dict):
            continue
        if any(_is_orphaned(value_at(side, entry)) for side in (case.left, case.right)):
            continue
        kept = {name: value for name, value in merged.items() if name not in _REFERENCES}
        who, other = ("{left}", "{right}") if value_at(case.left, (*entry, "git")) is ABSENT else ("{right}", "{left}")
        message = f"{who} takes {named(entry)} away from git, {other} pins its git reference"
        yield hit(GIT_REMOVED_REF_ADDED.id, case, entry, message, proposal=proposed(CARGO, entry, kept))


def _is_orphaned(spec: object) -> bool:
    return isinstance(spec, dict) and "git" not in spec and not _REFERENCES.isdisjoint(spec)


@path_rule(DEV_MADE_OPTIONAL)
def dev_made_optional(case: PathCase) -> Iterator[Hit]:
    """Report a dependency that one side moves to the dev-dependencies while the other makes it optional."""
    for entry, field, one in _disputed(case):
        if field or not one.is_modify_delete or entry[-2] != "dependencies":
            continue
        mover, stayed, kept = (
            (case.left, "{right}", one.right) if one.left is ABSENT else (case.right, "{left}", one.left)
        )
        moved = (*entry[:-2], "dev-dependencies", entry[-1])
        is_new = value_at(mover, moved) is not ABSENT and value_at(case.base, moved) is ABSENT
        if is_new and isinstance(kept, dict) and kept.get("optional") is True:
            who = "{left}" if stayed == "{right}" else "{right}"
            message = f"{who} moves {named(entry)} to the dev-dependencies, {stayed} makes it optional"
            keys = (moved, entry) if mover is case.left else (entry, moved)
            yield hit(DEV_MADE_OPTIONAL.id, case, entry, message, left_key=keys[0], right_key=keys[1])


@path_rule(VERSION_BOTH_BUMPED)
def version_both_bumped(case: PathCase) -> Iterator[Hit]:
    """Report versions that both sides changed."""
    for entry, field, one in _disputed(case):
        if field == "version" and not one.is_modify_delete and not _left_to_toml(case, entry):
            proposal = None if one.settled is None else _with(case, entry, one.settled)
            severity = None if same_caret_range(one.left, one.right) else Severity.MAJOR
            yield hit(VERSION_BOTH_BUMPED.id, case, one.key, both_did(one), proposal=proposal, severity=severity)


def _with(case: PathCase, entry: KeyPath, version: Value) -> str:
    """Return the merged entry with this version."""
    merged = merged_at(case, entry)
    spec: dict[str, Value] = {**merged, "version": version} if isinstance(merged, dict) else {"version": version}
    return proposed(case.profile, entry, version if spec.keys() == {"version"} else spec)


@path_rule(VERSION_VS_FORM)
def version_vs_form(case: PathCase) -> Iterator[Hit]:
    """Report a version that one side changes while the other makes a table of the string."""
    if case.profile is not CARGO:
        return
    for entry in dependency_entries(case):
        if value_at(case.base, entry) is ABSENT or is_claimed_inside(case, entry):
            continue
        left, right = touched_below(case, entry)
        version = (*entry, "version")
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


@path_rule(FEATURES_BOTH_EDITED)
def features_both_edited(case: PathCase) -> Iterator[Hit]:
    """Report features that both sides asked of one crate."""
    for entry, field, one in _disputed(case):
        united = one.reason is None and isinstance(one.settled, list)
        if field == "features" and united and one.settled is not None and not _left_to_toml(case, entry):
            proposal = proposed(case.profile, one.key, one.settled)
            yield hit(FEATURES_BOTH_EDITED.id, case, one.key, both_edited_list(one), proposal=proposal)
