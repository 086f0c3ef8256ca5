"""The keys of a task that decide where it leads: which file and which table of a makefile sets them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from gatekeeper.core.schema.cargo_make import PLATFORMS
from gatekeeper.core.symbols import FactCollector, Kind

if TYPE_CHECKING:
    from gatekeeper.core.document import Value
    from gatekeeper.core.names import KeyPath

ALIAS, DEPENDENCIES, DISABLED, CLEAR = "alias", "dependencies", "disabled", "clear"
PLATFORM_ALIASES = {platform: f"{platform}_alias" for platform in sorted(PLATFORMS)}
CONDITION_PARTS = ("condition", "condition_script")
PARTS = frozenset({
    ALIAS, *PLATFORM_ALIASES.values(), *CONDITION_PARTS, DEPENDENCIES, DISABLED, CLEAR, "extend", "run_task", "plugin",
})  # fmt: skip

EVERYWHERE, WHOLE_TABLE = "", ""
"""The table of a task that no platform has of its own; the part that stands for one platform's table as such."""
ON, OFF = "on", "off"


def collect_parts(name: str, task: Mapping[str, Value], collector: FactCollector) -> None:
    """Note which of the keys ``task`` sets, for all platforms and for one."""
    _collect((collector.path, name, EVERYWHERE), ("tasks", name), task, collector)
    for platform in sorted(PLATFORMS & task.keys()):
        override = task[platform]
        if isinstance(override, dict):
            here, key = (collector.path, name, platform), ("tasks", name, platform)
            collector.define(Kind.TASK_PART, (*here, WHOLE_TABLE, ON), key)
            _collect(here, key, override, collector)


def _collect(here: tuple[str, ...], key: KeyPath, values: Mapping[str, Value], collector: FactCollector) -> None:
    for part in values:
        if part in PARTS:
            state = ON if part not in _SWITCHED or values[part] not in _NOTHING else OFF
            collector.define(Kind.TASK_PART, (*here, part, state), (*key, part))


def collect_variables(env: Mapping[str, Value], collector: FactCollector) -> None:
    """Note which variables the global [env] sets."""
    for name in env:
        collector.define(Kind.ENV_VARIABLE, (collector.path, name), ("env", name))


_SWITCHED = frozenset({DISABLED, CLEAR, *CONDITION_PARTS})
_NOTHING: tuple[Value, ...] = (False, {}, [], "")
