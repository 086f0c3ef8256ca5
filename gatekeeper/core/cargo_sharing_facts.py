"""The facts of a ``Cargo.toml`` about what the crates of a workspace share: editions, default features, profiles."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING

from gatekeeper.core.symbols import FactCollector, Kind
from gatekeeper.core.tree_paths import directory_of, resolve
from gatekeeper.core.values import strings, table

if TYPE_CHECKING:
    from gatekeeper.core.cargo_feature_facts import Dependencies
    from gatekeeper.core.document import Value
    from gatekeeper.core.names import KeyPath

_EDITION_2024 = 2024
_FOR_ROOTS = ("profile", "patch", "replace")
_CARET = re.compile(r"\s*\^?\s*(0\.0\.\d+|0\.[1-9]\d*|[1-9]\d*)(?:[.+-][0-9A-Za-z.+-]*)?\s*\Z", re.ASCII)

ANY_VALUE = "any()"
"""What stands for every feature where values are listed that the compiler is to expect."""

_EXPECTED = re.compile(r"\s*cfg\s*\(\s*feature\s*,\s*values\s*\((.*)\)\s*\)\s*", re.DOTALL)
_VALUE = re.compile(r'"[^"]*"|any\(\)')


def collect_sharing_facts(tree: Mapping[str, Value], dependencies: Dependencies, out: FactCollector) -> None:
    """Collect the facts of the manifest ``tree``."""
    here = directory_of(out.path)
    package, workspace = tree.get("package"), table(tree.get("workspace"))
    _collect_edition(Kind.EDITION_2024, package, ("package",), out)
    _collect_edition(Kind.SHARED_EDITION_2024, workspace.get("package"), ("workspace", "package"), out)
    _collect_lints(Kind.FORBIDDEN_LINT, tree.get("lints"), ("lints",), out)
    _collect_lints(Kind.SHARED_FORBIDDEN_LINT, workspace.get("lints"), ("workspace", "lints"), out)
    _collect_expected(Kind.EXPECTED_FEATURE, tree.get("lints"), ("lints",), out)
    _collect_expected(Kind.SHARED_EXPECTED_FEATURE, workspace.get("lints"), ("workspace", "lints"), out)
    for name in _FOR_ROOTS if isinstance(package, dict) else ():
        if table(tree.get(name)):
            out.define(Kind.ROOT_TABLE, (here, name), (name,))
    for key, name, spec in dependencies:
        if spec.get("workspace") is True and spec.get("default-features") is False:
            out.define(Kind.OPTS_OUT, (here, name), key, spec)
        elif key[0] == "dependencies" and spec.get("workspace") is not True:
            _collect_request(key, name, spec, out)
    for name, entry in table(workspace.get("dependencies")).items():
        if isinstance(entry, dict):
            _collect_shared(("workspace", "dependencies", name), name, entry, out)


def _collect_edition(kind: Kind, package: Value | None, above: KeyPath, out: FactCollector) -> None:
    edition = table(package).get("edition")
    if isinstance(edition, str) and edition.isascii() and edition.isdigit() and int(edition) >= _EDITION_2024:
        out.define(kind, (directory_of(out.path),), (*above, "edition"), edition)


def _collect_lints(kind: Kind, lints: Value | None, above: KeyPath, out: FactCollector) -> None:
    for tool, levels in table(lints).items():
        for name, value in table(levels).items():
            level = value.get("level") if isinstance(value, dict) else value
            if level == "forbid":
                lint = name if tool == "rust" else f"{tool}::{name}"
                out.define(kind, (directory_of(out.path), lint.replace("-", "_")), (*above, tool, name), level)


def _collect_expected(kind: Kind, lints: Value | None, above: KeyPath, out: FactCollector) -> None:
    """Collect the features of ``check-cfg = ['cfg(feature, values("x"))']``."""
    expecting = table(table(table(lints).get("rust")).get("unexpected_cfgs"))
    key = (*above, "rust", "unexpected_cfgs", "check-cfg")
    for stated in strings(expecting.get("check-cfg")):
        match = _EXPECTED.fullmatch(stated)
        for value in _VALUE.findall(match[1]) if match else ():
            out.define(kind, (directory_of(out.path), value.strip('"')), key, stated)


def _collect_shared(key: KeyPath, name: str, spec: dict[str, Value], out: FactCollector) -> None:
    here = directory_of(out.path)
    if spec.get("optional") is True:
        out.define(Kind.SHARED_OPTIONAL, (here, name), key, spec)
    for feature in strings(spec.get("features")):
        out.define(Kind.SHARED_FEATURE, (here, name, feature), (*key, "features"), feature)
    if spec.get("default-features") is not False:
        out.define(Kind.SHARED_DEFAULTS, (here, name), key, spec)
    _collect_request(key, name, spec, out)


def _collect_request(key: KeyPath, name: str, spec: dict[str, Value], out: FactCollector) -> None:
    identity = _unified_as(directory_of(out.path), name, spec)
    if identity is not None:
        kind = Kind.WITHOUT_DEFAULTS if spec.get("default-features") is False else Kind.WITH_DEFAULTS
        out.define(kind, (identity,), key, spec)


def _unified_as(here: str, name: str, spec: Mapping[str, Value]) -> str | None:
    """Return what tells packages apart whose features cargo unifies; None where only resolving could tell."""
    path, url, version, package = (spec.get(field) for field in ("path", "git", "version", "package"))
    if isinstance(path, str):
        directory = resolve(here, path)
        return None if directory is None else f"path {directory}"
    called = package if isinstance(package, str) else name
    if isinstance(url, str):
        return f"git {url} {called}"
    caret = _CARET.match(version) if isinstance(version, str) else None
    return f"{called} {caret[1]}" if caret else None
