"""What the path rules ask of a case, in their words."""

from __future__ import annotations

from dataclasses import dataclass
from functools import wraps
from operator import eq
from typing import TYPE_CHECKING, TypeVar

from gatekeeper.core.changes import ABSENT, Absent, changes_below
from gatekeeper.core.document import ParseFailure, comparable, same
from gatekeeper.core.rules.model import GitVerdict, Hit, HitSide
from gatekeeper.core.schema import CARGO, ArrayKind, dependency_depth
from gatekeeper.core.schema.dependencies import dependency_tables
from gatekeeper.core.sequences import token
from gatekeeper.core.settling import Unsettled, settled
from gatekeeper.core.slots import look_up
from gatekeeper.core.value_merge import ClashReason

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping

    from gatekeeper.core.document import Document, Value
    from gatekeeper.core.names import KeyPath, RuleId, Severity
    from gatekeeper.core.rules.model import PathCase
    from gatekeeper.core.value_merge import Clash

T = TypeVar("T")

_NO_TABLE: dict[str, Value] = {}


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


def remembered(find: Callable[[PathCase], T]) -> Callable[[PathCase], T]:
    """Make a function work out its answer once for each case, however many rules ask."""

    @wraps(find)
    def found(case: PathCase) -> T:
        memo = case.memo
        if find not in memo:
            memo[find] = find(case)
        # What is kept under a function is what it has returned.
        return memo[find]  # type: ignore[return-value]

    return found


@remembered
def disagreements(case: PathCase) -> list[Disagreement]:
    """Return the keys on which the sides disagree, sorted; a list that one side only reordered is none of them."""
    found = [_from_clash(case, clash) for clash in case.merge.clashes]
    for united in case.merge.united:
        base, left, right = (value_at(document, united.key) for document in (case.base, case.left, case.right))
        if united.how == "set" and not _both_moved(base, left, right):
            continue
        together = merged_at(case, united.key)
        found.append(Disagreement(united.key, base, left, right, None, None if together is ABSENT else together))
    return sorted(found, key=lambda one: one.key)


def disputed_by(*reasons: ClashReason | None) -> Callable[[PathCase], list[Disagreement]]:
    """Return what lists the disagreements of some kinds; None: those that the merge of the values combines."""

    def found(case: PathCase) -> list[Disagreement]:
        if _reasons(case).isdisjoint(reasons):
            return []
        return [one for one in disagreements(case) if one.reason in reasons]

    return found


@remembered
def _reasons(case: PathCase) -> frozenset[ClashReason | None]:
    return frozenset(one.reason for one in disagreements(case))


combined = disputed_by(None)


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
    return is_within(case.claimed, key)


def is_within(keys: Collection[KeyPath], key: KeyPath) -> bool:
    """Return whether ``key`` or a table around it is among ``keys``."""
    if keys:
        for depth in range(len(key) + 1):
            if key[:depth] in keys:
                return True
    return False


def is_claimed_inside(case: PathCase, key: KeyPath) -> bool:
    """Return whether a rule has spoken for ``key``, a table around it, or anything inside it."""
    return is_claimed(case, key) or any(starts_with(claim, key) for claim in case.claimed)


def is_broken(case: PathCase) -> bool:
    """Return whether git merges the two texts without a conflict into something that is not TOML."""
    return case.git is GitVerdict.CLEAN and isinstance(case.git_result, ParseFailure)


def touched_below(case: PathCase, prefix: KeyPath) -> tuple[set[KeyPath], set[KeyPath]]:
    """Return the leaves inside ``prefix`` that the left and the right changed; what both did alike is left out."""
    left, right = case.left, case.right
    of_left, of_right = (changes_below(case.base, side, prefix) for side in (left, right))
    return (
        {key for key, _, _ in of_left if _really_changed(case, key, left, right)},
        {key for key, _, _ in of_right if _really_changed(case, key, right, left)},
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


@remembered
def meeting_heads(case: PathCase) -> list[str]:
    """Return the top-level keys that both sides have, but for some that one of them has left alone.

    Documents share what is equal in them, so that those left alone are hardly ever among the others.
    """
    base: Mapping[str, Value] = case.base.tree if case.base is not None else {}
    right = case.right.tree
    return [
        name
        for name, mine in case.left.tree.items()
        if name in right and base.get(name) is not mine and base.get(name) is not right[name]
    ]


@remembered
def dependency_entries(case: PathCase) -> list[KeyPath]:
    """Return the dependencies that both sides touched and still have, sorted."""
    base: Mapping[str, Value] = case.base.tree if case.base is not None else {}
    left, right = case.left.tree, case.right.tree
    found: list[KeyPath] = []
    for head in meeting_heads(case):
        for key in dependency_tables(head, left[head]):
            before, mine, other = (_table_at(tree, key) for tree in (base, left, right))
            if before is None or mine is None or other is None or mine is before or other is before:
                continue
            equal = eq if comparable(case.base, case.left, case.right) else same
            for name, entry in mine.items():
                was = before.get(name)
                if entry is was or type(entry) is not dict or type(others := other.get(name)) is not dict:
                    continue
                if others is not was and not equal(was, entry) and not equal(was, others):
                    found.append((*key, name))
    return sorted(found)


def _table_at(tree: Mapping[str, Value], key: KeyPath) -> Mapping[str, Value] | None:
    """Return the table at ``key``, an empty one where nothing is; None where something else is, or around it."""
    value: Value | Mapping[str, Value] = tree
    for part in key:
        if not isinstance(value, dict):
            return None
        value = value.get(part, _NO_TABLE)
    return value if isinstance(value, dict) else None


@remembered
def disputes_of_dependencies(case: PathCase) -> list[tuple[KeyPath, str, Disagreement]]:
    """Return the disagreements about dependencies: the entry, the field in it ('': the whole entry), and what it is."""
    found: list[tuple[KeyPath, str, Disagreement]] = []
    for one in disagreements(case) if case.profile is CARGO else ():
        entry = dependency_entry(one.key)
        if entry is not None and len(one.key) <= len(entry) + 1:
            found.append((entry, one.key[-1] if len(one.key) > len(entry) else "", one))
    return found


def disputed_dependencies(case: PathCase) -> list[tuple[KeyPath, str, Disagreement]]:
    """Return ``disputes_of_dependencies`` for which no rule has spoken."""
    return [found for found in disputes_of_dependencies(case) if not is_claimed(case, found[2].key)]


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


def _from_clash(case: PathCase, clash: Clash) -> Disagreement:
    taken = clash.proposal
    if taken is None:
        # What a merge of the file would take.
        left, right = (value_at(document, clash.key[:-1]) for document in (case.left, case.right))
        value = settled(case.profile, clash, left, right)
        taken = value if not isinstance(value, (Unsettled, Absent)) else None
    return Disagreement(clash.key, clash.base, clash.ours, clash.theirs, clash.reason, taken, clash.members)


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
