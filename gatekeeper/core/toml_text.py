"""Values as TOML text: whole for proposals, shortened for messages."""

from __future__ import annotations

import math
from collections.abc import Mapping
from datetime import date, datetime, time
from typing import TYPE_CHECKING

from gatekeeper.core.changes import ABSENT, Absent
from gatekeeper.core.names import format_key
from gatekeeper.core.schema import CARGO, dependency_depth

if TYPE_CHECKING:
    from gatekeeper.core.document import Value
    from gatekeeper.core.names import KeyPath
    from gatekeeper.core.schema import Profile

SHOWN = 60
"""How much of a value a message quotes."""

_ESCAPES = {"\\": "\\\\", '"': '\\"', "\n": "\\n", "\r": "\\r", "\t": "\\t", "\b": "\\b", "\f": "\\f"}


def inline(value: Value) -> str:
    """Return ``value`` as TOML spells it on one line."""
    if isinstance(value, dict):
        pairs = ", ".join(f"{format_key((name,))} = {inline(inner)}" for name, inner in value.items())
        return f"{{ {pairs} }}" if pairs else "{}"
    if isinstance(value, list):
        return f"[{', '.join(map(inline, value))}]"
    if isinstance(value, str):
        return _quoted(value)
    return _plain(value)


def shown(value: Value | Absent) -> str:
    """Return ``value`` as a message quotes it: on one line, shortened, and never mistaken for a placeholder."""
    if value is ABSENT:
        return "nothing"
    text = inline(value)
    if len(text) > SHOWN:
        text = text[: SHOWN - 1] + "…"
    return text.replace("{left}", "{ left }").replace("{right}", "{ right }")


def named(key: KeyPath) -> str:
    """Return ``key`` as a message names it; the document itself is "the file"."""
    return shortened(format_key(key)) if key else "the file"


def shortened(text: str) -> str:
    """Return ``text`` cut to what a message bears."""
    cut = text if len(text) <= 2 * SHOWN else text[: 2 * SHOWN - 1] + "…"
    return cut.replace("{left}", "{ left }").replace("{right}", "{ right }")


def listed(entries: list[Value]) -> str:
    """Return a few entries of an array, as a message lists them."""
    few = [shown(entry) for entry in entries[:4]]
    if len(entries) > len(few):
        few.append(f"{len(entries) - len(few)} more")
    return few[0] if len(few) == 1 else f"{', '.join(few[:-1])} and {few[-1]}"


def proposed(profile: Profile, key: KeyPath, value: Value) -> str:
    """Return the TOML text that gives ``key`` this value, ready to stand at the top of a document.

    Arrays of tables, which documents hold by identity, get their header and their ``name`` back.
    """
    value = as_written(profile, key, value)
    if profile.identity_array(key[:1]) and len(key) > 1:
        body: Mapping[str, Value] = value if len(key) == 2 and isinstance(value, dict) else _nested(key[2:], value)  # noqa: PLR2004
        lines = [f"{format_key((name,))} = {inline(inner)}" for name, inner in body.items() if name != "name"]
        return "\n".join([f"[[{format_key(key[:1])}]]", f"name = {_quoted(key[1].partition('#')[0])}", *lines])
    return f"{format_key(key)} = {inline(value)}"


def table_text(profile: Profile, key: KeyPath, body: Mapping[str, Value]) -> str:
    """Return a table under its header."""
    written = as_written(profile, key, dict(body))
    lines = [f"[{format_key(key)}]"]
    if isinstance(written, dict):
        lines += [f"{format_key((name,))} = {_readable(inner)}" for name, inner in written.items()]
    return "\n".join(lines)


def as_written(profile: Profile, key: KeyPath, value: Value) -> Value:
    """Return ``value`` with plain dependencies as the strings that people write; documents hold them as tables."""
    if profile is not CARGO or not isinstance(value, dict):
        return value
    if dependency_depth(key) == len(key):
        return value["version"] if value.keys() == {"version"} else value
    return {name: as_written(profile, (*key, name), inner) for name, inner in value.items()}


def _nested(key: KeyPath, value: Value) -> dict[str, Value]:
    return {key[0]: value if len(key) == 1 else _nested(key[1:], value)}


def _readable(value: Value) -> str:
    return on_several_lines(value) if isinstance(value, str) and "\n" in value else inline(value)


def on_several_lines(text: str) -> str:
    """Return a string as TOML spells it line by line, if it can be without escapes."""
    is_plain = all(c.isprintable() or c in "\n\t" for c in text)
    return f"'''\n{text}'''" if is_plain and "'''" not in text and not text.endswith("'") else inline(text)


def _quoted(text: str) -> str:
    if text.isprintable() and '"' not in text and "\\" not in text:
        return f'"{text}"'
    return '"' + "".join(_ESCAPES.get(c) or (c if c.isprintable() else _escaped(c)) for c in text) + '"'


def _escaped(character: str) -> str:
    code = ord(character)
    return f"\\u{code:04X}" if code < 0x10000 else f"\\U{code:08X}"  # noqa: PLR2004 - beyond the basic plane


def _plain(value: bool | float | datetime | date | time) -> str:  # noqa: FBT001 - one of TOML's types
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float) and not math.isfinite(value):
        return "nan" if math.isnan(value) else ("inf" if value > 0 else "-inf")
    return value.isoformat() if isinstance(value, date | time) else repr(value)
