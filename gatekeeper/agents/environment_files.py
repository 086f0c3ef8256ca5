"""The files that give an agent a target directory of its own (R-04), and keep themselves out of commits."""

from __future__ import annotations

import os
import shlex
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from gatekeeper.agents.disk import write
from gatekeeper.core.names import AgentName

ENVIRONMENT = ".gatekeeper/env"
CARGO_CONFIG = ".cargo/config.toml"
_IGNORES = (".gatekeeper/.gitignore", ".cargo/.gitignore")
_OLD_CARGO_CONFIG = ".cargo/config"
OWN_FILES = frozenset({ENVIRONMENT, CARGO_CONFIG, *_IGNORES})
"""All that gatekeeper itself puts into a worktree."""

_FIRST_PRINTABLE = 0x20
_DELETE = "\x7f"

_SAID = "# Made by gatekeeper for the agent of this worktree; it goes with the worktree."


@dataclass(frozen=True, slots=True)
class _Group:
    """A file, the patterns that keep it out of commits, and paths that may not be tracked where it is written."""

    path: str
    content: bytes
    taken: tuple[str, ...]

    @property
    def directory(self) -> str:
        return self.path.partition("/")[0]

    @property
    def ignore(self) -> str:
        return f"{self.directory}/.gitignore"

    def why_not(self, tracked: frozenset[str]) -> str | None:
        """Return why the file cannot be written, None where it can."""
        if not self.content:
            return "TOML cannot spell the target directory"
        for path in (self.directory, *self.taken, self.path, self.ignore):
            if path in tracked:
                return f"the branch tracks {path}"
        return None


def write_environment(worktree: Path, name: AgentName, target: Path, tracked: Iterable[str]) -> None:
    """Write the files for which ``tracked``, the paths of the branch, leave room."""
    known = _places(tracked)
    for group, _ in _groups(name, target):
        if group.why_not(known) is None:
            _write(worktree, group)


def environment_notes(name: AgentName, target: Path, tracked: Iterable[str]) -> tuple[str, ...]:
    """Return what to tell a person of the files for which there was no room."""
    known = _places(tracked)
    return tuple(
        f"{why}, so {group.path} is not written: {otherwise}"
        for group, otherwise in _groups(name, target)
        if (why := group.why_not(known)) is not None
    )


def _places(tracked: Iterable[str]) -> frozenset[str]:
    # A directory in the place of one of the files counts as well.
    return frozenset("/".join(path.split("/")[:2]) for path in tracked)


def _groups(name: AgentName, target: Path) -> tuple[tuple[_Group, str], ...]:
    path = target.as_posix()
    return (
        (
            _Group(ENVIRONMENT, _environment(name, path), ()),
            f"set CARGO_TARGET_DIR={shlex.quote(path)} for all that this agent runs",
        ),
        (
            _Group(CARGO_CONFIG, _cargo_config(path), (_OLD_CARGO_CONFIG,)),
            f"builds go to the agent's own target directory only after `. {ENVIRONMENT}`",
        ),
    )


def _environment(name: AgentName, target: str) -> bytes:
    lines = [
        _SAID,
        f"# Read it in every shell that builds: . {ENVIRONMENT}",
        f"export CARGO_TARGET_DIR={shlex.quote(target)}",
        f"export GATEKEEPER_AGENT={shlex.quote(name)}",
    ]
    return os.fsencode("\n".join(lines) + "\n")


def _cargo_config(target: str) -> bytes:
    """Return cargo's configuration; nothing where the path is not UTF-8, as TOML must be."""
    escaped = target.replace("\\", "\\\\").replace('"', '\\"')
    spelled = "".join(f"\\u{ord(c):04X}" if ord(c) < _FIRST_PRINTABLE or c == _DELETE else c for c in escaped)
    try:
        return f'{_SAID}\n[build]\ntarget-dir = "{spelled}"\n'.encode()
    except UnicodeEncodeError:
        return b""


def _write(worktree: Path, group: _Group) -> None:
    directory = worktree / group.directory
    directory.mkdir(exist_ok=True)
    # First what keeps them out of commits, itself included.
    file = group.path.partition("/")[2]
    write(worktree / group.ignore, f"{_SAID}\n/.gitignore\n/{file}\n".encode())
    write(worktree / group.path, group.content)
