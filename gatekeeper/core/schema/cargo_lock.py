"""``Cargo.lock``. It is generated: merges of it are for reading, the file itself is made again by cargo."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gatekeeper.core.schema.identity import by_identity, locked_identity
from gatekeeper.core.schema.kinds import ArrayKind, Canonical, Combine, Profile, Value

if TYPE_CHECKING:
    from collections.abc import Iterable

    from gatekeeper.core.names import KeyPath

_IDENTITY_ARRAYS = frozenset({("package",), ("patch", "unused")})


class CargoLockProfile(Profile):
    """The packages that cargo chose."""

    __slots__ = ()

    def canonicalise(self, raw: dict[str, Value]) -> Canonical:
        """Key packages by name, version and source."""
        if "package" in raw:
            raw["package"] = by_identity(raw["package"], locked_identity)
        patch = raw.get("patch")
        if type(patch) is dict and "unused" in patch:
            patch["unused"] = by_identity(patch["unused"], locked_identity)
        return raw, ()

    def array_kind(self, key: KeyPath, _entries: Iterable[Value] = ()) -> ArrayKind:
        """Return SET for a package's dependencies."""
        return ArrayKind.SET if key[-1:] == ("dependencies",) else ArrayKind.SEQUENCE

    def identity_array(self, key: KeyPath) -> bool:
        """Return whether ``key`` lists packages."""
        return key in _IDENTITY_ARRAYS

    def combine(self, key: KeyPath) -> Combine:
        """Return NEVER: checksums and versions are cargo's to write."""
        return Combine.DEFAULT if key == ("version",) else Combine.NEVER


CARGO_LOCK = CargoLockProfile("cargo-lock")
