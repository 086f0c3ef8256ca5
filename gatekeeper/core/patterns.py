"""Globs over paths and over TOML keys: ``*`` stays inside one part, ``**`` stands for any number of parts."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

_WILDCARD = re.compile(r"[*?]")
_KEY_PART = re.compile(r"""\s*(?:"((?:[^"\\]|\\.)*)"|'([^']*)'|([A-Za-z0-9_*?-]+))\s*(\.|\Z)""")


class Glob:
    """A compiled pattern over sequences of parts."""

    __slots__ = ("_regex",)

    def __init__(self, parts: Iterable[str]) -> None:
        self._regex = re.compile("".join(map(_translated, parts)), re.DOTALL)

    def matches(self, parts: Iterable[str]) -> bool:
        """Return whether the whole sequence fits."""
        return self._regex.fullmatch("".join(f"{part}\0" for part in parts)) is not None


def path_glob(pattern: str) -> Glob:
    """Return the glob for paths in the tree; ``**/Cargo.toml`` is every one, ``Cargo.toml`` the root's."""
    return Glob(pattern.split("/"))


def key_glob(pattern: str) -> Glob:
    """Return the glob for keys, spelled as TOML spells a dotted key; raises ValueError when it is none."""
    parts: list[str] = []
    position = 0
    while True:
        match = _KEY_PART.match(pattern, position)
        if match is None:
            raise ValueError(f"not a dotted key from column {position + 1} on")
        double, single, bare, end = match.groups()
        parts.append(next(part for part in (single, bare, _unescaped(double)) if part is not None))
        if end != ".":
            return Glob(parts)
        position = match.end()


def _unescaped(text: str | None) -> str | None:
    return None if text is None else re.sub(r"\\(.)", r"\1", text)


def _translated(part: str) -> str:
    if part == "**":
        return r"(?:[^\0]*\0)*"
    return _WILDCARD.sub(lambda match: r"[^\0]*" if match[0] == "*" else r"[^\0]", _escaped(part)) + r"\0"


def _escaped(part: str) -> str:
    return "".join(character if character in "*?" else re.escape(character) for character in part)
