"""A user's repository: where it is, what its references name, what its files hold at a revision."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import pygit2
from pygit2.enums import ReferenceType

from gatekeeper.core.names import Oid, RefName, TreePath
from gatekeeper.errors import (
    BadInputError,
    NotARepositoryError,
    RepositoryError,
    UnknownRevisionError,
    UnsupportedRepositoryError,
)
from gatekeeper.process import environment_for_git, git
from gatekeeper.repository.object_database import ObjectDatabase
from gatekeeper.repository.objects import ObjectStore
from gatekeeper.repository.references import NamedReferences


@dataclass(frozen=True, slots=True)
class Reference:
    """A reference and the commit that it names; None where that commit is missing or is no commit."""

    name: RefName
    commit: Oid | None


class Repository:
    """A git repository on disk. Nothing here writes to it by itself."""

    def __init__(self, repository: pygit2.Repository, start: str) -> None:
        self._git = repository
        self.start = start

    @property
    def is_bare(self) -> bool:
        """Whether there is no worktree of its own."""
        return bool(self._git.is_bare)

    @property
    def is_empty(self) -> bool:
        """Whether nothing has been committed yet."""
        # Not libgit2's own answer, which is no for an unborn branch that is not called as init.defaultBranch says.
        return bool(self._git.head_is_unborn) and next(iter(self._git.references), None) is None

    @property
    def worktree(self) -> str | None:
        """The directory of the worktree that was opened; None in a bare repository."""
        return None if self._git.is_bare else str(Path(self._git.workdir))

    @property
    def git_directory(self) -> Path:
        """This worktree's own git directory."""
        return Path(self._git.path)

    @cached_property
    def common_directory(self) -> Path:
        """The git directory that all worktrees share."""
        marker = self.git_directory / "commondir"
        if not marker.exists():
            return self.git_directory
        return Path(os.path.normpath(self.git_directory / marker.read_text().strip()))

    @property
    def objects_directory(self) -> str:
        """The directory of the objects that all worktrees share."""
        return str(self.common_directory / "objects")

    def object_store(self) -> ObjectStore:
        """Return a reader of this repository's objects with a scratch store of its own; close it after use."""
        return ObjectStore(self.objects_directory, self.common_directory / "shallow")

    def database(self) -> ObjectDatabase:
        """Return the repository's own objects, to be read and written."""
        return ObjectDatabase(self._git)

    def named_references(self) -> NamedReferences:
        """Return the references, to be read and moved one by one."""
        return NamedReferences(self._git, self.common_directory)

    def head(self) -> tuple[RefName | None, Oid | None]:
        """Return the branch that is checked out (None when detached) and its commit (None when unborn)."""
        head = self._git.lookup_reference("HEAD")
        if head.type != ReferenceType.SYMBOLIC:
            return None, Oid(str(head.target))
        name = RefName(str(head.target))
        return name, None if self._git.head_is_unborn else Oid(str(self._git.head.target))

    def symbolic_target(self, name: str) -> RefName | None:
        """Return what the symbolic reference ``name`` points at, None when it is not there or not symbolic."""
        try:
            reference = self._git.lookup_reference(name)
        except (KeyError, pygit2.GitError, pygit2.InvalidSpecError):
            return None
        return RefName(str(reference.target)) if reference.type == ReferenceType.SYMBOLIC else None

    def has_reference(self, name: str) -> bool:
        """Return whether there is a direct reference of that full name under ``refs/``."""
        if not name.startswith("refs/"):
            return False
        try:
            return self._git.lookup_reference(name).type != ReferenceType.SYMBOLIC
        except (KeyError, ValueError, pygit2.GitError, pygit2.InvalidSpecError):
            return False

    def references(self) -> Iterator[Reference]:
        """Yield every direct reference under ``refs/``, peeled to its commit."""
        for reference in self._git.references.objects:
            if reference.type == ReferenceType.SYMBOLIC:
                continue
            yield Reference(RefName(_name(reference)), self._peeled(reference))

    def _peeled(self, reference: pygit2.Reference) -> Oid | None:
        try:
            return Oid(str(reference.peel(pygit2.Commit).id))
        except (KeyError, ValueError, pygit2.GitError, pygit2.InvalidSpecError):
            return None

    def resolve(self, revision: str) -> Oid:
        """Return the commit that ``revision`` names; raises UnknownRevisionError."""
        try:
            commit = self._git.revparse_single(revision).peel(pygit2.Commit)
        except (KeyError, ValueError, pygit2.GitError, pygit2.InvalidSpecError) as error:
            raise UnknownRevisionError(
                f"{revision!r} names no commit in this repository", "git branch --all lists the branches"
            ) from error
        return Oid(str(commit.id))

    def blob(self, revision: str, path: str) -> bytes | None:
        """Return a file's bytes at a revision, None where there is no such file; raises BadInputError if it is lost."""
        try:
            found = self._file(revision, path)
            return None if found is None else bytes(found.data)
        except (KeyError, pygit2.GitError) as error:
            raise BadInputError(f"{path} is missing", "fetch it: the clone is shallow or partial") from error

    def blob_id(self, revision: str, path: str) -> Oid | None:
        """Return the id of a file's blob at a revision, None where there is no such file."""
        found = self._file(revision, path)
        return None if found is None else Oid(str(found.id))

    def _file(self, revision: str, path: str) -> pygit2.Blob | None:
        commit = self._git.revparse_single(self.resolve(revision)).peel(pygit2.Commit)
        try:
            found = commit.tree[path]
        except KeyError:
            return None
        return found if isinstance(found, pygit2.Blob) else None

    def commit_of(self, reference: str) -> Oid | None:
        """Return the commit that a reference of that full name points at; None where there is none."""
        try:
            return self._peeled(self._git.lookup_reference(reference))
        except (KeyError, ValueError, pygit2.GitError, pygit2.InvalidSpecError):
            return None

    def commit_time(self, commit: Oid) -> int:
        """Return when a commit was made, in seconds; raises RepositoryError when it is missing."""
        try:
            return self._git[pygit2.Oid(hex=commit)].peel(pygit2.Commit).commit_time
        except (KeyError, ValueError, pygit2.GitError) as error:
            raise RepositoryError(f"commit {commit} is missing", "git fsck says more") from error

    def person(self) -> str | None:
        """Return the e-mail address of this user as git knows it, else their name."""
        for variable, key in (("GIT_AUTHOR_EMAIL", "user.email"), ("GIT_AUTHOR_NAME", "user.name")):
            found = os.environ.get(variable) or self._configured(key)
            if found:
                return "".join(character for character in found if character.isprintable())
        return None

    def identity(self) -> tuple[str, str] | None:
        """Return name and e-mail address of this user as git has them for commits; None unless it has both."""
        name = os.environ.get("GIT_AUTHOR_NAME") or self._configured("user.name")
        email = os.environ.get("GIT_AUTHOR_EMAIL") or self._configured("user.email")
        return (name, email) if name and email else None

    def _configured(self, key: str) -> str | None:
        try:
            return str(self._git.config[key])
        except (KeyError, ValueError, pygit2.GitError):
            return None

    def root_commit(self, commit: Oid) -> Oid:
        """Return the first commit of a history, by its first parents; raises RepositoryError when it is cut off."""
        if (self.common_directory / "shallow").exists():
            raise RepositoryError("a shallow clone cannot tell which repository it is", "git fetch --unshallow")
        said = git(
            ("rev-list", "--max-parents=0", "--first-parent", "--end-of-options", commit),
            env=environment_for_git(hermetic=True) | {"GIT_DIR": str(self.git_directory)},
        )
        return Oid(said.decode().split()[0])

    def remotes(self) -> tuple[str, ...]:
        """Return the names of the remotes, ``origin`` first."""
        names = [str(name) for name in self._git.remotes.names()]
        return tuple(sorted(names, key=lambda name: (name != "origin", name)))

    def changed_paths(self, before: str, after: str) -> tuple[TreePath, ...]:
        """Return the paths that differ between two revisions, in tree order."""
        diff = self._git.diff(self.resolve(before), self.resolve(after))
        paths = {delta.new_file.raw_path.decode("utf-8", "surrogateescape"): None for delta in diff.deltas}
        return tuple(TreePath(path) for path in paths)

    def patch(self, before: str, after: str, path: str) -> bytes:
        """Return git's patch of one path between two revisions; empty where nothing differs."""
        return git(
            (
                "diff",
                "--no-ext-diff",
                "--no-textconv",
                "--no-color",
                self.resolve(before),
                self.resolve(after),
                "--",
                path,
            ),
            env=environment_for_git(hermetic=True) | {"GIT_DIR": str(self.git_directory), "GIT_LITERAL_PATHSPECS": "1"},
            cwd=str(self.git_directory),
        )


