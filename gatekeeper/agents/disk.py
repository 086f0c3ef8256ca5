"""Directories and files of our own: made, replaced and deleted without following links; and a lock on all of it."""

from __future__ import annotations

import contextlib
import fcntl
import os
import shutil
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from gatekeeper.errors import BadInputError


@contextmanager
def told_plainly() -> Iterator[None]:
    """Turn what the system refuses into a message for a person."""
    try:
        yield
    except OSError as error:
        where = f"{error.filename}: " if error.filename is not None else ""
        raise BadInputError(
            f"{where}{error.strerror or error}", "once that is put right, the same command goes on where it stopped"
        ) from error


@contextmanager
def held(lock: Path) -> Iterator[int]:
    """Hold a lock, waiting for whoever has it, and yield its open file.

    The system frees it when the last process that has the file open ends, be it by ``kill -9``: programs that go on
    without the one that started them are waited for, if that file was handed to them.
    """
    lock.parent.mkdir(exist_ok=True)
    handle = _locked(lock)
    try:
        yield handle
    finally:
        lock.unlink(missing_ok=True)
        os.close(handle)


def _locked(lock: Path) -> int:
    while True:
        handle = os.open(lock, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW, 0o666)
        fcntl.flock(handle, fcntl.LOCK_EX)
        # Whoever had it may have deleted the file: then the lock is on nothing that others would find.
        with contextlib.suppress(FileNotFoundError):
            if os.path.samestat(os.fstat(handle), lock.lstat()):
                return handle
        os.close(handle)


def is_directory(path: Path) -> bool:
    """Return whether there is a directory itself, and no link to one."""
    return path.is_dir() and not path.is_symlink()


def is_empty(path: Path) -> bool:
    """Return whether there is a directory without anything in it."""
    return is_directory(path) and not any(path.iterdir())


def make_directory(path: Path, *, above: Path) -> None:
    """Make a directory and its parents down from ``above``, none of which may be a link."""
    above.mkdir(parents=True, exist_ok=True)
    here = above
    for part in path.relative_to(above).parts:
        here /= part
        with contextlib.suppress(FileExistsError):
            here.mkdir()
        if not is_directory(here):
            raise BadInputError(f"{here} is not a directory", "move it away")


def write(path: Path, content: bytes) -> None:
    """Put a file in place, which is the old one or the new one at any time; a link is replaced."""
    scratch = path.with_name(f".{path.name}.new")
    scratch.unlink(missing_ok=True)
    handle = os.open(scratch, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o666)
    with os.fdopen(handle, "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    scratch.rename(path)


def delete_tree(path: Path) -> None:
    """Delete a directory with all that is in it, if it is there; of a link, only the link."""
    if not is_directory(path):
        path.unlink(missing_ok=True)
        return
    try:
        shutil.rmtree(path)
    except PermissionError:
        # Caches of packages are made read-only, and it is the directory that counts.
        _open_up(path)
        shutil.rmtree(path)


def delete_worktree(path: Path) -> None:
    """Delete a worktree; what tells whose it is goes last."""
    if is_directory(path):
        path.chmod(stat.S_IMODE(path.lstat().st_mode) | stat.S_IRWXU)
        for inner in path.iterdir():
            if inner.name != ".git":
                delete_tree(inner)
    delete_tree(path)


def _open_up(path: Path) -> None:
    path.chmod(stat.S_IMODE(path.lstat().st_mode) | stat.S_IRWXU)
    for directory, names, _ in os.walk(path):
        for name in names:
            inner = Path(directory, name)
            if not inner.is_symlink():
                inner.chmod(stat.S_IMODE(inner.lstat().st_mode) | stat.S_IRWXU)


def delete_empty(*directories: Path) -> None:
    """Delete those of the directories in which there is nothing."""
    for directory in directories:
        with contextlib.suppress(OSError):
            directory.rmdir()
