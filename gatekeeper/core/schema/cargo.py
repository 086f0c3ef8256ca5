"""``Cargo.toml``."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gatekeeper.core.schema.dependencies import (
    DEPENDENCY_SLOTS,
    canonicalise_dependencies,
    canonicalise_target_names,
    dependency_depth,
    is_dependency_table,
    is_profile_override,
    rename,
)
from gatekeeper.core.schema.identity import by_identity, target_identity
from gatekeeper.core.schema.kinds import AliasUse, ArrayKind, Canonical, Combine, ExclusiveSlot, Profile, Value
from gatekeeper.core.schema.precedence import repository_of, same_requirement

if TYPE_CHECKING:
    from collections.abc import Iterable

    from gatekeeper.core.names import KeyPath

TARGET_ARRAYS = ("bin", "test", "example", "bench")

_TABLE_ALIASES = (("dev_dependencies", "dev-dependencies"), ("build_dependencies", "build-dependencies"))
_TARGET_ALIASES = (("crate_type", "crate-type"), ("proc_macro", "proc-macro"))
_DEPENDENCY_KINDS = ("dependencies", "dev-dependencies", "build-dependencies")

_WORKSPACE_SETS = frozenset({"members", "exclude", "default-members"})
_PACKAGE_SETS = frozenset({"keywords", "categories", "authors", "publish"})
_PACKAGE_GLOBS = frozenset({"include", "exclude"})
_TARGET_SETS = frozenset({"required-features", "crate-type"})

_NEVER_PACKAGE = frozenset({
    "edition", "resolver", "links", "name", "build", "default-run", "publish", "workspace",
    "autolib", "autobins", "autotests", "autoexamples", "autobenches", "license", "license-file",
})  # fmt: skip
_NEVER_DEPENDENCY = frozenset({
    "default-features", "optional", "path", "git", "branch", "tag", "rev", "registry", "registry-index", "package",
    "workspace", "public",
})  # fmt: skip
_NEVER_TARGET = frozenset({"name", "path", "proc-macro", "harness", "test", "doctest", "bench", "edition"})
_NEVER_PROFILE = frozenset({
    "lto", "opt-level", "panic", "strip", "debug", "inherits", "split-debuginfo", "debug-assertions",
    "overflow-checks", "incremental", "codegen-units",
})  # fmt: skip

_NEVER_UNDER = {
    "workspace": frozenset({"resolver"}),
    "profile": _NEVER_PROFILE,
    **dict.fromkeys(("lib", *TARGET_ARRAYS), _NEVER_TARGET),
}

_COLLECTIONS = frozenset({
    ("profile",), ("target",), ("patch",), ("lints",), ("workspace", "lints"), ("package", "metadata"),
    ("workspace", "metadata"),
})  # fmt: skip
_ANY = frozenset({"*"})
_INHERIT_OR_LOCAL: ExclusiveSlot = (frozenset({"workspace"}), _ANY)
_ROOT_SLOTS: tuple[ExclusiveSlot, ...] = (
    (frozenset({"patch"}), frozenset({"replace"})),
    (frozenset({"package.workspace"}), frozenset({"workspace"})),
    (frozenset({"package.resolver"}), frozenset({"workspace.resolver"})),
    (frozenset({"package.license"}), frozenset({"package.license-file"})),
    (frozenset({"workspace.package.license"}), frozenset({"workspace.package.license-file"})),
)
_CRATE_KIND: ExclusiveSlot = (frozenset({"proc-macro"}), frozenset({"crate-type"}))


class CargoProfile(Profile):
    """Manifests of packages and workspaces."""

    __slots__ = ()

    def canonicalise(self, raw: dict[str, Value]) -> Canonical:
        """Write dependencies as tables, old spellings as today's, and targets by their names."""
        aliases: list[AliasUse] = []
        if "project" in raw:
            rename(raw, "project", "package", (), aliases)
        _dependency_kinds(raw, (), aliases)
        workspace = raw.get("workspace")
        if type(workspace) is dict:
            canonicalise_dependencies(workspace.get("dependencies"), ("workspace", "dependencies"), aliases)
        targets = raw.get("target")
        if type(targets) is dict:
            canonicalise_target_names(targets)
            for name, table in targets.items():
                if type(table) is dict:
                    _dependency_kinds(table, ("target", name), aliases)
        patches = raw.get("patch")
        if type(patches) is dict:
            for registry, table in patches.items():
                canonicalise_dependencies(table, ("patch", registry), aliases)
        canonicalise_dependencies(raw.get("replace"), ("replace",), aliases)
        _targets(raw, aliases)
        return raw, tuple(aliases)

    def array_kind(self, key: KeyPath, entries: Iterable[Value] = ()) -> ArrayKind:
        """Return SET for what cargo reads as a set; glob lists only as long as no ``!`` gives them an order."""
        if _is_set(key) or (_is_globs(key) and not any(type(e) is str and e.startswith("!") for e in entries)):
            return ArrayKind.SET
        return ArrayKind.SEQUENCE

    def identity_array(self, key: KeyPath) -> bool:
        """Return whether ``key`` is ``[[bin]]``, ``[[test]]``, ``[[example]]`` or ``[[bench]]``."""
        return len(key) == 1 and key[0] in TARGET_ARRAYS

    def is_collection(self, key: KeyPath) -> bool:
        """Return whether ``key`` is a table of dependencies, targets, profiles, lints or what other tools keep here."""
        return (
            key in _COLLECTIONS
            or self.identity_array(key)
            or is_dependency_table(key)
            or (key[0] == "target" and len(key) == 2)  # noqa: PLR2004
            or is_profile_override(key)
        )

    def forbidden_together(self, key: KeyPath, entries: frozenset[str]) -> bool:
        """Return whether cargo refuses the combination of crate types."""
        if not key or key[-1] != "crate-type":
            return False
        return {"dylib", "cdylib"} <= entries or ("proc-macro" in entries and len(entries) > 1)

    def combine(self, key: KeyPath) -> Combine:
        """Return the rule for versions, requirements and lint levels; NEVER for what changes the build."""
        head, last = (key[0], key[-1]) if key else ("", "")
        if (depth := dependency_depth(key)) and len(key) == depth + 1:
            found = _dependency_combine(last)
        elif package_field(key):
            found = _package_combine(last)
        elif _is_lint_level(key):
            found = Combine.STRICTER_LINT
        else:
            found = Combine.NEVER if last in _NEVER_UNDER.get(head, ()) else Combine.DEFAULT
        return found

    def means_the_same(self, key: KeyPath, one: str, other: str) -> bool:
        """Return whether two requirements accept the same versions, or two URLs lead to one repository."""
        if (depth := dependency_depth(key)) and len(key) == depth + 1:
            if key[-1] == "version":
                return same_requirement(one, other)
            return key[-1] == "git" and repository_of(one) == repository_of(other)
        return package_field(key) == "rust-version" and same_requirement(one, other)

    def exclusive_slots(self, key_of_table: KeyPath) -> tuple[ExclusiveSlot, ...]:
        """Return the slots of dependencies, lints, targets and of the manifest itself."""
        depth = len(key_of_table)
        if depth == 0:
            return _ROOT_SLOTS
        if dependency_depth(key_of_table) == depth:
            return DEPENDENCY_SLOTS
        head = key_of_table[0]
        if key_of_table == ("lints",):
            return (_INHERIT_OR_LOCAL,)
        if key_of_table == ("lib",) or (depth == 2 and head in TARGET_ARRAYS):  # noqa: PLR2004
            return (_CRATE_KIND,)
        return ()


