"""The facts about what commands name: what manifests define for them, and the commands of scripts and CI files."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from functools import partial
from typing import TYPE_CHECKING

from gatekeeper.core.ci_scripts import Script, scripts_of_make, scripts_of_yaml
from gatekeeper.core.spans import Span
from gatekeeper.core.symbols import FactCollector, FileFacts, How, Kind
from gatekeeper.core.tool_references import TARGETS, Naming, Variables, named_in_command, named_in_script
from gatekeeper.core.tree_paths import directory_of
from gatekeeper.core.values import strings, table

if TYPE_CHECKING:
    from gatekeeper.core.document import Value
    from gatekeeper.core.names import KeyPath, TreePath

_YAML = re.compile(
    r"(?:.*/)?(?:\.(?:github|gitea|forgejo)/(?:workflows/[^/]+|actions/.+)|\.(?:gitlab-ci|travis|drone)|\.circleci/config"
    r"|\.(?:woodpecker|buildkite|azure-pipelines)/.+|\.woodpecker|azure-pipelines[^/]*|bitbucket-pipelines)\.ya?ml\Z",
    re.IGNORECASE | re.DOTALL,
)
_MAKE = re.compile(r"(?:.*/)?(?:(?:gnu)?makefile|[^/]+\.mk)\Z", re.IGNORECASE | re.DOTALL)
_SHELL = re.compile(r"(?:.*/)?(?:[^/]+\.(?:ba)?sh|\.?justfile|[^/]+\.just)\Z", re.IGNORECASE | re.DOTALL)
_SCRIPT = re.compile("|".join(kind.pattern for kind in (_SHELL, _YAML, _MAKE)), re.IGNORECASE | re.DOTALL)
_SHEBANG = re.compile(r"\s*#!\s*(?P<runner>\S+(?:[ \t]+\S+)?)")
_SHELL_SHEBANG = re.compile(r".*\b(?:ba|da|k|z)?sh\b|@shell")
_LINES_OF_A_COMMAND = 20


def is_script(path: TreePath) -> bool:
    """Return whether the file at ``path`` is a script or a CI file in which commands are looked for."""
    return _SCRIPT.match(path) is not None


def is_ci_file(path: TreePath) -> bool:
    """Return whether the file at ``path`` says what continuous integration does."""
    return _YAML.match(path) is not None


def script_facts(path: TreePath, content: bytes) -> FileFacts:
    """Return what the commands of a script or a CI file name. They are taken to be run at the top of the tree."""
    collector = FactCollector(path)
    refer((), _named_in_file(path, content.decode("utf-8", "replace")), collector)
    return collector.facts()


def command_span(path: TreePath, content: bytes, said: str) -> Span | None:
    """Return where the words of a reference stand in a script or a CI file: they themselves, or else their command.

    References do not hold it: who moves a command down a line has not written another one.
    """
    text = content.decode("utf-8", "replace")
    start = next((naming.line for naming in _named_in_file(path, text) if naming.said == said), None)
    if start is None:
        return None
    words = re.compile(rf"(?<![\w-]){re.escape(said)}(?![\w-])")
    lines = text.splitlines()[start - 1 : start - 1 + _LINES_OF_A_COMMAND]
    for number, line in enumerate(lines, start):
        if (found := words.search(line)) is not None:
            return Span(number, found.start() + 1, number, found.end() + 1)
    line = lines[0] if lines else ""
    return Span(start, len(line) - len(line.lstrip()) + 1, start, len(line.rstrip()) + 1)


def _named_in_file(path: TreePath, text: str) -> Iterator[Naming]:
    """Yield what is named, with the lines of the file, from 1."""
    directory: str | None = ""
    if _YAML.match(path):
        # Which step a `working-directory` is for does not matter: what it says of files is then not known.
        directory = None if "working-directory:" in text else ""
        scripts = scripts_of_yaml(text)
    elif _MAKE.match(path):
        scripts = scripts_of_make(text)
    else:
        scripts = iter((Script(text, range(1, text.count("\n") + 2)),))
    for script in scripts:
        for naming in named_by_shell(script.text, directory):
            yield naming._replace(line=script.line(naming.line))


def named_by_shell(script: str, directory: str | None, variables: Variables = ()) -> tuple[Naming, ...]:
    """Return what ``script`` names, if a shell runs it."""
    shebang = _SHEBANG.match(script)
    is_for_shell = shebang is None or _SHELL_SHEBANG.match(shebang["runner"])
    return named_in_script(script, directory, variables) if is_for_shell else ()


def refer(key: KeyPath, named: Iterable[Naming], collector: FactCollector) -> None:
    """Note what is named at ``key`` as references."""
    note = partial(collector.refer, Kind.NAMED_BY_COMMAND, key=key, how=How.COMMAND)
    for sort, name, owner, said, _ in named:
        note((sort, name) if owner is None else (sort, name, owner), value=said)


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
    """Collect the aliases of the ``.cargo/config.toml`` ``tree``, and what these name."""
    here = directory_of(directory_of(collector.path))
    for name, command in table(tree.get("alias")).items():
        key = ("alias", name)
        collector.define(Kind.CARGO_ALIAS, (here, name), key, command)
        words = command.split() if isinstance(command, str) else strings(command)
        # Who uses it may be in any directory.
        refer(key, named_in_command(("cargo", *words), None), collector)
