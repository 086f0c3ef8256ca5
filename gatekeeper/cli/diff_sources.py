"""What the two arguments of ``gatekeeper diff`` name, and the files that differ between them."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Literal

from gatekeeper.core.names import TreePath
from gatekeeper.core.schema import profile_for
from gatekeeper.errors import BadInputError, GitCommandError, UsageError
from gatekeeper.manifest_diff import FileDiff, diff_versions, read_hunks

if TYPE_CHECKING:
    from collections.abc import Iterator

    from gatekeeper.manifest_diff import Hunk
    from gatekeeper.repository import Repository

_OPERANDS_HINT = "A and B are two files, or two revisions and a path in them, or REV:PATH"
_DIFFERENT = 1


@dataclass(frozen=True, slots=True)
class Source:
    """One version of a file: how messages call it, and its bytes (None: it does not exist)."""

    name: str
    path: str
    data: bytes | None


def differences(a: str, b: str, path: str | None, repository: str, *, lines: bool) -> list[FileDiff]:
    """Return what differs; raises BadInputError, of two single files also when one of them is no valid TOML."""
    if path is None and _is_single(a) and _is_single(b):
        return [_single(_source(a, repository), _source(b, repository), lines=lines)]
    from gatekeeper.repository import open_repository

    return list(_between_revisions(open_repository(repository), a, b, path, lines=lines))


def _is_single(operand: str) -> bool:
    return ":" in operand or (Path(operand).exists() and not Path(operand).is_dir())


def _source(operand: str, repository: str) -> Source:
    if Path(operand).exists():
        try:
            return Source(operand, operand, Path(operand).read_bytes())
        except OSError as error:
            raise BadInputError(f"cannot read {operand}: {error.strerror}") from error
    from gatekeeper.repository import open_repository

    revision, _, path = operand.partition(":")
    if not revision or not path:
        raise UsageError(f"{operand} names no file of a revision", _OPERANDS_HINT)
    data = open_repository(repository).blob(revision, path)
    if data is None:
        raise BadInputError(f"{revision} has no file {path}")
    return Source(operand, path, data)


def _single(before: Source, after: Source, *, lines: bool) -> FileDiff:
    path = after.path
    found = diff_versions(before.data, after.data, before_name=before.name, after_name=after.name, path=path)
    hunks = read_hunks(_patch(before.data or b"", after.data or b"")) if lines else None
    return FileDiff(path, "changed", found, hunks)


def _between_revisions(
    repository: Repository, a: str, b: str, wanted: str | None, *, lines: bool
) -> Iterator[FileDiff]:
    old, new = repository.resolve(a), repository.resolve(b)
    paths = repository.changed_paths(old, new)
    if wanted is not None:
        folder = wanted.rstrip("/") + "/"
        paths = tuple(path for path in paths if path == wanted or path.startswith(folder))
        if not paths and not any(repository.blob(commit, wanted) is not None for commit in (old, new)):
            raise BadInputError(f"neither {a} nor {b} has a file {wanted}, or a folder that differs")
    for path in paths:
        before = Source(f"{a}:{path}", path, repository.blob(old, path))
        after = Source(f"{b}:{path}", path, repository.blob(new, path))
        hunks = read_hunks(repository.patch(old, new, path)) if lines else None
        yield _changed_file(before, after, hunks)


def _changed_file(before: Source, after: Source, hunks: tuple[Hunk, ...] | None) -> FileDiff:
    path = after.path
    status: Literal["added", "removed", "changed"] = "changed"
    if before.data is None or after.data is None:
        status = "added" if before.data is None else "removed"
    changes = problem = None
    if profile_for(TreePath(path)) is not None:
        try:
            changes = diff_versions(before.data, after.data, before_name=before.name, after_name=after.name, path=path)
        except BadInputError as error:
            problem = error.message
    return FileDiff(path, status, changes, hunks, problem)


def _patch(before: bytes, after: bytes) -> bytes:
    """Return git's patch between two texts that need not be in any repository."""
    from gatekeeper.process import environment_for_git, run

    with TemporaryDirectory() as folder:
        for name, data in (("before", before), ("after", after)):
            (Path(folder) / name).write_bytes(data)
        command = ["git", "diff", "--no-index", "--no-color", "--no-ext-diff", "--no-textconv", "--", "before", "after"]
        done = run(command, env=environment_for_git(hermetic=True), cwd=folder)
    if done.code > _DIFFERENT:
        raise GitCommandError("git diff failed", done.stderr.decode("utf-8", "replace").strip() or None)
    return done.stdout
