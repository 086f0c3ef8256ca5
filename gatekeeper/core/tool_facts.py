"""The facts about what commands name: what manifests define for them, and where the commands stand."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from functools import partial
from typing import TYPE_CHECKING

from gatekeeper.core.ci_scripts import scripts_of_yaml
from gatekeeper.core.schema.cargo_make import PLATFORMS
from gatekeeper.core.symbols import FactCollector, FileFacts, How, Kind
from gatekeeper.core.tool_references import (
    DIRECTORY,
    SCRIPT_FILE,
    TARGETS,
    Naming,
    named_in_command,
    named_in_script,
    placed,
)
from gatekeeper.core.tree_paths import directory_of
from gatekeeper.core.values import strings, table

if TYPE_CHECKING:
    from gatekeeper.core.document import Value
    from gatekeeper.core.names import KeyPath, TreePath

_SCRIPT_FILE = re.compile(
    r"(?:.*/)?(?:\.github/(?:workflows/[^/]+|actions/.+)\.ya?ml|\.gitlab-ci\.ya?ml|[^/]+\.(?:ba)?sh|\.?justfile|[^/]+\.just)\Z",
    re.IGNORECASE | re.DOTALL,
)
_SHELL_RUNNER = re.compile(r"@shell|(?:.*/)?(?:ba|da|k|z)?sh\Z")
_SHEBANG = re.compile(r"\s*#!\s*(?P<runner>\S+(?:[ \t]+\S+)?)")
_SHELL_SHEBANG = re.compile(r".*\b(?:ba|da|k|z)?sh\b|@shell")


def is_script(path: TreePath) -> bool:
    """Return whether the file at ``path`` is a script or a CI file in which commands are looked for."""
    return _SCRIPT_FILE.match(path) is not None


def script_facts(path: TreePath, content: bytes) -> FileFacts:
    """Return what the commands of a script or a CI file name. They are taken to be run at the top of the tree."""
    collector = FactCollector(path)
    text = content.decode("utf-8", "replace")
    if path.lower().endswith((".yml", ".yaml")):
        # Which step a `working-directory` is for does not matter: what it says of files is then not known.
        directory = None if "working-directory:" in text else ""
        scripts = scripts_of_yaml(text)
    else:
        directory, scripts = "", iter((text,))
    for script in scripts:
        _refer((), _named_by_shell(script, directory), collector)
    return collector.facts()


def collect_named(tree: Mapping[str, Value], collector: FactCollector) -> None:
    """Collect the targets and profiles that the ``Cargo.toml`` ``tree`` lists by name."""
    here = directory_of(collector.path)
    for sort in TARGETS:
        entries = tree.get(sort)
        for entry in entries.values() if isinstance(entries, dict) else entries if isinstance(entries, list) else ():
            name = table(entry).get("name")
            if isinstance(name, str):
                collector.define(Kind.LISTED_TARGET, (here, sort, name), (sort, name), entry)


def collect_settings(tree: Mapping[str, Value], collector: FactCollector) -> None:
    """Collect the aliases of the ``.cargo/config.toml`` ``tree``."""
    here = directory_of(directory_of(collector.path))
    for name, command in table(tree.get("alias")).items():
        collector.define(Kind.CARGO_ALIAS, (here, name), ("alias", name), command)


def collect_commands(tree: Mapping[str, Value], collector: FactCollector) -> None:
    """Collect what the commands in the makefile ``tree`` name, and which of its tasks no command can name."""
    if table(tree.get("config")).get("load_cargo_aliases") is True:
        collector.define(Kind.LOADS_ALIASES, (collector.path,), ("config", "load_cargo_aliases"), shown=True)
    for name, task in table(tree.get("tasks")).items():
        if isinstance(task, dict):
            if task.get("private") is True:
                collector.define(Kind.PRIVATE_TASK, (collector.path, name), ("tasks", name, "private"), shown=True)
            _collect_task(("tasks", name), task, collector)
            for platform in sorted(PLATFORMS & task.keys()):
                _collect_task(("tasks", name, platform), table(task[platform]), collector)


def _collect_task(key: KeyPath, task: Mapping[str, Value], collector: FactCollector) -> None:
    # What another makefile extends is run where that one lies; which one that is, is taken to be the top's.
    path = collector.path
    directory: str | None = directory_of(path) if path.rpartition("/")[2] == "Makefile.toml" else ""
    cwd = task.get("cwd")
    if isinstance(cwd, str):
        directory = placed(cwd, directory)
        if directory:
            _refer((*key, "cwd"), [Naming(DIRECTORY, directory, None, cwd)], collector)
    command = task.get("command")
    if isinstance(command, str):
        arguments = strings(task.get("args"))
        part = "args" if arguments else "command"
        _refer((*key, part), named_in_command((command, *arguments), directory), collector)
    for part in ("script", "condition_script"):
        script = task.get(part)
        _refer((*key, part), _named_by_task(script, task.get("script_runner"), directory), collector)


def _named_by_task(script: Value | None, runner: Value | None, directory: str | None) -> Iterator[Naming]:
    if isinstance(script, dict):
        file = script.get("file")
        if isinstance(file, str) and script.get("absolute_path") is not True and (place := placed(file, directory)):
            yield Naming(SCRIPT_FILE, place, None, file)
        lines = [text for text in map(script.get, ("pre", "main", "post")) if isinstance(text, str)]
    else:
        lines = [script] if isinstance(script, str) else strings(script)
    if runner is None or (isinstance(runner, str) and _SHELL_RUNNER.match(runner)):
        yield from _named_by_shell("\n".join(lines), directory)


def _named_by_shell(script: str, directory: str | None) -> Iterator[Naming]:
    shebang = _SHEBANG.match(script)
    if shebang is None or _SHELL_SHEBANG.match(shebang["runner"]):
        yield from named_in_script(script, directory)


def _refer(key: KeyPath, named: Iterable[Naming], collector: FactCollector) -> None:
    refer = partial(collector.refer, Kind.NAMED_BY_COMMAND, key=key, how=How.COMMAND)
    for sort, name, owner, said in named:
        refer((sort, name) if owner is None else (sort, name, owner), value=said)