CARGO = CargoProfile("cargo")


def package_field(key: KeyPath) -> str | None:
    """Return the field that ``key`` names in ``[package]`` or ``[workspace.package]``."""
    if len(key) == 2 and key[0] == "package":  # noqa: PLR2004
        return key[1]
    if len(key) == 3 and key[:2] == ("workspace", "package"):  # noqa: PLR2004
        return key[2]
    return None


def _dependency_kinds(table: dict[str, Value], key: KeyPath, aliases: list[AliasUse]) -> None:
    for old, new in _TABLE_ALIASES:
        if old in table:
            rename(table, old, new, key, aliases)
    for kind in _DEPENDENCY_KINDS:
        if kind in table:
            canonicalise_dependencies(table[kind], (*key, kind), aliases)


def _targets(raw: dict[str, Value], aliases: list[AliasUse]) -> None:
    library = raw.get("lib")
    if type(library) is dict:
        _target_aliases(library, ("lib",), aliases)
    for kind in TARGET_ARRAYS:
        if kind not in raw:
            continue
        raw[kind] = table = by_identity(raw[kind], target_identity)
        if type(table) is dict:
            for name, target in table.items():
                if type(target) is dict:
                    _target_aliases(target, (kind, name), aliases)


def _target_aliases(target: dict[str, Value], key: KeyPath, aliases: list[AliasUse]) -> None:
    for old, new in _TARGET_ALIASES:
        if old in target:
            rename(target, old, new, key, aliases)


def _is_set(key: KeyPath) -> bool:
    head, last = (key[0], key[-1]) if key else ("", "")
    if len(key) == 2 and head == "features":  # noqa: PLR2004
        return True
    if len(key) == 2 and head == "workspace":  # noqa: PLR2004
        return last in _WORKSPACE_SETS
    if last == "features" and (depth := dependency_depth(key)):
        return len(key) == depth + 1
    if head == "lib" or head in TARGET_ARRAYS:
        return last in _TARGET_SETS
    if last == "check-cfg":
        return key[-3:-1] == ("rust", "unexpected_cfgs")
    return key == ("cargo-features",) or package_field(key) in _PACKAGE_SETS


def _is_globs(key: KeyPath) -> bool:
    return package_field(key) in _PACKAGE_GLOBS


def _is_lint_level(key: KeyPath) -> bool:
    rest = key[1:] if key[:1] == ("lints",) else key[2:] if key[:2] == ("workspace", "lints") else ()
    return len(rest) == 2 or (len(rest) == 3 and rest[2] == "level")  # noqa: PLR2004


def _dependency_combine(field: str) -> Combine:
    if field == "version":
        return Combine.HIGHER_REQUIREMENT
    return Combine.NEVER if field in _NEVER_DEPENDENCY else Combine.DEFAULT


def _package_combine(field: str) -> Combine:
    if field in {"version", "rust-version"}:
        return Combine.HIGHER_VERSION
    return Combine.NEVER if field in _NEVER_PACKAGE else Combine.DEFAULT
