"""TOML values, short enough to be read in a line."""

from __future__ import annotations

from datetime import date, datetime, time
from typing import TYPE_CHECKING

from gatekeeper.core.names import format_key

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from gatekeeper.core.names import KeyPath

LONGEST = 60
_KEYS_SHOWN = 3


def value_text(value: object, *, longest: int = LONGEST) -> str:
    """Return a value as TOML would write it inline, cut after ``longest`` characters; ``absent`` for None."""
    if value is None:
        return "absent"
    text = _spelled(value, longest)
    return text if len(text) <= longest else text[: longest - 1] + "…"


def change_text(before: object, after: object) -> str:
    """Return what became of a value; of a table, only the keys that differ."""
    if isinstance(before, dict) and isinstance(after, dict):
        every = list(_differences((), before, after))
        told = [f"{format_key(key)}: {value_text(old)} → {value_text(new)}" for key, old, new in every[:_KEYS_SHOWN]]
        more = [f"and {len(every) - len(told)} more keys"] if len(every) > len(told) else []
        if told:
            return "; ".join([*told, *more])
    return f"{value_text(before)} → {value_text(after)}"


def _differences(
    key: KeyPath, before: dict[str, object], after: dict[str, object]
) -> Iterator[tuple[KeyPath, object, object]]:
    for name in (*before, *(name for name in after if name not in before)):
        old, new = before.get(name), after.get(name)
        if isinstance(old, dict) and isinstance(new, dict):
            yield from _differences((*key, name), old, new)
        elif old != new:
            yield (*key, name), old, new


def _spelled(value: object, budget: int) -> str:
    """Return the spelling, at least up to ``budget`` characters: a value may hold a million entries."""
    if isinstance(value, str):
        return '"' + value[: budget + 1].replace("\\", "\\\\").replace('"', '\\"') + '"'
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (datetime, date, time)):
        return value.isoformat()
    if isinstance(value, dict):
        pairs = (f"{format_key((key,))} = {_spelled(inner, budget)}" for key, inner in value.items())
        inside = _joined(pairs, budget)
        return f"{{ {inside} }}" if inside else "{}"
    if isinstance(value, (list, tuple)):
        return f"[{_joined((_spelled(entry, budget) for entry in value), budget)}]"
    return str(value)


def _joined(parts: Iterable[str], budget: int) -> str:
    told: list[str] = []
    length = 0
    for part in parts:
        told.append(part)
        length += len(part) + 2
        if length > budget:
            break
    return ", ".join(told)
