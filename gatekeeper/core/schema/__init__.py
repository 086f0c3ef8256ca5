"""What a key means in each kind of TOML file: one profile a kind."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from gatekeeper.core.schema.cargo import CARGO
from gatekeeper.core.schema.cargo_config import CARGO_CONFIG
from gatekeeper.core.schema.cargo_lock import CARGO_LOCK
from gatekeeper.core.schema.cargo_make import CARGO_MAKE
from gatekeeper.core.schema.dependencies import dependency_depth
from gatekeeper.core.schema.generic import GENERIC
from gatekeeper.core.schema.kinds import AliasUse, ArrayKind, Combine, ExclusiveSlot, Profile, Value

if TYPE_CHECKING:
    from gatekeeper.core.names import TreePath

__all__ = [
    "CARGO",
    "CARGO_CONFIG",
    "CARGO_LOCK",
    "CARGO_MAKE",
    "GENERIC",
    "AliasUse",
    "ArrayKind",
    "Combine",
    "ExclusiveSlot",
    "Profile",
    "Value",
    "dependency_depth",
    "profile_for",
]

_EXACT = {"Cargo.toml": CARGO, "Makefile.toml": CARGO_MAKE, "Cargo.lock": CARGO_LOCK}
_CARGO_MAKE_FILE = re.compile(r"(?:.*[._-])?(?:makefile|cargo[-_]make)(?:[._-].*)?\.toml\Z", re.IGNORECASE | re.DOTALL)
_CARGO_MAKE_FOLDER = re.compile(r"\.?cargo[-_]make\Z")


def profile_for(path: TreePath) -> Profile | None:
    """Return the profile of the file at ``path``; None when it is not TOML."""
    folders, _, name = path.rpartition("/")
    if (exact := _EXACT.get(name)) is not None:
        return exact
    folder = folders.rpartition("/")[2]
    if folder == ".cargo" and name in {"config.toml", "config"}:
        return CARGO_CONFIG
    if not name.endswith(".toml"):
        return None
    if _CARGO_MAKE_FILE.match(name) or any(map(_CARGO_MAKE_FOLDER.match, folders.split("/"))):
        return CARGO_MAKE
    return GENERIC
