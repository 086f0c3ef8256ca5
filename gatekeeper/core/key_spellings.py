"""Keys in the one spelling that documents use."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gatekeeper.core.schema.dependencies import compact_cfg

if TYPE_CHECKING:
    from gatekeeper.core.names import KeyPath

_ALIASES = {
    "dev_dependencies": "dev-dependencies",
    "build_dependencies": "build-dependencies",
    "default_features": "default-features",
    "crate_type": "crate-type",
    "proc_macro": "proc-macro",
}
_ALIAS_NAMES = frozenset(_ALIASES)


def canonical_key(key: KeyPath) -> KeyPath:
    """Return ``key`` in the spelling that documents use, whichever of several a text has."""
    if not _ALIAS_NAMES.isdisjoint(key):
        key = tuple(_ALIASES.get(part, part) for part in key)
    head = key[0] if key else ""
    if head == "project":
        return ("package", *key[1:])
    if head == "target" and len(key) > 1 and key[1].startswith("cfg"):
        return ("target", compact_cfg(key[1]), *key[2:])
    return key


def key_below(header: KeyPath, parts: KeyPath) -> KeyPath:
    """Return the canonical key of ``parts`` under a canonical ``header``: nearly always just the two together."""
    key = header + parts
    if not header or header == ("target",) or not _ALIAS_NAMES.isdisjoint(parts):
        return canonical_key(key)
    return key
