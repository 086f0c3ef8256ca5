"""The facts about what a package is and which packages it asks for: names, versions, sources, patches, profiles."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from gatekeeper.core.schema.dependencies import dependency_depth
from gatekeeper.core.symbols import FactCollector, How, Kind
from gatekeeper.core.tree_paths import directory_of, resolve
from gatekeeper.core.values import table

if TYPE_CHECKING:
    from gatekeeper.core.document import Document, Value
    from gatekeeper.core.names import KeyPath

INHERITED = "workspace = true"
"""The source of a dependency, or the value of a field, that stands in the workspace's manifest."""
BUILT_IN_PROFILES = frozenset({"dev", "release", "test", "bench"})
FIELDS = ("version", "edition", "rust-version", "links", "publish", "build")

_TABLES = {"dependencies": "normal", "dev-dependencies": "dev", "build-dependencies": "build"}
_REFERENCES = ("branch", "tag", "rev")


def collect_identities(document: Document, collector: FactCollector) -> None:
    """Collect what the manifest says about its package, its dependencies, patches and profiles."""
    here = directory_of(collector.path)
    tree = document.tree
    package = table(tree.get("package"))
    _fields(package, Kind.PACKAGE_FIELD, here, ("package",), collector)
    workspace = table(tree.get("workspace"))
    _fields(table(workspace.get("package")), Kind.SHARED_FIELD, here, ("workspace", "package"), collector)
    name = package.get("name")
    if isinstance(name, str):
        collector.define(Kind.KNOWN_PACKAGE, (name,), ("package", "name"), name)
    for alias in document.aliases:
        if alias.key[:1] not in {("workspace",), ("patch",), ("replace",)}:
            collector.define(Kind.OLD_SPELLING, (here, alias.spelled), alias.key, alias.spelled)
    _needs(tree, here, collector)
    for key, spec in table(workspace.get("dependencies")).items():
        if isinstance(spec, dict):
            details = (here, key, *_wanted(here, key, spec))
            collector.define(Kind.SHARED_NEED, details, ("workspace", "dependencies", key), spec)
    _patches(tree, here, collector)
    collect_profiles(tree, here, collector)


def collect_config(tree: Mapping[str, Value], collector: FactCollector) -> None:
    """Collect the facts of a ``.cargo/config.toml``: the profiles that it defines."""
    collect_profiles(tree, directory_of(directory_of(collector.path)), collector)


def collect_toolchain(tree: Mapping[str, Value], collector: FactCollector) -> None:
    """Collect the facts of a ``rust-toolchain.toml``."""
    channel = table(tree.get("toolchain")).get("channel")
    if isinstance(channel, str):
        here = directory_of(collector.path)
        collector.define(Kind.TOOLCHAIN, (here, channel), ("toolchain", "channel"), channel)


def collect_profiles(tree: Mapping[str, Value], here: str, collector: FactCollector) -> None:
    """Collect the profiles of a manifest or of cargo's configuration, with what they inherit and override."""
    for name, profile in table(tree.get("profile")).items():
        if not isinstance(profile, dict):
            continue
        key = ("profile", name)
        collector.define(Kind.PROFILE, (here, name), key, profile)
        parent = profile.get("inherits")
        if isinstance(parent, str) and parent not in BUILT_IN_PROFILES:
            collector.refer(Kind.PROFILE, (here, parent), (*key, "inherits"), How.INHERITS_PROFILE, parent)
        for spec, settings in table(profile.get("package")).items():
            if spec == "*":
                continue
            place = (*key, "package", spec)
            collector.define(Kind.OVERRIDE, (here, name, spec), place, settings)
            collector.refer(Kind.KNOWN_PACKAGE, (spec_name(spec),), place, How.OVERRIDE, spec)


def spec_name(spec: str) -> str:
    """Return the name in a package id specification (``name``, ``name@1.2``, ``name:1.2``, ``url#name@1.2``)."""
    fragment = spec.rpartition("#")[2] if "#" in spec else spec.rpartition("/")[2]
    return fragment.partition("@")[0].partition(":")[0]


def _fields(values: Mapping[str, Value], kind: Kind, here: str, prefix: KeyPath, collector: FactCollector) -> None:
    for field in FIELDS:
        said = _said(values.get(field))
        if said is not None:
            collector.define(kind, (here, field, said), (*prefix, field), values[field])


def _said(value: Value | None) -> str | None:
    """Return a field's value as text; a list of registries is ``true`` as long as it names any."""
    if isinstance(value, bool | list):
        return "true" if value else "false"
    if isinstance(value, dict):
        return INHERITED if value.get("workspace") is True else None
    return value if isinstance(value, str) else None


def _needs(tree: Mapping[str, Value], here: str, collector: FactCollector) -> None:
    for prefix, target, entries in _tables(tree):
        for name, spec in table(entries).items():
            if not isinstance(spec, dict):
                continue
            key = (*prefix, name)
            package, source, requirement = _wanted(here, name, spec)
            details = (here, name, package, _TABLES[prefix[-1]], target, source, requirement)
            collector.define(Kind.NEED, details, key, spec)
            if source != INHERITED:
                collector.define(Kind.KNOWN_PACKAGE, (package,), key, package)


def _tables(tree: Mapping[str, Value]) -> Iterator[tuple[KeyPath, str, Value | None]]:
    for kind in _TABLES:
        yield (kind,), "", tree.get(kind)
    for target, content in table(tree.get("target")).items():
        for kind in _TABLES:
            yield ("target", target, kind), target, table(content).get(kind)


def _wanted(here: str, name: str, spec: Mapping[str, Value]) -> tuple[str, str, str]:
    """Return the package that an entry asks for, its source and the requirement on its version."""
    package, requirement = spec.get("package"), spec.get("version")
    return (
        package if isinstance(package, str) else name,
        _source(here, spec),
        requirement if isinstance(requirement, str) else "*",
    )


def _source(here: str, spec: Mapping[str, Value]) -> str:
    path, git = spec.get("path"), spec.get("git")
    if spec.get("workspace") is True:
        return INHERITED
    if isinstance(path, str):
        place = resolve(here, path)
        return f"path {path if place is None else place}"
    if isinstance(git, str):
        references = [f"{name} = {spec[name]}" for name in _REFERENCES if isinstance(spec.get(name), str)]
        return f"git {git.rstrip('/').removesuffix('.git')} {' '.join(references)}"
    registry = spec.get("registry", spec.get("registry-index", ""))
    return f"registry {registry}"


def _patches(tree: Mapping[str, Value], here: str, collector: FactCollector) -> None:
    for registry, entries in table(tree.get("patch")).items():
        for name, spec in table(entries).items():
            key = ("patch", registry, name)
            if not isinstance(spec, dict) or dependency_depth(key) != len(key):
                continue
            package, source, _ = _wanted(here, name, spec)
            collector.define(Kind.PATCH, (here, registry, name, package, source), key, spec)
            kind, _, place = source.partition(" ")
            if kind == "path":
                collector.refer(Kind.MANIFEST, (place,), key, How.PATCH, str(spec["path"]))
                collector.refer(Kind.PACKAGE, (place, package), key, How.PATCH, package)
