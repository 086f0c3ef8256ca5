"""Globs over paths and over TOML keys: ``*`` stays inside one part, ``**`` stands for any number of parts."""

from __future__ import annotations

import re
import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

_WILDCARD = re.compile(r"[*?]")
_KEY_PART = re.compile(r"""\s*(?:"((?:[^"\\]|\\.)*)"|'([^']*)'|([A-Za-z0-9_*?-]+))\s*(\.|\Z)""")
_ESCAPE = re.compile(r"\\(?:u([0-9A-Fa-f]{4})|U([0-9A-Fa-f]{8})|(.))", re.DOTALL)
_ESCAPED = {"b": "\b", "t": "\t", "n": "\n", "f": "\f", "r": "\r", "e": "\x1b", '"': '"', "\\": "\\"}


class Glob:
    """A compiled pattern over sequences of parts."""

    __slots__ = ("_regex",)

    def __init__(self, parts: Iterable[str]) -> None:
        self._regex = re.compile("".join(map(_translated, parts)), re.DOTALL)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Glob) and self._regex.pattern == other._regex.pattern

    def __hash__(self) -> int:
        return hash(self._regex.pattern)

    def __repr__(self) -> str:
        return f"Glob({self._regex.pattern!r})"

    def matches(self, parts: Iterable[str]) -> bool:
        """Return whether the whole sequence fits."""
        return self._regex.fullmatch("".join(f"{part}\0" for part in parts)) is not None


def path_glob(pattern: str) -> Glob:
    """Return the glob for paths in the tree; ``**/Cargo.toml`` is every one, ``Cargo.toml`` the root's."""
    return Glob(pattern.split("/"))


def key_glob(pattern: str) -> Glob:
    """Return the glob for keys, spelled as TOML spells a dotted key; raises ValueError when it is none."""
    return Glob(part for part, _ in _parts(pattern))


def exact_key(text: str) -> tuple[str, ...]:
    """Return the one key that ``text`` spells as TOML does; raises ValueError when it is none, or fits several."""
    parts: list[str] = []
    for part, is_bare in _parts(text, _basic_string):
        if is_bare and _WILDCARD.search(part):
            raise ValueError(f"{part} stands for several keys: name one, or quote it")
        parts.append(part)
    return tuple(parts)


def _parts(text: str, read: Callable[[str], str] | None = None) -> Iterator[tuple[str, bool]]:
    """Yield the parts of a dotted key, and whether each stands there without quotes; raises ValueError."""
    position = 0
    while True:
        match = _KEY_PART.match(text, position)
        if match is None:
            raise ValueError(f"not a dotted key from column {position + 1} on")
        double, single, bare, end = match.groups()
        if double is not None:
            yield (read or _unescaped)(double), False
        else:
            yield (single, False) if single is not None else (bare, True)
        if end != ".":
            return
        position = match.end()


def _basic_string(inside: str) -> str:
    """Return what stands between the quotes of a basic string of TOML; raises ValueError."""
    return _ESCAPE.sub(_escaped_character, inside)


def _escaped_character(match: re.Match[str]) -> str:
    code = match[1] or match[2]
    if code is not None and int(code, 16) <= sys.maxunicode:
        return chr(int(code, 16))
    plain = _ESCAPED.get(match[3])
    if plain is None:
        raise ValueError(f"{match[0]} is no escape of TOML")
    return plain


def _unescaped(text: str) -> str:
    return re.sub(r"\\(.)", r"\1", text)


def _translated(part: str) -> str:
    if part == "**":
        return r"(?:[^\0]*\0)*"
    return _WILDCARD.sub(lambda match: r"[^\0]*" if match[0] == "*" else r"[^\0]", _escaped(part)) + r"\0"


def _escaped(part: str) -> str:
    return "".join(character if character in "*?" else re.escape(character) for character in part)
