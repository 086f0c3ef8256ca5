"""What a task of a cargo-make file is like, beside its name and the tasks that it refers to."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from gatekeeper.core.symbols import FactCollector, How, Kind
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
_CALL = re.compile(r"(?:\bcargo[ \t]+make|\bmakers)((?:[ \t]+-[^\s;&|]*)*)[ \t]+([A-Za-z_][\w:.-]*)")
_ELSEWHERE = re.compile(r"--allow-private|--makefile|--cwd|(?:\s|^)-[a-z]\b")
_CHANGES_DIRECTORY = re.compile(r"\bcd\b")
_OPTIONS_WITH_VALUE = frozenset({"--profile", "--env", "--env-file", "--loglevel", "--output-format", "--skip-tasks"})


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
        for used in dict.fromkeys(_used(value)):
            if used != name:
                shown = value if isinstance(value, str) else None
                collector.define(Kind.ENV_USE, (collector.path, name, used), ("env", name), shown)


def _used(value: Value) -> Iterator[str]:
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
    script = task.get("script")
    text = script if isinstance(script, str) else "\n".join(strings(script))
    if "make" in text:
        for name in dict.fromkeys(name for line in text.splitlines() for name in _called(line)):
            collector.refer(Kind.TASK, (collector.path, name), (*key, "script"), How.CALLED, name)
    command = task.get("command")
    if isinstance(command, str) and command.startswith(("cargo", "makers")):
        for name in _called(" ".join([command, *strings(task.get("args"))])):
            collector.refer(Kind.TASK, (collector.path, name), (*key, "args"), How.CALLED, name)


def _called(line: str) -> Iterator[str]:
    if "make" not in line or line.lstrip().startswith("#") or _CHANGES_DIRECTORY.search(line):
        return
    for match in _CALL.finditer(line):
        options = match[1].split()
        # An option that takes the next word as its value, or leads to another makefile, leaves the task unknown.
        if not _ELSEWHERE.search(match[1]) and (not options or options[-1] not in _OPTIONS_WITH_VALUE):
            yield match[2]
