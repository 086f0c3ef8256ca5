"""Where one dependency comes from, when both sides edit it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gatekeeper.core.changes import ABSENT
from gatekeeper.core.names import RuleId, Severity
from gatekeeper.core.rules.cases import (
    dependency_entries,
    dependency_entry,
    disputed_by,
    disputed_dependencies,
    disputes_of_dependencies,
    hit,
    is_claimed,
    merged_at,
    remembered,
    starts_with,
    value_at,
)
from gatekeeper.core.rules.model import Family, RuleInfo
from gatekeeper.core.rules.registry import path_rule
from gatekeeper.core.rules.wording import both_did
from gatekeeper.core.schema import CARGO
from gatekeeper.core.schema.dependencies import dependency_tables
from gatekeeper.core.toml_text import named, proposed, shown
from gatekeeper.core.value_merge import ClashReason

if TYPE_CHECKING:
    from collections.abc import Iterator

    from gatekeeper.core.document import Document, Value
    from gatekeeper.core.names import KeyPath
    from gatekeeper.core.rules.cases import Disagreement
    from gatekeeper.core.rules.model import Hit, PathCase

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
    tool_says="warning: Cargo.toml: unused manifest key: dependencies.opt.version",
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
    fixtures=("dep-dev-made-optional", "dep-dev-made-optional--whole-table"),
    tool_says="dev-dependencies are not allowed to be optional: `opt`",
)


def _slot(case: PathCase, one: Disagreement) -> str:
    """Say what each side puts into the slot."""
    said = []
    for document in (case.left, case.right):
        spec = value_at(document, one.key)
        members = {member[0] for member in one.members}
        filled = {name: value for name, value in spec.items() if name in members} if isinstance(spec, dict) else {}
        said.append(shown(filled) if filled else "nothing of it")
    return f"for {named(one.key)}, {{left}} has {said[0]}, {{right}} has {said[1]}"


@path_rule(INHERIT_VS_LOCAL, profile=CARGO, needs=disputes_of_dependencies)
def inherit_vs_local(case: PathCase) -> Iterator[Hit]:
    """Report `workspace = true` from one side beside a version or source from the other."""
    for _, _, one in disputed_dependencies(case):
        if one.is_slot and ("workspace",) in one.members:
            yield hit(INHERIT_VS_LOCAL.id, case, one.key, _slot(case, one))


@path_rule(GIT_REMOVED_REF_ADDED, profile=CARGO, needs=dependency_entries)
def git_removed_ref_added(case: PathCase) -> Iterator[Hit]:
    """Report a reference that the merge leaves without its git repository."""
    disputed = {entry: (field, one) for entry, field, one in disputed_dependencies(case)}
    for entry in dependency_entries(case):
        sides = [value_at(document, entry) for document in (case.left, case.right)]
        without = [isinstance(spec, dict) and "git" not in spec for spec in sides]
        field, one = disputed.get(entry, ("", None))
        members = {member[0] for member in one.members} if one is not None else set()
        merged, base = merged_at(case, entry), value_at(case.base, entry)
        before = base if isinstance(base, dict) else {}
        by_slot = "path" in members and members - {"path"} <= _REFERENCES - before.keys() and not field
        if without[0] == without[1] or not (by_slot or (one is None and _is_orphaned(merged))):
            continue
        kept = merged if one is None else sides[without.index(True)]
        who, other = ("{left}", "{right}") if without[0] else ("{right}", "{left}")
        message = f"{who} takes {named(entry)} away from git, {other} pins its git reference"
        spec = {k: v for k, v in kept.items() if k not in _REFERENCES} if isinstance(kept, dict) else None
        proposal = None if spec is None else proposed(CARGO, entry, spec)
        yield hit(GIT_REMOVED_REF_ADDED.id, case, entry, message, proposal=proposal)


def _is_orphaned(spec: object) -> bool:
    return isinstance(spec, dict) and "git" not in spec and not _REFERENCES.isdisjoint(spec)


@path_rule(GIT_AND_PATH, profile=CARGO, needs=disputes_of_dependencies)
def git_and_path(case: PathCase) -> Iterator[Hit]:
    """Report two sources of one dependency."""
    plain: dict[KeyPath, list[Disagreement]] = {}
    for entry, field, one in disputed_dependencies(case):
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


@path_rule(GIT_TWO_REFS, profile=CARGO, needs=disputes_of_dependencies)
def git_two_refs(case: PathCase) -> Iterator[Hit]:
    """Report two references of one git dependency."""
    for _, field, one in disputed_dependencies(case):
        if one.is_slot:
            yield hit(GIT_TWO_REFS.id, case, one.key, _slot(case, one))
        elif field in _REFERENCES:
            yield hit(GIT_TWO_REFS.id, case, one.key, both_did(one))


@remembered
def removed_dependencies(case: PathCase) -> list[tuple[KeyPath, Document]]:
    """Return the dependencies that one side removed, alone or with their table, from under the other side's edit."""
    found: list[tuple[KeyPath, Document]] = []
    for one in _removed(case):
        remover, editor = (case.left, case.right) if one.left is ABSENT else (case.right, case.left)
        if dependency_entry(one.key) == one.key:
            found.append((one.key, remover))
            continue
        head = one.key[0]
        for above in dependency_tables(head, editor.tree[head]):
            if starts_with(above, one.key):
                found += (((*above, name), remover) for name in _table_at(editor, above))
    return found


_removed = disputed_by(ClashReason.CHANGED_AND_REMOVED)


@path_rule(DEV_MADE_OPTIONAL, profile=CARGO, needs=removed_dependencies)
def dev_made_optional(case: PathCase) -> Iterator[Hit]:
    """Report a dependency that one side moves to the dev-dependencies while the other makes it optional."""
    for entry, mover in removed_dependencies(case):
        if entry[-2] != "dependencies" or is_claimed(case, entry):
            continue
        moved = (*entry[:-2], "dev-dependencies", entry[-1])
        is_new = value_at(mover, moved) is not ABSENT and value_at(case.base, moved) is ABSENT
        on_left = mover is case.left
        kept = _table_at(case.right if on_left else case.left, entry)
        if is_new and kept.get("optional") is True and _table_at(case.base, entry).get("optional") is not True:
            who, stayed = ("{left}", "{right}") if on_left else ("{right}", "{left}")
            message = f"{who} moves {named(entry)} to the dev-dependencies, {stayed} makes it optional"
            keys = (moved, entry) if on_left else (entry, moved)
            yield hit(DEV_MADE_OPTIONAL.id, case, entry, message, left_key=keys[0], right_key=keys[1])


def _table_at(document: Document | None, key: KeyPath) -> dict[str, Value]:
    value = value_at(document, key)
    return value if isinstance(value, dict) else {}
