"""The facts of a cargo-make file."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from gatekeeper.core.names import TreePath
from gatekeeper.core.schema.cargo_make import PLATFORMS
from gatekeeper.core.symbols import FactCollector, How, Kind
from gatekeeper.core.tree_paths import directory_of, resolve
from gatekeeper.core.values import strings, table

if TYPE_CHECKING:
    from gatekeeper.core.document import Value
    from gatekeeper.core.names import KeyPath

_ALIASES = ("alias", "linux_alias", "windows_alias", "mac_alias")


def collect_cargo_make(tree: Mapping[str, Value], collector: FactCollector) -> None:
    """Collect the facts of the makefile ``tree``."""
    _collect_extend(tree.get("extend"), collector)
    config = table(tree.get("config"))
    prefix = table(config.get("modify_core_tasks")).get("namespace")
    if config.get("skip_core_tasks") is True:
        collector.define(Kind.NO_CORE_TASKS, (collector.path,), ("config", "skip_core_tasks"), shown=True)
    elif isinstance(prefix, str) and prefix:
        key = ("config", "modify_core_tasks", "namespace")
        collector.define(Kind.NO_CORE_TASKS, (collector.path,), key, prefix)
    for name, task in table(tree.get("tasks")).items():
        if isinstance(task, dict):
            collector.define(Kind.TASK, (collector.path, name), ("tasks", name))
            _collect_task(("tasks", name), task, collector)
            for platform in sorted(PLATFORMS & task.keys()):
                _collect_task(("tasks", name, platform), table(task[platform]), collector)


def extended_files(path: TreePath, tree: Mapping[str, Value]) -> Iterator[TreePath]:
    """Yield the files that the makefile at ``path`` extends, as far as its tree tells."""
    collector = FactCollector(path)
    _collect_extend(tree.get("extend"), collector)
    for reference in collector.facts().references:
        yield TreePath(reference.symbol.name[0])


def _collect_extend(extend: Value | None, collector: FactCollector) -> None:
    for entry in extend if isinstance(extend, list) else [extend]:
        path = entry.get("path") if isinstance(entry, dict) else entry
        if path is None:
            continue
        anchored = isinstance(entry, dict) and entry.get("relative", "makefile") != "makefile"
        place = None
        if isinstance(path, str) and "$" not in path and not anchored:
            place = resolve(directory_of(collector.path), path)
        if place is None:
            collector.define(Kind.OPEN_MAKEFILE, (collector.path,), ("extend",))
        else:
            collector.refer(Kind.FILE, (place,), ("extend",), How.EXTEND_FILE, place)


def _collect_task(key: KeyPath, task: Mapping[str, Value], collector: FactCollector) -> None:
    def refer(part: str, how: How, name: str) -> None:
        # A name made of variables, or of another file, says nothing about the tasks that are known here.
        if "$" not in name:
            collector.refer(Kind.TASK, (collector.path, name), (*key, part), how, name)

    dependencies = task.get("dependencies")
    for name in strings(dependencies):
        refer("dependencies", How.TASK_DEPENDENCY, name)
    for part in _ALIASES:
        alias = task.get(part)
        if isinstance(alias, str):
            refer(part, How.ALIAS, alias)
    extend = task.get("extend")
    if isinstance(extend, str):
        refer("extend", How.EXTEND, extend)
        if dependencies is None:
            refer("extend", How.EXTEND_DEPENDENCIES, extend)
    for name in _run_task_names(task.get("run_task")):
        refer("run_task", How.RUN_TASK, name)


def _run_task_names(run_task: Value | None) -> Iterator[str]:
    for entry in run_task if isinstance(run_task, list) else [run_task]:
        names = entry.get("name") if isinstance(entry, dict) else entry
        if isinstance(names, str):
            yield names
        else:
            yield from strings(names)