def _name(reference: pygit2.Reference) -> str:
    return reference.raw_name.decode("utf-8", "surrogateescape")


def open_repository(path: str) -> Repository:
    """Open the repository that holds ``path``; raises RepositoryError with what to do about it."""
    if not Path(path).exists():
        raise NotARepositoryError(f"there is no directory {path!r}")
    try:
        found = pygit2.discover_repository(path)
        if found is None:
            raise NotARepositoryError(
                f"{path!r} is not in a git repository", "run this inside one, or use -C DIRECTORY"
            )
        # Not the git directory that was found: from there, libgit2 guesses where the worktree is.
        return Repository(pygit2.Repository(path), path)
    except pygit2.GitError as error:
        raise _explained(str(error), path) from error


def _explained(said: str, path: str) -> RepositoryError:
    if "owned by" in said or "owner" in said:
        return UnsupportedRepositoryError(
            f"{path!r} belongs to another user, so git refuses to trust it",
            f"if you trust it: git config --global --add safe.directory {Path(path).resolve()}",
        )
    if "object format" in said or "objectformat" in said:
        return UnsupportedRepositoryError(
            f"{path!r} stores its objects by SHA-256, which libgit2 cannot read yet",
            "only SHA-1 repositories are supported",
        )
    return UnsupportedRepositoryError(f"{path!r} cannot be opened: {said}")
