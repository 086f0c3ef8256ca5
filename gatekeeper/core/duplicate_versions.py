"""Dependencies of which a workspace has several versions at once, and who brings each of them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from gatekeeper.core.rules.requirements import caret_range
from gatekeeper.core.schema.precedence import version_order
from gatekeeper.core.tree_paths import ancestors, directory_of
from gatekeeper.core.values import strings, table

if TYPE_CHECKING:
    from gatekeeper.core.document import Value
    from gatekeeper.core.names import TreePath

_KINDS = ("dependencies", "dev-dependencies", "build-dependencies")


@dataclass(frozen=True, slots=True)
class Carrier:
    """A member, the dependency by which it comes to a version, and what it requires of that (None: not known)."""

    member: str
    dependency: str
    requirement: str | None


@dataclass(frozen=True, slots=True)
class Version:
    """One of the versions; without a lock file, a requirement in place of it.

    ``members`` have it among all that they depend on; ``carriers`` are those of them whose own dependency leads to it.
    """

    version: str
    source: str | None
    members: tuple[str, ...]
    carriers: tuple[Carrier, ...]


@dataclass(frozen=True, slots=True)
class Duplicate:
    """A package with its versions, the lowest first. ``lock`` is None where manifests tell."""

    package: str
    lock: TreePath | None
    versions: tuple[Version, ...]


@dataclass(frozen=True, slots=True)
class WhatWasRead:
    """The files that tell, whether manifests without a lock file were compared, and the files that were left out.

    ``silent_locks`` are lock files that list no packages.
    """

    locks: tuple[TreePath, ...]
    manifests_compared: bool
    invalid: tuple[TreePath, ...] = ()
    silent_locks: tuple[TreePath, ...] = ()


class Manifests:
    """What the manifests of a tree require: by the name of the member, then by the package that is required."""

    def __init__(self, trees: Mapping[str, Mapping[str, Value]]) -> None:
        """``trees`` are the manifests by their directories."""
        self._shared = {
            directory: table(table(workspace).get("dependencies"))
            for directory, tree in trees.items()
            if isinstance(workspace := tree.get("workspace"), dict)
        }
        self._required: dict[str, list[tuple[str, str]]] = {}
        for directory, tree in trees.items():
            name = table(tree.get("package")).get("name")
            if isinstance(name, str):
                self._required.setdefault(name, []).extend(self._requirements(directory, tree))

    def requirement(self, member: str, dependency: str, version: str) -> str | None:
        """Return what ``member`` requires of ``dependency``; of several requirements the one that ``version`` meets."""
        found = [text for package, text in self._required.get(member, ()) if package == dependency]
        fitting = [text for text in found if _accepts(text, version)]
        return next(iter(fitting or found), None)

    def all(self) -> Iterator[tuple[str, str, str]]:
        """Yield (member, package, requirement)."""
        for member, required in self._required.items():
            for package, requirement in required:
                yield member, package, requirement

    def _requirements(self, directory: str, tree: Mapping[str, Value]) -> Iterator[tuple[str, str]]:
        owners = [tree, *(table(target) for target in table(tree.get("target")).values())]
        for owner in owners:
            for kind in _KINDS:
                for key, spec in table(owner.get(kind)).items():
                    yield from self._requirement(directory, key, spec)

    def _requirement(self, directory: str, key: str, spec: Value) -> Iterator[tuple[str, str]]:
        if isinstance(spec, dict) and spec.get("workspace") is True:
            spec = self._inherited(directory, key)
        described = table(spec)
        version = spec if isinstance(spec, str) else described.get("version")
        package = described.get("package", key)
        if isinstance(version, str) and isinstance(package, str):
            yield package, version

    def _inherited(self, directory: str, key: str) -> Value:
        while directory not in self._shared and directory:
            directory = directory.rpartition("/")[0]
        return self._shared.get(directory, {}).get(key, "")


def _accepts(requirement: str, version: str) -> bool:
    accepted = caret_range(requirement.lstrip("=~ "))
    return accepted is not None and caret_range(version.partition("+")[0]) == accepted


class _Package(NamedTuple):
    name: str
    version: str
    source: str | None


def lists_packages(tree: Mapping[str, Value]) -> bool:
    """Return whether the lock file ``tree`` tells of any package: one that cargo wrote does."""
    return any(True for _ in _packages(tree))


def duplicates_in_lock(tree: Mapping[str, Value], manifests: Manifests, lock: TreePath) -> list[Duplicate]:
    """Return the packages of which the lock file ``tree`` has several versions, by name."""
    graph = _graph(tree)
    users: dict[_Package, list[_Package]] = {}
    by_name: dict[str, list[_Package]] = {}
    for package, needed in graph.items():
        by_name.setdefault(package.name, []).append(package)
        for other in needed:
            users.setdefault(other, []).append(package)
    return [
        Duplicate(name, lock, tuple(_version(one, graph, users, manifests) for one in sorted(versions, key=_order)))
        for name, versions in sorted(by_name.items())
        if len(versions) > 1
    ]


def _graph(tree: Mapping[str, Value]) -> dict[_Package, tuple[_Package, ...]]:
    """Return every package of a lock file with what it depends on."""
    packages = dict(_packages(tree))
    known: dict[str, list[_Package]] = {}
    for package in packages:
        # A lock file names a dependency no more closely than it has to, and a git source without its commit.
        of_version = f"{package.name} {package.version}"
        repository = (package.source or "").partition("#")[0]
        spellings = (package.name, of_version, f"{of_version} ({package.source})", f"{of_version} ({repository})")
        for spelled in dict.fromkeys(spellings):
            known.setdefault(spelled, []).append(package)
    return {
        package: tuple(known[spelled][0] for spelled in strings(entry.get("dependencies")) if spelled in known)
        for package, entry in packages.items()
    }


def _packages(tree: Mapping[str, Value]) -> Iterator[tuple[_Package, Mapping[str, Value]]]:
    """Yield the packages of a lock file with their entries; in the oldest format the root stands apart."""
    listed = tree.get("package")
    for value in (tree.get("root"), *(listed.values() if isinstance(listed, dict) else ())):
        entry = table(value)
        name, version, source = (entry.get(part) for part in ("name", "version", "source"))
        if isinstance(name, str) and isinstance(version, str):
            yield _Package(name, version, source if isinstance(source, str) else None), entry


def _version(
    package: _Package,
    graph: Mapping[_Package, Sequence[_Package]],
    users: Mapping[_Package, Sequence[_Package]],
    manifests: Manifests,
) -> Version:
    leading = _leading_to(package, users)
    members = sorted(one for one in leading if one.source is None and one != package)
    carriers = dict.fromkeys(
        Carrier(member.name, dependency.name, manifests.requirement(member.name, dependency.name, dependency.version))
        for member in members
        for dependency in sorted(set(graph[member]), key=_order)
        if dependency in leading and dependency.source is not None
    )
    return Version(package.version, package.source, tuple(member.name for member in members), tuple(carriers))


def _leading_to(package: _Package, users: Mapping[_Package, Sequence[_Package]]) -> set[_Package]:
    """Return ``package`` and everything that depends on it, by however many steps."""
    found, waiting = {package}, [package]
    while waiting:
        for user in users.get(waiting.pop(), ()):
            if user not in found:
                found.add(user)
                waiting.append(user)
    return found


def without_lock(
    manifests: Mapping[str, Mapping[str, Value]], locks: Iterable[TreePath]
) -> dict[str, Mapping[str, Value]]:
    """Return the manifests, by their directories, with no lock file beside or above them."""
    locked = {directory_of(lock) for lock in locks}
    return {
        directory: tree
        for directory, tree in manifests.items()
        if locked.isdisjoint((directory, *ancestors(directory)))
    }


def duplicates_in_manifests(manifests: Manifests) -> list[Duplicate]:
    """Return the packages of which members require versions that no one version can meet, by name.

    Only plain requirements are compared: what a range or a wildcard accepts may be the same version.
    """
    required: dict[str, dict[tuple[int, ...], list[tuple[str, str]]]] = {}
    for member, package, requirement in manifests.all():
        accepted = caret_range(requirement.lstrip("=~ "))
        if accepted is not None:
            required.setdefault(package, {}).setdefault(accepted, []).append((member, requirement))
    return [
        Duplicate(name, None, tuple(_required(name, uses) for _, uses in sorted(ranges.items())))
        for name, ranges in sorted(required.items())
        if len(ranges) > 1
    ]


def _required(package: str, uses: Iterable[tuple[str, str]]) -> Version:
    uses = sorted(set(uses))
    members = tuple(dict.fromkeys(member for member, _ in uses))
    requirement = ", ".join(dict.fromkeys(text for _, text in uses))
    return Version(requirement, None, members, tuple(Carrier(member, package, text) for member, text in uses))


def _order(package: _Package) -> tuple[object, ...]:
    order = version_order(package.version)
    return (package.name, order is None, order or (), package.version, package.source or "")
