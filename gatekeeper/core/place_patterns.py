r"""Places as people write them: ``PATH`` or ``PATH#KEY``.

The first ``#`` separates path and key; a ``#`` that belongs to the path is written ``\#``. Every other backslash stands
for itself.
"""

from __future__ import annotations

import re

from gatekeeper.core.patterns import key_glob, path_glob
from gatekeeper.core.roster import PlacePattern

_SEPARATOR = re.compile(r"(?<!\\)#")
_NO_PARTS = frozenset({"", ".", ".."})
"""No path of a tree has these between its slashes."""


def split_place(text: str) -> tuple[str, str | None]:
    """Return the path and the key that ``text`` names; None without a ``#``."""
    path, *key = _SEPARATOR.split(text, maxsplit=1)
    return path.replace("\\#", "#"), key[0] if key else None


def parse_place_pattern(text: str) -> PlacePattern:
    """Return the places that ``PATHGLOB`` or ``PATHGLOB#KEYGLOB`` means; raises ValueError with the reason."""
    path, key = split_place(text)
    check_path(path, "crates/x/**")
    if key is None:
        return PlacePattern(text, path_glob(path))
    if not key.strip():
        raise ValueError("no key stands after the #; for the whole file, leave out the #")
    try:
        return PlacePattern(text, path_glob(path), key_glob(key))
    except ValueError as error:
        raise ValueError(f"the key {key}: {error}") from error


def path_problem(path: str) -> str | None:
    """Return why ``path`` is no path in a tree, nor a glob of some; None when it is."""
    if not _NO_PARTS.isdisjoint(path.split("/")):
        return "it must be as git spells it, from the top: Cargo.toml, not ./Cargo.toml"
    return None


def check_path(path: str, of_a_directory: str) -> None:
    """Raise ValueError when ``path`` is not spelled as git spells paths; a directory is to be told this other way."""
    if not path:
        raise ValueError("it names no path")
    if path.endswith("/"):
        raise ValueError(f"it ends with a slash; what is in a directory is {of_a_directory}")
    if not _NO_PARTS.isdisjoint(path.split("/")):
        raise ValueError("the path must be as git spells it, from the top: Cargo.toml, not ./Cargo.toml")
