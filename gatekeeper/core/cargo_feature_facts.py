"""The facts of a ``Cargo.toml`` about what its features and targets need of each other and of its dependencies."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

from gatekeeper.core.schema.cargo import TARGET_ARRAYS
from gatekeeper.core.symbols import FactCollector, How, Kind
from gatekeeper.core.tree_paths import directory_of
from gatekeeper.core.values import strings, table

if TYPE_CHECKING:
    from gatekeeper.core.document import Value
    from gatekeeper.core.names import KeyPath

_DEV = "dev-dependencies"

Dependencies = Iterable[tuple["KeyPath", str, dict[str, "Value"]]]
"""(key, name, specification) of every dependency of a package."""


def collect_feature_facts(tree: Mapping[str, Value], dependencies: Dependencies, out: FactCollector) -> None:
    """Collect the facts of the manifest ``tree``."""
    directory = directory_of(out.path)
    for key, name, _ in dependencies:
        if key[-2] != _DEV:
            out.define(Kind.NON_DEV_DEPENDENCY, (directory, name), key)
    for feature, items in table(tree.get("features")).items():
        for item in strings(items):
            name, weak, _ = item.partition("?/")
            if weak:
                out.refer(Kind.OPTIONAL_DEPENDENCY, (directory, name), ("features", feature), How.WEAK, item)
    for kind in TARGET_ARRAYS:
        for name, target in table(tree.get(kind)).items():
            _collect_required(table(target), (kind, name, "required-features"), out)


def _collect_required(target: Mapping[str, Value], key: KeyPath, out: FactCollector) -> None:
    for feature in strings(target.get("required-features")):
        # A feature of a dependency is asked of the dependency.
        if "/" not in feature:
            out.refer(Kind.FEATURE, (directory_of(out.path), feature), key, How.REQUIRED_FEATURE, feature)
