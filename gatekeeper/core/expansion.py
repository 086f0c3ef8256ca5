"""What a value with variables in it comes to, as far as it can be known without running anything."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

_DIFFERS_BY_RUN = frozenset({"RANDOM", "SRANDOM", "BASHPID", "PPID", "$", "EPOCHSECONDS", "EPOCHREALTIME"})
_THE_WORKTREE = frozenset({
    "CARGO_MAKE_WORKING_DIRECTORY", "CARGO_MAKE_WORKSPACE_WORKING_DIRECTORY", "CARGO_MAKE_CRATE_ROOT_DIRECTORY",
    "CARGO_MAKE_CURRENT_TASK_INITIAL_MAKEFILE_DIRECTORY", "CARGO_MAKE_MAKEFILE_PATH", "CARGO_MANIFEST_DIR",
    "CARGO_WORKSPACE_DIR", "CLAUDE_PROJECT_DIR", "PWD",
})  # fmt: skip
_DIFFERS_BY_BRANCH = frozenset({
    "CARGO_MAKE_GIT_BRANCH", "CARGO_MAKE_GIT_HEAD_LAST_COMMIT_HASH", "CARGO_MAKE_GIT_HEAD_LAST_COMMIT_HASH_PREFIX",
})  # fmt: skip
_SAME_ON_ONE_MACHINE = re.compile(
    r"(?:HOME|USER|LOGNAME|TMPDIR|TMP|TEMP|HOSTNAME|SHELL|XDG_\w+|CARGO_HOME|RUSTUP_HOME"
    r"|CARGO_MAKE_(?:CRATE|RUST|PROFILE|TASK|CURRENT_TASK_NAME)\w*)\Z"
)
_VARIABLE = re.compile(
    r"\$\((?P<command>[^()]*)\)|`(?P<old_command>[^`]*)`"
    r"|\$\{(?P<braced>\w+)(?::?[-=:](?P<default>[^}]*))?\}|\$(?P<bare>\w+|\$)"
)
_COMMAND_DIFFERS_BY_RUN = re.compile(r"\b(?:mktemp|uuidgen|date)\b|\$RANDOM|\$\$")
_COMMAND_IS_WORKTREE = re.compile(r"\s*(?:pwd(?: -P)?|git rev-parse --show-toplevel)\s*\Z")
_MAX_DEPTH = 8

BY_RUN = "differs from run to run"
BY_BRANCH = "differs by branch"
BY_CHECKOUT = "differs by checkout"


@dataclass(frozen=True, slots=True)
class Scope:
    """The worktree, if there is one, and tables of variables, the nearest first."""

    worktree: str | None
    variables: Sequence[Mapping[str, str]]


@dataclass(frozen=True, slots=True)
class Expanded:
    """A value without variables, but for those that one machine has in common; ``note``: why it cannot be compared."""

    text: str
    note: str | None = None


def expand(value: str, scope: Scope) -> Expanded:
    """Return ``value`` with its variables replaced."""
    notes: list[str] = []
    text = _expanded(value, scope, notes, 0)
    if text.startswith("~/"):
        text = "${HOME}" + text[1:]
    return Expanded(text, notes[0] if notes else None)


def _expanded(value: str, scope: Scope, notes: list[str], depth: int) -> str:
    def replaced(match: re.Match[str]) -> str:
        command = match["command"] if match["command"] is not None else match["old_command"]
        if command is not None:
            return _command(command, scope, notes)
        return _variable(match["braced"] or match["bare"], match["default"], scope, notes, depth)

    return _VARIABLE.sub(replaced, value)


def _command(command: str, scope: Scope, notes: list[str]) -> str:
    if _COMMAND_IS_WORKTREE.match(command):
        return _worktree(scope, notes)
    notes.append(BY_RUN if _COMMAND_DIFFERS_BY_RUN.search(command) else f"depends on what `{command}` prints")
    return ""


def _worktree(scope: Scope, notes: list[str]) -> str:
    if scope.worktree is None:
        notes.append(BY_CHECKOUT)
        return ""
    return scope.worktree


def _variable(name: str, default: str | None, scope: Scope, notes: list[str], depth: int) -> str:
    for number, variables in enumerate(scope.variables):
        if name in variables and depth < _MAX_DEPTH:
            rest = {other: text for other, text in variables.items() if other != name}
            inner = Scope(scope.worktree, (*scope.variables[:number], rest, *scope.variables[number + 1 :]))
            return _expanded(variables[name], inner, notes, depth + 1)
    if name in _THE_WORKTREE:
        return _worktree(scope, notes)
    if _SAME_ON_ONE_MACHINE.match(name):
        return f"${{{name}}}"
    if name in _DIFFERS_BY_RUN or name in _DIFFERS_BY_BRANCH:
        notes.append(BY_RUN if name in _DIFFERS_BY_RUN else BY_BRANCH)
        return ""
    if default is not None:
        return _expanded(default, scope, notes, depth + 1) if depth < _MAX_DEPTH else ""
    notes.append(f"depends on ${{{name}}}, which no file here sets")
    return ""
