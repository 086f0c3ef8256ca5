"""Where in the text a value stands: ``("notifications", 1, "on", 0)`` to line and column."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TypeAlias

from gatekeeper.core.toml_scan import Form, Statement, array_entries, inline_pairs, statements

Location: TypeAlias = "tuple[str | int, ...]"
"""Keys, and numbers of entries of lists from 0."""


def position(text: str, location: Location) -> tuple[int, int] | None:
    """Return line and column, from 1, of what stands at ``location``, or else of the nearest around it; None: nowhere.

    A table that is nowhere opened by itself stands where the first of its keys does.
    """
    nearest: tuple[int, int] | None = None
    for place, statement in _placed(text):
        if place[: len(location)] == location:
            return _line_and_column(text, statement.start)
        if location[: len(place)] == place:
            found, depth = _inside(text, statement, location[len(place) :])
            if nearest is None or len(place) + depth > nearest[0]:
                nearest = len(place) + depth, found
            if len(place) + depth == len(location):
                break
    return None if nearest is None else _line_and_column(text, nearest[1])


def _placed(text: str) -> Iterator[tuple[Location, Statement]]:
    """Yield each statement with where it puts its value: a header its table, a pair its key."""
    rows: dict[Location, int] = {}
    table: Location = ()
    for statement in statements(text):
        if statement.form is Form.HEADER:
            table = _counted(statement.parts, rows)
            yield table, statement
        elif statement.form is Form.ARRAY_HEADER:
            array = (*_counted(statement.parts[:-1], rows), statement.parts[-1])
            rows[array] = rows.get(array, -1) + 1
            table = (*array, rows[array])
            yield table, statement
        else:
            yield table + statement.parts, statement


def _counted(parts: tuple[str, ...], rows: dict[Location, int]) -> Location:
    """Return the location of a header's parts: below an array of tables, that of its last row so far."""
    place: Location = ()
    for part in parts:
        place = (*place, part)
        if place in rows:
            place = (*place, rows[place])
    return place


def _inside(text: str, statement: Statement, wanted: Location) -> tuple[int, int]:
    """Return the offset of what ``wanted`` names in a statement's value, and how many of its parts have been found."""
    found, start, end, depth = statement.start, statement.value, statement.end, 0
    while depth < len(wanted) and start < end:
        part = wanted[depth]
        if isinstance(part, int):
            entries = list(array_entries(text, start, end)) if text[start] == "[" else []
            if part >= len(entries):
                break
            start, end = entries[part]
            found, depth = start, depth + 1
        else:
            pairs = inline_pairs(text, start, end) if text[start] == "{" else iter(())
            pair = next((one for one in pairs if one.parts == wanted[depth : depth + len(one.parts)]), None)
            if pair is None:
                break
            found, start, end = pair.start, pair.value, pair.end
            depth += len(pair.parts)
    return found, depth


def _line_and_column(text: str, offset: int) -> tuple[int, int]:
    return text.count("\n", 0, offset) + 1, offset - text.rfind("\n", 0, offset)
