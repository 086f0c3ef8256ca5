"""Where the statements of a TOML text are: a scanner that needs no valid text and builds no values.

Git can merge two good manifests into one that no parser reads; a finding about it still needs line and column. So what
cannot be a statement is skipped to the end of its line, and a value that never closes ends with its line.
"""

from __future__ import annotations

import enum
import re
from typing import TYPE_CHECKING, NamedTuple

import rtoml

if TYPE_CHECKING:
    from collections.abc import Iterator

    from gatekeeper.core.names import KeyPath

_BASIC = r'"(?:[^"\\\n]++|\\[^\n])*+"'
_LITERAL = r"'[^'\n]*+'"
_MULTI_LINE = r"""\"{3}(?:[^\\"]++|\\[\s\S]|"(?!""))*+"{3,5}|'{3}(?:[^']++|'(?!''))*+'{3,5}"""
STRING = f"{_MULTI_LINE}|{_BASIC}|{_LITERAL}"
"""A string of any of the four kinds; the multi-line ones first, since ``""`` begins them too."""

_LINE_STRING = rf"(?:(?!\"{{3}}|'{{3}})(?:{_BASIC}|{_LITERAL}))"
_PART = f"(?:[A-Za-z0-9_-]++|{_BASIC}|{_LITERAL})"
_KEY = rf"{_PART}(?:[ \t]*\.[ \t]*{_PART})*+"
_BLANKS = r"[ \t\r\n]*+(?:\#[^\n]*+[ \t\r\n]*+)*+"
_FLAT_ARRAY = rf"\[(?:[^\[\]{{}}\"'#]|{_LINE_STRING})*+\]"
_FLAT_TABLE = rf"\{{(?:[^\[\]{{}}\"'#\n]|{_LINE_STRING}|{_FLAT_ARRAY})*+\}}"

_STATEMENT = re.compile(
    rf"""{_BLANKS}(?:
        (?P<key>{_KEY})[ \t]*+=[ \t]*+(?P<value>{_LINE_STRING}|[^\s\#"'\[{{][^\#\r\n]*+|{_FLAT_ARRAY}|{_FLAT_TABLE})?+
      | \[[ \t]*+(?P<header>{_KEY})[ \t]*+\]
      | \[\[[ \t]*+(?P<array>{_KEY})[ \t]*+\]\]
      | (?P<junk>[^\n]++)
      )""",
    re.VERBOSE,
)
_SPELLED, _VALUE, _HEADER, _ARRAY = (_STATEMENT.groupindex[name] for name in ("key", "value", "header", "array"))
"""Groups by number: this is done for every line."""

_STRING_AT = re.compile(STRING)
_NESTED = re.compile(rf"{STRING}|\#[^\n]*+|[\[\]{{}}]")
_BARE = re.compile(r"[^\s,\]}#][^,\]}#\r\n]*+")
_PARTS = re.compile(_PART)
_BETWEEN = r"[\s,]*+(?:\#[^\n]*+[\s,]*+)*+"
_INLINE_KEY = re.compile(rf"{_BETWEEN}(?P<key>{_KEY}){_BLANKS}={_BLANKS}")
_INLINE_ENTRY = re.compile(rf"{_BETWEEN}(?!\])")
_MIN_REACH = 1024
_MAX_DEPTH = 64


class Form(enum.Enum):
    """How a key is written."""

    HEADER = "header"
    ARRAY_HEADER = "array-header"
    PAIR = "pair"
    DOTTED_PAIR = "dotted-pair"
    INLINE = "inline"


_PAIR, _DOTTED_PAIR = Form.PAIR, Form.DOTTED_PAIR
"""Looking a member up in its class is slow for something that is done for every line."""


class Statement(NamedTuple):
    """One header or pair: its key as written, without the header above it, and its offsets in the text."""

    parts: KeyPath
    form: Form
    start: int
    end: int
    value: int
    """Where the value begins; ``end`` for headers."""


