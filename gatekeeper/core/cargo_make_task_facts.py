"""What a task of a cargo-make file is like, beside its name and the tasks that it refers to."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator, Mapping
from graphlib import CycleError, TopologicalSorter
from typing import TYPE_CHECKING

from gatekeeper.core.schema.cargo_make import PLATFORMS
from gatekeeper.core.symbols import FactCollector, How, Kind
from gatekeeper.core.task_conditions import criteria
from gatekeeper.core.tool_references import TASK, named_in_command
from gatekeeper.core.tool_task_facts import named_by_script
from gatekeeper.core.values import strings, table

if TYPE_CHECKING:
    from gatekeeper.core.document import Value
    from gatekeeper.core.names import KeyPath

CONDITIONS = frozenset({"condition", "condition_script"})
ACTIONS = ("command", "script", "run_task")
TARGET_DIR = "CARGO_TARGET_DIR"
CLEAR, PRIVATE, DISABLED = "clear", "private", "disabled"
CONDITION, OWN_CONDITION = "condition", "own-condition"
ALIAS = "alias"
NO_WORKSPACE = "no-workspace"
TRAITS = (*ACTIONS, CLEAR, PRIVATE, DISABLED, CONDITION, OWN_CONDITION, ALIAS, NO_WORKSPACE)
BUILDS = "builds"

_ACTIONS = frozenset(ACTIONS)
_SWITCHES = frozenset({CLEAR, PRIVATE, DISABLED})
_SWITCHES_OF_PLATFORM = (PRIVATE, DISABLED)
_ONLY_READ = frozenset({"description", "category"})
_COMMANDS = frozenset({"command", "args", "script", "script_runner", "install_script", "plugin"})
_LENDS = "CARGO_MAKE_EXTEND_WORKSPACE_MAKEFILE"
_FALSE = ("", "0", "false", "no")
_BUILDS = re.compile(r"cargo|target|rust|maturin|\b(?:wasm-pack|cross|make|just|npm)\b|\.sh\b", re.IGNORECASE)
"""What leads to a target directory, or can for all that a makefile tells."""
_VARIABLE = re.compile(r"\$\{\s*([\w-]+)\s*\}")
_SHELL_VARIABLE = re.compile(r"\$(?:([\w-]+)|\{#?([\w-]+)\})")


def collect_traits(name: str, task: Mapping[str, Value], collector: FactCollector) -> None:
    """Note what ``task`` does and how, and the order of its dependencies."""
    here = (collector.path, name)
    body = repr([item for item in task.items() if item[0] not in _ONLY_READ])
    fingerprint = hashlib.blake2b(body.encode(errors="surrogatepass"), digest_size=8).hexdigest()
    overrides = {platform: table(task[platform]) for platform in sorted(PLATFORMS & task.keys())}
    builds = _may_build(task) or any(map(_may_build, overrides.values()))
    collector.define(Kind.TASK_BODY, (*here, fingerprint, *([BUILDS] if builds else ())), ("tasks", name))
    for part, value in task.items():
        for trait in _traits(part, value):
            collector.define(Kind.TASK_TRAIT, (*here, trait), ("tasks", name, part))
    _collect_conditions(("tasks", name), task, collector)
    _collect_target_dir(("tasks", name), table(task.get("env")), collector)
    for platform, override in overrides.items():
        key = ("tasks", name, platform)
        for trait in _SWITCHES_OF_PLATFORM:
            if override.get(trait) is True:
                collector.define(Kind.PLATFORM_TRAIT, (*here, trait, platform), (*key, trait))
        _collect_conditions(key, override, collector)
        _collect_target_dir(key, table(override.get("env")), collector)
    _collect_orders(here, task, collector)


def _traits(part: str, value: Value) -> Iterator[str]:
    """Yield the traits that a key of a task gives it, but for its conditions."""
    if part in _ACTIONS:
        yield part
    elif part in CONDITIONS:
        # A condition that asks for nothing takes the place of another one all the same.
        if value or isinstance(value, dict):
            yield OWN_CONDITION
    elif part == "workspace":
        if value is False:
            yield NO_WORKSPACE
    elif part == ALIAS:
        yield ALIAS
    elif part in _SWITCHES and value is True:
        yield part


def _may_build(task: Mapping[str, Value]) -> bool:
    for part, value in task.items():
        if part in _COMMANDS and _BUILDS.search(value if isinstance(value, str) else repr(value)):
            return True
    return False


def _collect_conditions(key: KeyPath, task: Mapping[str, Value], collector: FactCollector) -> None:
    if CONDITIONS.isdisjoint(task):
        return
    here = (collector.path, key[1])
    for part, field, entries in criteria(task):
        collector.define(Kind.TASK_CRITERION, (*here, field, *entries), (*key, part))
        if len(key) == len(here):
            collector.define(Kind.TASK_TRAIT, (*here, CONDITION), (*key, part))


def _collect_target_dir(key: KeyPath, env: Mapping[str, Value], collector: FactCollector) -> None:
    directory = _directory(env.get(TARGET_DIR))
    if directory is not None:
        task = key[1] if key else ""
        place = (*key, "env", TARGET_DIR)
        collector.define(Kind.TASK_TARGET_DIR, (collector.path, task, directory), place, env[TARGET_DIR])


def _directory(value: Value | None) -> str | None:
    """Return what a variable is set to, in whatever form."""
    if isinstance(value, dict):
        plain = value.get("value", value.get("default_value"))
        return plain if isinstance(plain, str) else (repr(value) if value.keys() & {"script", "source"} else None)
    return value if isinstance(value, str) else None


def _collect_orders(here: tuple[str, str], task: Mapping[str, Value], collector: FactCollector) -> None:
    dependencies = task.get("dependencies")
    if isinstance(dependencies, list):
        names = strings(dependencies)
        collector.define(Kind.TASK_ORDER, (*here, *names), ("tasks", here[1], "dependencies"), [*names])
    run_task = task.get("run_task")
    for entry in run_task if isinstance(run_task, list) else [run_task]:
        # A fork has variables of its own, and what runs in parallel is in no order.
        details = table(entry)
        name = details.get("name", entry)
        names = [name] if isinstance(name, str) else strings(name)
        if names and not (details.get("fork") is True or details.get("parallel") is True):
            collector.define(Kind.RUN_ORDER, (*here, *names), ("tasks", here[1], "run_task"), [*names])


def collect_env(env: Mapping[str, Value], collector: FactCollector) -> None:
    """Note which variables of the global [env] are made of which others, and what else follows from them."""
    lends = env.get(_LENDS, False)
    if lends is not False and lends not in _FALSE:
        collector.define(Kind.LENT_MAKEFILE, (collector.path,), ("env", _LENDS), lends)
    _collect_target_dir((), env, collector)
    for name, value in env.items():
        for used in dict.fromkeys(variables_used(value)):
            if used != name:
                shown = value if isinstance(value, str) else None
                collector.define(Kind.ENV_USE, (collector.path, name, used), ("env", name), shown)


def is_circular(env: Mapping[str, Value]) -> bool:
    """Return whether variables of ``env`` are made of each other in a circle."""
    graph = {
        name: [used for used in variables_used(value) if used in env.keys() - {name}] for name, value in env.items()
    }
    try:
        TopologicalSorter(graph).prepare()
    except CycleError:
        return True
    return False


def variables_used(value: Value) -> Iterator[str]:
    """Yield the variables of which the value of a variable is made."""
    details = table(value)
    if "script" in details:
        given = details.get("depends_on")
        if isinstance(given, list):
            yield from strings(given)
            return
        for line in strings(details["script"]):
            for match in _SHELL_VARIABLE.finditer(line):
                yield match[1] or match[2]
        return
    texts = [details.get(part) for part in ("source", "value", "glob")] if details else [value]
    for text in texts[0] if isinstance(texts[0], list) else texts:
        if isinstance(text, str):
            yield from _VARIABLE.findall(text)


def collect_called(key: KeyPath, task: Mapping[str, Value], collector: FactCollector) -> None:
    """Note the tasks that ``task`` runs as a user would, by `cargo make` on a command line of its own."""
    if "cwd" in task:
        return
    command, script = task.get("command"), task.get("script")
    words = [command, *strings(task.get("args"))] if isinstance(command, str) else []
    by_script = named_by_script(task, "") if "make" in str(script) else ()
    for part, named in (("script", by_script), ("args", named_in_command(words, ""))):
        for one in named:
            # What is run with --allow-private, or in another makefile, is no matter of this one.
            if one.sort == TASK and one.owner == "Makefile.toml" and one.said == one.name:
                collector.refer(Kind.TASK, (collector.path, one.name), (*key, part), How.CALLED, one.name)
