"""The facts about what the commands of a makefile's tasks name."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING

from gatekeeper.core.cargo_make_core import RUN_CARGO
from gatekeeper.core.command_places import entered, placed
from gatekeeper.core.schema.cargo_make import PLATFORMS
from gatekeeper.core.shell_flow import substituted
from gatekeeper.core.symbols import FactCollector, Kind
from gatekeeper.core.tool_facts import named_by_shell, refer
from gatekeeper.core.tool_references import (
    DIRECTORY,
    SCRIPT_FILE,
    Naming,
    Variables,
    is_sure,
    named_in_command,
    named_in_script,
)
from gatekeeper.core.tree_paths import directory_of
from gatekeeper.core.values import strings, table

if TYPE_CHECKING:
    from gatekeeper.core.document import Value
    from gatekeeper.core.names import KeyPath

_Task = Mapping[str, "Value"]

_SHELL_RUNNER = re.compile(r"@shell|(?:.*/)?(?:ba|da|k|z)?sh\Z")
_DUCKSCRIPT_SHEBANG = re.compile(r"\s*#!\s*@duckscript\b")
_MINDED_BY_DUCKSCRIPT = re.compile(r"\s*exec\s+--fail-on-error\s+(?P<command>\S.*)")
"""Without the option a command may fail."""


def collect_commands(tree: Mapping[str, Value], collector: FactCollector) -> None:
    """Collect what the commands in the makefile ``tree`` name, and which of its tasks no command can name."""
    if table(tree.get("config")).get("load_cargo_aliases") is True:
        collector.define(Kind.LOADS_ALIASES, (collector.path,), ("config", "load_cargo_aliases"), shown=True)
    makefile = _Makefile(tree, collector)
    makefile.collect_env_files()
    for name, task in makefile.tasks.items():
        if isinstance(task, dict):
            if task.get("private") is True:
                collector.define(Kind.PRIVATE_TASK, (collector.path, name), ("tasks", name, "private"), shown=True)
            whole = makefile.whole(name)
            makefile.collect(("tasks", name), task, whole)
            for platform in sorted(PLATFORMS & task.keys()):
                own = table(task[platform])
                makefile.collect(("tasks", name, platform), own, own if own.get("clear") is True else {**whole, **own})


def named_by_script(task: _Task, directory: str | None, variables: Variables = ()) -> tuple[Naming, ...]:
    """Return what the script of ``task`` names, as far as it can be read: that of a shell or of duckscript."""
    return _named_in_lines(_lines(task.get("script")), task.get("script_runner"), directory, variables)


def _named_in_lines(
    lines: Iterable[str], runner: Value | None, directory: str | None, variables: Variables
) -> tuple[Naming, ...]:
    text = "\n".join(lines)
    if runner == "@duckscript" or (runner is None and _DUCKSCRIPT_SHEBANG.match(text)):
        minded = map(_MINDED_BY_DUCKSCRIPT.match, text.splitlines())
        return named_in_script("\n".join(one["command"] for one in minded if one is not None), directory, variables)
    if runner is None or (isinstance(runner, str) and _SHELL_RUNNER.match(runner)):
        return named_by_shell(text, directory, variables)
    return ()


def _lines(script: Value | None) -> list[str]:
    if isinstance(script, dict):
        return [text for text in map(script.get, ("pre", "main", "post")) if isinstance(text, str)]
    return [script] if isinstance(script, str) else strings(script)


class _Makefile:
    def __init__(self, tree: Mapping[str, Value], collector: FactCollector) -> None:
        self.tree = tree
        self.tasks = table(tree.get("tasks"))
        self.env = table(tree.get("env"))
        self.out = collector
        # What another makefile extends is run where that one lies; which one that is, is taken to be the top's.
        is_main = collector.path.rpartition("/")[2] == "Makefile.toml"
        self.directory = directory_of(collector.path) if is_main else ""
        self.has_core_tasks = table(tree.get("config")).get("skip_core_tasks") is not True

    def collect_env_files(self) -> None:
        files = self.tree.get("env_files")
        for entry in files if isinstance(files, list) else ():
            # An entry for one profile may never be read.
            path = entry.get("path") if isinstance(entry, dict) and "profile" not in entry else entry
            if isinstance(path, str) and (place := placed(path, self.directory)):
                refer(("env_files",), [Naming(SCRIPT_FILE, place, None, path)], self.out)

    def whole(self, name: str) -> _Task:
        """Return the task with what it takes over from those that it extends, and from cargo-make's own."""
        chain: dict[str, _Task] = {}
        parent: Value = name
        while isinstance(parent, str) and parent not in chain and parent in self.tasks:
            chain[parent] = table(self.tasks[parent])
            name, parent = parent, chain[parent].get("extend", parent)
        found: dict[str, Value] = {}
        root = parent if isinstance(parent, str) else name
        if root in RUN_CARGO and self.has_core_tasks and chain.get(root, {}).get("clear") is not True:
            found["command"] = "cargo"
        for task in reversed(chain.values()):
            found.update(task)
        return found

    def collect(self, key: KeyPath, own: _Task, whole: _Task) -> None:
        """Collect what ``own`` says; ``whole``: with what it takes over."""
        directory = self._directory(key, own, whole)
        exist = table(whole.get("condition")).get("files_exist")
        there = {place for path in strings(exist) if (place := placed(path, directory))}

        def note(part: str, named: Iterable[Naming]) -> None:
            refer((*key, part), (one for one in named if not is_sure(one, there)), self.out)

        if "script" in own:
            note("script", _script_file(own["script"], directory))
        if whole.get("ignore_errors") is True or whole.get("force") is True:
            return
        if own.keys() & {"args", "command"} and isinstance(whole.get("command"), str):
            words = [str(whole["command"]), *strings(whole.get("args"))]
            variables = dict(self._variables(whole, " ".join(words)))
            words = [substituted(word, variables) for word in words]
            note("args" if strings(own.get("args")) else "command", named_in_command(words, directory))
        for part in own.keys() & {"script", "condition_script"}:
            lines = _lines(own[part])
            variables_used = self._variables(whole, "\n".join(lines))
            note(part, _named_in_lines(lines, whole.get("script_runner"), directory, variables_used))

    def _directory(self, key: KeyPath, own: _Task, whole: _Task) -> str | None:
        cwd = whole.get("cwd")
        if not isinstance(cwd, str):
            return self.directory
        place = placed(cwd, self.directory)
        if place and "cwd" in own:
            refer((*key, "cwd"), [Naming(DIRECTORY, place, None, cwd)], self.out)
        return entered(cwd, self.directory)

    def _variables(self, task: _Task, text: str) -> Variables:
        """Return the variables in ``text`` that have a plain value, whoever runs the task."""
        if "$" not in text:
            return ()
        env = {**self.env, **table(task.get("env"))}
        return tuple((n, v) for n, v in env.items() if n in text and isinstance(v, str) and "$" not in v)


def _script_file(script: Value, directory: str | None) -> Iterator[Naming]:
    file = script.get("file") if isinstance(script, dict) else None
    if isinstance(script, dict) and isinstance(file, str) and script.get("absolute_path") is not True:
        place = placed(file, directory)
        if place:
            yield Naming(SCRIPT_FILE, place, None, file)
