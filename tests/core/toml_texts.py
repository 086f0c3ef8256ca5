"""Trees of TOML values, and the many texts that say the same."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

from hypothesis import strategies as st

from gatekeeper.core.document import Document, Value, parse
from gatekeeper.core.schema import CARGO, GENERIC, Profile

Tree = dict[str, Value]
Draw = Callable[[st.SearchStrategy[Any]], Any]

_PLAIN_TEXT = st.text(st.characters(exclude_categories=("Cs", "Cc")), max_size=6)
KEYS = st.sampled_from(["a", "b", "c", "name", "x-y", "é", "d.e", "with space", "", "#", "[q]", "'"])
SCALARS = st.one_of(
    _PLAIN_TEXT,
    st.sampled_from(['"', "'", "]", "}", "# no comment", "a\nb = 1\n[c]\n", '"""', "\\", "\t\x7f\x00", "<<<<<<< HEAD"]),
    st.booleans(),
    st.integers(-(2**63), 2**63 - 1),
    st.sampled_from([0, 1]),
    st.floats(allow_subnormal=False),
)
VALUES: st.SearchStrategy[Value] = st.recursive(
    SCALARS,
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(KEYS, inner, max_size=4)),
    max_leaves=8,
)
TREES: st.SearchStrategy[Tree] = st.dictionaries(KEYS, VALUES, max_size=5)


def document(text: str, profile: Profile = CARGO) -> Document:
    """Return ``text`` parsed; it must be valid."""
    parsed = parse(text.encode(), profile)
    assert isinstance(parsed, Document), parsed
    return parsed


def generic(tree: Tree) -> Document:
    """Return a document of no particular kind that says ``tree``."""
    return document(plain_text(tree), GENERIC)


def plain_text(tree: Tree) -> str:
    """Return one text for ``tree``: inline tables throughout."""
    return "".join(f"{quoted(key)} = {inline(value)}\n" for key, value in tree.items())


@st.composite
def spellings(draw: Draw, tree: Tree) -> str:
    """Return any text for ``tree``: headers, inline tables, dotted and quoted keys, comments, CRLF, a BOM."""
    text = _section(draw, tree, ())
    # Multi-line strings keep their line ends, as in cargo; these texts hold none.
    ending = draw(st.sampled_from(["\n", "\r\n"]))
    return str(draw(st.sampled_from(["", "\ufeff"]))) + text.replace("\n", ending)


def inline(value: Value) -> str:
    """Return ``value`` on one line."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return quoted(value)
    if isinstance(value, float):
        return "nan" if math.isnan(value) else repr(value)
    if isinstance(value, list):
        return "[" + ", ".join(map(inline, value)) + "]"
    if isinstance(value, dict):
        return "{ " + ", ".join(f"{quoted(key)} = {inline(inner)}" for key, inner in value.items()) + " }"
    return str(value)


def quoted(text: str) -> str:
    """Return ``text`` as a basic string."""
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return '"' + "".join(f"\\u{ord(c):04X}" if ord(c) < 32 or ord(c) == 127 else c for c in escaped) + '"'


def _section(draw: Draw, table: Tree, path: tuple[str, ...]) -> str:
    """Return the keys of ``table``, then the sections below it: headers may only follow."""
    lines: list[str] = []
    sections: list[str] = []
    for key, value in table.items():
        spelled = _key(draw, key)
        style = draw(st.sampled_from(["header", "inline", "dotted"])) if isinstance(value, dict) else "inline"
        if style == "header" and isinstance(value, dict):
            inner = (*path, spelled)
            sections.append(f"[{_joined(draw, inner)}]{_comment(draw)}\n{_section(draw, value, inner)}")
        elif style == "dotted" and isinstance(value, dict) and value:
            lines += _dotted(draw, value, (spelled,))
        else:
            lines.append(f"{spelled} = {_value(draw, value)}")
    return "".join(f"{line}{_comment(draw)}\n" for line in lines) + "".join(sections)


def _dotted(draw: Draw, table: Tree, path: tuple[str, ...]) -> list[str]:
    lines: list[str] = []
    for key, value in table.items():
        inner = (*path, _key(draw, key))
        if isinstance(value, dict) and value and draw(st.booleans()):
            lines += _dotted(draw, value, inner)
        else:
            lines.append(f"{_joined(draw, inner)} = {_value(draw, value)}")
    return lines


def _value(draw: Draw, value: Value) -> str:
    if isinstance(value, list) and value and draw(st.booleans()):
        entries = "".join(f"  {_value(draw, entry)}, # ] }} ' \"\n" for entry in value)
        return f"[\n{entries}]"
    if isinstance(value, dict) and value and draw(st.booleans()):
        pairs = ",\n".join(f"  {_key(draw, key)} = {_value(draw, inner)}" for key, inner in value.items())
        return f"{{\n{pairs},\n}}"
    if isinstance(value, str) and "'" not in value and value.isprintable() and draw(st.booleans()):
        return f"'{value}'"
    return inline(value)


def _key(draw: Draw, key: str) -> str:
    choices = [quoted(key)]
    if "'" not in key and key.isprintable():
        choices.append(f"'{key}'")
    if key.replace("-", "").replace("_", "").isalnum() and key.isascii():
        choices.append(key)
    return str(draw(st.sampled_from(choices)))


def _joined(draw: Draw, parts: tuple[str, ...]) -> str:
    return str(draw(st.sampled_from([".", " . "]))).join(parts)


def _comment(draw: Draw) -> str:
    return str(draw(st.sampled_from(["", " # [x] = '", "\n\n# y = 1"])))
