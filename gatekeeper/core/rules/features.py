"""Feature lists that both sides edited, under ``[features]`` and in dependencies, and other lists that are sets."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gatekeeper.core.changes import ABSENT
from gatekeeper.core.names import RuleId, Severity
from gatekeeper.core.rules.cases import (
    combined,
    dependency_entries,
    dependency_entry,
    disagreements,
    hit,
    is_claimed,
    is_set,
    set_edits,
    value_at,
)
from gatekeeper.core.rules.model import Family, RuleInfo
from gatekeeper.core.rules.registry import path_rule
from gatekeeper.core.rules.wording import both_did, both_edited_list
from gatekeeper.core.schema import CARGO, CARGO_MAKE
from gatekeeper.core.toml_text import listed, named, proposed
from gatekeeper.core.values import strings, table

if TYPE_CHECKING:
    from collections.abc import Iterator

    from gatekeeper.core.document import Document
    from gatekeeper.core.names import KeyPath
    from gatekeeper.core.rules.cases import Disagreement
    from gatekeeper.core.rules.model import Hit, PathCase

_DEFAULT: KeyPath = ("features", "default")
_MEMBERS: KeyPath = ("workspace", "members")

DEFINITION_CONFLICT = RuleInfo(
    id=RuleId("feature-definition-conflict"),
    family=Family.FEATURES,
    severity=Severity.MAJOR,
    summary="Both sides define a new feature of one name, with different contents.",
    explanation=(
        "What a feature turns on is a promise to everyone who asks for it, and here two promises carry one name. The "
        "union is usually right, but only someone who knows both intents can say so: the combination has never been "
        "built, and two features can exclude each other."
    ),
    settles="The architect accepts the union, which is the proposal, and the combination goes into the documentation.",
    fixtures=("feature-definition-conflict",),
    tool_says="error: duplicate key",
)
DEFAULT_TOGGLED = RuleInfo(
    id=RuleId("feature-default-toggled"),
    family=Family.FEATURES,
    severity=Severity.MAJOR,
    summary="One side changes what is on by default while the other side builds on it.",
    explanation=(
        "The default build changes and nothing says so. Found are: `default-features` of one dependency set both ways; "
        "`default-features = false` on one side where the other asks the same dependency for its `default`; a feature "
        "put into `default` by one side while the other takes entries out of that feature, or turns off the default "
        "features of a dependency that it enables."
    ),
    settles="Decide what the default build is, then write down the features that it needs by name.",
    fixtures=(
        "feature-default-toggled",
        "feature-default-toggled--asked-for",
        "feature-default-toggled--prerequisite",
        "feature-default-toggled--dependency",
    ),
)
ARRAY_BOTH_EDITED = RuleInfo(
    id=RuleId("feature-array-both-edited"),
    family=Family.FEATURES,
    severity=Severity.MAJOR,
    summary="Both sides change the definition of one feature, to different sets.",
    explanation=(
        "The union is the proposal, and usually right: what either side added is in, what either took out is out. "
        "But it is a set that neither side has built, and a feature that one side took out may be what the other "
        "relies on, so the architect accepts it. Other lists whose order means nothing (`required-features`, "
        "`keywords`, `categories`, `default-members`, `exclude`, `authors`, crate types) are found too, as minor."
    ),
    settles="The architect accepts the union, which is the proposal, and the combination goes into the documentation.",
    fixtures=(
        "feature-array-both-edited",
        "feature-array-both-edited--removal",
        "feature-array-both-edited--default-renamed",
        "feature-array-both-edited--required-features",
        "feature-array-both-edited--default-members",
    ),
)


@path_rule(DEFINITION_CONFLICT, profile=CARGO, needs=combined)
def definition_conflict(case: PathCase) -> Iterator[Hit]:
    """Report definitions under [features] that both sides add and fill differently."""
    for one in disagreements(case):
        if _is_definition(one.key) and one.base is ABSENT:
            yield from _united(DEFINITION_CONFLICT, case, one)


def _is_definition(key: KeyPath) -> bool:
    return key[:1] == ("features",) and len(key) == 2  # noqa: PLR2004 - features.NAME


def _united(info: RuleInfo, case: PathCase, one: Disagreement) -> Iterator[Hit]:
    if case.profile is CARGO and one.reason is None and isinstance(one.settled, list):
        proposal = proposed(case.profile, one.key, one.settled)
        yield hit(info.id, case, one.key, both_edited_list(one), proposal=proposal)


@path_rule(DEFAULT_TOGGLED, profile=CARGO)
def default_toggled(case: PathCase) -> Iterator[Hit]:
    """Report defaults that one side changes against the other."""
    for one in disagreements(case):
        entry = dependency_entry(one.key)
        if entry is not None and one.key == (*entry, "default-features"):
            yield hit(DEFAULT_TOGGLED.id, case, one.key, both_did(one))
    for entry in dependency_entries(case):
        yield from _asked_for(case, entry)
    if not is_claimed(case, _DEFAULT) and value_at(case.base, _DEFAULT) is not ABSENT:
        yield from _built_upon(case, case.left, case.right, ("{left}", "{right}"))
        yield from _built_upon(case, case.right, case.left, ("{right}", "{left}"))


def _asked_for(case: PathCase, entry: KeyPath) -> Iterator[Hit]:
    """One side turns the default features off, the other asks for them by name."""
    off, features = (*entry, "default-features"), (*entry, "features")
    for one, other, names in (
        (case.left, case.right, ("{left}", "{right}")),
        (case.right, case.left, ("{right}", "{left}")),
    ):
        if not _turns_off(case, one, off):
            continue
        added, _ = set_edits(value_at(case.base, features), value_at(other, features))
        if "default" in added:
            message = f'{names[0]} sets {named(off)} to false, {names[1]} adds "default" to {named(features)}'
            yield hit(DEFAULT_TOGGLED.id, case, off, message)


def _turns_off(case: PathCase, document: Document, key: KeyPath) -> bool:
    return value_at(document, key) is False and value_at(case.base, key) is not False


def _built_upon(case: PathCase, one: Document, other: Document, names: tuple[str, str]) -> Iterator[Hit]:
    """``one`` adds features to the default, ``other`` takes away what they consist of."""
    base, mine = value_at(case.base, _DEFAULT), value_at(one, _DEFAULT)
    added, _ = set_edits(base, mine) if base is not mine else ([], [])
    for feature in strings(added):
        definition: KeyPath = ("features", feature)
        before, after = value_at(case.base, definition), value_at(other, definition)
        _, removed = set_edits(before, after)
        if after is not ABSENT and removed:
            lost = f"takes {listed(removed)} out of {named(definition)}"
        elif dependency := _turned_off(case, other, [feature, *strings(table(one.tree.get("features")).get(feature))]):
            definition, lost = dependency, f"sets {named(dependency)} to false"
        else:
            continue
        message = f"{names[0]} adds {listed([feature])} to {named(_DEFAULT)}, {names[1]} {lost}"
        keys = (_DEFAULT, definition) if one is case.left else (definition, _DEFAULT)
        yield hit(DEFAULT_TOGGLED.id, case, _DEFAULT, message, left_key=keys[0], right_key=keys[1])
        return


def _turned_off(case: PathCase, document: Document, enabled: list[str]) -> KeyPath | None:
    """Return the key by which ``document`` turns off the default features of a dependency among ``enabled``."""
    names = {item.removeprefix("dep:").partition("/")[0].removesuffix("?") for item in enabled}
    changed = case.left_changes if document is case.left else case.right_changes
    for key in sorted(changed):
        entry = dependency_entry(key)
        of_enabled = entry is not None and entry[-1] in names and key == (*entry, "default-features")
        if of_enabled and _turns_off(case, document, key):
            return key
    return None


@path_rule(ARRAY_BOTH_EDITED, needs=combined)
def array_both_edited(case: PathCase) -> Iterator[Hit]:
    """Report definitions of features, and other lists that are sets, that both sides edited."""
    for one in disagreements(case):
        if _is_definition(one.key):
            yield from _united(ARRAY_BOTH_EDITED, case, one)
            continue
        united = one.reason is None and is_set(case, one.key, one.left, one.right) and isinstance(one.settled, list)
        is_task = case.profile is CARGO_MAKE and one.key[0] != "config"
        elsewhere = one.key == _MEMBERS or dependency_entry(one.key) is not None
        if united and one.settled is not None and not is_task and not elsewhere:
            proposal = proposed(case.profile, one.key, one.settled)
            message = both_edited_list(one)
            yield hit(ARRAY_BOTH_EDITED.id, case, one.key, message, proposal=proposal, severity=Severity.MINOR)
