"""What the path rules ask of a case, in their words."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from gatekeeper.core.changes import ABSENT, Absent, ChangeSet
from gatekeeper.core.document import ParseFailure, same
from gatekeeper.core.rules.model import GitVerdict, Hit, HitSide
from gatekeeper.core.schema import CARGO, ArrayKind, dependency_depth
from gatekeeper.core.sequences import token
from gatekeeper.core.slots import look_up
from gatekeeper.core.value_merge import ClashReason

if TYPE_CHECKING:
    from collections.abc import Mapping

    from gatekeeper.core.changes import Change
    from gatekeeper.core.document import Document, Value
    from gatekeeper.core.names import KeyPath, RuleId, Severity
    from gatekeeper.core.rules.model import PathCase
    from gatekeeper.core.value_merge import Clash


@dataclass(frozen=True, slots=True)
class Disagreement:
    """One key to which the sides did different things. ``reason`` None: the merge of the values combines them.

    ``settled`` is what the merge has, or what the schema would take; None when neither can say.
    """

    key: KeyPath
    base: Value | Absent
    left: Value | Absent
    right: Value | Absent
    reason: ClashReason | None
    settled: Value | None
    members: tuple[KeyPath, ...] = ()

    @property
    def both_added(self) -> bool:
        """Whether the key is new on both sides."""
        return self.base is ABSENT and self.left is not ABSENT and self.right is not ABSENT

    @property
    def is_modify_delete(self) -> bool:
        """Whether one side removed what the other changed."""
        return self.reason is ClashReason.CHANGED_AND_REMOVED

    @property
    def is_type_clash(self) -> bool:
        """Whether the sides gave the key values of kinds that have nothing in common."""
        one_table = isinstance(self.left, dict) != isinstance(self.right, dict)
        return self.reason is ClashReason.TYPE_CLASH or (self.reason is ClashReason.BOTH_CHANGED and one_table)

    @property
    def is_slot(self) -> bool:
        """Whether the sides filled one slot in two ways."""
        return self.reason is ClashReason.EXCLUSIVE_SLOT


def disagreements(case: PathCase) -> list[Disagreement]:
    """Return the keys on which the sides disagree, sorted; a list that one side only reordered is none of them."""
    known: list[Disagreement] | None = case.memo.get("disagreements")  # type: ignore[assignment]
    if known is None:
        case.memo["disagreements"] = known = _disagreements(case)
    return known


def _disagreements(case: PathCase) -> list[Disagreement]:
    found = [_from_clash(clash) for clash in case.merge.clashes]
    for united in case.merge.united:
        base, left, right = (value_at(document, united.key) for document in (case.base, case.left, case.right))
        if united.how == "set" and not _both_moved(base, left, right):
            continue
        settled = merged_at(case, united.key)
        found.append(Disagreement(united.key, base, left, right, None, None if settled is ABSENT else settled))
    return sorted(found, key=lambda one: one.key)


def value_at(document: Document | None, key: KeyPath) -> Value | Absent:
    """Return what ``document`` has at ``key``."""
    return look_up(document.tree, key) if document is not None else ABSENT


def merged_at(case: PathCase, key: KeyPath) -> Value | Absent:
    """Return what the merge of the values has at ``key``."""
    return look_up(case.merge.tree, key)


def starts_with(key: KeyPath, prefix: KeyPath) -> bool:
    """Return whether ``key`` is ``prefix`` or lies below it."""
    return key[: len(prefix)] == prefix


def is_claimed(case: PathCase, key: KeyPath) -> bool:
    """Return whether a rule has spoken for ``key`` or for a table around it."""
    return any(key[:depth] in case.claimed for depth in range(len(key) + 1))


def is_claimed_inside(case: PathCase, key: KeyPath) -> bool:
    """Return whether a rule has spoken for ``key``, a table around it, or anything inside it."""
    return is_claimed(case, key) or any(starts_with(claim, key) for claim in case.claimed)


def is_broken(case: PathCase) -> bool:
    """Return whether git merges the two texts without a conflict into something that is not TOML."""
    return case.git is GitVerdict.CLEAN and isinstance(case.git_result, ParseFailure)


def touched_below(case: PathCase, prefix: KeyPath) -> tuple[set[KeyPath], set[KeyPath]]:
    """Return the leaves inside ``prefix`` that the left and the right changed; what both did alike is left out."""
    left, right = case.left, case.right
    return (
        {key for key in case.left_changes if starts_with(key, prefix) and _really_changed(case, key, left, right)},
        {key for key in case.right_changes if starts_with(key, prefix) and _really_changed(case, key, right, left)},
    )


def hit(  # noqa: PLR0913 - a hit has that many parts, and all but three have defaults
    rule: RuleId,
    case: PathCase,
    key: KeyPath,
    message: str,
    *,
    proposal: str | None = None,
    severity: Severity | None = None,
    left_key: KeyPath | None = None,
    right_key: KeyPath | None = None,
) -> Hit:
    """Return a hit at ``key``, each side with its value there before and after (or at a key of its own)."""
    return Hit(
        rule,
        key,
        _side(case, case.left, key if left_key is None else left_key),
        _side(case, case.right, key if right_key is None else right_key),
        message,
        proposal,
        severity,
    )


def set_edits(base: Value | Absent, side: Value | Absent) -> tuple[list[Value], list[Value]]:
    """Return the entries that ``side`` added to the list and those that it took out."""
    before, after = _entries(base), _entries(side)
    return _without(after, before), _without(before, after)


def same_set(left: Value | Absent, right: Value | Absent) -> bool:
    """Return whether two lists hold the same entries, whatever their order."""
    return set(map(token, _entries(left))) == set(map(token, _entries(right)))


def is_set(case: PathCase, key: KeyPath, *values: Value | Absent) -> bool:
    """Return whether ``key`` is a list whose order means nothing."""
    if not all(isinstance(value, list) for value in values if value is not ABSENT):
        return False
    entries = (entry for value in values for entry in _entries(value))
    return case.profile.array_kind(key, entries) is ArrayKind.SET


def dependency_entry(key: KeyPath) -> KeyPath | None:
    """Return the key of the dependency that ``key`` is or lies in."""
    depth = dependency_depth(key)
    return key[:depth] if depth else None


def dependency_entries(case: PathCase) -> list[KeyPath]:
    """Return the dependencies that both sides touched and still have, sorted."""
    known: list[KeyPath] | None = case.memo.get("dependency_entries")  # type: ignore[assignment]
    if known is None:
        left, right = _touched_entries(case.left_changes), _touched_entries(case.right_changes)
        both = sorted(entry for entry in left & right if entry is not None)
        known = [e for e in both if all(isinstance(value_at(side, e), dict) for side in (case.left, case.right))]
        case.memo["dependency_entries"] = known
    return known


def _touched_entries(changes: Mapping[KeyPath, Change]) -> set[KeyPath | None]:
    memo = changes.memo if isinstance(changes, ChangeSet) else {}
    known: set[KeyPath | None] | None = memo.get("entries")  # type: ignore[assignment]
    if known is None:
        memo["entries"] = known = {dependency_entry(key) for key in changes}
    return known


def disputed_dependencies(case: PathCase) -> list[tuple[KeyPath, str, Disagreement]]:
    """Return the disagreements about dependencies: the entry, the field in it ('': the whole entry), and what it is."""
    found: list[tuple[KeyPath, str, Disagreement]] = []
    for one in disagreements(case) if case.profile is CARGO else ():
        entry = dependency_entry(one.key)
        if entry is not None and not is_claimed(case, one.key) and len(one.key) <= len(entry) + 1:
            found.append((entry, one.key[-1] if len(one.key) > len(entry) else "", one))
    return found


def depends_on_member(case: PathCase, entry: KeyPath) -> bool:
    """Return whether the dependency at ``entry`` is a crate of this very workspace.

    A ``path`` says so, on either side; a dependency that is inherited from the workspace is one when its package is
    among ``case.members``, which the engine knows and a single file does not.
    """
    for document in (case.left, case.right, case.base):
        spec = value_at(document, entry)
        if not isinstance(spec, dict):
            continue
        if "path" in spec:
            return True
        package = spec.get("package", entry[-1])
        if spec.get("workspace") is True and package in case.members:
            return True
    return False


def _from_clash(clash: Clash) -> Disagreement:
    return Disagreement(clash.key, clash.base, clash.ours, clash.theirs, clash.reason, clash.proposal, clash.members)


def _both_moved(base: Value | Absent, left: Value | Absent, right: Value | Absent) -> bool:
    return not (same_set(left, right) or (base is not ABSENT and (same_set(base, left) or same_set(base, right))))


def _really_changed(case: PathCase, key: KeyPath, mine: Document, other: Document) -> bool:
    """Return whether ``mine`` changed ``key`` by more than the order of a set, and otherwise than the other side."""
    base, own, others = (value_at(document, key) for document in (case.base, mine, other))
    if is_set(case, key, base, own, others):
        return not (same_set(own, others) or (base is not ABSENT and same_set(base, own)))
    return not same(own, others)


def _side(case: PathCase, document: Document, key: KeyPath) -> HitSide:
    if not key:
        return HitSide(case.path, key)
    before, after = value_at(case.base, key), value_at(document, key)
    return HitSide(case.path, key, None if before is ABSENT else before, None if after is ABSENT else after)


def _entries(value: Value | Absent) -> list[Value]:
    return value if isinstance(value, list) else []


def _without(entries: list[Value], others: list[Value]) -> list[Value]:
    known = set(map(token, others))
    return [entry for entry in entries if token(entry) not in known]
