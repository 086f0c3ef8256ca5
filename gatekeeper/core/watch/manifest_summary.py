"""What a change of a manifest comes to, in the words of those who work with it: tasks, features, dependencies."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, fields

from gatekeeper.core.changes import Change
from gatekeeper.core.document import Document, Value, same
from gatekeeper.core.names import KeyPath, format_key
from gatekeeper.core.schema import CARGO, CARGO_CONFIG, CARGO_MAKE
from gatekeeper.core.schema.cargo_make import PLATFORMS
from gatekeeper.core.schema.dependencies import dependencies_of

Named = Mapping[str, Value]
"""Things of one kind by the name under which they are told."""


@dataclass(frozen=True, slots=True)
class ManifestSummary:
    """Names of what was added, changed and removed.

    Tasks, features, members and packages stand by their names; variables of the environment, settings of profiles and
    dependencies by their keys.
    """

    tasks_added: tuple[str, ...] = ()
    tasks_changed: tuple[str, ...] = ()
    tasks_removed: tuple[str, ...] = ()
    env_vars_added: tuple[str, ...] = ()
    features_added: tuple[str, ...] = ()
    features_changed: tuple[str, ...] = ()
    features_removed: tuple[str, ...] = ()
    profile_overrides: tuple[str, ...] = ()
    dependencies_added: tuple[str, ...] = ()
    dependencies_changed: tuple[str, ...] = ()
    dependencies_removed: tuple[str, ...] = ()
    members_added: tuple[str, ...] = ()
    members_removed: tuple[str, ...] = ()
    packages_removed: tuple[str, ...] = ()

    def rows(self) -> Iterator[tuple[str, tuple[str, ...]]]:
        """Yield what there is to tell: the name of the field, and the names in it."""
        for field in fields(self):
            names: tuple[str, ...] = getattr(self, field.name)
            if names:
                yield field.name, names


def summarise(before: Document | None, after: Document | None, changes: Sequence[Change]) -> ManifestSummary:
    """Return what a change of a manifest comes to; ``changes`` are its leaves. Nothing for files of unknown kinds."""
    document = after or before
    profile = None if document is None else document.profile
    old: Named = before.tree if before is not None else {}
    new: Named = after.tree if after is not None else {}
    if profile is CARGO_MAKE:
        tasks = _compared(_table(old, "tasks"), _table(new, "tasks"))
        return ManifestSummary(*tasks, env_vars_added=_added(_variables, old, new))
    if profile is CARGO:
        return _of_cargo(old, new, changes)
    if profile is CARGO_CONFIG:
        return ManifestSummary(env_vars_added=_added(_plain_variables, old, new), profile_overrides=_overrides(changes))
    return ManifestSummary()


def _of_cargo(old: Named, new: Named, changes: Sequence[Change]) -> ManifestSummary:
    features = _compared(_table(old, "features"), _table(new, "features"))
    dependencies = _compared(_dependencies(old), _dependencies(new))
    members = _compared(_members(old), _members(new))
    return ManifestSummary(
        features_added=features[0],
        features_changed=features[1],
        features_removed=features[2],
        profile_overrides=_overrides(changes),
        dependencies_added=dependencies[0],
        dependencies_changed=dependencies[1],
        dependencies_removed=dependencies[2],
        members_added=members[0],
        members_removed=members[2],
        packages_removed=_missing(_package(old), _package(new)),
    )


def _compared(old: Named, new: Named) -> tuple[tuple[str, ...], tuple[str, ...], tuple[str, ...]]:
    """Return the names that are new, those whose value is another one, and those that are gone."""
    changed = tuple(name for name, value in new.items() if name in old and not same(old[name], value))
    return _missing(new, old), changed, _missing(old, new)


def _missing(names: Collection[str], others: Collection[str]) -> tuple[str, ...]:
    return tuple(name for name in names if name not in others)


def _added(found_in: Callable[[Named], Iterator[KeyPath]], old: Named, new: Named) -> tuple[str, ...]:
    known = set(found_in(old))
    return tuple(format_key(key) for key in found_in(new) if key not in known)


def _table(tree: Named, *key: str) -> Named:
    found: Value | Named | None = tree
    for part in key:
        found = found.get(part) if isinstance(found, dict) else None
    return found if isinstance(found, dict) else {}


def _dependencies(tree: Named) -> Named:
    return {format_key(key): entry for key, entry in dependencies_of(tree)}


def _members(tree: Named) -> Named:
    members = _table(tree, "workspace").get("members")
    return {entry: entry for entry in members if isinstance(entry, str)} if isinstance(members, list) else {}


def _package(tree: Named) -> Collection[str]:
    name = _table(tree, "package").get("name")
    return {name} if isinstance(name, str) else set()


def _overrides(changes: Sequence[Change]) -> tuple[str, ...]:
    return tuple(format_key(one.key) for one in changes if one.key[:1] == ("profile",) and one.kind == "added")


def _variables(tree: Named) -> Iterator[KeyPath]:
    """Yield the variables of a makefile: of all tasks, for one profile, of a task, and of a task on one platform."""
    for name, value in _table(tree, "env").items():
        if isinstance(value, dict) and not _is_variable(("env", name), value):
            yield from (("env", name, inner) for inner in value)
        else:
            yield ("env", name)
    for task, body in _table(tree, "tasks").items():
        if isinstance(body, dict):
            yield from (("tasks", task, "env", name) for name in _table(body, "env"))
            for platform in sorted(PLATFORMS & body.keys()):
                yield from (("tasks", task, platform, "env", name) for name in _table(body, platform, "env"))


def _is_variable(key: KeyPath, value: Value) -> bool:
    return CARGO_MAKE.whole_value(key, value)


def _plain_variables(tree: Named) -> Iterator[KeyPath]:
    return (("env", name) for name in _table(tree, "env"))
