"""Entries of features that a combination of two changes leaves without what they stand for, and why."""

from __future__ import annotations

import enum
from collections.abc import Iterable, Iterator
from dataclasses import replace
from functools import cached_property
from typing import NamedTuple

from gatekeeper.core.combination import Standing
from gatekeeper.core.symbols import Definition, How, Kind, Symbol
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
    """Entries of one feature, and why they stand for nothing.

    ``renamed``: the name that the feature or the dependency has now. ``found`` is the first of ``items``.
    """

    cause: Cause
    found: Dangling
    renamed: str
    items: tuple[str, ...]


_GONE = frozenset({Cause.IMPLICIT_GONE, Cause.DEPENDENCY_GONE, Cause.SLASH_GONE})


def lost_entries(view: WorkspaceView) -> list[LostEntry]:
    """Return the entries of features that two changes leave behind in the manifest that both edit."""
    kinds = (Kind.FEATURE, Kind.OPTIONAL_DEPENDENCY, Kind.DEPENDENCY)
    names = _Renames(view)
    return _joined(lost for kind in kinds for found in view.dangling(kind) for lost in _lost(found, names))


def _joined(entries: Iterable[LostEntry]) -> list[LostEntry]:
    """Join the entries by which one feature asks for one dependency that is gone, or has another key now."""
    joined: dict[object, LostEntry] = {}
    for lost in entries:
        found = lost.found
        cause = Cause.DEPENDENCY_GONE if lost.cause in _GONE else lost.cause
        taken = (found.definition.path, found.definition.key)
        key = (cause, lost.renamed, taken, found.reference.path, found.reference.key, found.left, found.right)
        known = joined.get(key)
        joined[key] = lost if known is None else known._replace(items=known.items + lost.items)
    return list(joined.values())


class _Renames:
    """The names that features and dependencies have been given. Looked for where an entry has been lost."""

    def __init__(self, view: WorkspaceView) -> None:
        self._view = view

    @cached_property
    def _packages(self) -> dict[tuple[str, str], set[str]]:
        """The packages that a key of a manifest has stood for: (directory, key) -> names."""
        packages: dict[tuple[str, str], set[str]] = {}
        for symbol in self._view.index.changed(Kind.NEED):
            directory, key, package = symbol.name[:3]
            packages.setdefault((directory, key), set()).add(package)
        return packages

    @cached_property
    def _new_keys(self) -> dict[tuple[str, str], dict[str, int]]:
        """The keys that no base has: (directory, package) -> key -> who has it."""
        found: dict[tuple[str, str], dict[str, int]] = {}
        for (directory, key), packages in sorted(self._packages.items()):
            standing = self._view.index.standing(Symbol(Kind.DEPENDENCY.value, (directory, key)))
            for package in packages if not standing.bases else ():
                found.setdefault((directory, package), {})[key] = standing.agents
        return found

    @cached_property
    def _new_features(self) -> dict[str, list[tuple[Definition, Standing]]]:
        found: dict[str, list[tuple[Definition, Standing]]] = {}
        for symbol, definitions in sorted(self._view.index.changed(Kind.FEATURE).items()):
            for definition, standing in definitions.items():
                if not standing.bases and definition.key[:1] == ("features",):
                    found.setdefault(symbol.name[0], []).append((definition, standing))
        return found

    def of_dependency(self, directory: str, key: str) -> Iterator[tuple[str, int]]:
        """Yield the keys under which some agents have what ``key`` stood for."""
        for package in sorted(self._packages.get((directory, key), ())):
            yield from self._new_keys.get((directory, package), {}).items()

    def of_feature(self, found: Dangling) -> str:
        """Return the one new feature of all on the left side that turns on what the lost one did, if there is one."""
        index = self._view.index
        new = [
            definition
            for definition, standing in self._new_features.get(found.definition.symbol.name[0], ())
            if not found.left & ~standing.agents
        ]
        alike = [one for one in new if index.shown(one) == index.shown(found.definition)]
        return alike[0].symbol.name[1] if len(new) == len(alike) == 1 else ""


def _lost(found: Dangling, renames: _Renames) -> Iterator[LostEntry]:
    cause, items = _cause(found), (found.reference.value,)
    directory, name = found.definition.symbol.name
    if cause in _GONE:
        for key, agents in renames.of_dependency(directory, name):
            if left := found.left & agents:
                yield LostEntry(Cause.RENAMED, replace(found, left=left), key, items)
                found = replace(found, left=found.left & ~left)
    if cause is not None and found.left:
        renamed = renames.of_feature(found) if cause is Cause.FEATURE_REMOVED else ""
        yield LostEntry(cause, found, renamed, items)


def _cause(found: Dangling) -> Cause | None:
    """Return why the entry is lost; None: it is none of a feature, or SLASH tells of it already."""
    how, remaining = found.reference.how, found.remaining
    if how == How.SLASH:
        return Cause.SLASH_GONE
    if how == How.WEAK:
        kept = Cause.WEAK if Kind.NON_DEV_DEPENDENCY in remaining else Cause.DEV
        return kept if Kind.DEPENDENCY in remaining else None
    if how == How.NAME and found.definition.key[:1] == ("features",):
        return Cause.FEATURE_REMOVED
    return _cause_of_optional(how, remaining) if how in {How.NAME, How.DEP} else None


def _cause_of_optional(how: str, remaining: frozenset[Kind]) -> Cause:
    if how == How.NAME and Kind.OPTIONAL_DEPENDENCY in remaining:
        return Cause.HIDDEN
    if Kind.DEPENDENCY in remaining:
        return Cause.REQUIRED if Kind.NON_DEV_DEPENDENCY in remaining else Cause.DEV
    return Cause.IMPLICIT_GONE if how == How.NAME else Cause.DEPENDENCY_GONE
