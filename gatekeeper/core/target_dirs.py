"""Which directories each agent builds into, and which agents build into the same one.

Cargo cannot tell two checkouts apart in one target directory: it hands out the other checkout's binaries and test
results without a word. So each agent needs a directory of its own.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from gatekeeper.core.expansion import BY_CHECKOUT, Expanded, Scope, expand
from gatekeeper.core.names import TreePath
from gatekeeper.core.schema.cargo_make import PLATFORMS
from gatekeeper.core.values import table

if TYPE_CHECKING:
    from gatekeeper.core.document import Value
    from gatekeeper.core.names import KeyPath

INSIDE = "relative to a worktree of its own"
LEADS_OUT = "leads out of a worktree that is not there"

_VARIABLES = ("CARGO_TARGET_DIR", "CARGO_BUILD_TARGET_DIR")
_BUILD_VARIABLES = ("CARGO_BUILD_BUILD_DIR",)
TARGET = TreePath("target")
_VALUE_KEYS = frozenset({"value", "script", "source", "unset", "glob"})


@dataclass(frozen=True, slots=True)
class TomlSource:
    """A makefile or a cargo configuration. ``directory``: what its relative paths start from; None: the worktree."""

    path: TreePath
    tree: Mapping[str, Value]
    directory: str | None = None


@dataclass(frozen=True, slots=True)
class VariableSource:
    """Environment variables that a file sets for whatever runs in the worktree. ``key`` leads to the variables."""

    path: TreePath
    key: KeyPath
    variables: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class TargetDirSources:
    """All that can tell one agent's target directories.

    ``worktree`` is absolute (None: the agent has none); ``cargo_configs`` come in cargo's order, the strongest first;
    ``target_link`` is where ``target`` leads if it is a symbolic link.
    """

    agent: int
    worktree: str | None = None
    makefiles: tuple[TomlSource, ...] = ()
    cargo_configs: tuple[TomlSource, ...] = ()
    environment: tuple[VariableSource, ...] = ()
    target_link: str | None = None


@dataclass(frozen=True, slots=True)
class TargetDir:
    """One setting. ``directory`` is absolute; None: nobody else's, or not to be known, and ``note`` says why."""

    directory: str | None
    path: TreePath
    key: KeyPath
    value: str
    note: str | None = None


@dataclass(frozen=True, slots=True)
class AgentTargetDirs:
    """All target directories of one agent."""

    agent: int
    directories: tuple[TargetDir, ...]


@dataclass(frozen=True, slots=True)
class SharedTargetDir:
    """A directory that several agents build into. ``standing``: trunk itself sends them there."""

    directory: str
    users: tuple[tuple[int, TargetDir], ...]
    standing: bool


def target_dirs(sources: TargetDirSources) -> AgentTargetDirs:
    """Return the directories that ``sources`` send an agent's builds to.

    A variable of the environment wins over cargo's configuration, which wins over a link in place of ``target``.
    What a makefile sets counts as well: it holds inside cargo-make only. The ``[env]`` of cargo's configuration does
    not: it reaches the programs that cargo starts, and not cargo.
    """
    resolver = _Resolver(sources)
    usual = (*resolver.from_environment(_VARIABLES),)
    if not usual:
        usual = (*resolver.from_configuration("target-dir"),) or (*resolver.from_link(),)
    apart = (*resolver.from_environment(_BUILD_VARIABLES),) or (*resolver.from_configuration("build-dir"),)
    return AgentTargetDirs(sources.agent, tuple(dict.fromkeys((*usual, *apart, *resolver.from_makefiles()))))


def shared_target_dirs(
    agents: Sequence[AgentTargetDirs], trunk: AgentTargetDirs | None = None
) -> tuple[SharedTargetDir, ...]:
    """Return the directories that at least two of ``agents`` build into. ``trunk``: what trunk's own files say."""
    users: dict[str, dict[int, TargetDir]] = {}
    for agent in agents:
        for found in agent.directories:
            if found.directory is not None:
                users.setdefault(found.directory, {}).setdefault(agent.agent, found)
    standing = {found.directory for found in trunk.directories} if trunk is not None else set()
    return tuple(
        SharedTargetDir(directory, tuple(sorted(by.items(), key=_agent_of)), directory in standing)
        for directory, by in sorted(users.items())
        if len(by) > 1
    )


def _agent_of(user: tuple[int, TargetDir]) -> int:
    return user[0]


