"""What agents leave for later ones: names, and what may stand under them."""

from __future__ import annotations

import json
import re
from typing import Any, Literal, NewType

from gatekeeper.core.patterns import Glob, path_glob

MemoryKey = NewType("MemoryKey", str)
"""A name like ``swarm/build-optimization/baseline-metrics``."""

ValueKind = Literal["json", "text"]

MOST_BYTES = 64 * 1024
"""A value is for a reader: what is larger belongs in a file on a branch, and its place in the memory."""

_LONGEST_KEY = 200
_LONGEST_PART = 64
_MOST_PARTS = 8
_PART = re.compile(r"[A-Za-z0-9._-]+\Z")
_GLOB_PART = re.compile(r"[A-Za-z0-9._*?-]+\Z")
_SUFFIX = ".json"


def parse_key(text: str) -> MemoryKey:
    """Return the key; raises ValueError with the reason.

    A key becomes a file ``KEY.json`` in a tree of git's. So its parts must be names that git accepts, and no directory
    may be called as the file of another key is.
    """
    parts = _parts(text, _PART)
    if any(part.endswith(_SUFFIX) for part in parts[:-1]):
        raise ValueError(f"only its last part may end with {_SUFFIX}")
    return MemoryKey(text)


def parse_key_glob(text: str) -> Glob:
    """Return the keys that ``text`` means: ``*`` and ``?`` stay inside a part, ``**`` is any number of parts.

    Raises ValueError with the reason.
    """
    _parts(text, _GLOB_PART)
    return path_glob(text)


def fits(glob: Glob, key: MemoryKey) -> bool:
    """Return whether a key is one of those that ``glob`` means."""
    return glob.matches(key.split("/"))


def check_value(data: bytes, kind: ValueKind) -> None:
    """Raise ValueError with the reason when a value cannot be kept; one that can is kept byte for byte."""
    if len(data) > MOST_BYTES:
        raise ValueError(
            f"it has {len(data):,} bytes, and {MOST_BYTES:,} are the most: keep it in a file, and name that"
        )
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError as error:
        raise ValueError(f"the byte at offset {error.start} is not UTF-8") from error
    if "\0" in text:
        raise ValueError("it holds a NUL byte")
    if kind == "json":
        _check_json(text)


def kind_of(data: bytes) -> ValueKind:
    """Return what a value is taken for where nobody says: JSON if it is valid as such, else text."""
    try:
        check_value(data, "json")
    except ValueError:
        return "text"
    return "json"


def _parts(text: str, allowed: re.Pattern[str]) -> list[str]:
    parts = text.split("/")
    if len(text) > _LONGEST_KEY or len(parts) > _MOST_PARTS:
        raise ValueError(f"it is longer than {_LONGEST_KEY} characters, or has more than {_MOST_PARTS} parts")
    for part in parts:
        if not part:
            raise ValueError("one of its parts is empty; parts are separated by single slashes")
        if part in {".", ".."} or part.lower() == ".git" or part.startswith("-"):
            raise ValueError(f"{part} cannot be one of its parts")
        if len(part) > _LONGEST_PART:
            raise ValueError(f"a part is longer than {_LONGEST_PART} characters")
        if allowed.match(part) is None:
            raise ValueError("its parts are made of letters, digits, dots, dashes and underscores")
    return parts


def _check_json(text: str) -> None:
    try:
        json.loads(text, parse_constant=_no_constant, object_pairs_hook=_no_duplicates)
    except json.JSONDecodeError as error:
        raise ValueError(f"it is not valid JSON: line {error.lineno}, column {error.colno}: {error.msg}") from error
    except RecursionError as error:
        raise ValueError("it is not valid JSON: it is nested too deeply") from error


def _no_constant(name: str) -> None:
    raise ValueError(f"it is not valid JSON: {name} is no number there")


def _no_duplicates(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        raise ValueError("an object in it has one key twice, so that readers would differ on what it says")
    return found
