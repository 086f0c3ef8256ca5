"""What holds in any TOML file: the rules that take what the families before them have left."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gatekeeper.core.changes import ABSENT, changes_below
from gatekeeper.core.document import ParseFailure, same
from gatekeeper.core.names import RuleId, Severity
from gatekeeper.core.rules.carried import carried_edits
from gatekeeper.core.rules.cases import (
    dependency_entry,
    disputed_by,
    hit,
    is_broken,
    is_claimed,
    is_within,
    remembered,
    starts_with,
    value_at,
)
from gatekeeper.core.rules.duplicates import duplicates
from gatekeeper.core.rules.model import Family, RuleInfo
from gatekeeper.core.rules.registry import path_rule, stated_rule
from gatekeeper.core.rules.toml_structure import folded
from gatekeeper.core.rules.wording import both_did, did, settled_text
from gatekeeper.core.schema import CARGO, Combine
from gatekeeper.core.toml_text import named, shortened
from gatekeeper.core.value_merge import ClashReason

if TYPE_CHECKING:
    from collections.abc import Iterator

    from gatekeeper.core.document import AliasUse, Document
    from gatekeeper.core.names import KeyPath
    from gatekeeper.core.rules.carried import Carried
    from gatekeeper.core.rules.cases import Disagreement
    from gatekeeper.core.rules.model import Hit, PathCase

_EXCLUSIONS = (ClashReason.EXCLUSIVE_SLOT, ClashReason.FORBIDDEN_SET)
_CHOICES = (ClashReason.BOTH_CHANGED, ClashReason.SEQUENCE_ORDER)

INVALID_ON_ONE_SIDE = stated_rule(
    RuleInfo(
        id=RuleId("toml-invalid-on-one-side"),
        family=Family.TOML,
        severity=Severity.CRITICAL,
        summary="A branch holds a file that is not valid TOML.",
        explanation=(
            "This is about one change alone: the file could not be read, conflict markers committed with it being the "
            "most frequent reason. It is not compared with anyone's; landing it stops every command in the workspace."
        ),
        settles="The branch's owner mends the file; the finding names line and column.",
        fixtures=("toml-invalid-on-one-side",),
    )
)
UNDERSCORE_ALIAS = RuleInfo(
    id=RuleId("toml-underscore-alias"),
    family=Family.TOML,
    severity=Severity.MAJOR,
    summary="One side spells a key with a dash, the other with the old underscore (`dev_dependencies`).",
    explanation=(
        "Both spellings mean the same to cargo, but as TOML they are two keys, so the merged file parses. Up to "
        "edition 2021 cargo takes the one with the dash and only warns that it ignores the other: that side's whole "
        "table is gone. From edition 2024 on it refuses the underscore. Where both say the same "
        "nothing is lost, and the finding is minor."
    ),
    settles="Spell the key with the dash and fold both sides' values into it.",
    fixtures=(
        "toml-underscore-alias",
        "toml-underscore-alias--default-features",
        "toml-underscore-alias--same-value",
    ),
    tool_says="`default_features` is redundant with `default-features`, preferring `default-features`",
)
MODIFY_DELETE = RuleInfo(
    id=RuleId("toml-modify-delete"),
    family=Family.TOML,
    severity=Severity.MAJOR,
    summary="One side removes a key or table that the other side changes.",
    explanation=(
        "Either the change is lost or the removal is undone. When the table has several lines and the edits do not "
        "touch, git merges them without a conflict and half of the table comes back. Where the key was only moved or "
        "renamed and git's clean merge has the edit in the new place, the finding is minor, unless the edit was a new "
        "dependency, which is in another table then."
    ),
    settles="Ask the side that removed it whether the other's change still has a place.",
    fixtures=(
        "toml-modify-delete",
        "toml-modify-delete--half-of-a-table",
        "toml-modify-delete--feature-renamed",
        "toml-modify-delete--task-renamed",
        "toml-modify-delete--moved-to-build",
    ),
)
EXCLUSIVE_SLOT = RuleInfo(
    id=RuleId("toml-exclusive-slot"),
    family=Family.TOML,
    severity=Severity.MAJOR,
    summary="The sides fill one slot in two ways: keys, or entries of a list, that must not stand together.",
    explanation=(
        "Each key is legal alone, and git may well merge both: `license` beside `license-file`, say. Together the tool "
        "refuses them or ignores one silently."
    ),
    settles="Choose one of them.",
    fixtures=("toml-exclusive-slot",),
)
SAME_SCALAR = RuleInfo(
    id=RuleId("toml-same-scalar-both-changed"),
    family=Family.TOML,
    severity=Severity.MINOR,
    summary="Both sides change the same value, each to another one.",
    explanation=(
        "On one line git conflicts; inside an array or a string of several lines it may weave both edits together. "
        "The first to land wins and the other follows; for versions the higher one is proposed. Where the value is one "
        "that only a person can choose (edition, the name of a package or of its library), the finding is major."
    ),
    settles="Take the first side's value, or the proposal.",
    fixtures=(
        "toml-same-scalar-both-changed",
        "toml-same-scalar-both-changed--library-name",
    ),
)
BROKEN_MERGE = RuleInfo(
    id=RuleId("toml-broken-by-merge"),
    family=Family.TOML,
    severity=Severity.MINOR,
    summary="Git merges the lines without a conflict into a file that is not valid TOML.",
    explanation=(
        "No key stands twice, but the lines do not fit together any more: one side has closed a string or array that "
        "the other side has written into. The merge of the values is not affected."
    ),
    settles="Make the second edit again on top of the first.",
    fixtures=("toml-broken-by-merge",),
    tool_says='Unable to parse external file: "./Makefile.toml", TOML parse error at line 38, column 12',
)


def old_spellings(case: PathCase) -> tuple[AliasUse, ...]:
    """Return the keys that either side spells in a way of old."""
    return case.left.aliases + case.right.aliases


@path_rule(UNDERSCORE_ALIAS, needs=old_spellings)
def underscore_alias(case: PathCase) -> Iterator[Hit]:
    """Report a key whose two spellings come together only in git's result, or meet at one key that both sides added."""
    left, right = ({alias.key: alias.spelled for alias in document.aliases} for document in (case.left, case.right))
    for key in sorted(left.keys() ^ right.keys()):
        if value_at(case.base, key) is not ABSENT or is_claimed(case, key):
            continue
        if value_at(case.left, key) is ABSENT or value_at(case.right, key) is ABSENT:
            continue
        spelled = [(side.get(key), named(key)) for side in (left, right)]
        words = [named((*key[:-1], old)) if old is not None else new for old, new in spelled]
        message = f"{{left}} spells it {words[0]}, {{right}} {words[1]}; cargo ignores the one with the underscore"
        severity = Severity.MINOR if same(value_at(case.left, key), value_at(case.right, key)) else None
        combines = not any(starts_with(clash.key, key) for clash in case.merge.clashes)
        proposal = folded(case, key) if combines else None
        yield hit(UNDERSCORE_ALIAS.id, case, key, message, proposal=proposal, severity=severity)


