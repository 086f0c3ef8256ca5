"""Where git's clean merge of the lines says something else than the merge of the values."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from gatekeeper.core.changes import ABSENT, Absent, Change, group_changes
from gatekeeper.core.document import Document, same
from gatekeeper.core.rules.carried import carried_edits, differences
from gatekeeper.core.rules.cases import is_set, is_within, remembered, same_set, starts_with
from gatekeeper.core.schema.dependencies import compact_cfg

if TYPE_CHECKING:
    from collections.abc import Iterable

    from gatekeeper.core.document import Value
    from gatekeeper.core.names import KeyPath
    from gatekeeper.core.rules.model import PathCase


@dataclass(frozen=True, slots=True)
class Misplaced:
    """One difference. ``key``: where it shows; ``captured``: where git's result has the key instead, if it has it."""

    key: KeyPath
    wanted: Value | Absent
    got: Value | Absent
    captured: KeyPath | None = None


@remembered
def misplaced(case: PathCase) -> list[Misplaced]:
    """Return what git's clean result has elsewhere, lost or brought back, sorted, but for what the sides dispute."""
    result = case.git_result
    if not isinstance(result, Document):
        return []
    found = [change for change in differences(case) if not _is_explained(case, result, change)]
    if not found:
        return []
    carried = [key for one in carried_edits(case) for key in (one.old, one.new)]
    found = [change for change in found if not is_within(carried, change.key)]
    if any(_is_spaced_target(change.key) for change in found):
        found = [change for change in found if change.key[0] != "target"]
    return _paired(group_changes(found, Document(case.profile, case.merge.tree), result))


def _paired(found: Iterable[Change]) -> list[Misplaced]:
    """Join each key that is missing with the one of the same name and value that should not be there."""
    unexpected = {change.key: change for change in found if change.kind == "added"}
    results: list[Misplaced] = []
    for change in found:
        if change.kind == "changed":
            results.append(Misplaced(change.key, change.before, change.after))
        elif change.kind == "removed":
            captured = next((key for key, other in unexpected.items() if _is_twin(change, other)), None)
            unexpected.pop(captured or (), None)
            results.append(Misplaced(change.key, change.before, ABSENT, captured))
    results += (Misplaced(key, ABSENT, change.after) for key, change in unexpected.items())
    return sorted(results, key=lambda one: one.key)


def _is_twin(missing: Change, unexpected: Change) -> bool:
    return missing.key[-1] == unexpected.key[-1] and same(missing.before, unexpected.after)


def _is_explained(case: PathCase, result: Document, change: Change) -> bool:
    before, after = change.before, change.after
    if {_is_nothing(before), _is_nothing(after)} == {True}:
        return True
    if is_set(case, change.key, before, after) and same_set(before, after):
        return True
    return any(_overlap(change.key, key) for key in _disputed(case, result))


def _disputed(case: PathCase, result: Document) -> set[KeyPath]:
    """Return the keys for which another rule speaks: clashes, lists that both edited, second spellings, twins."""
    keys: set[KeyPath] = set()
    for clash in case.merge.clashes:
        keys.update((*clash.key, *member) for member in clash.members) if not clash.key else keys.add(clash.key)
    keys.update(one.key for one in case.merge.united if one.how == "set" or one.key[0] == "tasks")
    keys.update(alias.key for alias in result.aliases if alias.shadowed)
    for name, entries in result.tree.items():
        if case.profile.identity_array((name,)) and isinstance(entries, dict):
            keys.update((name, entry) for entry in entries if "#" in entry)
    return keys


def _overlap(one: KeyPath, other: KeyPath) -> bool:
    return starts_with(one, other) or starts_with(other, one)


def _is_nothing(value: Value | Absent) -> bool:
    return value is ABSENT or value == {}


def _is_spaced_target(key: KeyPath) -> bool:
    return key[0] == "target" and len(key) > 1 and key[1].startswith("cfg") and compact_cfg(key[1]) != key[1]
