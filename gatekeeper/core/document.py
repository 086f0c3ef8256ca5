"""Bytes to values: what a TOML file says, in canonical form, or why it says nothing."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import datetime, timezone
from typing import TYPE_CHECKING

import rtoml

from gatekeeper.core.schema.kinds import AliasUse, Value
from gatekeeper.core.toml_scan import STRING

if TYPE_CHECKING:
    from gatekeeper.core.names import KeyPath
    from gatekeeper.core.schema.kinds import Profile

__all__ = ["AliasUse", "Document", "ParseFailure", "Value", "comparable", "parse", "same"]

MAX_BYTES = 8 * 1024 * 1024
MAX_DEPTH = 64
"""How many tables and arrays may stand inside each other, however they are spelled. Real files stay under 10."""

_BOM = "\ufeff"
_SUSPICIOUS_DOTS = b"." * 17
_ALL_BUT_DOTS_AND_LINES = bytes(byte for byte in range(256) if byte not in b".\n")
_PLAIN_TYPES = frozenset({str, bool, dict, list})
_NAN = float("nan")
_INT_RANGE = range(-(2**63), 2**63)
_MAX_QUOTED = 80
_TOO_DEEP = f"nested more than {MAX_DEPTH} levels deep"

_POSITION = re.compile(r"(.*) at line (\d+) column (\d+)\Z", re.DOTALL)
_MARKERS = ("\n<<<<<<<", "\n=======", "\n>>>>>>>")
_NESTING = re.compile(rf"{STRING}|\#[^\n]*|[\[\]{{}}.,\n]")
_MARKER = re.compile(rf"{STRING}|\#[^\n]*|^(?P<marker>(?:<{{7}}|>{{7}}) .*|={{7}}\r?)$", re.MULTILINE)
_BIG_INTEGER = re.compile(
    rf"{STRING}|\#[^\n]*|"
    r"(?P<digits>(?<![\w.])[+-]?(?:0x[0-9A-Fa-f_]{16,}|0o[0-7_]{22,}|0b[01_]{64,}|[1-9][0-9_]{18,})(?![\w.]))"
)


@dataclass(frozen=True, slots=True)
class Document:
    """What a TOML file says. ``tree`` is canonical and never changed; its parts may be shared."""

    profile: Profile
    tree: dict[str, Value]
    aliases: tuple[AliasUse, ...] = ()
    numbers: frozenset[tuple[KeyPath, str]] | None = field(default=None, repr=False, compare=False)
    """Every number and moment with its exact spelling; None: not known. What ``comparable`` needs."""


@dataclass(frozen=True, slots=True)
class ParseFailure:
    """Why a file could not be read, and where: line and column from 1, in characters."""

    message: str
    line: int
    column: int


def parse(source: bytes, profile: Profile) -> Document | ParseFailure:
    """Return what ``source`` says. Never raises, whatever the bytes."""
    text = _decode(source)
    if isinstance(text, ParseFailure):
        return text
    # The parser bounds brackets and dots each, not their product, which can overflow the C stack.
    if _SUSPICIOUS_DOTS in source.translate(None, _ALL_BUT_DOTS_AND_LINES) and (found := _too_deep(text)) is not None:
        return found
    try:
        raw: dict[str, Value] = rtoml.loads(text)
    except (ValueError, OverflowError, RecursionError) as error:
        return _explain(text, str(error))
    kinds = _kinds(raw)
    if kinds is None:
        return _too_deep(text) or ParseFailure(_TOO_DEEP, 1, 1)
    tree, aliases = profile.canonicalise(raw)
    numbers: set[tuple[KeyPath, str]] = set()
    if not (kinds <= _PLAIN_TYPES) and not _settle_numbers(tree, numbers):
        return _integer_out_of_range(text)
    return Document(profile, tree, aliases, frozenset(numbers))


def same(left: object, right: object) -> bool:
    """Return whether two values are the same in TOML, where ``1``, ``1.0`` and ``true`` are three values."""
    if left is right:
        return True
    if type(left) is not type(right):
        return False
    if isinstance(left, dict) and isinstance(right, dict):
        return left.keys() == right.keys() and all(same(value, right[key]) for key, value in left.items())
    if isinstance(left, list) and isinstance(right, list):
        return len(left) == len(right) and all(map(same, left, right))
    if isinstance(left, (str, bool)):
        return left == right
    return repr(left) == repr(right)


def comparable(*documents: Document | None) -> bool:
    """Return whether ``==`` between values of these documents is as exact as ``same``, and much faster."""
    known = {document.numbers for document in documents if document is not None}
    return len(known) <= 1 and None not in known


def _decode(source: bytes) -> str | ParseFailure:
    if len(source) > MAX_BYTES:
        return ParseFailure(f"the file is larger than {MAX_BYTES // 2**20} MiB", 1, 1)
    try:
        text = source.decode("utf-8")
    except UnicodeDecodeError as error:
        valid = source[: error.start].decode("utf-8").removeprefix(_BOM)
        return _failure(f"the byte 0x{source[error.start]:02x} is not UTF-8", valid, len(valid))
    text = text.removeprefix(_BOM)
    if (offset := text.find("\0")) >= 0:
        return _failure("the file holds a NUL byte", text, offset)
    return text


def _explain(text: str, said: str) -> ParseFailure:
    marked = any(marker in f"\n{text}" for marker in _MARKERS)
    for match in _MARKER.finditer(text) if marked else ():
        if match["marker"] is not None:
            quoted = "".join(c if c.isprintable() else " " for c in match["marker"][:_MAX_QUOTED]).rstrip()
            return _failure(f"conflict markers committed ({quoted})", text, match.start())
    if "recurs" in said and (found := _too_deep(text)) is not None:
        return found
    positioned = _POSITION.match(said)
    if positioned is None:
        return ParseFailure(said, 1, 1)
    return ParseFailure(positioned[1].removeprefix("ValueError: "), int(positioned[2]), int(positioned[3]))


def _kinds(tree: dict[str, Value]) -> set[type] | None:
    """Return the types of all values inside ``tree``; None when it nests too deep."""
    kinds: set[type] = set()
    level: list[Value] = [tree]
    for _ in range(MAX_DEPTH + 2):
        if not level:
            return kinds
        values = [v for c in level for v in (c.values() if type(c) is dict else c)]  # type: ignore[union-attr]
        kinds.update(map(type, values))
        level = [v for v in values if type(v) is dict or type(v) is list]
    return None


def _settle_numbers(tree: dict[str, Value], numbers: set[tuple[KeyPath, str]]) -> bool:
    """Note every number and moment of ``tree``, one object for all NaN; False when an integer is out of range."""
    todo: list[tuple[KeyPath, dict[str, Value] | list[Value]]] = [((), tree)]
    while todo:
        key, container = todo.pop()
        entries = list(container.items() if isinstance(container, dict) else enumerate(container))
        for name, value in entries:
            kind = type(value)
            if kind is str or kind is bool:
                continue
            inner = (*key, str(name))
            if isinstance(value, (dict, list)):
                todo.append((inner, value))
                continue
            if isinstance(value, int) and value not in _INT_RANGE:
                return False
            settled = _settled(value)
            if settled is not value:
                container[name] = settled  # type: ignore[index,call-overload]
            numbers.add((inner, repr(settled)))
    return True


def _settled(value: Value) -> Value:
    # Two NaN must compare equal inside tables, which they do only as one object.
    if isinstance(value, float) and value != value:  # noqa: PLR0124
        return _NAN
    if isinstance(value, datetime) and (offset := value.utcoffset()) is not None:
        return value.replace(tzinfo=timezone(offset))
    return value


def _integer_out_of_range(text: str) -> ParseFailure:
    big = (match for match in _BIG_INTEGER.finditer(text) if match["digits"] is not None)
    found = next((match for match in big if int(match["digits"], 0) not in _INT_RANGE), None)
    return _failure("integer out of range (64 bits)", text, found.start() if found is not None else 0)


def _too_deep(text: str) -> ParseFailure | None:
    """Return where a value or a header of ``text`` nests deeper than allowed; None when none does by itself."""
    parts = [1]
    for match in _NESTING.finditer(text):
        mark = match[0]
        if mark == ".":
            parts[-1] += 1
        elif mark in "[{":
            parts.append(1)
        elif mark in ",\n":
            parts[-1] = 1
        elif mark in "]}" and len(parts) > 1:
            parts.pop()
        if sum(parts) - 1 > MAX_DEPTH:
            return _failure(_TOO_DEEP, text, match.start())
    return None


def _failure(message: str, text: str, offset: int) -> ParseFailure:
    return ParseFailure(message, text.count("\n", 0, offset) + 1, offset - text.rfind("\n", 0, offset))