_changed_and_removed = disputed_by(ClashReason.CHANGED_AND_REMOVED)


@remembered
def removed_under_an_edit(case: PathCase) -> bool:
    """Return whether one side removed what the other edited, or moved it and git let the edit follow."""
    return bool(_changed_and_removed(case) or _followed(case))


@path_rule(MODIFY_DELETE, needs=removed_under_an_edit)
def modify_delete(case: PathCase) -> Iterator[Hit]:
    """Report keys that one side removed and the other changed."""
    followed = _followed(case)
    for carried in followed:
        keys = _edited(case, carried.editor(case), carried.old)
        if not all(is_claimed(case, key) for key in keys):
            yield _follows(case, carried, keys)
    for one in _left_over(case, ClashReason.CHANGED_AND_REMOVED):
        who, other = ("{left}", "{right}") if one.left is ABSENT else ("{right}", "{left}")
        kept = one.right if one.left is ABSENT else one.left
        keys = _edited(case, case.right if one.left is ABSENT else case.left, one.key)
        spoken_for = [*case.claimed, *(carried.old for carried in followed)]
        if keys and all(is_within(spoken_for, key) for key in keys):
            continue
        if isinstance(kept, dict):
            message = f"{who} removes {named(one.key)}, {other} edits {_some_of(keys)}"
        else:
            message = f"{who} removes {named(one.key)}, {other} {did(one, kept)}"
        yield hit(MODIFY_DELETE.id, case, one.key, message)


