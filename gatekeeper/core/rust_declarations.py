"""The modules that a Rust source declares, where a glance can tell: without all of its tokens."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache

from gatekeeper.core.cfg_conditions import ALWAYS
from gatekeeper.core.names import TreePath
from gatekeeper.core.rust_source_facts import rust_facts
from gatekeeper.core.symbols import FileFacts, Kind

_ANYWHERE = re.compile(rb"\bmod\s+(?:r#)?\w+\s*[;{]")
_ON_ITS_LINE = re.compile(
    rb"^(?P<attributes>(?:#\[[^\n]*\][ \t]*)?)(?:pub(?:\([^)\n]*\))?[ \t]+)?mod[ \t]+(?:r#)?(?P<name>\w+)[ \t]*[;{]",
    re.MULTILINE,
)
_ELSEWHERE = (b"/*", b"#![cfg")

Declared = list[tuple[str, str]]
"""Modules, each with the condition under which it is declared."""


def declared_in(facts: FileFacts | None) -> Declared:
    """Return the modules that the facts of a source tell of."""
    named = (one.symbol for one in (facts.definitions if facts is not None else ()))
    return list(dict.fromkeys((name[0], name[1]) for kind, name in named if kind == Kind.MODULE))


def declared_at_a_glance(content: bytes) -> Declared | None:
    """Return the modules that a source declares; None where all of it has to be read.

    A root can be in as many contents as there are changes that add a module. As people write it, and tools format it,
    a declaration starts a line, with its attributes on the lines above.
    """
    if any(mark in content for mark in _ELSEWHERE):
        return None
    found: Declared = []
    for match in _ON_ITS_LINE.finditer(content):
        attributes = _attributes_above(content, match.start())
        if attributes is None:
            return None
        found.append((match["name"].decode("utf-8", "replace"), _condition(attributes + match["attributes"])))
    return found if len(found) == sum(1 for _ in _ANYWHERE.finditer(content)) else None


def _attributes_above(content: bytes, start: int) -> bytes | None:
    """Return the attributes on the lines above ``start``; None where one of them takes several lines."""
    attributes: list[bytes] = []
    for line in _lines_above(content, start):
        if line.startswith(b"#[") and line.endswith(b"]"):
            attributes.append(line)
        elif not line.startswith(b"//"):
            return None if line.endswith(b"]") else b"\n".join(reversed((b"", *attributes)))
    return b"\n".join(reversed((b"", *attributes)))


def _lines_above(content: bytes, start: int) -> Iterator[bytes]:
    while start:
        above = content.rfind(b"\n", 0, start - 1) + 1
        yield content[above : start - 1].strip()
        start = above


@lru_cache(maxsize=1024)
def _condition(attributes: bytes) -> str:
    if not attributes:
        return ALWAYS
    [(_, condition)] = declared_in(rust_facts(TreePath(""), attributes + b" mod x;")) or [("", ALWAYS)]
    return condition
