"""Packages, members and targets that a change takes away or renames."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cached_property
from typing import TYPE_CHECKING, NamedTuple

from gatekeeper.core.cargo_target_facts import BIN, LIB
from gatekeeper.core.combination import Question
from gatekeeper.core.compat.found import Found, symbol
from gatekeeper.core.compat.items import CompatItem, ItemChange
from gatekeeper.core.compat.trees import Side, Sides
from gatekeeper.core.document import same
from gatekeeper.core.membership import Membership
from gatekeeper.core.names import TreePath
from gatekeeper.core.symbols import How, Kind
from gatekeeper.core.targets import Targets
from gatekeeper.core.tool_references import DIRECTORY, MANIFEST_FILE, PACKAGE
from gatekeeper.core.tree_paths import ancestors, join
from gatekeeper.core.values import table

if TYPE_CHECKING:
    from gatekeeper.core.document import Value

DEPENDS = frozenset({How.PATH.value, How.DEV_PATH.value, How.INHERITED.value, How.DEV_INHERITED.value})


class Package(NamedTuple):
    """A package that others can name in the base: there in ``old``, in the head in ``new`` (None: no longer)."""

    name: str
    old: str
    new: str | None
    new_name: str | None


def _but_its_name(side: Side, directory: str) -> dict[str, Value]:
    tree = side.tree(join(directory, "Cargo.toml"))
    package = {field: value for field, value in table(tree.get("package")).items() if field != "name"}
    return {**tree, "package": package}


class Packages:
    """What became of the packages of the base. Those that belong to no workspace around them are nobody's."""

    def __init__(self, sides: Sides) -> None:
        self._sides = sides
        self._membership = sides.view.shared(Membership)

    @cached_property
    def all(self) -> tuple[Package, ...]:
        """Each package of the base, sorted by name."""
        new = self._names(self._sides.new)
        names_before = {name for name, _ in self._counted}
        in_place = {place: name for name, places in new.items() for place in places}
        found = []
        for name, old in self._counted:
            if name in new:
                place = old if old in new[name] else new[name][0]
                found.append(Package(name, old, place, name))
            else:
                other = in_place.get(old)
                renamed = other if other is not None and other not in names_before else None
                found.append(Package(name, old, None if renamed is None else old, renamed))
        return tuple(found)

    @cached_property
    def _counted(self) -> list[tuple[str, str]]:
        names = self._names(self._sides.old)
        counted = {name: [place for place in places if self._counts(place)] for name, places in names.items()}
        return [(name, place) for name, places in sorted(counted.items()) for place in places]

    def _counts(self, directory: str) -> bool:
        return self._sides.old.root_of(directory) is None or bool(self.roots(self._sides.old, directory))

    def roots(self, side: Side, directory: str) -> list[str]:
        """Return the roots of the workspaces of which the crate in a directory is a member."""
        roots = self._membership.roots(directory)
        return [root for root in roots if side.holds(self._membership.standing(root, directory))]

    @staticmethod
    def _names(side: Side) -> dict[str, list[str]]:
        names: dict[str, list[str]] = {}
        for one in side.of_kind(Kind.PACKAGE):
            directory, name = one.name
            names.setdefault(name, []).append(directory)
        return names

    def removed(self) -> Iterator[Found]:
        """Yield the package names that are gone."""
        gone: dict[str, list[Package]] = {}
        for package in self.all:
            if package.new_name != package.name:
                gone.setdefault(package.name, []).append(package)
        for name, packages in gone.items():
            after = next((package.new_name for package in packages if package.new_name), None)
            after = after or self._new_name(packages[0])
            path = TreePath(join(packages[0].old, "Cargo.toml"))
            item = CompatItem("package", f"package {name}", "removed", path, ("package", "name"), name, after)
            yield Found(
                item, tuple(symbol(Kind.PACKAGE, package.old, name) for package in packages), ((PACKAGE, name),)
            )

    def _new_name(self, package: Package) -> str | None:
        """Return the one new package, in another directory, whose manifest says all else that this one's did."""
        before = self._names(self._sides.old)
        new = ((name, places[0]) for name, places in self._names(self._sides.new).items() if name not in before)
        own = _but_its_name(self._sides.old, package.old)
        alike = [name for name, place in new if same(own, _but_its_name(self._sides.new, place))]
        return alike[0] if len(alike) == 1 else None

    def members_removed(self) -> Iterator[Found]:
        """Yield the members that no workspace has any more."""
        names = {package.old: package for package in self.all}
        for directory in self._membership.directories:
            roots = self.roots(self._sides.old, directory)
            if not roots or self.roots(self._sides.new, directory):
                continue
            package = names.get(directory)
            moved = package.new if package is not None and package.new not in {None, directory} else None
            path = TreePath(join(roots[0], "Cargo.toml"))
            name = f"member {directory or '.'}"
            item = CompatItem("member", name, "removed", path, ("workspace", "members"), directory or ".", moved)
            named = ((MANIFEST_FILE, join(directory, "Cargo.toml")), (DIRECTORY, directory))
            yield Found(item, (symbol(Kind.MANIFEST, directory),), named)

    # Targets

    def targets_lost(self) -> Iterator[Found]:
        """Yield libraries and binaries that are gone or have another name, of packages that are still there."""
        touched = self._touched
        for package in self.all:
            if package.new is not None and (package.old != package.new or package.old in touched):
                yield from self._library(package, package.new)
                yield from self._binaries(package, package.new)

    @cached_property
    def _touched(self) -> set[str]:
        """The directories of packages of which the targets may have changed."""
        base, head = self._sides.trees.base, self._sides.trees.head
        touched = {one.name[0] for one in self._sides.old.of_kind(Kind.MANIFEST)}
        near: set[str] = set()
        for path in base.keys() ^ head.keys():
            near.update(ancestors(path))
        roots = {place for place in touched if self._sides.differs(join(place, "Cargo.toml"))}
        return {place for place in touched if place in near | roots or self._sides.old.root_of(place) in roots}

    @cached_property
    def _targets(self) -> Targets:
        return self._sides.view.shared(Targets)

    def _library(self, package: Package, new: str) -> Iterator[Found]:
        before = self._library_name(self._sides.old, package.old)
        after = self._library_name(self._sides.new, new)
        if before is not None and before != after:
            path = TreePath(join(package.old, "Cargo.toml"))
            change: ItemChange = "removed" if after is None else "altered"
            item = CompatItem("target", f"target {package.name}/lib", change, path, (LIB,), before, after)
            yield Found(item, (symbol(Kind.MANIFEST, new),), (), DEPENDS)

    def _library_name(self, side: Side, directory: str) -> str | None:
        question = Question(self._sides.view.everywhere)
        terms = self._targets.terms_of_kind(question, directory, LIB, [])
        if not terms.present(side.bits(question)):
            return None
        names = (one.name[1] for one in side.of_kind(Kind.LIBRARY) if one.name[0] == directory)
        return next(names, None)

    def _binaries(self, package: Package, new: str) -> Iterator[Found]:
        for name in sorted(self._binary_names(package.old)):
            before = self._is_binary(self._sides.old, package.old, name)
            if before and not self._is_binary(self._sides.new, new, name):
                path = TreePath(join(package.old, "Cargo.toml"))
                item = CompatItem("target", f"target {package.name}/bin/{name}", "removed", path, (BIN, name), name)
                owners = dict.fromkeys((package.name, package.new_name or package.name))
                named = ((BIN, name), *((BIN, name, owner) for owner in owners))
                yield Found(item, (symbol(Kind.DEFAULT_RUN, new, name),), named)

    def _is_binary(self, side: Side, directory: str, name: str) -> bool:
        question = Question(self._sides.view.everywhere)
        terms = self._targets.terms(question, directory, BIN, name)
        return terms.present(side.bits(question))

    def _binary_names(self, directory: str) -> set[str]:
        return self._binaries_by_directory.get(directory, set())

    @cached_property
    def _binaries_by_directory(self) -> dict[str, set[str]]:
        found: dict[str, set[str]] = {}
        for name, directories in self._targets.binaries.items():
            for directory in directories:
                found.setdefault(directory, set()).add(name)
        return found
