"""``.cargo/config.toml``."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gatekeeper.core.schema.dependencies import (
    DEPENDENCY_SLOTS,
    canonicalise_dependencies,
    canonicalise_target_names,
    is_dependency_table,
    is_profile_override,
)
from gatekeeper.core.schema.kinds import AliasUse, Canonical, Combine, ExclusiveSlot, Profile, Value

if TYPE_CHECKING:
    from gatekeeper.core.names import KeyPath

_SOURCE_SLOTS: tuple[ExclusiveSlot, ...] = (
    (frozenset({"registry"}), frozenset({"local-registry"}), frozenset({"directory"}), frozenset({"git"})),
    (frozenset({"branch"}), frozenset({"tag"}), frozenset({"rev"})),
)
_TOKEN_SLOT: ExclusiveSlot = (frozenset({"token"}), frozenset({"credential-provider"}))
_NEVER_TABLES = frozenset({"build", "target", "source", "registry", "registries", "alias", "env", "profile"})
_COLLECTIONS = frozenset({"target", "source", "registries", "profile", "patch"})
_PATCH_DEPTH = 3


class CargoConfigProfile(Profile):
    """Cargo's own settings."""

    __slots__ = ()

    def canonicalise(self, raw: dict[str, Value]) -> Canonical:
        """Write patched dependencies as tables and ``cfg(...)`` without blanks."""
        aliases: list[AliasUse] = []
        canonicalise_target_names(raw.get("target"))
        patches = raw.get("patch")
        if type(patches) is dict:
            for registry, table in patches.items():
                canonicalise_dependencies(table, ("patch", registry), aliases)
        return raw, tuple(aliases)

    def is_collection(self, key: KeyPath) -> bool:
        """Return whether ``key`` is a table of named things."""
        return (len(key) == 1 and key[0] in _COLLECTIONS) or is_dependency_table(key) or is_profile_override(key)

    def combine(self, key: KeyPath) -> Combine:
        """Return HIGHER_REQUIREMENT for patches; the other settings are choices."""
        if len(key) == _PATCH_DEPTH + 1 and key[0] == "patch" and key[-1] == "version":
            return Combine.HIGHER_REQUIREMENT
        return Combine.NEVER if key[:1] and key[0] in _NEVER_TABLES else Combine.DEFAULT

    def exclusive_slots(self, key_of_table: KeyPath) -> tuple[ExclusiveSlot, ...]:
        """Return the slots of patched dependencies, sources and registries."""
        depth, head = len(key_of_table), key_of_table[:1]
        if head == ("patch",) and depth == _PATCH_DEPTH:
            return DEPENDENCY_SLOTS
        if head == ("source",) and depth == 2:  # noqa: PLR2004
            return _SOURCE_SLOTS
        if head == ("registries",) and depth == 2:  # noqa: PLR2004
            return (_TOKEN_SLOT,)
        return ()


CARGO_CONFIG = CargoConfigProfile("cargo-config")
