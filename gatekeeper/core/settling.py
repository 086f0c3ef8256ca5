"""Clashes of values that settle themselves, and those of versions if somebody has asked for the higher ones."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, TypeAlias

from gatekeeper.core.changes import ABSENT, Absent
from gatekeeper.core.document import same
from gatekeeper.core.schema.dependencies import dependency_depth
from gatekeeper.core.schema.kinds import ArrayKind, Combine
from gatekeeper.core.sequences import token
from gatekeeper.core.string_merge import merged_lines
from gatekeeper.core.value_merge import Clash, ClashReason

if TYPE_CHECKING:
    from collections.abc import Callable

    from gatekeeper.core.document import Value
    from gatekeeper.core.names import KeyPath
    from gatekeeper.core.schema import Profile

_REFERENCES = frozenset({"branch", "tag", "rev"})
_OF_VERSIONS = frozenset({Combine.HIGHER_VERSION, Combine.HIGHER_REQUIREMENT})


class Unsettled:
    """The type of ``UNSETTLED``: a clash may well settle on nothing being there."""


UNSETTLED = Unsettled()
Settled: TypeAlias = "Value | Absent | Unsettled"
Settle: TypeAlias = "Callable[[Profile, Clash], Settled]"
"""What somebody has decided about clashes that do not settle themselves."""


def settled(profile: Profile, clash: Clash, ours_entry: Value | Absent, theirs_entry: Value | Absent) -> Settled:
    """Return the value that both sides of ``clash`` can stand by, ``UNSETTLED`` where there is none.

    Two spellings of one thing are one; who removes entries agrees with who removes them all; long texts are merged by
    their lines, as git merges files; and a branch, tag or revision goes with the repository that it is of. The entries
    are what the sides have at the table around the key.
    """
    ours, theirs = clash.ours, clash.theirs
    if clash.reason is ClashReason.CHANGED_AND_REMOVED:
        kept, remover = (theirs, ours_entry) if ours is ABSENT else (ours, theirs_entry)
        gone = _only_less(profile, clash, kept) or _of_another_source(clash.key, remover)
        return ABSENT if gone else UNSETTLED
    if clash.reason is ClashReason.EXCLUSIVE_SLOT:
        return next((one for one, other in _both_ways(clash) if _takes_elsewhere(clash, one, other)), UNSETTLED)
    if not isinstance(ours, str) or not isinstance(theirs, str):
        return UNSETTLED
    if profile.means_the_same(clash.key, ours, theirs):
        # The shorter spelling, whoever wrote it.
        return min(ours, theirs, key=lambda text: (len(text), text))
    if isinstance(clash.base, str) and all("\n" in text for text in (clash.base, ours, theirs)):
        merged = merged_lines(clash.base, ours, theirs)
        return UNSETTLED if merged is None else merged
    return UNSETTLED


def left_open(_profile: Profile, _clash: Clash) -> Settled:
    """Leave every clash to somebody."""
    return UNSETTLED


def settled_by_version(profile: Profile, clash: Clash) -> Settled:
    """Return what stands if the higher of two versions counts; ``UNSETTLED`` where that says nothing.

    Who takes a version's place away from it, with a version of the workspace or without the dependency, has decided
    more than who raises it.
    """
    if clash.reason is ClashReason.BOTH_CHANGED and profile.combine(clash.key) in _OF_VERSIONS:
        return UNSETTLED if clash.proposal is None else clash.proposal
    if clash.reason is ClashReason.CHANGED_AND_REMOVED:
        kept = clash.theirs if clash.ours is ABSENT else clash.ours
        return ABSENT if _only_raises(profile, clash, kept) else UNSETTLED
    if clash.reason is ClashReason.EXCLUSIVE_SLOT:
        for one, other in _both_ways(clash):
            if isinstance(one, dict) and one.get("workspace") is True and _only_raises(profile, clash, other):
                return one
    if clash.reason is ClashReason.TYPE_CLASH and profile.combine(clash.key) in _OF_VERSIONS:
        inherited = [side for side in (clash.ours, clash.theirs) if side == {"workspace": True}]
        return inherited[0] if inherited else UNSETTLED
    return UNSETTLED


def _both_ways(clash: Clash) -> tuple[tuple[Value | Absent, Value | Absent], ...]:
    return (clash.ours, clash.theirs), (clash.theirs, clash.ours)


def _of_another_source(key: KeyPath, entry: Value | Absent) -> bool:
    """Return whether ``key`` chooses what to take of a repository that the dependency no longer comes from."""
    depth = dependency_depth(key)
    return len(key) == depth + 1 > 1 and key[-1] in _REFERENCES and isinstance(entry, dict) and "git" not in entry


def _takes_elsewhere(clash: Clash, one: Value | Absent, other: Value | Absent) -> bool:
    """Return whether ``one`` takes from elsewhere the dependency of which ``other`` has chosen another reference."""
    before = clash.base
    if not isinstance(before, dict) or not isinstance(one, dict) or not isinstance(other, dict):
        return False
    return "git" in before and "git" not in one and _differing(before, other) <= _REFERENCES


def _differing(before: Mapping[str, Value], after: Mapping[str, Value]) -> set[str]:
    return {name for name in before.keys() | after.keys() if before.get(name, ABSENT) != after.get(name, ABSENT)}


def _only_raises(profile: Profile, clash: Clash, kept: Value | Absent) -> bool:
    """Return whether all that one side did to what the other removed was to set another version."""
    if profile.combine(clash.key) in _OF_VERSIONS:
        return True
    before = clash.base
    if not isinstance(before, dict) or not isinstance(kept, dict) or dependency_depth(clash.key) != len(clash.key):
        return False
    return _differing(before, kept) == {"version"} and "version" in before and "version" in kept


def _only_less(profile: Profile, clash: Clash, kept: Value | Absent) -> bool:
    """Return whether one side has only removed something where the other removed all."""
    if clash.base is ABSENT or kept is ABSENT:
        return False
    return _within(profile, clash.key, kept, clash.base)


def _within(profile: Profile, key: KeyPath, value: Value, whole: Value) -> bool:
    if isinstance(value, dict) and isinstance(whole, dict):
        return all(
            name in whole and _within(profile, (*key, name), inner, whole[name]) for name, inner in value.items()
        )
    if isinstance(value, list) and isinstance(whole, list):
        if profile.array_kind(key, (*value, *whole)) is ArrayKind.SET:
            return set(map(token, value)) <= set(map(token, whole))
        rest = iter(map(token, whole))
        return all(any(entry == other for other in rest) for entry in map(token, value))
    if isinstance(value, str) and isinstance(whole, str) and "\n" in whole:
        lines = iter(whole.splitlines())
        return all(any(line == other for other in lines) for line in value.splitlines())
    return same(value, whole)
