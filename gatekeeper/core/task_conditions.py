"""What a condition of a task asks for, one by one: the more there is of it, the less often the task runs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, NamedTuple

from gatekeeper.core.values import strings, table

if TYPE_CHECKING:
    from gatekeeper.core.document import Value

ONE_OF = frozenset({"profiles", "os", "platforms", "channels"})
"""Of these lists one entry has to fit, so that a longer one asks for less."""

_ALL_OF = frozenset({"env_set", "env_not_set", "env_true", "env_false", "files_exist", "files_not_exist"})
_TABLES = frozenset({"env", "env_not", "env_contains", "rust_version"})


class Criterion(NamedTuple):
    """One thing that a condition asks for. ``part`` is the key of the task that says so."""

    part: str
    field: str
    entries: tuple[str, ...]


def criteria(task: Mapping[str, Value]) -> Iterator[Criterion]:
    """Yield what the conditions of ``task``, or of its part for one platform, ask for; what only speaks is left out."""
    condition = table(task.get("condition"))
    if condition.get("condition_type", "And") == "And":
        for field, value in condition.items():
            for entries in _asked(field, value):
                yield Criterion("condition", field, entries)
    elif any(entries for field, value in condition.items() for entries in _asked(field, value)):
        # Of alternatives it takes all to say whether there are fewer than before.
        yield Criterion("condition", "", (repr(sorted(condition.items(), key=str)),))
    if task.get("condition_script"):
        yield Criterion("condition_script", "condition_script", (repr(task["condition_script"]),))


def _asked(field: str, value: Value) -> Iterator[tuple[str, ...]]:
    if field in ONE_OF:
        if strings(value):
            yield tuple(sorted(strings(value)))
    elif field in _ALL_OF:
        yield from ((entry,) for entry in strings(value))
    elif field in _TABLES:
        yield from ((name, str(wanted)) for name, wanted in table(value).items())
    elif field == "files_modified":
        yield (repr(value),)
