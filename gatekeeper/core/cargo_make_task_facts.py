"""What a task of a cargo-make file is like, beside its name and the tasks that it refers to."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from gatekeeper.core.symbols import FactCollector, How, Kind
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
CONDITION = "condition"
NO_WORKSPACE = "no-workspace"
TRAITS = (*ACTIONS, CLEAR, PRIVATE, DISABLED, CONDITION, NO_WORKSPACE)

_ACTIONS = frozenset(ACTIONS)
_SWITCHES = frozenset({CLEAR, PRIVATE, DISABLED})
_ONLY_READ = frozenset({"description", "category"})
_VARIABLE = re.compile(r"\$\{\s*([\w-]+)\s*\}")
_SHELL_VARIABLE = re.compile(r"\$(?:([\w-]+)|\{#?([\w-]+)\})")


def collect_traits(name: str, task: Mapping[str, Value], collector: FactCollector) -> None:
    """Note what ``task`` does and how, and the order of its dependencies."""
    here = (collector.path, name)
    body = repr([item for item in task.items() if item[0] not in _ONLY_READ])
    fingerprint = hashlib.blake2b(body.encode(errors="surrogatepass"), digest_size=8).hexdigest()
    collector.define(Kind.TASK_BODY, (*here, fingerprint), ("tasks", name))
    for part, value in task.items():
        trait = _trait(part, value)
        if trait is not None:
            collector.define(Kind.TASK_TRAIT, (*here, trait), ("tasks", name, part))
    env = task.get("env")
    target_dir = env.get(TARGET_DIR) if isinstance(env, dict) else None
    if isinstance(target_dir, str):
        collector.define(Kind.TASK_TARGET_DIR, here, ("tasks", name, "env", TARGET_DIR), target_dir)
    dependencies = task.get("dependencies")
    if isinstance(dependencies, list):
        key = ("tasks", name, "dependencies")
        names = strings(dependencies)
        collector.define(Kind.TASK_ORDER, (*here, *names), key, [*names])


def _trait(part: str, value: Value) -> str | None:
    """Return the trait that a key of a task gives it."""
    if part in _ACTIONS:
        return part
    if part in CONDITIONS:
        return CONDITION if value else None
    if part == "workspace":
        return NO_WORKSPACE if value is False else None
    return part if part in _SWITCHES and value is True else None


def collect_env(env: Mapping[str, Value], collector: FactCollector) -> None:
    """Note which variables of the global [env] are made of which others."""
    for name, value in env.items():
        for used in dict.fromkeys(variables_used(value)):
            if used != name:
                shown = value if isinstance(value, str) else None
                collector.define(Kind.ENV_USE, (collector.path, name, used), ("env", name), shown)


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
