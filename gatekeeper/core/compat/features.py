"""Features that a change takes away, or from whose lists it takes an entry."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from gatekeeper.core.compat.found import Found, contrasted, entries, symbol
from gatekeeper.core.compat.items import CompatItem
from gatekeeper.core.names import TreePath
from gatekeeper.core.schema.dependencies import DEPENDENCY_TABLES, dependencies_of
from gatekeeper.core.symbols import Kind
from gatekeeper.core.tool_references import FEATURE
from gatekeeper.core.tree_paths import join
from gatekeeper.core.values import strings, table

if TYPE_CHECKING:
    from gatekeeper.core.compat.packages import Package, Packages
    from gatekeeper.core.compat.trees import Side, Sides

_TABLES = DEPENDENCY_TABLES | {"target"}


def features_lost(sides: Sides, packages: Packages) -> Iterator[Found]:
    """Yield the features of packages that are still there."""
    names: dict[str, list[str]] = {}
    for one in sides.old.of_kind(Kind.FEATURE):
        names.setdefault(one.name[0], []).append(one.name[1])
    for package in packages.all:
        if package.new is not None and (package.old != package.new or sides.differs(join(package.old, "Cargo.toml"))):
            yield from _of_package(sides, package, package.new, names.get(package.old, []))


def _of_package(sides: Sides, package: Package, place: str, names: list[str]) -> Iterator[Found]:
    old, new = _Features(sides.old, package.old), _Features(sides.new, place)
    for name in names:
        before, after = old.entries(name), new.entries(name)
        path = TreePath(join(package.old, "Cargo.toml"))
        owners = dict.fromkeys((package.name, package.new_name or package.name))
        found = f"feature {package.name}/{name}"
        if not sides.new.has(Kind.FEATURE, place, name):
            new_name = new.only_new_with(before, names)
            item = CompatItem("feature", found, "removed", path, ("features", name), entries(before), new_name)
        elif new.lacks(name, before):
            texts = contrasted([*before], [*after])
            item = CompatItem("feature", found, "altered", path, ("features", name), *texts)
        else:
            continue
        symbols = tuple(symbol(Kind.FEATURE, where, name) for where in dict.fromkeys((package.old, place)))
        yield Found(item, symbols, ((FEATURE, name), *((FEATURE, name, owner) for owner in owners)))


class _Features:
    """The features of one package, with those that its optional dependencies are."""

    def __init__(self, side: Side, directory: str) -> None:
        tree = side.tree(join(directory, "Cargo.toml"))
        self._lists = {name: strings(items) for name, items in table(tree.get("features")).items()}
        self._optional: dict[str, bool] = {}
        for key, spec in dependencies_of(tree):
            if key[0] not in _TABLES or key[-2] == "dev-dependencies":
                continue
            optional = table(spec).get("optional") is True
            self._optional[key[-1]] = self._optional.get(key[-1], True) and optional

    def entries(self, name: str) -> list[str]:
        """Return the list of a feature."""
        known = self._lists.get(name)
        return known if known is not None else ([f"dep:{name}"] if name in self._optional else [])

    def only_new_with(self, wanted: list[str], known: list[str]) -> str | None:
        """Return the one feature that is not ``known`` and has just the list ``wanted``, unless that is empty."""
        alike = [name for name, found in self._lists.items() if name not in known and sorted(found) == sorted(wanted)]
        return alike[0] if wanted and len(alike) == 1 else None

    def lacks(self, name: str, wanted: list[str]) -> bool:
        """Return whether the feature no longer turns on one of ``wanted``, by itself or through other features."""
        on = self._turned_on(name)
        return any(not self._is_on(entry, on) for entry in wanted)

    def _is_on(self, entry: str, on: Mapping[str, None]) -> bool:
        if entry in on:
            return True
        plain = entry.removeprefix("dep:")
        if entry.startswith("dep:") or (plain not in self._lists and "/" not in plain):
            # An optional dependency, by either spelling; one that is no longer optional is always there.
            return f"dep:{plain}" in on or self._optional.get(plain) is False
        return entry.replace("?/", "/", 1) in on

    def _turned_on(self, name: str) -> dict[str, None]:
        on: dict[str, None] = {}
        waiting = [name]
        seen = {name}
        while waiting:
            for entry in self.entries(waiting.pop()):
                on[entry] = None
                owner, slash, _ = entry.partition("/")
                if slash and not owner.endswith("?"):
                    # `x/f` turns x on as well.
                    on[f"dep:{owner}"] = None
                if not slash and not entry.startswith("dep:") and entry not in seen:
                    seen.add(entry)
                    waiting.append(entry)
        return on
