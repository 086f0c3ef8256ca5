"""The facts of a cargo-make file."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from gatekeeper.core.cargo_make_part_facts import collect_parts, collect_variables
from gatekeeper.core.cargo_make_task_facts import CONDITIONS, collect_called, collect_env, collect_traits
from gatekeeper.core.makefile_extends import collect_extend
from gatekeeper.core.schema.cargo_make import PLATFORMS
from gatekeeper.core.symbols import FactCollector, How, Kind
from gatekeeper.core.tree_paths import directory_of, resolve
from gatekeeper.core.values import strings, table

if TYPE_CHECKING:
    from gatekeeper.core.document import Value
    from gatekeeper.core.names import KeyPath

_ALIASES = ("alias", "linux_alias", "windows_alias", "mac_alias")
_CONFIG_TASKS = ("init_task", "end_task", "legacy_migration_task", "on_error_task")


def collect_cargo_make(tree: Mapping[str, Value], collector: FactCollector) -> None:
    """Collect the facts of the makefile ``tree``."""
    collect_extend(tree.get("extend"), collector)
    config = table(tree.get("config"))
    _collect_config(config, collector)
    env = table(tree.get("env"))
    collect_env(env, collector)
    collect_variables(env, collector)
    _collect_plugins(table(tree.get("plugins")), collector)
    for name, task in table(tree.get("tasks")).items():
        if isinstance(task, dict):
            collector.define(Kind.TASK, (collector.path, name), ("tasks", name))
            collect_traits(name, task, collector)
            collect_parts(name, task, collector)
            if task.get("workspace") is True:
                key = ("tasks", name, "workspace")
                collector.define(Kind.MEMBER_FLOW, (collector.path, name), key, shown=True)
            _collect_aliases(("tasks", name), task, collector)
            _collect_task(("tasks", name), task, collector)
            for platform in sorted(PLATFORMS & task.keys()):
                _collect_task(("tasks", name, platform), table(task[platform]), collector)


def _collect_config(config: Mapping[str, Value], collector: FactCollector) -> None:
    prefix = table(config.get("modify_core_tasks")).get("namespace")
    if config.get("skip_core_tasks") is True:
        collector.define(Kind.NO_CORE_TASKS, (collector.path,), ("config", "skip_core_tasks"), shown=True)
    elif isinstance(prefix, str) and prefix:
        key = ("config", "modify_core_tasks", "namespace")
        collector.define(Kind.NO_CORE_TASKS, (collector.path,), key, prefix)
    if config.get("default_to_workspace") is False:
        place = ("config", "default_to_workspace")
        collector.define(Kind.NO_WORKSPACE_FLOW, (collector.path,), place, shown=False)
    for part in _CONFIG_TASKS:
        name = config.get(part)
        if isinstance(name, str) and "$" not in name:
            collector.refer(Kind.TASK, (collector.path, name), ("config", part), How.CONFIG_TASK, name)


def _collect_plugins(plugins: Mapping[str, Value], collector: FactCollector) -> None:
    for part in ("impl", "aliases"):
        for name in table(plugins.get(part)):
            collector.define(Kind.PLUGIN, (collector.path, name), ("plugins", part, name))


def _collect_aliases(key: KeyPath, task: Mapping[str, Value], collector: FactCollector) -> None:
    """Note the aliases of a task. The table of a platform can have none: there they are keys like ``linux_alias``."""
    for part in _ALIASES:
        alias = task.get(part)
        if isinstance(alias, str) and "$" not in alias:
            collector.refer(Kind.TASK, (collector.path, alias), (*key, part), How.ALIAS, alias)


def _collect_task(key: KeyPath, task: Mapping[str, Value], collector: FactCollector) -> None:
    def refer(part: str, how: How, name: str) -> None:
        # A name made of variables says nothing about the tasks that are known here.
        if "$" not in name:
            collector.refer(Kind.TASK, (collector.path, name), (*key, part), how, name)

    dependencies = task.get("dependencies")
    for name in strings(dependencies):
        refer("dependencies", How.TASK_DEPENDENCY, name)
    for entry in dependencies if isinstance(dependencies, list) else ():
        if isinstance(entry, dict):
            _collect_dependency((*key, "dependencies"), entry, collector)
    extend = task.get("extend")
    if isinstance(extend, str):
        refer("extend", How.EXTEND, extend)
        if dependencies is None:
            refer("extend", How.EXTEND_DEPENDENCIES, extend)
    for how, name in _run_task_names(task["run_task"]) if "run_task" in task else ():
        refer("run_task", how, name)
    plugin = task.get("plugin")
    if isinstance(plugin, str) and "$" not in plugin:
        collector.refer(Kind.PLUGIN, (collector.path, plugin), (*key, "plugin"), How.PLUGIN_NAME, plugin)
    collect_called(key, task, collector)


def _collect_dependency(key: KeyPath, entry: Mapping[str, Value], collector: FactCollector) -> None:
    """Note a dependency that is a table: on a task of this makefile, or of the one at a path."""
    name, path = entry.get("name"), entry.get("path")
    if not isinstance(name, str) or "$" in name:
        return
    if path is None:
        collector.refer(Kind.TASK, (collector.path, name), key, How.TASK_DEPENDENCY, name)
    elif isinstance(path, str) and "$" not in path:
        # A directory stands for the makefile in it. What is a file the tree could tell, but the name does.
        makefile = path if path.endswith(".toml") else f"{path}/Makefile.toml"
        place = resolve(directory_of(collector.path), makefile)
        if place is not None:
            collector.refer(Kind.TASK, (place, name), key, How.DEPENDENCY_ELSEWHERE, name)


def _run_task_names(run_task: Value | None) -> Iterator[tuple[How, str]]:
    how = How.RUN_TASK
    for entry in run_task if isinstance(run_task, list) else [run_task]:
        details = table(entry)
        names = details.get("name") if isinstance(entry, dict) else entry
        # Only entries of a list have conditions. The first that holds runs, so all after it are conditional as well.
        unconditional = details.keys().isdisjoint(CONDITIONS) or not isinstance(run_task, list)
        how = how if unconditional else How.RUN_TASK_IF
        for name in [names] if isinstance(names, str) else strings(names):
            yield how, name
        cleanup = details.get("cleanup_task")
        if isinstance(cleanup, str):
            yield How.CLEANUP_TASK, cleanup
        if unconditional and isinstance(entry, dict):
            return
