"""Dependencies that a change takes away, or from which it takes what others get through them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, NamedTuple

from gatekeeper.core.compat.found import Found, entries, short, symbol
from gatekeeper.core.compat.items import CompatItem
from gatekeeper.core.names import TreePath
from gatekeeper.core.schema.dependencies import DEPENDENCY_TABLES, dependencies_of
from gatekeeper.core.schema.precedence import repository_of
from gatekeeper.core.symbols import Kind
from gatekeeper.core.tree_paths import join, resolve
from gatekeeper.core.values import strings, table
from gatekeeper.core.versions import parse_requirement

if TYPE_CHECKING:
    from gatekeeper.core.compat.packages import Package, Packages
    from gatekeeper.core.compat.trees import Side, Sides
    from gatekeeper.core.document import Value
    from gatekeeper.core.names import KeyPath

_IN_THE_TREE = "a path"
_REGISTRY = "the crate registry"
_ANY_VERSION = "*"
_REFERENCES = ("branch", "tag", "rev")
_LABELS = {"dependencies": "", "build-dependencies": "build/", "dev-dependencies": "dev/"}
_TABLES = DEPENDENCY_TABLES | {"target"}
_COVERED_BY = {"dev-dependencies": ("dev-dependencies", "dependencies")}
"""Tables in which a dependency serves as well as in its own."""


class Slot(NamedTuple):
    """Where a dependency is declared: table, target ("": all), key."""

    table: str
    target: str
    name: str

    @property
    def label(self) -> str:
        """How the slot is called in the name of an item."""
        return _LABELS[self.table] + (f"{self.target}/" if self.target else "") + self.name

    @property
    def key(self) -> KeyPath:
        """The key of the slot."""
        return ("target", self.target, self.table, self.name) if self.target else (self.table, self.name)


@dataclass(frozen=True, slots=True)
class Wish:
    """What a dependency asks for, wherever the parts of it are spelled; ``listed``: the features of its own list."""

    package: str
    source: str
    requirement: str
    features: frozenset[str]
    listed: frozenset[str]
    defaults: bool
    optional: bool
    shown: str | None
    inherited: bool = False
    is_known: bool = True

    def lost_to(self, new: Wish) -> Iterator[tuple[str, str]]:
        """Yield what ``new`` no longer gives, as short texts of before and after."""
        if new.optional and not self.optional:
            yield "not optional", "optional"
        if (self.inherited and new.inherited) or not (self.is_known and new.is_known):
            # All else is the entry's that both inherit, or that is nowhere to be seen.
            if missing := self.listed - new.features:
                yield f"features {entries(sorted(missing))}", "without them"
            return
        if self.package != new.package:
            yield f"package {self.package}", f"package {new.package}"
        if self.source != new.source:
            yield self.source, new.source
        elif self.source != _IN_THE_TREE and not _is_compatible(self.requirement, new.requirement):
            yield self.requirement, new.requirement
        if missing := self.features - new.features:
            yield f"features {entries(sorted(missing))}", "without them"
        if self.defaults and not new.defaults:
            yield "default features", "no default features"


def dependencies_lost(sides: Sides, packages: Packages) -> Iterator[Found]:
    """Yield the entries of ``workspace.dependencies``, and the dependencies of packages that are still there."""
    for one in sides.old.of_kind(Kind.WORKSPACE):
        yield from _shared(sides, one.name[0])
    for package in packages.all:
        if package.new is not None and (package.old != package.new or sides.differs(join(package.old, "Cargo.toml"))):
            yield from _of_package(sides, package, package.new)


def _shared(sides: Sides, root: str) -> Iterator[Found]:
    old, new = sides.old.shared(root), sides.new.shared(root)
    wishes = {name: _wish(sides.new, root, name, spec) for name, spec in new.items()}
    owner = f"workspace:{root}" if root else "workspace"
    for name, spec in sorted(old.items()):
        label = f"dependency {owner}/{name}"
        key = ("workspace", "dependencies", name)
        item = CompatItem("dependency", label, "removed", TreePath(join(root, "Cargo.toml")), key, short(spec))
        lost = _lost(item, _wish(sides.old, root, name, spec), wishes.get(name), wishes, old.keys())
        if lost is not None:
            yield Found(lost, (symbol(Kind.WORKSPACE_DEPENDENCY, root, name),))


def _of_package(sides: Sides, package: Package, place: str) -> Iterator[Found]:
    old, new = _wishes(sides.old, package.old), _wishes(sides.new, place)
    for slot, wish in sorted(old.items()):
        label = f"dependency {package.name}/{slot.label}"
        path = TreePath(join(package.old, "Cargo.toml"))
        item = CompatItem("dependency", label, "removed", path, slot.key, wish.shown)
        beside = {other.name: one for other, one in new.items() if other[:2] == slot[:2]}
        taken = {other.name for other in old if other[:2] == slot[:2]}
        lost = _lost(item, wish, _serving(slot, new), beside, taken)
        if lost is not None:
            kinds = (Kind.DEPENDENCY, Kind.OPTIONAL_DEPENDENCY)
            yield Found(lost, tuple(symbol(kind, place, slot.name) for kind in kinds))


def _lost(
    item: CompatItem, wish: Wish, new: Wish | None, beside: Mapping[str, Wish], taken: Iterable[str]
) -> CompatItem | None:
    """Return the item of a dependency that is gone or gives less; None where it gives the same or more."""
    if new is None:
        known = frozenset(taken)
        renamed = (name for name, one in beside.items() if name not in known and _is_same_package(wish, one))
        return replace(item, after=next(renamed, None))
    lost = tuple(wish.lost_to(new))
    if not lost:
        return None
    before, after = (", ".join(texts) for texts in zip(*lost, strict=True))
    return replace(item, change="altered", before=before, after=after)


def _is_same_package(one: Wish, other: Wish) -> bool:
    return (one.package, one.source) == (other.package, other.source)


def _serving(slot: Slot, wishes: Mapping[Slot, Wish]) -> Wish | None:
    """Return what serves in place of the dependency in ``slot``: it itself, or one that holds for more."""
    for kind in _COVERED_BY.get(slot.table, (slot.table,)):
        for target in dict.fromkeys((slot.target, "")):
            found = wishes.get(Slot(kind, target, slot.name))
            if found is not None:
                return found
    return None


def _wishes(side: Side, directory: str) -> dict[Slot, Wish]:
    found: dict[Slot, Wish] = {}
    shared = side.shared(side.root_of(directory))
    root = side.root_of(directory) or ""
    for key, spec in dependencies_of(side.tree(join(directory, "Cargo.toml"))):
        kind, name = key[-2:]
        if key[0] in _TABLES and isinstance(spec, dict):
            target = key[1] if key[0] == "target" else ""
            own = _wish(side, directory, name, spec)
            if spec.get("workspace") is True:
                entry = _wish(side, root, name, shared.get(name))
                own = replace(_inherited(own, entry, spec), is_known=name in shared)
            found[Slot(kind, target, name)] = own
    return found


def _inherited(own: Wish, entry: Wish, spec: Mapping[str, Value]) -> Wish:
    defaults = entry.defaults or spec.get("default-features") is True
    return replace(
        entry,
        features=own.features | entry.features,
        listed=own.listed,
        defaults=defaults,
        optional=own.optional,
        shown=own.shown,
        inherited=True,
    )


def _wish(side: Side, directory: str, name: str, spec: Value | None) -> Wish:
    details = table(spec)
    package, requirement = details.get("package"), details.get("version")
    features = frozenset(strings(details.get("features")))
    return Wish(
        package if isinstance(package, str) else name,
        _source(side, directory, details),
        requirement if isinstance(requirement, str) else _ANY_VERSION,
        features,
        features,
        details.get("default-features") is not False,
        details.get("optional") is True,
        short(spec),
    )


def _source(side: Side, directory: str, spec: Mapping[str, Value]) -> str:
    url, path = spec.get("git"), spec.get("path")
    if isinstance(path, str):
        # A crate that moves inside of the tree stays the same crate, and one that is gone is an item by itself.
        place = resolve(directory, path)
        known = place is not None and symbol(Kind.MANIFEST, place) in side.view.index.definitions
        return _IN_THE_TREE if known else f"path {path}"
    if isinstance(url, str):
        at = "".join(f" {part} {spec[part]}" for part in _REFERENCES if isinstance(spec.get(part), str))
        return f"git {repository_of(url)}{at}"
    for part in ("registry", "registry-index"):
        if isinstance(spec.get(part), str):
            return f"{part} {spec[part]}"
    return _REGISTRY


def _is_compatible(before: str, after: str) -> bool:
    """Return whether all that meets one requirement is compatible with what meets the other."""
    old, new = parse_requirement(before), parse_requirement(after)
    if old is None or new is None or old == new:
        return old == new if old is not None else before.strip() == after.strip()
    one, other = old.compatible_range, new.compatible_range
    return one == other and one is not None
