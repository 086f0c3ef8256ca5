"""An item before it is known who uses it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from gatekeeper.core.symbols import Symbol

if TYPE_CHECKING:
    from gatekeeper.core.compat.items import CompatItem
    from gatekeeper.core.document import Value
    from gatekeeper.core.symbols import Kind

_LONGEST = 80
_BEFORE_THE_DIFFERENCE = 24

Named = tuple[str, ...]
"""Sort, name and owner, as ``tool_references`` tells what commands name."""


@dataclass(frozen=True, slots=True)
class Found:
    """An item with what leads to it: symbols of manifests, and names in commands.

    ``hows``: the only ways of referring that count, None for all.
    """

    item: CompatItem
    symbols: tuple[Symbol, ...] = ()
    named: tuple[Named, ...] = ()
    hows: frozenset[str] | None = None


def symbol(kind: Kind, *name: str) -> Symbol:
    """Return a symbol."""
    return Symbol(kind.value, name)


def short(value: Value | None) -> str | None:
    """Return a value as one short line."""
    return None if value is None else _cut(_line(value))


def contrasted(before: Value, after: Value) -> tuple[str, str]:
    """Return two values as short lines in which it shows where they differ."""
    one, other = _line(before), _line(after)
    start = 0
    if max(len(one), len(other)) > _LONGEST:
        same = next((n for n, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), min(len(one), len(other)))
        start = max(0, same - _BEFORE_THE_DIFFERENCE)
    lead = "…" if start else ""
    return _cut(lead + one[start:]), _cut(lead + other[start:])


def _line(value: Value) -> str:
    return " ".join(_written(value).split())


def _cut(text: str) -> str:
    return text if len(text) <= _LONGEST else text[: _LONGEST - 1] + "…"


def _written(value: Value) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return f'"{value}"'
    if isinstance(value, list):
        return f"[{', '.join(map(_written, value))}]"
    if isinstance(value, dict):
        inner = ", ".join(f"{key} = {_written(one)}" for key, one in value.items())
        return f"{{ {inner} }}" if inner else "{}"
    return str(value)


def entries(names: Iterable[str]) -> str:
    """Return a list of names as one short line."""
    return short(list(names)) or "[]"