def statements(text: str, unclosed: list[Statement] | None = None) -> Iterator[Statement]:
    """Yield the statements of ``text`` in order; those whose value never closes are put into ``unclosed`` as well."""
    at, size = 0, len(text)
    # Searching the whole rest for every value that never closes would take quadratic time.
    scan, patience = _STATEMENT.match, 8 * size
    while (match := scan(text, at)) is not None:
        at = match.end()
        kind = match.lastindex
        if kind == _VALUE:
            spelled, value = match.group(_SPELLED, _VALUE)
            parts, start = key_parts(spelled), match.start(_VALUE)
            form = _PAIR if len(parts) == 1 else _DOTTED_PAIR
            yield Statement(parts, form, match.start(_SPELLED), start + len(value.rstrip()), start)
        elif kind == _SPELLED:
            parts = key_parts(match[_SPELLED])
            limit = min(size, at + max(patience, _MIN_REACH))
            ended = value_end(text, at, limit)
            closed = ended is not None
            if ended is None:
                patience -= limit - at
                ended = _line_end(text, at)
            found = Statement(parts, _PAIR if len(parts) == 1 else _DOTTED_PAIR, match.start(_SPELLED), ended, at)
            if not closed and unclosed is not None:
                unclosed.append(found)
            yield found
            at = ended
        elif kind == _HEADER:
            yield Statement(key_parts(match[_HEADER]), Form.HEADER, match.start(_HEADER) - 1, at, at)
        elif kind == _ARRAY:
            yield Statement(key_parts(match[_ARRAY]), Form.ARRAY_HEADER, match.start(_ARRAY) - 2, at, at)


def inline_pairs(text: str, at: int, end: int) -> Iterator[Statement]:
    """Yield the pairs of the inline table that begins at ``at``."""
    at += 1
    while (match := _INLINE_KEY.match(text, at, end)) is not None:
        at = match.end()
        ended = value_end(text, at, end)
        if ended is None:
            return
        yield Statement(key_parts(match["key"]), Form.INLINE, match.start("key"), ended, at)
        at = ended


def array_entries(text: str, at: int, end: int) -> Iterator[tuple[int, int]]:
    """Yield start and end of each entry of the array that begins at ``at``."""
    at += 1
    while (match := _INLINE_ENTRY.match(text, at, end)) is not None:
        at = match.end()
        ended = value_end(text, at, end)
        if ended is None:
            return
        yield at, ended
        at = ended


def value_end(text: str, at: int, limit: int) -> int | None:
    """Return where the value at ``at`` ends; None when it does not, before ``limit``."""
    first = text[at : at + 1]
    if first in ('"', "'"):
        match = _STRING_AT.match(text, at, limit)
        # Of three quotes that never come again the first two are no string by themselves.
        is_open = match is None or (match.end() == at + 2 and text[at + 2 : at + 3] == first)
        return None if match is None or is_open else match.end()
    if first not in ("[", "{"):
        match = _BARE.match(text, at, limit)
        return at + len(match[0].rstrip()) if match is not None else None
    depth = 0
    for match in _NESTED.finditer(text, at, limit):
        token = match[0]
        if token in ("[", "{"):
            depth += 1
            if depth > _MAX_DEPTH:
                return None
        elif token in ("]", "}"):
            depth -= 1
            if depth == 0:
                return match.end()
    return None


def key_parts(spelled: str) -> KeyPath:
    """Return the parts of a key as written."""
    if '"' not in spelled and "'" not in spelled:
        return tuple(map(str.strip, spelled.split("."))) if "." in spelled else (spelled,)
    return tuple(unquoted(part) for part in _PARTS.findall(spelled))


def unquoted(text: str) -> str:
    """Return what a bare or quoted one-line string says."""
    if text[:1] == '"' and "\\" in text:
        try:
            return str(rtoml.loads(f"k = {text}")["k"])
        except ValueError:
            return text[1:-1]
    return text[1:-1] if text[:1] in ('"', "'") else text


def _line_end(text: str, at: int) -> int:
    end = text.find("\n", at)
    end = len(text) if end < 0 else end
    return at + len(text[at:end].rstrip())