class _Resolver:
    def __init__(self, sources: TargetDirSources) -> None:
        self.sources = sources
        self.worktree = sources.worktree
        self.environment: dict[str, str] = {}
        for source in sources.environment:
            for name, value in source.variables.items():
                self.environment.setdefault(name, value)

    def from_environment(self, names: Sequence[str]) -> Iterator[TargetDir]:
        for source in self.sources.environment:
            for name in names:
                if name in source.variables:
                    value = source.variables[name]
                    others = {other: text for other, text in self.environment.items() if other != name}
                    yield self.resolve(value, source.path, (*source.key, name), Scope(self.worktree, (others,)))
                    break

    def from_configuration(self, setting: str) -> Iterator[TargetDir]:
        for source in self.sources.cargo_configs:
            value = table(source.tree.get("build")).get(setting)
            if isinstance(value, str):
                yield self.configured(source, ("build", setting), value)
                return

    def configured(self, source: TomlSource, key: KeyPath, value: str) -> TargetDir:
        if "{workspace-root}" in value or "{workspace-path-hash}" in value:
            return TargetDir(None, source.path, key, value, BY_CHECKOUT)
        start = source.directory or self.worktree
        return _placed(Expanded(value), start, source.path, key, value)

    def from_link(self) -> Iterator[TargetDir]:
        link = self.sources.target_link
        if link is not None:
            yield _placed(Expanded(link), self.worktree, TARGET, (), link)

    def from_makefiles(self) -> Iterator[TargetDir]:
        for source in self.sources.makefiles:
            shared = _texts(table(source.tree.get("env")))
            for key, variables in _environments(source.tree):
                for name in (*_VARIABLES, *_BUILD_VARIABLES):
                    if name not in variables:
                        continue
                    own = {other: text for other, text in _texts(variables).items() if other != name}
                    scope = Scope(self.worktree, (own, shared, self.environment))
                    value = _text(variables[name])
                    where = (*key, name)
                    if value is None:
                        yield TargetDir(None, source.path, where, "", "computed when it is run")
                    else:
                        yield self.resolve(value, source.path, where, scope)

    def resolve(self, value: str, path: TreePath, key: KeyPath, scope: Scope) -> TargetDir:
        return _placed(expand(value, scope), self.worktree, path, key, value)


def _environments(tree: Mapping[str, Value]) -> Iterator[tuple[KeyPath, Mapping[str, Value]]]:
    """Yield every ``env`` of a makefile: the global one, its sections for profiles, and those of tasks."""
    shared = table(tree.get("env"))
    yield ("env",), shared
    for name, section in shared.items():
        if isinstance(section, dict) and not _VALUE_KEYS & section.keys():
            yield ("env", name), section
    for name, task in table(tree.get("tasks")).items():
        yield ("tasks", name, "env"), table(table(task).get("env"))
        for platform in sorted(PLATFORMS & table(task).keys()):
            yield ("tasks", name, platform, "env"), table(table(table(task)[platform]).get("env"))


def _texts(variables: Mapping[str, Value]) -> dict[str, str]:
    return {name: text for name, value in variables.items() if (text := _text(value)) is not None}


def _text(value: Value) -> str | None:
    """Return the text of a variable of cargo-make; None when only running it can tell."""
    if isinstance(value, dict):
        value = value.get("value", False)
    return value if isinstance(value, str) else None


def _placed(expanded: Expanded, start: str | None, path: TreePath, key: KeyPath, value: str) -> TargetDir:
    if expanded.note is not None:
        return TargetDir(None, path, key, value, expanded.note)
    text = expanded.text
    if text.startswith(("/", "${")):
        return TargetDir(_normal(text), path, key, value)
    if start is None:
        return TargetDir(None, path, key, value, LEADS_OUT if _leads_out(text) else INSIDE)
    return TargetDir(_normal(f"{start}/{text}"), path, key, value)


def _leads_out(relative: str) -> bool:
    depth = 0
    for part in relative.split("/"):
        depth += -1 if part == ".." else part not in {"", "."}
        if depth < 0:
            return True
    return False


def _normal(path: str) -> str:
    """Return ``path`` without ``.``, ``..`` and doubled slashes."""
    parts: list[str] = []
    for part in path.split("/"):
        if part == "..":
            del parts[-1:]
        elif part not in {"", "."}:
            parts.append(part)
    return "/".join(parts) if path.startswith("${") else "/" + "/".join(parts)
