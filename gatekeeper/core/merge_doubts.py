"""What merges key by key and says what neither side can have meant."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from gatekeeper.core.changes import ABSENT
from gatekeeper.core.schema import CARGO
from gatekeeper.core.schema.cargo import TARGET_ARRAYS
from gatekeeper.core.schema.dependencies import dependencies_of
from gatekeeper.core.schema.precedence import repository_of
from gatekeeper.core.slots import look_up
from gatekeeper.core.value_merge import Clash, ClashReason
from gatekeeper.core.values import strings, table

if TYPE_CHECKING:
    from gatekeeper.core.document import Document, Value
    from gatekeeper.core.names import KeyPath

_WHENCE = ("branch", "tag", "rev", "path", "registry", "registry-index", "version")

_NOT_OF_THE_PACKAGE = frozenset({"workspace", "patch", "replace"})

_Tree = Mapping[str, "Value"]


def doubts(base: Document | None, ours: Document, theirs: Document, merged: _Tree) -> tuple[Clash, ...]:
    """Return the keys at which a merge without a clash is no merge of what the sides wanted.

    Where a dependency comes from is one thing: a branch or a version that one side asks for need not be there in the
    repository that the other side has chosen. Of one that both have added nobody can say whether it is optional if one
    of them says so. A feature that names what the other side has taken away is an error of cargo's. Of two targets with
    one name in one file nobody can say which the other side has changed.

    Of all this, what git merges line by line is not in doubt: people take that from it every day.
    """
    if ours.profile is not CARGO:
        return ()
    before: _Tree = base.tree if base is not None else {}
    sides = before, ours.tree, theirs.tree
    keys = dict.fromkeys(
        [*_mixed(*sides[1:], merged), *_added_otherwise(*sides), *_dangling(*sides, merged), *_namesakes(*sides)]
    )
    return tuple(
        Clash(key, look_up(before, key), look_up(ours.tree, key), look_up(theirs.tree, key), ClashReason.BOTH_CHANGED)
        for key in keys
    )


def _mixed(ours: _Tree, theirs: _Tree, merged: _Tree) -> Iterator[KeyPath]:
    """Yield the dependencies that come from where neither side takes them."""
    for key, entry in dependencies_of(merged):
        found = look_up(ours, key), look_up(theirs, key)
        if any(side is entry for side in found):
            continue
        sides = [table(side) for side in found if side is not ABSENT]
        if not any(_whence(side) == _whence(table(entry)) for side in sides):
            yield key


def _added_otherwise(base: _Tree, ours: _Tree, theirs: _Tree) -> Iterator[KeyPath]:
    """Yield the dependencies that both sides have added, one of them optional or without default features.

    Who leaves such a setting out has decided as well.
    """
    for key, entry in dependencies_of(ours):
        mine, other = table(entry), look_up(theirs, key)
        if look_up(base, key) is ABSENT and isinstance(other, dict) and _settings(mine) != _settings(other):
            yield key


def _settings(entry: Mapping[str, Value]) -> tuple[bool, bool]:
    return entry.get("optional") is True, entry.get("default-features") is not False


def _whence(entry: Mapping[str, Value]) -> list[Value | None]:
    url = entry.get("git")
    repository = repository_of(url) if isinstance(url, str) else url
    return [repository, *(entry.get(name) for name in _WHENCE)]


def _dangling(base: _Tree, ours: _Tree, theirs: _Tree, merged: _Tree) -> Iterator[KeyPath]:
    """Yield the features of the merge with an entry that leads nowhere, and does on no side."""
    known = _lost(ours) | _lost(theirs) | _lost(base)
    for name, _ in sorted(_lost(merged) - known):
        yield ("features", name)


def _namesakes(base: _Tree, ours: _Tree, theirs: _Tree) -> Iterator[KeyPath]:
    """Yield the arrays of targets that both sides have changed and in which a name stands twice."""
    for kind in TARGET_ARRAYS:
        before, *sides = (table(tree.get(kind)) for tree in (base, ours, theirs))
        targets = [(name, table(target)) for side in sides for name, target in side.items()]
        if before not in sides and any(target.get("name", name) != name for name, target in targets):
            yield (kind,)


def _lost(tree: _Tree) -> set[tuple[str, str]]:
    """Return the entries of features that name no feature and no dependency of the manifest."""
    features = table(tree.get("features"))
    if not features:
        return set()
    needs = [(key, table(entry)) for key, entry in dependencies_of(tree) if key[0] not in _NOT_OF_THE_PACKAGE]
    names = {key[-1] for key, _ in needs}
    optional = {key[-1] for key, entry in needs if entry.get("optional") is True}
    hidden = {entry[4:] for items in features.values() for entry in strings(items) if entry.startswith("dep:")}

    def leads_nowhere(entry: str) -> bool:
        if entry.startswith("dep:"):
            return entry[4:] not in optional
        dependency, slash, _ = entry.partition("/")
        if slash:
            return dependency.removesuffix("?") not in names
        return entry not in features and entry not in optional - hidden

    return {(name, entry) for name, items in features.items() for entry in strings(items) if leads_nowhere(entry)}