def _followed(case: PathCase) -> list[Carried]:
    """Return the edits of removed keys that git's result has elsewhere."""
    return [carried for carried in carried_edits(case) if value_at(carried.mover, carried.old) is ABSENT]


def _follows(case: PathCase, carried: Carried, keys: list[KeyPath]) -> Hit:
    """Report an edit that git has carried over; a new dependency was meant for the table that it was written into."""
    on_left = carried.mover is case.left
    who, other = ("{left}", "{right}") if on_left else ("{right}", "{left}")
    entries = {dependency_entry(key) for key in keys} - {None}
    comes_in = any(value_at(case.base, entry) is ABSENT for entry in entries if entry is not None)
    message = (
        f"{who} {carried.deed} {named(carried.old)} to {named(carried.new)}, {other} edits {_some_of(keys)}; git's "
        "clean merge has the edit in the new place"
    )
    sides = (carried.new, carried.old) if on_left else (carried.old, carried.new)
    severity = None if comes_in else Severity.MINOR
    return hit(MODIFY_DELETE.id, case, carried.old, message, severity=severity, left_key=sides[0], right_key=sides[1])


def _edited(case: PathCase, editor: Document, key: KeyPath) -> list[KeyPath]:
    return [inside for inside, _, _ in changes_below(case.base, editor, key)]


def _some_of(keys: list[KeyPath]) -> str:
    return f"{named(min(keys))}{f' and {len(keys) - 1} more' if len(keys) > 1 else ''}" if keys else "it"


@path_rule(EXCLUSIVE_SLOT, needs=disputed_by(*_EXCLUSIONS))
def exclusive_slot(case: PathCase) -> Iterator[Hit]:
    """Report what may not stand together and comes from two sides."""
    for one in _left_over(case, *_EXCLUSIONS):
        if one.reason is ClashReason.FORBIDDEN_SET:
            yield hit(EXCLUSIVE_SLOT.id, case, one.key, f"{both_did(one)}: these do not go together")
            continue
        filled = [_members_on(document, one) for document in (case.left, case.right)]
        members = one.key or min(one.members)
        message = f"in {named(one.key)}, {{left}} has {filled[0]}, {{right}} has {filled[1]}: one excludes the other"
        yield hit(EXCLUSIVE_SLOT.id, case, members, message)


def _members_on(document: Document, one: Disagreement) -> str:
    there = [member for member in one.members if value_at(document, (*one.key, *member)) is not ABSENT]
    return " and ".join(map(named, there)) or "neither"


@path_rule(SAME_SCALAR, needs=disputed_by(*_CHOICES))
def same_scalar_both_changed(case: PathCase) -> Iterator[Hit]:
    """Report what is left of the values that both sides changed."""
    for one in _left_over(case, *_CHOICES):
        proposal = settled_text(case, one)
        severity = Severity.MAJOR if _needs_a_choice(case, one.key) else None
        yield hit(SAME_SCALAR.id, case, one.key, both_did(one), proposal=proposal, severity=severity)


def _needs_a_choice(case: PathCase, key: KeyPath) -> bool:
    """Return whether a value is never settled by who came first. Profiles are: their scalars are minor."""
    return case.profile is CARGO and key[0] != "profile" and case.profile.combine(key) is Combine.NEVER


@path_rule(BROKEN_MERGE, needs=is_broken)
def broken_by_merge(case: PathCase) -> Iterator[Hit]:
    """Report a clean merge that does not parse for any other reason than a key that stands twice."""
    failure = case.git_result
    if is_broken(case) and isinstance(failure, ParseFailure) and not duplicates(case):
        left, right = set(case.left_changes), set(case.right_changes)
        key = min(left & right or left | right, default=())
        if not is_claimed(case, key):
            message = "git merges {left} and {right} without a conflict into a file that does not parse: "
            yield hit(BROKEN_MERGE.id, case, key, message + f"{shortened(failure.message)} (line {failure.line})")


def _left_over(case: PathCase, *reasons: ClashReason) -> list[Disagreement]:
    """Return the clashes of these kinds that no rule has spoken for."""
    return [one for one in disputed_by(*reasons)(case) if not _is_covered(case, one)]


def _is_covered(case: PathCase, one: Disagreement) -> bool:
    if one.key:
        return is_claimed(case, one.key)
    return any(is_claimed(case, member) for member in one.members)
