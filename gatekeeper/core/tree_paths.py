"""Paths inside a git tree: joined, climbed and matched as cargo does it, without touching a disk."""

from __future__ import annotations

import fnmatch
import re
from collections.abc import Iterator
from functools import lru_cache

_WILDCARDS = frozenset("*?[")


def directory_of(path: str) -> str:
    """Return the directory that holds ``path``; ``""`` is the top of the tree."""
    return path.rpartition("/")[0]


def join(directory: str, name: str) -> str:
    """Return the path of ``name`` in ``directory``."""
    return f"{directory}/{name}" if directory else name


def resolve(directory: str, relative: str) -> str | None:
    """Return where ``relative`` leads from ``directory``; None when it is absolute or leaves the tree."""
    if relative.startswith("/"):
        return None
    parts = directory.split("/") if directory else []
    for part in relative.split("/"):
        if part == "..":
            if not parts:
                return None
            parts.pop()
        elif part not in {"", "."}:
            parts.append(part)
    return "/".join(parts)


def relative(directory: str, target: str) -> str:
    """Return how ``target`` is written in ``directory``: what ``resolve`` leads back."""
    here, there = (place.split("/") if place else [] for place in (directory, target))
    shared = 0
    while shared < min(len(here), len(there)) and here[shared] == there[shared]:
        shared += 1
    return "/".join([".."] * (len(here) - shared) + there[shared:]) or "."


def ancestors(path: str) -> Iterator[str]:
    """Yield the directories above ``path``, nearest first, the top of the tree last."""
    while path:
        path = directory_of(path)
        yield path


def is_glob(path: str) -> bool:
    """Return whether ``path`` holds a wildcard."""
    return not _WILDCARDS.isdisjoint(path)


def literal_start(pattern: str) -> str:
    """Return what all paths that match ``pattern`` begin with."""
    return re.split(r"[*?\[]", pattern, maxsplit=1)[0]


def glob_matches(pattern: str, path: str) -> bool:
    """Return whether ``path`` matches: ``*`` stays within one part, ``**`` stands for any number of parts."""
    return _parts_match(_compiled(pattern), tuple(path.split("/")))


@lru_cache(maxsize=1024)
def _compiled(pattern: str) -> tuple[re.Pattern[str] | None, ...]:
    return tuple(None if part == "**" else re.compile(fnmatch.translate(part)) for part in pattern.split("/"))


def _parts_match(patterns: tuple[re.Pattern[str] | None, ...], parts: tuple[str, ...]) -> bool:
    reachable = {0}
    for pattern in patterns:
        if pattern is None:
            reachable = set(range(min(reachable), len(parts) + 1))
        else:
            reachable = {n + 1 for n in reachable if n < len(parts) and pattern.match(parts[n])}
        if not reachable:
            return False
    return len(parts) in reachable
