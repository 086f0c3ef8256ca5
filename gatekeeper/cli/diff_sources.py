"""What the two arguments of ``gatekeeper diff`` name, and the files that differ between them."""

from __future__ import annotations

import re
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Literal

from gatekeeper.core.names import TreePath
from gatekeeper.core.schema import profile_for
from gatekeeper.core.tree_state import SYMLINK
from gatekeeper.errors import BadInputError, GitCommandError, UsageError
from gatekeeper.manifest_diff import FileDiff, diff_versions, read_hunks

if TYPE_CHECKING:
    from collections.abc import Iterator

    from gatekeeper.core.changes import Change
    from gatekeeper.repository import Repository

_OPERANDS_HINT = "A and B are two files, or two revisions and a path in them, or REV:PATH"
_DIFFERENT = 1
_BINARY = re.compile(rb"^Binary files .* differ$", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Source:
    """One version of a file: how messages call it, and its bytes (None: it does not exist).

    Of a symbolic link in a revision the bytes are where it leads; one on disk is followed.
    """

    name: str
    path: str
    data: bytes | None
    is_link: bool = False


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
    opened = open_repository(repository)
    data = opened.blob(revision, path)
    if data is None:
        raise BadInputError(f"{revision} has no file {path}")
    return Source(operand, path, data, path in _links(opened, revision))


def _links(repository: Repository, revision: str) -> frozenset[str]:
    """Return the paths of the symbolic links in a revision."""
    with closing(repository.object_store()) as store:
        listing = store.listing(repository.resolve(revision))
    return frozenset(path for path, entry in listing.items() if entry.mode == SYMLINK)


def _single(before: Source, after: Source, *, lines: bool) -> FileDiff:
    path = after.path
    note = _about_links(before, after)
    found = _by_key(before, after)
    hunks = read_hunks(_patch(before.data or b"", after.data or b"")) if lines else None
    return FileDiff(path, "changed", found, hunks, note=note)


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
    manifests = any(profile_for(path) is not None for path in paths)
    old_links, new_links = (_links(repository, commit) if manifests else frozenset() for commit in (old, new))
    for path in paths:
        before = Source(f"{a}:{path}", path, repository.blob(old, path), path in old_links)
        after = Source(f"{b}:{path}", path, repository.blob(new, path), path in new_links)
        yield _changed_file(before, after, repository.patch(old, new, path) if lines else None)


def _changed_file(before: Source, after: Source, patch: bytes | None) -> FileDiff:
    path = after.path
    status: Literal["added", "removed", "changed"] = "changed"
    if before.data is None or after.data is None:
        status = "added" if before.data is None else "removed"
    changes = problem = note = None
    hunks = None if patch is None else read_hunks(patch)
    if patch is not None and not hunks:
        note = _without_lines(before, after, patch)
    if profile_for(TreePath(path)) is not None:
        note = _about_links(before, after) or note
        try:
            changes = _by_key(before, after)
        except BadInputError as error:
            problem = error.message
    return FileDiff(path, status, changes, hunks, problem, note)


def _by_key(before: Source, after: Source) -> tuple[Change, ...] | None:
    """Return what differs by key; None where a side is a link, whose text is no TOML. Raises BadInputError."""
    if before.is_link or after.is_link:
        return None
    return diff_versions(before.data, after.data, before_name=before.name, after_name=after.name, path=after.path)


def _about_links(before: Source, after: Source) -> str | None:
    """Return what to say where a side is a symbolic link."""
    if not before.is_link and not after.is_link:
        return None
    if before.data is None or after.data is None:
        return _kind(before if after.data is None else after)
    return f"{_kind(before)} → {_kind(after)}"


def _kind(source: Source) -> str:
    if not source.is_link or source.data is None:
        return "a file"
    return f"a symbolic link to {source.data.decode('utf-8', 'surrogateescape')}"


def _without_lines(before: Source, after: Source, patch: bytes) -> str:
    """Return why git shows no lines of a file that differs."""
    if _BINARY.search(patch):
        return "binary file differs"
    return "the file is empty" if before.data is None or after.data is None else "only the mode differs"


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
