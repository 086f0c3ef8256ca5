"""Entries of features that a combination of two changes leaves without what they stand for, and why."""

from __future__ import annotations

import enum
from collections.abc import Iterator
from dataclasses import replace
from typing import NamedTuple

from gatekeeper.core.symbols import How, Kind
from gatekeeper.core.workspace_view import Dangling, WorkspaceView


class Cause(enum.Enum):
    """What the left side does to the name that the right side lists."""

    FEATURE_REMOVED = "removes the feature"
    IMPLICIT_GONE = "removes the optional dependency"
    DEPENDENCY_GONE = "takes out the optional dependency"
    SLASH_GONE = "removes the dependency"
    RENAMED = "renames the dependency"
    HIDDEN = "hides the implicit feature of the optional dependency"
    REQUIRED = "no longer has the optional dependency"
    WEAK = "makes required the optional dependency"
    DEV = "moves to dev-dependencies the optional dependency"


class LostEntry(NamedTuple):
    """An entry of a feature, and why it stands for nothing. ``renamed``: the key that the dependency has now."""

    cause: Cause
    found: Dangling
    renamed: str = ""


def lost_entries(view: WorkspaceView) -> list[LostEntry]:
    """Return the entries of features that two changes leave behind in the manifest that both edit."""
    renames = _renames(view)
    kinds = (Kind.FEATURE, Kind.OPTIONAL_DEPENDENCY, Kind.DEPENDENCY)
    return [lost for kind in kinds for found in view.dangling(kind) for lost in _lost(found, renames)]


_Renames = dict[tuple[str, ...], list[tuple[str, int]]]


def _renames(view: WorkspaceView) -> _Renames:
    """Return (directory, package) -> the new keys under which some agents have a dependency on the package."""
    renames: _Renames = {}
    for symbol in sorted(view.index.changed(Kind.RENAMED_DEPENDENCY)):
        standing = view.index.standing(symbol)
        if not standing.bases:
            renames.setdefault(symbol.name[:2], []).append((symbol.name[2], standing.agents))
    return renames


def _lost(found: Dangling, renames: _Renames) -> Iterator[LostEntry]:
    cause = _cause(found)
    if cause in {Cause.IMPLICIT_GONE, Cause.DEPENDENCY_GONE, Cause.SLASH_GONE}:
        for key, agents in renames.get(found.definition.symbol.name, ()):
            if left := found.left & agents:
                yield LostEntry(Cause.RENAMED, replace(found, left=left), key)
                found = replace(found, left=found.left & ~left)
    if cause is not None and found.left:
        yield LostEntry(cause, found)


def _cause(found: Dangling) -> Cause | None:
    """Return why the entry is lost; None: it is none of a feature, or SLASH tells of it already."""
    how, remaining = found.reference.how, found.remaining
    if how == How.SLASH:
        return Cause.SLASH_GONE
    if how == How.WEAK:
        return Cause.WEAK if Kind.DEPENDENCY in remaining else None
    if how == How.NAME and found.definition.key[:1] == ("features",):
        return Cause.FEATURE_REMOVED
    return _cause_of_optional(how, remaining) if how in {How.NAME, How.DEP} else None


def _cause_of_optional(how: str, remaining: frozenset[Kind]) -> Cause:
    if how == How.NAME and Kind.OPTIONAL_DEPENDENCY in remaining:
        return Cause.HIDDEN
    if Kind.DEPENDENCY in remaining:
        return Cause.REQUIRED if Kind.NON_DEV_DEPENDENCY in remaining else Cause.DEV
    return Cause.IMPLICIT_GONE if how == How.NAME else Cause.DEPENDENCY_GONE
