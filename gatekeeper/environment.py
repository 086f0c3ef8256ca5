"""What a worktree tells about the directories its builds go to: files and links, read from disk."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from gatekeeper.core.makefile_extends import extended_files
from gatekeeper.core.names import TreePath
from gatekeeper.core.target_dir_files import (
    CARGO_CONFIGS,
    MAKEFILE,
    SOURCE_FILES,
    config_source,
    environment_sources,
    makefile_source,
    toml_sources,
)
from gatekeeper.core.target_dirs import AgentTargetDirs, TargetDirSources, TomlSource, target_dirs

MAX_BYTES = 1024 * 1024
"""Of one file; settings are small."""

_MAX_EXTENDED = 32


def worktree_target_dirs(agent: int, worktree: Path) -> AgentTargetDirs:
    """Return the target directories of the agent that works in ``worktree``, with symbolic links followed."""
    return _real(target_dirs(worktree_sources(agent, worktree)))


def worktree_sources(agent: int, worktree: Path) -> TargetDirSources:
    """Return all that ``worktree`` tells. Cargo's configuration counts from the directories above it too."""
    worktree = worktree.resolve()
    files = {path: content for path in SOURCE_FILES if (content := _read(worktree / path)) is not None}
    files.update(_extended(worktree, files))
    makefiles, configs = toml_sources(files)
    target = worktree / "target"
    return TargetDirSources(
        agent,
        worktree.as_posix(),
        makefiles,
        (*configs, *_configs_above(worktree)),
        environment_sources(files),
        _real_path(target) if target.is_symlink() else None,
    )


def _extended(worktree: Path, files: dict[TreePath, bytes]) -> dict[TreePath, bytes]:
    """Return the files that the makefile extends, and those that these extend."""
    found: dict[TreePath, bytes] = {}
    waiting = [MAKEFILE]
    while waiting and len(found) < _MAX_EXTENDED:
        path = waiting.pop()
        content = files.get(path) or found.get(path)
        source = makefile_source(path, content) if content is not None else None
        for extended in extended_files(path, source.tree) if source is not None else ():
            content = _read(worktree / extended) if extended not in found and extended not in files else None
            if content is not None:
                found[extended] = content
                waiting.append(extended)
    return found


def _configs_above(worktree: Path) -> Iterator[TomlSource]:
    for directory in worktree.parents:
        for name in CARGO_CONFIGS:
            content = _read(directory / name)
            if content is not None:
                path = TreePath((directory / name).as_posix())
                source = config_source(path, content, directory.as_posix())
                if source is not None:
                    yield source
                break


def _read(path: Path) -> bytes | None:
    try:
        if path.is_file() and path.stat().st_size <= MAX_BYTES:
            return path.read_bytes()
    except (OSError, ValueError):
        # What cannot be read sets nothing that could be known.
        return None
    return None


def _real(found: AgentTargetDirs) -> AgentTargetDirs:
    directories = (
        each
        if each.directory is None or not each.directory.startswith("/")
        else replace(each, directory=_real_path(Path(each.directory)))
        for each in found.directories
    )
    return replace(found, directories=tuple(directories))


def _real_path(path: Path) -> str:
    try:
        return path.resolve().as_posix()
    except (OSError, RuntimeError, ValueError):
        # A link that leads to itself, or a name that no file system takes.
        return path.as_posix()
