"""Reading values of any type without surprises: what is not of the expected type is as good as absent."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from gatekeeper.core.document import Value

_EMPTY: Mapping[str, Value] = {}


def table(value: Value | None) -> Mapping[str, Value]:
    """Return ``value`` if it is a table, else an empty one."""
    return value if isinstance(value, dict) else _EMPTY


def strings(value: Value | None) -> list[str]:
    """Return the strings of an array; none when it is no array."""
    return [entry for entry in value if isinstance(entry, str)] if isinstance(value, list) else []
