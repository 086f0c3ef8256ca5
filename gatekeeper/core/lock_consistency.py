"""Whether a merged ``Cargo.lock`` is one that cargo can have written, and how cargo writes what it says."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping
from typing import TYPE_CHECKING

from gatekeeper.core.schema.identity import locked_identity
from gatekeeper.core.schema.precedence import version_order
from gatekeeper.core.values import strings, table

if TYPE_CHECKING:
    from gatekeeper.core.document import Value
    from gatekeeper.core.names import KeyPath

_Tree = Mapping[str, "Value"]

_SURELY_SHORT = 3
"""The first version of the format that stands in the file; from the one before it on, names are as short as can be."""


def lock_faults(merged: _Tree, ours: _Tree, theirs: _Tree) -> list[KeyPath]:
    """Return the keys at which ``merged`` is no lock file that cargo can have made of both sides' changes.

    Every dependency leads to one package, none is there in two versions because each side has chosen another one, no
    package stands there twice, none is there that nothing needs (but where a side has that too), and both sides are of
    one version of the format.
    """
    if not isinstance(merged.get("package", {}), dict):
        return [("package",)]
    lock, sides = _Lock(merged), (_Lock(ours), _Lock(theirs))
    found: list[KeyPath] = [] if ours.get("version") == theirs.get("version") else [("version",)]
    compatible = Counter(map(_compatible, lock.packages.values()))
    for key, package in lock.packages.items():
        if key != locked_identity(package) or ("source" in package and compatible[_compatible(package)] > 1):
            found.append(("package", key))
        elif None in map(lock.resolved, _dependencies(package)) or not lock.names(key) <= (
            sides[0].names(key) | sides[1].names(key)
        ):
            found.append(("package", key, "dependencies"))
    if not found:
        unneeded = lock.unneeded() - sides[0].unneeded() - sides[1].unneeded()
        found += [("package", key) for key in lock.packages if key in unneeded]
    return found


def names_are_short(tree: _Tree) -> bool:
    """Return whether dependencies are surely named with no more than has to be."""
    version = tree.get("version")
    return isinstance(version, int) and version >= _SURELY_SHORT


def packages_in_full(tree: _Tree) -> dict[str, Value]:
    """Return the packages with their dependencies named in full, which says the same whatever else is added."""
    lock = _Lock(tree)
    named: dict[str, Value] = {}
    for key, package in lock.packages.items():
        entries = [lock.full_name(entry) for entry in _dependencies(package)]
        named[key] = {**package, **({"dependencies": [*entries]} if entries else {})}
    return named


def as_cargo_orders(tree: _Tree) -> dict[str, Value]:
    """Return a lock without faults with its packages in cargo's order, and dependencies named as cargo names them."""
    lock, is_short = _Lock(tree), names_are_short(tree)
    named: dict[str, Value] = {}
    for key in sorted(lock.packages, key=lambda key: _order(lock.packages[key])):
        package = dict(lock.packages[key])
        if entries := _dependencies(package):
            names = [lock.short_name(entry) if is_short else entry for entry in entries]
            package["dependencies"] = [*sorted(names, key=_parts)]
        named[key] = package
    return {**tree, "package": named} if named else dict(tree)


class _Lock:
    """The packages of a lock file, by their identity and by their name."""

    def __init__(self, tree: _Tree) -> None:
        self.packages = {key: table(package) for key, package in table(tree.get("package")).items()}
        self._by_name: defaultdict[Value | None, list[str]] = defaultdict(list)
        for key, package in self.packages.items():
            self._by_name[package.get("name")].append(key)

    def resolved(self, entry: str) -> str | None:
        """Return the one package that ``name``, ``name version`` or ``name version (source)`` leads to, as in cargo."""
        name, version, source = _parts(entry)
        found = self._by_name[name]
        if version:
            found = [key for key in found if self.packages[key].get("version") == version]
        elif len({self.packages[key].get("version") for key in found}) > 1:
            return None
        if source:
            found = [key for key in found if f"({self.packages[key].get('source')})" == source]
        elif len(found) > 1:
            # A package of the workspace has no source to be named with.
            found = [key for key in found if "source" not in self.packages[key]]
        return found[0] if len(found) == 1 else None

    def names(self, key: str) -> Counter[str]:
        """Return the names of the packages on which the one of ``key`` depends, with how many there are of each."""
        return Counter(_parts(entry)[0] for entry in _dependencies(self.packages.get(key, {})))

    def full_name(self, entry: str) -> str:
        """Return an entry with all that its package can be named with; unchanged if it leads to none."""
        key = self.resolved(entry)
        package = {} if key is None else self.packages[key]
        if "version" not in package:
            return entry
        source = f" ({package['source']})" if "source" in package else ""
        return f"{package['name']} {package['version']}{source}"

    def short_name(self, entry: str) -> str:
        """Return an entry that leads to a package with no more in it than has to be."""
        package = self.packages[self.resolved(entry) or ""]
        name, version = package.get("name"), package.get("version")
        versions = [self.packages[key].get("version") for key in self._by_name[name]]
        if len(versions) == 1:
            return str(name)
        is_alone = versions.count(version) == 1 or "source" not in package
        return f"{name} {version}" if is_alone else f"{name} {version} ({package['source']})"

    def unneeded(self) -> set[str]:
        """Return the packages from elsewhere to which nothing of the workspace leads."""
        reached: set[str] = set()
        todo = [key for key, package in self.packages.items() if "source" not in package]
        while todo:
            key = todo.pop()
            if key in reached:
                continue
            reached.add(key)
            package = self.packages[key]
            entries = [*_dependencies(package), *strings([package.get("replace", "")])]
            todo += [target for target in map(self.resolved, entries) if target is not None]
        return self.packages.keys() - reached


def _dependencies(package: _Tree) -> list[str]:
    return strings(package.get("dependencies"))


def _parts(entry: str) -> tuple[str, str, str]:
    name, _, rest = entry.partition(" ")
    version, _, source = rest.partition(" ")
    return name, version, source


def _compatible(package: _Tree) -> tuple[Value | None, Value | None, object]:
    """Return what is the same for packages of which cargo takes but one: name, source and first number above zero."""
    version = package.get("version")
    order = version_order(version) if isinstance(version, str) else None
    if order is None:
        return package.get("name"), package.get("source"), version
    numbers = order[0]
    first = next((place for place, number in enumerate(numbers) if number), len(numbers))
    return package.get("name"), str(package.get("source", "")).partition("#")[0], numbers[: first + 1]


def _order(package: _Tree) -> tuple[str, bool, object, str]:
    version = str(package.get("version", ""))
    order = version_order(version)
    return str(package.get("name", "")), order is None, order or version, str(package.get("source", ""))
