"""The facts of a ``Cargo.toml``."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from gatekeeper.core.cargo_feature_facts import collect_feature_facts
from gatekeeper.core.cargo_sharing_facts import collect_sharing_facts
from gatekeeper.core.cargo_target_facts import collect_targets
from gatekeeper.core.symbols import FactCollector, How, Kind
from gatekeeper.core.tree_paths import directory_of, is_glob, resolve
from gatekeeper.core.values import strings, table

if TYPE_CHECKING:
    from gatekeeper.core.document import Value
    from gatekeeper.core.names import KeyPath

_TABLES = ("dependencies", "build-dependencies", "dev-dependencies")
_DEV = "dev-dependencies"


def collect_cargo(tree: Mapping[str, Value], collector: FactCollector) -> None:
    """Collect the facts of the manifest ``tree``."""
    _Manifest(tree, collector).collect()


class _Manifest:
    def __init__(self, tree: Mapping[str, Value], collector: FactCollector) -> None:
        self.tree = tree
        self.out = collector
        self.directory = directory_of(collector.path)
        self.package = table(tree.get("package"))
        pointer = self.package.get("workspace")
        root = resolve(self.directory, pointer) if isinstance(pointer, str) else None
        self.root_hint = self.directory if root is None else root
        self.inherits = False
        self.dependencies = list(self._dependencies())

    def collect(self) -> None:
        self.collect_package()
        for key, name, spec in self.dependencies:
            self.collect_dependency(key, name, spec)
        self.collect_features()
        collect_feature_facts(self.tree, self.dependencies, self.out)
        collect_sharing_facts(self.tree, self.dependencies, self.out)
        collect_targets(self.tree, self.out)
        workspace = self.tree.get("workspace")
        if isinstance(workspace, dict):
            self.collect_workspace(workspace)
        if self.inherits:
            self.out.define(Kind.INHERITS, (self.directory,), ())

    def collect_package(self) -> None:
        name = self.package.get("name")
        if isinstance(name, str):
            self.out.define(Kind.PACKAGE, (self.directory, name), ("package", "name"), name)
        if self.root_hint != self.directory:
            key = ("package", "workspace")
            self.out.define(
                Kind.WORKSPACE_POINTER, (self.directory, self.root_hint), key, self.package.get("workspace")
            )
        for field, value in self.package.items():
            if _inherited(value):
                self.inherit(Kind.WORKSPACE_PACKAGE, field, ("package", field), How.INHERITED)
        if _inherited(self.tree.get("lints")):
            self.inherit(Kind.WORKSPACE_TABLE, "lints", ("lints",), How.INHERITED)

    def inherit(self, kind: Kind, name: str, key: KeyPath, how: How, value: str = "workspace = true") -> None:
        self.inherits = True
        self.out.refer(kind, (self.root_hint, name), key, how, value)

    def _dependencies(self) -> Iterator[tuple[KeyPath, str, dict[str, Value]]]:
        """Yield (key, name, specification) of every dependency of the package, those for one target included."""
        tables: list[tuple[KeyPath, Value | None]] = [((kind,), self.tree.get(kind)) for kind in _TABLES]
        for target, content in table(self.tree.get("target")).items():
            tables += [(("target", target, kind), table(content).get(kind)) for kind in _TABLES]
        for prefix, entries in tables:
            for name, spec in table(entries).items():
                if isinstance(spec, dict):
                    yield (*prefix, name), name, spec

    def collect_dependency(self, key: KeyPath, name: str, spec: dict[str, Value]) -> None:
        dev = key[-2] == _DEV
        self.out.define(Kind.DEPENDENCY, (self.directory, name), key, spec)
        if spec.get("optional") is True and not dev:
            self.out.define(Kind.OPTIONAL_DEPENDENCY, (self.directory, name), key, spec)
        if _inherited(spec):
            how = How.DEV_INHERITED if dev else How.INHERITED
            self.inherit(Kind.WORKSPACE_DEPENDENCY, name, key, how)
            for feature in strings(spec.get("features")):
                where = (*key, "features")
                self.inherit(Kind.WORKSPACE_DEPENDENCY, name, where, How.INHERITED_FEATURE, feature)
        elif (target := self.local(spec)) is not None:
            self.refer_path(key, name, spec, target, How.DEV_PATH if dev else How.PATH)

    def refer_path(self, key: KeyPath, name: str, spec: Mapping[str, Value], target: str, how: How) -> None:
        package = spec.get("package")
        self.out.refer(Kind.MANIFEST, (target,), key, how, str(spec["path"]))
        expected = package if isinstance(package, str) else name
        self.out.refer(Kind.PACKAGE, (target, expected), key, how, expected)
        asks = How.SHARED_REQUEST if how is How.SHARED_PATH else How.REQUESTED
        for feature in strings(spec.get("features")):
            self.out.refer(Kind.FEATURE, (target, feature), (*key, "features"), asks, feature)

    def local(self, spec: Mapping[str, Value]) -> str | None:
        path = spec.get("path")
        return resolve(self.directory, path) if isinstance(path, str) else None

    def collect_features(self) -> None:
        features = {name: strings(items) for name, items in table(self.tree.get("features")).items()}
        hidden = {item[4:] for items in features.values() for item in items if item.startswith("dep:")}
        optional: set[str] = set()
        paths: dict[str, str] = {}
        shared: set[str] = set()
        for key, name, spec in self.dependencies:
            if spec.get("optional") is True and key[-2] != _DEV:
                optional.add(name)
                if name not in features and name not in hidden:
                    self.out.define(Kind.FEATURE, (self.directory, name), key, spec)
            if _inherited(spec):
                shared.add(name)
            elif (target := self.local(spec)) is not None:
                paths[name] = target
        for feature, items in features.items():
            self.out.define(Kind.FEATURE, (self.directory, feature), ("features", feature), list(items))
            for item in items:
                self.collect_item(("features", feature), item, paths, shared)

    def collect_item(self, key: KeyPath, item: str, paths: Mapping[str, str], shared: set[str]) -> None:
        here = self.directory
        if item.startswith("dep:"):
            self.out.refer(Kind.OPTIONAL_DEPENDENCY, (here, item[4:]), key, How.DEP, item)
            return
        name, slash, feature = item.partition("/")
        if not slash:
            self.out.refer(Kind.FEATURE, (here, item), key, How.NAME, item)
            return
        name = name.removesuffix("?")
        self.out.refer(Kind.DEPENDENCY, (here, name), key, How.SLASH, item)
        if name in paths:
            self.out.refer(Kind.FEATURE, (paths[name], feature), key, How.REQUESTED, item)
        elif name in shared:
            self.inherit(Kind.WORKSPACE_DEPENDENCY, name, key, How.INHERITED_FEATURE, item)

    def collect_workspace(self, workspace: Mapping[str, Value]) -> None:
        here = self.directory
        self.out.define(Kind.WORKSPACE, (here,), ("workspace",))
        for name in ("dependencies", "package", "lints"):
            if isinstance(workspace.get(name), dict):
                self.out.define(Kind.WORKSPACE_TABLE, (here, name), ("workspace", name))
        for field, value in table(workspace.get("package")).items():
            self.out.define(Kind.WORKSPACE_PACKAGE, (here, field), ("workspace", "package", field), value)
        for name, spec in table(workspace.get("dependencies")).items():
            key = ("workspace", "dependencies", name)
            self.out.define(Kind.WORKSPACE_DEPENDENCY, (here, name), key, spec)
            if isinstance(spec, dict) and (target := self.local(spec)) is not None:
                self.refer_path(key, name, spec, target, How.SHARED_PATH)
        self.collect_members(workspace)

    def collect_members(self, workspace: Mapping[str, Value]) -> None:
        kinds = (("members", Kind.MEMBER), ("exclude", Kind.EXCLUDE), ("default-members", Kind.DEFAULT_MEMBER))
        for name, kind in kinds:
            order: list[str] = []
            for entry in strings(workspace.get(name)):
                place = resolve(self.directory, entry)
                if place is None:
                    continue
                order.append(place)
                key = ("workspace", name, entry)
                self.out.define(kind, (self.directory, place), key, entry)
                if kind is Kind.MEMBER and not is_glob(place):
                    self.out.refer(Kind.MANIFEST, (place,), key, How.ENTRY, entry)
            if kind is Kind.MEMBER:
                self.out.define(Kind.MEMBER_ORDER, (self.directory, *order), ("workspace", name))


def _inherited(value: Value | None) -> bool:
    return isinstance(value, dict) and value.get("workspace") is True
