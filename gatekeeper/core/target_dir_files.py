"""The files that can tell a target directory, read from bytes."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping

from gatekeeper.core.document import Document, parse
from gatekeeper.core.names import TreePath
from gatekeeper.core.schema import CARGO_CONFIG, CARGO_MAKE
from gatekeeper.core.target_dirs import TargetDirSources, TomlSource, VariableSource
from gatekeeper.core.values import table

MAKEFILE = TreePath("Makefile.toml")
CARGO_CONFIGS = (TreePath(".cargo/config"), TreePath(".cargo/config.toml"))
CLAUDE_SETTINGS = (TreePath(".claude/settings.local.json"), TreePath(".claude/settings.json"))
ENVIRONMENT_FILES = (TreePath(".gatekeeper/env"), TreePath(".envrc"), TreePath(".env.local"), TreePath(".env"))
"""The first is the one that gatekeeper writes for its agents."""
_OTHERS = frozenset({*CARGO_CONFIGS, *CLAUDE_SETTINGS, *ENVIRONMENT_FILES})
SOURCE_FILES = (MAKEFILE, *CARGO_CONFIGS, *CLAUDE_SETTINGS, *ENVIRONMENT_FILES)
"""What to read of a worktree or a tree, beside the files that its makefile extends."""

_ASSIGNMENT = re.compile(
    r"""[ \t]*(?:export[ \t]+)?(?P<name>[A-Za-z_]\w*)=(?:'(?P<literal>[^']*)'|"(?P<quoted>[^"]*)"|(?P<bare>[^\s#;]*))"""
)


def makefile_source(path: TreePath, content: bytes) -> TomlSource | None:
    """Return the makefile; None when it cannot be read."""
    document = parse(content, CARGO_MAKE)
    return TomlSource(path, document.tree) if isinstance(document, Document) else None


def config_source(path: TreePath, content: bytes, directory: str | None = None) -> TomlSource | None:
    """Return the cargo configuration; None when it cannot be read."""
    document = parse(content, CARGO_CONFIG)
    return TomlSource(path, document.tree, directory) if isinstance(document, Document) else None


def environment_sources(files: Mapping[TreePath, bytes]) -> tuple[VariableSource, ...]:
    """Return what the environment files and the agent tool's settings among ``files`` set."""
    settings = (VariableSource(p, ("env",), _settings(files[p])) for p in CLAUDE_SETTINGS if p in files)
    variables = (VariableSource(p, (), _assignments(files[p])) for p in ENVIRONMENT_FILES if p in files)
    return tuple(source for source in (*settings, *variables) if source.variables)


def toml_sources(files: Mapping[TreePath, bytes]) -> tuple[tuple[TomlSource, ...], tuple[TomlSource, ...]]:
    """Return the makefiles and the cargo configuration among ``files``; of two configurations cargo takes the older."""
    makefiles = (makefile_source(path, content) for path, content in files.items() if path not in _OTHERS)
    configs = (config_source(path, files[path]) for path in CARGO_CONFIGS if path in files)
    return tuple(m for m in makefiles if m is not None), tuple(c for c in configs if c is not None)[:1]


def tree_sources(agent: int, files: Mapping[TreePath, bytes], target_link: str | None = None) -> TargetDirSources:
    """Return what the files of a tree, and a link at ``target`` in it, tell of an agent that has no worktree."""
    makefiles, configs = toml_sources(files)
    return TargetDirSources(agent, None, makefiles, configs, environment_sources(files), target_link)


def _settings(content: bytes) -> dict[str, str]:
    try:
        read = json.loads(content)
    except (ValueError, RecursionError):
        return {}
    variables = table(table(read).get("env"))
    return {name: value for name, value in variables.items() if isinstance(value, str)}


def _assignments(content: bytes) -> dict[str, str]:
    """Return the variables that a file of ``NAME=value`` lines sets. Values in single quotes are taken as they are."""
    found: dict[str, str] = {}
    for line in content.decode("utf-8", "replace").splitlines():
        match = _ASSIGNMENT.match(line)
        if match is not None:
            value = next(part for part in (match["literal"], match["quoted"], match["bare"]) if part is not None)
            found[match["name"]] = value
    return found
